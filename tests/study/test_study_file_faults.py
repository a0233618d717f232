"""Every fault of a study file is named by its key, with how to fix it."""

from __future__ import annotations

import pytest

from formats.errors import InputError
from formats.study_file import parse
from tests.factories import study_toml

pytestmark = pytest.mark.usefixtures("in_english")

CHOICES = """choices = [
  { key = "headphones", label = { en = "Headphones", zh-hans = "Headphones（中）" } },
  { key = "speakers", label = { en = "Speakers", zh-hans = "Speakers（中）" } },
]"""


def fault(before: str, after: str) -> str:
    """What is said of a study file in which a part was exchanged."""
    text = study_toml()
    assert before in text
    with pytest.raises(InputError) as refused:
        parse(text.replace(before, after, 1))
    return str(refused.value)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("slots = 2", "slots = 1", "groups: The groups have 1 slots in total. Enter 2 to"),
        ('kind = "number"', 'kind = "number"\nrequired = "yes"', "background[1].required: Write true or false."),
        ('key = "years"', 'key = "group"', "background[1].key: Datasets already have a column 'group'"),
        ('kind = "number"', 'kind = "text"\nchoices = []', 'Only a question of kind "choice" has choices'),
        (CHOICES, "choices = []", "background[2].choices: Write two or more choices"),
        ('key = "speakers"', 'key = "headphones"', "'headphones' appears twice"),
        ('version = "1"', 'version = "a version of the text"', "consent.version: Write at most 20 characters."),
        ('version = "1"', "version = 1", "consent.version: Write a text in quotes"),
        ('version = "1"', 'version = " "', "consent.version: Write a text in quotes"),
        (CHOICES, 'choices = ["a", "b"]', "background[2].choices[1]: Write a table with the keys key, label."),
        ("[[systems]]", "[[others]]", "others: There is no such key."),
        ('[[groups]]\nkey = "all"', '[groups]\nkey = "all"', "groups: Write it as [[groups]], once per entry."),
        ("alpha = 0.05", "alpha = 0.05\nnonsense = 1", "analysis.nonsense: There is no such key. Delete it"),
    ],
)
def test_a_fault_is_named_with_its_key_and_fix(before: str, after: str, said: str) -> None:
    assert said in fault(before, after)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("A small study", "line 1, title.en"),
        ("Head", "background[2].choices[1].label.en"),
        ("MIDI", "systems[1].label.en"),
        ("Kept", "analysis.dropouts"),
    ],
)
def test_a_text_that_no_database_keeps_is_refused_at_its_key(text: str, place: str) -> None:
    assert f"{place}: The text contains \\u0000, which the database" in fault(f'= "{text}', f'= "{text}\\u0000')


@pytest.mark.parametrize(
    ("text", "place"), [("A small study", "line 1, title.en"), ("MIDI", "systems[1].label.en"), ("None.", "exclusions")]
)
@pytest.mark.parametrize(("escape", "name"), [("\\u0007", "U+0007"), ("\\u009B", "U+009B"), ("\\uFFFE", "U+FFFE")])
def test_control_character_is_refused_at_its_key(text: str, place: str, escape: str, name: str) -> None:
    said = fault(f'= "{text}', f'= "{text}{escape}')
    assert f"{place}: The text contains the control character {name}. Delete it." in said


@pytest.mark.parametrize("end", ["\\r", "\\r\\n", "\\u000B", "\\f", "\\u0085", "\\u2028", "\\u2029"])
def test_line_end_of_any_kind_is_a_line_feed_or_a_space(end: str) -> None:
    text = study_toml().replace("A small study", f"A{end}study").replace("Listen, then rate.", f"Listen,{end}rate.")
    file = parse(text.replace('"None."', f'"None{end}at all."').replace('version = "1"', f'version = "{end}1"'))
    assert (file.title["en"], file.instructions["en"]) == ("A study", "Listen,\nrate.")
    assert (file.analysis.exclusions, file.consent.version) == ("None\nat all.", "1")


def test_key_with_a_line_separator_is_one_fault() -> None:
    said = fault("[consent]", '"a\\u2028b" = 1\n[consent]')
    assert said.splitlines() == [said]
    assert said.startswith("line 41, background[2].a b: There is no such key. Delete it, or use one of: key, kind")


def test_too_many_scales_are_counted() -> None:
    scale = study_toml().partition("[[scales]]")[2].partition("[[")[0]
    more = "".join(f"[[scales]]{scale.replace('valence', f'more{n}')}" for n in range(30))
    assert "scales: There are 32 entries. Write 1 to" in fault("[[background]]", f"{more}[[background]]")


