"""Every fault of a study file is named by its key, with how to mend it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.utils import translation

from study.errors import InputError
from study.study_file import parse
from tests.factories import study_toml

CHOICES = """choices = [
  { key = "headphones", label = { en = "Headphones", zh-hans = "Headphones（中）" } },
  { key = "speakers", label = { en = "Speakers", zh-hans = "Speakers（中）" } },
]"""


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


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
        ("slots = 2", "slots = 1", "groups: The groups have 1 slots together; give 2 to"),
        ('kind = "number"', 'kind = "number"\nrequired = "yes"', "background[1].required: Write true or false."),
        ('key = "years"', 'key = "group"', "background[1].key: Datasets have a column 'group' already"),
        ('kind = "number"', 'kind = "text"\nchoices = []', 'Only a question of the kind "choice" has choices'),
        (CHOICES, "choices = []", "background[2].choices: Give two choices or more"),
        ('key = "speakers"', 'key = "headphones"', "'headphones' stands twice"),
        ('version = "1"', 'version = "a version of the text"', "consent.version: Write at most 20 characters."),
        ('version = "1"', "version = 1", "consent.version: Write a text in quotes"),
        ('version = "1"', 'version = " "', "consent.version: Write a text in quotes"),
        (CHOICES, 'choices = ["a", "b"]', "background[2].choices[1]: Write a table with the keys key, label."),
        ("[[systems]]", "[[others]]", "others: There is no such key."),
        ('[[groups]]\nkey = "all"', '[groups]\nkey = "all"', "groups: Write it as [[groups]], once for each entry."),
        ("alpha = 0.05", "alpha = 0.05\nnonsense = 1", "analysis.nonsense: There is no such key. Leave it out; known"),
    ],
)
def test_a_fault_is_named_with_its_key_and_the_mend(before: str, after: str, said: str) -> None:
    assert said in fault(before, after)


def test_too_many_scales_are_counted() -> None:
    scale = study_toml().partition("[[scales]]")[2].partition("[[")[0]
    more = "".join(f"[[scales]]{scale.replace('valence', f'more{n}')}" for n in range(30))
    assert "scales: There are 32 entries; give 1 to" in fault("[[background]]", f"{more}[[background]]")


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
