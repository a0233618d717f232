"""Choices with a right answer: whether experts know generated from real music.

P(says generated) = F(intercept + d'_s + sensitivity of the expert, for a clip of system s, + criterion of the expert +
clip + prompt), F normal: a mixed probit in which experts, clips and prompts, if there are any, are samples. d' of a
system is its coefficient against the real music; its criterion is that of the midpoint, -(intercept + d'/2), above 0
where experts incline to say "real". Pooled tables, which take every answer as one of its own, find differences where
there are none. All d' share the false alarms of the real clips, so that few real clips blur them all.

A system whose answers are all right, or all wrong, has no finite d'. Where its d' is infinite its answers are certain,
so that the likelihood of all answers is that of the answers without it: the other systems are fitted without it, and
the likelihood ratio tests it against d' = 0. It is compared with F on 1 and K + K_r - 2 degrees of freedom, K clips of
the system and K_r real ones, as chi-squared finds too much with few clips.

Sources: L. T. DeCarlo, Psychological Methods 3 (1998) 186-205 (signal detection as a probit model); M. J. Hautus,
Behavior Research Methods 27 (1995) 46-51 (the log-linear rule); D. J. Schuirmann, Journal of Pharmacokinetics and
Biopharmaceutics 15 (1987) 657-680 (equivalence). Agrees with glmmTMB.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import stats
from scipy.special import ndtri

from analysis.statistics.comparison_model.laplace import Answers, Maximum, maximise
from analysis.statistics.comparison_model.model import Bounded
from analysis.statistics.guards import panel_shortage
from analysis.statistics.incidence import Floats, Incidence, Integers, join
from analysis.statistics.mixed_model import inference
from analysis.statistics.mixed_model.inference import holm
from analysis.statistics.notes import Note, note
from analysis.statistics.ordinal_model.links import LINKS

#: The random effects: how readily an expert says "generated", how well they tell, what is of one clip alone, and what
#: clips of one prompt have in common, where several systems have clips of the same prompts.
EFFECTS = ("criterion", "sensitivity", "clip", "prompt")
TESTED = ("se", "df", "t", "p")
SYSTEMS = (
    *("system", "answers", "hits", "hit_rate", "d_prime", *TESTED, "p_holm", "ci_low", "ci_high"),
    *("p_equivalence", "equivalence_low", "equivalence_high", "criterion", "criterion_se", "why"),
)
EXPERTS = ("expert_id", "hits", "generated", "false_alarms", "real", "d_prime", "criterion", "p", "p_holm")
COMPONENTS = ("component", "variance", "sd")
#: Pages on which answers vary by less than this share of what independent answers would: experts choose among clips.
DEPENDENT = 0.6
#: d' within this is 59.9% correct or less for an unbiased judge.
MARGIN = 0.5


@dataclass(frozen=True)
class DiscriminationFit:
    """How well experts tell generated from real music.

    Attributes
    ----------
    systems : DataFrame
        ``SYSTEMS``; the last row, with system "", is the mean of the systems that have an estimate. ``p`` is two-sided
        against d' = 0, ``p_equivalence`` that of two one-sided tests that d' is within the margin, which the interval
        from ``equivalence_low`` to ``equivalence_high`` (level 1 - 2 alpha) then is. ``why`` is "all_right" or
        "all_wrong" for a system without an estimate, whose ``p`` is that of the likelihood ratio, else "".
    experts : DataFrame
        ``EXPERTS``: rates by the log-linear rule, Fisher's one-sided exact p.
    variance_components : DataFrame
        ``COMPONENTS``.
    false_alarms, real_answers : int
        Answers "generated" to real clips, and all answers to them.
    margin : float
    log_likelihood : float
    notes : tuple of Note
    why : str
        Why nothing was estimated: "no_real", "no_generated", "one_answer" (the real music or every system has one
        answer alone), "not_estimable", or "".
    shortage : str
        Why nothing is concluded (``guards``, or "one_of_page" by ``page_dispersion``), or "".
    """

    systems: pd.DataFrame
    experts: pd.DataFrame
    variance_components: pd.DataFrame
    false_alarms: int
    real_answers: int
    margin: float
    log_likelihood: float
    notes: tuple[Note, ...]
    why: str
    shortage: str


@dataclass(frozen=True)
class Choices:
    """n answers "real" or "generated".

    Attributes
    ----------
    systems : tuple of str
        The generators, in order.
    experts : tuple of str
    expert : int array of shape (n,)
    clip : int array of shape (n,)
    system : int array of shape (n,)
        -1 for the real music.
    said : int array of shape (n,)
        1 where the answer was "generated".
    prompt : int array of shape (n,) or None
        None without prompts that several systems have in common.
    clips : tuple of int
        Number of clips of the real music and of each system.
    """

    systems: tuple[str, ...]
    experts: tuple[str, ...]
    expert: Integers
    clip: Integers
    system: Integers
    said: Integers
    prompt: Integers | None
    clips: tuple[int, ...]

    @property
    def coefficients(self) -> Floats:
        """The intercept and one column a system, shape (n, 1 + S)."""
        table = np.zeros((len(self.said), 1 + len(self.systems)))
        table[:, 0] = 1.0
        generated = self.system >= 0
        table[generated, 1 + self.system[generated]] = 1.0
        return table

    def random(self, code: Floats) -> list[tuple[str, Integers, Floats, int]]:
        """List the entries of the random effects.

        Parameters
        ----------
        code : float64 array of shape (n,)
            What an expert's sensitivity is multiplied with: 1 for generated clips and 0 for real ones.

        Returns
        -------
        list of (str, int array of shape (n, 1), float64 array of shape (n, 1), int)
            As ``join`` takes them.
        """
        ones, count = np.ones((len(self.said), 1)), len(self.experts)
        parts = [
            (EFFECTS[0], self.expert[:, None], ones, count),
            (EFFECTS[1], self.expert[:, None], code[:, None], count),
        ]
        parts.append((EFFECTS[2], self.clip[:, None], ones, int(self.clip.max()) + 1))
        if self.prompt is not None:
            parts.append((EFFECTS[3], self.prompt[:, None], ones, int(self.prompt.max()) + 1))
        return parts

    def design(self) -> Incidence:
        """Make the design in which coefficients are integrated out too.

        Returns
        -------
        Incidence
        """
        size = 1 + len(self.systems)
        columns = np.column_stack([np.zeros_like(self.system), np.maximum(self.system + 1, 1)])
        values = np.column_stack([np.ones(len(self.said)), self.system >= 0])
        return join([("", columns, values, size), *self.random((self.system >= 0).astype(np.float64))])


def lay_out(frame: pd.DataFrame, real: str, systems: Sequence[str] = ()) -> Choices:
    """Arrange answers for the model.

    Parameters
    ----------
    frame : DataFrame
        Columns ``expert_id``, ``system``, ``clip_id``, ``said`` (1: "generated", 0: "real"); no repeats. Optional
        ``page``, the trial of an expert in which several clips were answered about, and ``prompt_id``; both "" where
        there is none.
    real : str
        The system that is real music.
    systems : sequence of str, optional
        The generators in their order; sorted if not given.

    Returns
    -------
    Choices

    Raises
    ------
    ValueError
        If an answer is neither 0 nor 1.
    """
    if not frame["said"].isin([0, 1]).all():
        raise ValueError("an answer is neither 0 (real) nor 1 (generated)")
    seen = set(frame["system"]) - {real}
    order = [system for system in systems if system in seen] or sorted(seen)
    frame = frame[frame["system"].isin([real, *order])]
    place = {real: -1, **{system: n for n, system in enumerate(order)}}
    expert, experts = pd.factorize(frame["expert_id"], sort=True)
    pairs = list(zip(frame["system"], frame["clip_id"], strict=True))
    clip, clips = pd.factorize(pd.Series(pairs, dtype=object))
    return Choices(
        systems=tuple(order),
        experts=tuple(map(str, experts)),
        expert=np.asarray(expert, dtype=np.intp),
        clip=np.asarray(clip, dtype=np.intp),
        system=np.array([place[system] for system in frame["system"]], dtype=np.intp),
        said=frame["said"].to_numpy(np.intp),
        prompt=_prompts(frame),
        clips=tuple(sum(system == name for system, _ in clips) for name in (real, *order)),
    )


def _prompts(frame: pd.DataFrame) -> Integers | None:
    """Number the prompts of answers; None where no prompt has clips of two systems."""
    if "prompt_id" not in frame or (frame["prompt_id"] == "").any():
        return None
    if frame.groupby("prompt_id")["system"].nunique().max() < 2:
        return None
    return np.asarray(pd.factorize(frame["prompt_id"], sort=True)[0], dtype=np.intp)


def fit(
    frame: pd.DataFrame,
    *,
    real: str = "real",
    systems: Sequence[str] = (),
    link: str = "probit",
    margin: float = MARGIN,
    alpha: float = 0.05,
) -> DiscriminationFit:
    """Estimate d' and criterion of each system and of each expert.

    Coefficients are integrated out with the random effects, as REML does; t tests with Satterthwaite's degrees of
    freedom.

    Parameters
    ----------
    frame : DataFrame
        As for ``lay_out``.
    real : str, default "real"
    systems : sequence of str, optional
    link : {"probit", "logit"}
        d' is on the scale of this link's noise; that of signal detection is the probit.
    margin : float, default ``MARGIN``
        d' within it counts as chance.
    alpha : float, default 0.05

    Returns
    -------
    DiscriminationFit

    Raises
    ------
    ValueError
        As ``lay_out``, or if the margin is not above 0.
    """
    if not margin > 0:
        raise ValueError(f"the margin {margin:g} must be above 0")
    choices = lay_out(frame, real, systems)
    separated = _separated(choices)
    why, maximum = _why_not(choices, separated), None
    kept = frame if why else frame[~frame["system"].isin(separated)]
    fitted = lay_out(kept, real, choices.systems)
    if not why:
        try:
            maximum = maximise(Answers(fitted.said, 2, fitted.design(), fitted.coefficients[:, :0], LINKS[link]))
        except np.linalg.LinAlgError:
            why = "not_estimable"
    table = _counts(choices, separated if maximum else {})
    if maximum:
        for system in separated:
            table.loc[table["system"] == system, "p"] = _ratio_p(frame, real, fitted, system, link)
        table = _tested(fitted, table, maximum, margin, alpha)
    real_said = choices.said[choices.system < 0]
    shortage = panel_shortage(len(fitted.experts), fitted.clips) or ("one_of_page" if _one_of_page(kept) else "")
    return DiscriminationFit(
        systems=table,
        experts=_by_expert(choices),
        variance_components=_components(fitted, maximum),
        false_alarms=int(real_said.sum()),
        real_answers=len(real_said),
        margin=margin,
        log_likelihood=maximum.at.value if maximum else float("nan"),
        notes=(*_notes_of_separated(table), *_notes(fitted, maximum, why, shortage)),
        why=why,
        shortage=shortage,
    )


def guard(found: DiscriminationFit) -> DiscriminationFit:
    """Remove errors, intervals and tests that too few experts or clips support.

    See ``guards``.

    Parameters
    ----------
    found : DiscriminationFit

    Returns
    -------
    DiscriminationFit
        NaN in place of what is removed.
    """
    if not found.shortage:
        return found
    kept = ("system", "answers", "hits", "hit_rate", "d_prime", "criterion", "why")
    return replace(found, systems=found.systems.assign(**{name: np.nan for name in SYSTEMS if name not in kept}))


def page_dispersion(frame: pd.DataFrame) -> float:
    """Compare the variance of pages with that of independent answers.

    Parameters
    ----------
    frame : DataFrame
        As for ``lay_out``, with ``page``.

    Returns
    -------
    float
        Mean square of a page's sum of residuals over the sum of their variances; about 1 for independent answers, more
        where pages differ, 0 where each page has equally many answers of each kind. NaN without pages.
    """
    pages = frame[frame["page"] != ""] if "page" in frame else frame.iloc[:0]
    of_page = pages.groupby(["expert_id", "page"])["said"].transform("size") if len(pages) else pages["said"]
    pages = pages[of_page > 1]
    if pages.empty:
        return float("nan")
    of_expert, of_system = (pages.groupby(name)["said"].transform("mean") for name in ("expert_id", "system"))
    expected = (of_expert + of_system - pages["said"].mean()).clip(0.02, 0.98)
    parts = pages.assign(residual=pages["said"] - expected, variance=expected * (1 - expected))
    sums = parts.groupby(["expert_id", "page"])[["residual", "variance"]].sum()
    return float((sums["residual"] ** 2).mean() / sums["variance"].mean())


def _one_of_page(frame: pd.DataFrame) -> bool:
    """Whether experts chose among a page's clips: then the tests of the model find too much."""
    return page_dispersion(frame) < DEPENDENT