def test_scales_count_among_the_questions() -> None:
    scale = study_toml().partition("[[scales]]")[2].partition("[[")[0]
    more = "".join(f'[[questions]]\nkind = "rating"{scale.replace("valence", f"more{n}")}' for n in range(10))
    assert len(parse(study_toml().replace("[[background]]", f"{more}[[background]]", 1)).scales) == 12
    one_more = f'[[questions]]\nkind = "rating"{scale.replace("valence", "one_more")}'
    said = fault("[[background]]", f"{more}{one_more}[[background]]")
    assert "questions: There are 13 entries. Write 1 to 12." in said


def test_a_sub_table_is_named_by_the_line_of_its_latest_entry() -> None:
    text = (
        study_toml()
        .replace('label = { en = "overall", zh-hans = "overall（中）" }\n', "")
        .replace("[[background]]", '[scales.label]\nen = "Overall"\nfr = "Total"\n\n[[background]]', 1)
    )
    with pytest.raises(InputError) as refused:
        parse(text)
    line = text.splitlines().index('fr = "Total"') + 1
    assert f"line {line}, scales[2].label.fr" in str(refused.value)


LARGEST = 220_000
FEW_NAMES = "a key has more than 8 parts separated by dots. Use fewer parts."
MORE = "There are more errors. Fix these first."
NUMBERED = range(LARGEST // 20)
#: Files nearly as large as any may be, each of a shape that costs time by its square where nobody sees to it.
COSTLY = {
    "a key of dots": (".".join(["a"] * (LARGEST // 2)) + " = 1", f"line 1: {FEW_NAMES}"),
    "a key of texts": ("\n" + " . ".join(['"a"'] * (LARGEST // 6)) + " = 1", f"line 2: {FEW_NAMES}"),
    "a table of dots": ("[" + ".".join(["a"] * (LARGEST // 2)) + "]", f"line 1: {FEW_NAMES}"),
    "behind a text": ('a = """\n\\""""""\n[[' + ".".join(["a"] * (LARGEST // 2)) + "]]", f"line 3: {FEW_NAMES}"),
    "within a table": ("a = { b = 1, " + ".".join(["a"] * (LARGEST // 2)) + " = 1 }", f"line 1: {FEW_NAMES}"),
    "blanks": (" " * LARGEST, "title: This key is missing. Add it."),
    "a table of blanks": (
        "[a" + " " * (LARGEST // 2) + "." + " " * (LARGEST // 2) + "b]",
        "title: This key is missing",
    ),
    "quotation marks": ('a = [\n"""\n' + '\\"' * (LARGEST // 2) + '"""]', "title: This key is missing. Add it."),
    "an array in arrays": ("a = " + "[" * (LARGEST // 2) + "]" * (LARGEST // 2), "line 1: this is not a study file"),
    "tables": ("".join(f"[a.b.c.d.e.f.g.h{n}]\n" for n in range(LARGEST // 20)), "a: There is no such key."),
    "keys": ("".join(f"k{n}.a.b.c.d.e = 1\n" for n in NUMBERED), MORE),
    "rows": ("groups = [" + "{}," * (LARGEST // 3) + "]", f"There are {LARGEST // 3} entries. Write 1 to 20."),
    "choices": (
        '[[background]]\nkind = "choice"\nchoices = [' + ", ".join(f'{{ key = "{n}" }}' for n in NUMBERED) + "]",
        MORE,
    ),
}


@pytest.mark.timeout(60)
@pytest.mark.parametrize("shape", COSTLY)
def test_no_study_file_keeps_the_site_busy(shape: str) -> None:
    text, said = COSTLY[shape]
    with pytest.raises(InputError) as refused:
        parse(text)
    assert said in str(refused.value)
    assert len(str(refused.value).splitlines()) <= 101


def test_dots_in_texts_and_comments_are_no_key() -> None:
    dots = "a.b.c.d.e.f.g.h.i.j = [ {"
    for text in (f'"""\n{dots}\n"""', f"'''\n{dots}\n'''", f'"{dots}"', f"'{dots}'", f'"""\\"{dots}"""""'):
        assert parse(study_toml().replace('"None."', f"{text} # {dots}", 1)).analysis.exclusions


def test_a_line_is_that_of_an_editor_whatever_letters_stand_before() -> None:
    """Some end a line for Python, as U+2028, and neither for TOML nor for the researcher."""
    text = study_toml().replace("A small study", "A\u2028small\u2028study", 1)
    line = text.split("\n").index("alpha = 0.05") + 1
    with pytest.raises(InputError, match=f"line {line}, analysis.alpha"):
        parse(text.replace("alpha = 0.05", "alpha = 5"))
