from __future__ import annotations

import re
from pathlib import Path

import pytest

from formats.messages import CONTEXT_END, translate
from formats.study_file import parse
from study.dataset import schema
from tests.factories import study_toml

DOCS = Path(__file__).parents[2] / "docs"


def test_every_test_that_the_invariants_name_exists() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", (DOCS / "invariants.md").read_text(encoding="utf-8"))
    assert len(named) > 30
    sources = {file: (DOCS.parent / file).read_text(encoding="utf-8") for file, _ in named}
    assert [f"{file}::{name}" for file, name in named if f"def {name}(" not in sources[file]] == []


def test_the_datasets_page_describes_every_column_of_the_ratings() -> None:
    page = (DOCS / "datasets.md").read_text(encoding="utf-8")
    columns = schema.long_columns(parse(study_toml()), "open")
    assert [column.name for column in columns if f"`{column.name}`" not in page] == []


@pytest.mark.parametrize("key", ["design", "systems", "groups", "scales", "background", "consent", "analysis"])
def test_the_study_file_page_has_a_section_for_every_part(key: str) -> None:
    assert re.search(rf"^## \[+{key}\]", (DOCS / "study-file.md").read_text(encoding="utf-8"), re.MULTILINE)


def test_every_link_within_the_pages_leads_somewhere() -> None:
    for page in [DOCS.parent / "README.md", *DOCS.rglob("*.md")]:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name} points to {target}"


#: A file that docs/models.md asks its reader to write.
TO_BE_WRITTEN = {"generation/networks/bigram.py"}
PATHS = re.compile(r"`((?:analysis|config|docs|fixtures|formats|generation|locale|study|tests)/[\w./*-]+)`")


def test_every_path_that_a_page_names_exists() -> None:
    for page in [DOCS.parent / "README.md", *DOCS.rglob("*.md")]:
        for path in set(PATHS.findall(page.read_text(encoding="utf-8"))) - TO_BE_WRITTEN:
            assert list(DOCS.parent.glob(path.rstrip("/"))), f"{page.name} names {path}"


def anchor_of(heading: str) -> str:
    """The name of a heading in addresses, as GitHub and the site make it."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "SECURITY.md", "AGENTS.md"])
def test_sections_that_a_page_beside_docs_links_to_exist(name: str) -> None:
    """`make site` checks those of the pages in docs/."""
    text = (DOCS.parent / name).read_text(encoding="utf-8")
    for target, anchor in re.findall(r"\]\((docs/[\w./-]+)#([\w-]+)\)", text):
        headings = re.findall(r"^#+ (.+)$", (DOCS.parent / target).read_text(encoding="utf-8"), re.MULTILINE)
        assert anchor in map(anchor_of, headings), f"{name} points to {target}#{anchor}"


IN_CHINESE = sorted(path.name for path in (DOCS / "zh").glob("*.md"))
#: What a page emphasises or quotes: for the most part buttons.
MARKED = re.compile(r"(?<!\*)\*([^*\n]+)\*(?!\*)|[“\"]([^”\"\n]+)[”\"]")


def in_chinese(words: str) -> str:
    """As the site says it, a step of the builder by its own name."""
    step = translate("zh-hans", f"step of the builder{CONTEXT_END}{words}")
    return translate("zh-hans", words) if step == words else step


def buttons_of(english: str) -> dict[str, str]:
    """What an English page marks outside its code and the site has in Chinese."""
    prose = re.sub(r"^ {4,}.*$|`[^`\n]+`", "", english, flags=re.MULTILINE)
    marked = {next(filter(None, words)).replace("\n", " ") for words in MARKED.findall(prose)}
    return {words: chosen for words in marked if (chosen := in_chinese(words)) != words}


@pytest.mark.parametrize("name", ["run-a-study.md", "build-a-study.md", "experts.md"])
def test_pages_about_the_dashboard_name_its_buttons(name: str) -> None:
    assert len(buttons_of((DOCS / name).read_text(encoding="utf-8"))) > 5


@pytest.mark.parametrize("name", IN_CHINESE)
def test_chinese_page_follows_the_english_one(name: str) -> None:
    english, chinese = ((DOCS / part).read_text(encoding="utf-8") for part in (name, f"zh/{name}"))
    for shape in (r"^#+(?= )", r"^ {4,}.*$", r"^\d\. ", r"^- ", r"^\|"):  # headings, commands, steps, lists, rows
        found = [re.findall(shape, page, re.MULTILINE) for page in (english, chinese)]
        assert found[0] == found[1], shape
    assert set(re.findall(r"`([^`\n]+)`", english)) - set(re.findall(r"`([^`\n]+)`", chinese)) == set()
    assert {words: chosen for words, chosen in buttons_of(english).items() if chosen not in chinese} == {}


@pytest.mark.parametrize("page", ["README.md", "docs/index.md"])
def test_readme_and_index_link_each_chinese_page(page: str) -> None:
    text = (DOCS.parent / page).read_text(encoding="utf-8")
    assert [name for name in IN_CHINESE if f"zh/{name})" not in text] == []


def glossary(page: str) -> list[list[str]]:
    """The terms of a glossary in both languages, as its rows have them."""
    rows = re.findall(r"^\| ([^|]+) \| ([^|]+) \|", (DOCS / page).read_text(encoding="utf-8"), re.MULTILINE)
    return [list(row) for row in rows[1:]]


def test_glossaries_have_the_same_terms_as_the_site() -> None:
    terms = glossary("glossary.md")
    assert [[english, chinese] for chinese, english in glossary("zh/glossary.md")] == terms
    said = {english: {in_chinese(words) for words in (english, english.capitalize())} for english, _ in terms}
    known = [
        (chinese, words) for english, chinese in terms for words in said[english] if words.lower() != english.lower()
    ]
    assert len(known) > 5
    assert [words for chinese, words in known if words not in chinese and chinese not in words] == []