def _separated(choices: Choices) -> dict[str, str]:
    """Name the systems whose answers are all right or all wrong."""
    shares = {name: choices.said[choices.system == number].mean() for number, name in enumerate(choices.systems)}
    return {name: "all_right" if share == 1 else "all_wrong" for name, share in shares.items() if share in (0, 1)}


def _why_not(choices: Choices, separated: Mapping[str, str]) -> str:
    if not choices.systems:
        return "no_generated"
    if not (choices.system < 0).any():
        return "no_real"
    is_one = choices.said[choices.system < 0].mean() in (0, 1) or len(separated) == len(choices.systems)
    return "one_answer" if is_one else ""


def _counts(choices: Choices, separated: Mapping[str, str]) -> pd.DataFrame:
    estimated = [number for number, name in enumerate(choices.systems) if name not in separated]
    rows = []
    for name, numbers in [*((name, [number]) for number, name in enumerate(choices.systems)), ("", estimated)]:
        said = choices.said[np.isin(choices.system, numbers)]
        rows.append((name, len(said), int(said.sum()), float(said.mean()) if len(said) else np.nan))
    table = pd.DataFrame(rows, columns=list(SYSTEMS[:4])).assign(**dict.fromkeys(SYSTEMS[4:-1], np.nan))
    return table.assign(why=[separated.get(name, "") for name in table["system"]])


