"""What the blinding check reads in a page: every attribute, text and comment by its place, lists, and forms."""

from __future__ import annotations

from study.blinding.html_values import Page


def test_every_attribute_text_and_comment_has_a_place() -> None:
    page = Page('<main data-trial="t"> \n <p class="b" id="a">one &amp; <br>two</p><!-- three --></main>')
    assert page.values == [
        ("main@data-trial", "t"),
        ("p[id=a]@class", "b"),
        ("p[id=a]@id", "a"),
        ("p[id=a]", "one &"),
        ("p[id=a]", "two"),
        ("comment", " three "),
    ]


def test_elements_that_no_tag_closes_hold_nothing_and_those_left_open_end_with_what_holds_them() -> None:
    page = Page('<div id="d"><input name="n"><p>a<b>b</div>c')
    assert page.values == [("div[id=d]@id", "d"), ("input[name=n]@name", "n"), ("p", "a"), ("b", "b"), ("", "c")]
    assert Page("a</p>b<p>c").values == [("", "a"), ("", "b"), ("p", "c")]


def test_all_of_an_item_of_a_list_is_its_row() -> None:
    page = Page('<p>no</p><ul><li class="x">one<a href="/1">link</a></li><li>two</li></ul><p>no</p>')
    assert page.rows == [
        [("li[class=x]@class", "x"), ("li[class=x]", "one"), ("a@href", "/1"), ("a", "link")],
        [("li", "two")],
    ]


def test_attributes_are_those_of_the_elements_asked_for() -> None:
    page = Page('<a href="/1"></a><a id="x"></a><link href="/2"><main hidden></main><main id="second"></main>')
    assert page.all_of("a", "href") == ["/1"]
    assert page.all_of("link", "href") == ["/2"]
    assert page.all_of("a", "src") == []
    assert page.attributes("main") == {"hidden": ""}
    assert page.attributes("body") == {}


def test_a_form_sends_its_first_choices_and_something_on_every_line() -> None:
    page = Page(
        '<input name="outside"><form action="/one" method="POST"><input type="hidden" name="token" value="x">'
        '<input type="radio" name="sex" value="f"><input type="radio" name="sex" value="m">'
        '<input type="checkbox" name="agree"><input name="years" value="30"><textarea name="say"></textarea>'
        "<input type=submit></form><form></form>"
    )
    first, second = page.forms
    assert (first.action, first.method) == ("/one", "post")
    assert first.fields == {"token": "x", "sex": "f", "agree": "on", "years": "1", "say": "1"}
    assert (second.action, second.method, second.fields) == ("", "get", {})
