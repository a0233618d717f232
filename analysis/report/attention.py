"""Attention checks, the same in every report: who passed how many, and whom the frozen plan excludes for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from analysis.data.attention import Attention
from analysis.report.registry import Finding, Question, Rows, Sentence
from formats.attention import rule_on_checks
from formats.messages import LazyText, in_a_row, listed, translate, translator

NAME = "attention_checks"
HEADINGS = (LazyText("Expert"), LazyText("Passed"), LazyText("Answered"), LazyText("Excluded"))
#: The attention checks of what a report is made from; None where none were asked.
Of = Callable[[Any], Attention | None]


def attention_checks(of: Of, paragraph: str) -> Finding[Any]:
    """The finding, with its sentence in a paragraph of the methods text."""

    def holds(found: Any) -> bool:
        return of(found) is not None

    def values(found: Any, lang: str) -> Mapping[str, object]:
        return {"attention": _said(of(found), lang)}

    return Finding[Any](
        NAME,
        LazyText("Attention checks"),
        LazyText("Attention checks by expert"),
        lambda found: _frame(of(found)),
        why=None,
        grid=lambda found, lang: _grid(of(found), lang),
        notes=lambda found: [LazyText.of(lambda lang: _said(of(found), lang))],
        under_codes=True,
        sentences=[Sentence(paragraph, "attention", LazyText.same("{attention}"), holds, values)],
        questions=[
            Question("attention", LazyText("Attention checks"), LazyText.same("{attention}"), values, holds),
        ],
    )


def _frame(attention: Attention | None) -> pd.DataFrame:
    return pd.DataFrame() if attention is None else attention.table


def _grid(attention: Attention | None, lang: str) -> Rows:
    marks = ("", translate(lang, "yes"))
    rows = _frame(attention).to_dict("records")
    shown = [[str(row["expert_id"]), str(row["passed"]), str(row["answered"]), marks[row["excluded"]]] for row in rows]
    return [heading[lang] for heading in HEADINGS], shown


def _said(attention: Attention | None, lang: str) -> str:
    """How many there were, how many experts passed all, and the rule with whom it excludes."""
    if attention is None:
        return ""
    _ = translator(lang)
    said = [
        _("Attention checks per session: {count}, in trials drawn at random.", count=attention.per_session),
        _(
            "Experts who passed all that they answered: {passed} of {answered}.",
            passed=attention.passed_all,
            answered=attention.answered,
        ),
        rule_on_checks(lang, attention.limit),
    ]
    if attention.limit is not None:
        said.append(_("Excluded: {experts}.", experts=listed(lang, attention.excluded) or _("none")))
    return in_a_row(lang, said)