def _ratio_p(frame: pd.DataFrame, real: str, fitted: Choices, system: str, link: str) -> float:
    """Test a separated system against d' = 0 by the likelihood ratio; NaN where its clips or experts are too few."""
    order = [*fitted.systems, system]
    equal = lay_out(frame[frame["system"].isin([real, *order])], real, order)
    if panel_shortage(len(equal.experts), equal.clips):
        return float("nan")
    try:
        found = [
            maximise(Answers(choices.said, 2, join(choices.random(code)), outer, LINKS[link]))
            for choices, outer in ((fitted, fitted.coefficients), (equal, equal.coefficients[:, :-1]))
            for code in [(choices.system >= 0).astype(np.float64)]
        ]
    except np.linalg.LinAlgError:
        return float("nan")
    free, restricted = (maximum.at.value for maximum in found)
    freedom = equal.clips[0] + equal.clips[-1] - 2
    p = float(stats.f.sf(max(2 * (free - restricted), 0.0), 1, freedom))
    return p if all(maximum.converged for maximum in found) else float("nan")


def _tested(choices: Choices, table: pd.DataFrame, maximum: Maximum, margin: float, alpha: float) -> pd.DataFrame:
    estimate = Bounded(maximum.coefficients, maximum.covariance, maximum.derivatives, maximum.of_searched)
    count = len(choices.systems)
    sensitivity = np.zeros((count + 1, count + 1))
    sensitivity[:count, 1:], sensitivity[count, 1:] = np.eye(count), 1 / count
    found = inference.t_tests(estimate, sensitivity, alpha)
    criterion = -sensitivity / 2
    criterion[:, 0] = -1.0
    reach = stats.t.isf(alpha, found.df) * found.se
    columns = {
        "d_prime": found.value,
        **{name: getattr(found, name) for name in TESTED},
        "ci_low": found.low,
        "ci_high": found.high,
        "p_equivalence": inference.equivalence_p(found.value, found.se, found.df, margin),
        "equivalence_low": found.value - reach,
        "equivalence_high": found.value + reach,
        "criterion": criterion @ estimate.coefficients,
        "criterion_se": np.sqrt(estimate.variances(criterion)),
    }
    table.loc[table["why"] == "", list(columns)] = np.column_stack(list(columns.values()))
    return table.assign(p_holm=np.append(holm(table["p"][:-1]), np.nan))


