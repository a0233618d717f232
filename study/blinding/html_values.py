"""Parse a page: every attribute and text by its place, forms and links."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
#: Which attribute tells elements of one tag apart.
NAMING = ("id", "name", "data-scale", "class")


@dataclass
class Form:
    """A form and what it sends when every choice is made and every line filled in."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)


class Page(HTMLParser):
    """A parsed page. `elements` are (tag, attributes); `values` are (place, what stands there) of each attribute, text
    and comment, in order; `rows` are those of each item of a list.
    """

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.values: list[tuple[str, str]] = []
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.forms: list[Form] = []
        self.rows: list[list[tuple[str, str]]] = []
        self._open: list[str] = [""]
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element begins."""
        given = {name: value or "" for name, value in attrs}
        self.elements.append((tag, given))
        if tag == "li":
            self.rows.append([])
        place = tag + next((f"[{name}={given[name]}]" for name in NAMING if name in given), "")
        for name, value in given.items():
            self._note(f"{place}@{name}", value)
        if tag == "form":
            self.forms.append(Form(given.get("action", ""), given.get("method", "get").lower()))
        elif tag in {"input", "textarea"} and self.forms and given.get("name"):
            self._fill_in(given)
        if tag not in VOID:
            self._open.append(place)

    def _note(self, place: str, value: str) -> None:
        self.values.append((place, value))
        if any(name.partition("[")[0] == "li" for name in (*self._open, place.partition("@")[0])):
            self.rows[-1].append((place, value))

    def _fill_in(self, given: dict[str, str]) -> None:
        """The first of several choices; 1 on an empty line, which is a text and a number."""
        kind = given.get("type", "text")
        value = given.get("value", "on") if kind in {"hidden", "checkbox", "radio"} else "1"
        self.forms[-1].fields.setdefault(given["name"], value)

    def handle_endtag(self, tag: str) -> None:
        """An element ends, and with it those in it that were not closed."""
        while len(self._open) > 1:
            if self._open.pop().partition("[")[0] == tag:
                break

    def handle_data(self, data: str) -> None:
        """A text."""
        if data.strip():
            self._note(self._open[-1], data.strip())

    def handle_comment(self, data: str) -> None:
        """What only those see who look at the page's source."""
        self._note("comment", data)

    def attributes(self, tag: str) -> dict[str, str]:
        """Those of the first element of a tag, none where there is no such element."""
        return next((given for name, given in self.elements if name == tag), {})

    def all_of(self, tag: str, attribute: str) -> list[str]:
        """The values of an attribute of all elements of a tag that have it."""
        return [given[attribute] for name, given in self.elements if name == tag and attribute in given]