def _by_expert(choices: Choices) -> pd.DataFrame:
    rows = []
    generated = choices.system >= 0
    for number, name in enumerate(choices.experts):
        own = choices.expert == number
        said, of = choices.said[own], generated[own]
        hits, n_generated, alarms, n_real = int(said[of].sum()), int(of.sum()), int(said[~of].sum()), int((~of).sum())
        hit, alarm = (float(ndtri((yes + 0.5) / (n + 1))) for yes, n in ((hits, n_generated), (alarms, n_real)))
        table = np.array([[hits, n_generated - hits], [alarms, n_real - alarms]])
        p = stats.fisher_exact(table, alternative="greater").pvalue if n_generated and n_real else np.nan
        rows.append((name, hits, n_generated, alarms, n_real, hit - alarm, -(hit + alarm) / 2, float(p)))
    found = pd.DataFrame(rows, columns=list(EXPERTS[:-1]))
    return found.assign(p_holm=holm(found["p"]))


def _components(choices: Choices, maximum: Maximum | None) -> pd.DataFrame:
    effects = EFFECTS if choices.prompt is not None else EFFECTS[:3]
    sds = maximum.sds if maximum else np.full(len(effects), np.nan)
    return pd.DataFrame({"component": list(effects), "variance": sds**2, "sd": sds})


def _notes_of_separated(table: pd.DataFrame) -> tuple[Note, ...]:
    rows = table[table["why"] != ""].to_dict("records")
    return tuple(note(f"choices_{row['why']}", "", system=row["system"], answers=row["answers"]) for row in rows)


def _notes(choices: Choices, maximum: Maximum | None, why: str, shortage: str) -> tuple[Note, ...]:
    found = [note(f"choices_{why}", "")] if why else []
    found += (
        [note(f"choices_{shortage}", "", experts=len(choices.experts), clips=min(choices.clips))] if shortage else []
    )
    if maximum is not None:
        zero = [name for name, sd in zip(EFFECTS, maximum.sds, strict=False) if sd == 0]
        found += [note("choices_at_zero", "", components=zero)] if zero else []
        found += [] if maximum.converged else [note("choices_not_converged", "")]
    return tuple(found)
