"""Scripts in R and Python that fit a report's mixed models again, from its dataset."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from analysis.report.findings import Findings, planned_pairs
from analysis.statistics.guards import MIN_CLIPS, MIN_EXPERTS

NAMES = ("reproduce.R", "reproduce.py")
#: The random effects as lme4 has them, by component.
TERMS = {
    "expert": "(1 | expert_id)",
    "prompt": "(1 | prompt_id)",
    "clip": "(1 | clip)",
    "expert:system": "(1 | expert_id:system)",
    "expert:prompt": "(1 | expert_id:prompt_id)",
}
R = """\
# Means and differences of this report by lme4 and lmerTest, with Satterthwaite's degrees of freedom:
#   Rscript reproduce.R DATASET [OUT]
# Writes system_means.csv and contrasts.csv to OUT (by default the folder `reproduced`). p and intervals are those of
# a single difference. DATASET has the SHA-256 hash @HASH@ (hashes.json).
suppressPackageStartupMessages(library(lmerTest))

systems <- c(@SYSTEMS@)
# Anchors: they have means, and differences only where these are planned. Planned differences are as the plan has them.
apart <- c(@APART@)
planned <- list(@PLANNED@)
# Experts whom rules of the frozen plan exclude.
excluded <- c(@EXCLUDED@)
random <- list(
@TERMS@
)
level <- @LEVEL@

given <- commandArgs(trailingOnly = TRUE)
out <- if (length(given) > 1) given[2] else "reproduced"
columns <- c("expert_id", "clip_id", "system", "prompt_id", "scale")
file <- Sys.glob(file.path(given[1], "data", "*_task-rating_data.csv"))
header <- names(read.csv(file, nrows = 1))
text <- setNames(rep("character", length(columns)), columns)[columns %in% header]
# An empty rating is missing; an expert may have the code NA.
ratings <- read.csv(file, colClasses = text, na.strings = character(0))
ratings <- ratings[ratings$is_repeat == 0 & !is.na(ratings$rating) & !ratings$expert_id %in% excluded, ]
ratings$clip <- interaction(ratings$system, ratings$clip_id, drop = TRUE)

tested <- function(model, weights) {
  found <- contest1D(model, weights, confint = TRUE, level = level)
  data.frame(value = found[["Estimate"]], se = found[["Std. Error"]], df = found[["df"]], t = found[["t value"]],
             p = found[["Pr(>|t|)"]], ci_low = found[["lower"]], ci_high = found[["upper"]])
}

# As in the report, a mean has no interval with fewer than @MIN_EXPERTS@ experts or @MIN_CLIPS@ clips, or where all
# ratings are equal; a difference has no test where either system has so few.
too_few <- function(rated) {
  length(unique(rated$expert_id)) < @MIN_EXPERTS@ || length(unique(rated$clip_id)) < @MIN_CLIPS@
}
withheld <- function(found, is_withheld) {
  if (is_withheld) found[setdiff(names(found), "value")] <- NA
  found
}

means <- data.frame()
contrasts <- data.frame()
for (scale in names(random)) {
  rows <- ratings[ratings$scale == scale, ]
  rows$system <- factor(rows$system, levels = intersect(systems, unique(rows$system)))
  model <- lmer(as.formula(paste("rating ~ 0 + system +", random[[scale]])), data = rows, REML = TRUE,
                control = lmerControl(optimizer = "bobyqa", check.conv.singular = "ignore"))
  unit <- diag(nlevels(rows$system))
  of_system <- split(rows, rows$system)
  few <- sapply(of_system, too_few)
  equal <- sapply(of_system, function(rated) length(unique(rated$rating)) == 1)
  for (a in seq_len(nrow(unit))) {
    mean <- withheld(tested(model, unit[a, ]), few[a] || equal[a])
    names(mean)[1] <- "mean"
    means <- rbind(means, cbind(scale = scale, system = levels(rows$system)[a], mean))
    for (b in seq_len(nrow(unit))[seq_len(nrow(unit)) > a]) {
      both <- levels(rows$system)[c(a, b)]
      as_planned <- Filter(function(pair) setequal(pair, both), planned[[scale]])
      if (any(both %in% apart) && length(as_planned) == 0) next
      if (length(as_planned) > 0) both <- as_planned[[1]]
      sign <- if (both[1] == levels(rows$system)[a]) 1 else -1
      difference <- withheld(tested(model, sign * (unit[a, ] - unit[b, ])), few[a] || few[b])
      names(difference)[1] <- "difference"
      pair <- data.frame(scale = scale, system_a = both[1], system_b = both[2])
      contrasts <- rbind(contrasts, cbind(pair, difference))
    }
  }
}
dir.create(out, showWarnings = FALSE, recursive = TRUE)
write.csv(means, file.path(out, "system_means.csv"), row.names = FALSE)
write.csv(contrasts, file.path(out, "contrasts.csv"), row.names = FALSE)
"""
PYTHON = '''\
"""Means and differences of this report by Mukulen's mixed model, and the plain means of the ratings beside them.

    python reproduce.py DATASET [OUT]

Needs Mukulen: run it in Mukulen's folder, or where it is installed. Writes system_means.csv and contrasts.csv to OUT
(by default the folder `reproduced`). DATASET has the SHA-256 hash @HASH@ (hashes.json).
"""

import sys
from pathlib import Path

import pandas as pd

from analysis.statistics import mixed_model

SYSTEMS = @SYSTEMS@
#: The planned contrasts of each scale, within which p is adjusted.
PLANNED = @PLANNED@
#: Anchors: they have means, and differences only where these are planned.
APART = @APART@
#: Experts whom rules of the frozen plan exclude.
EXCLUDED = @EXCLUDED@
ALPHA = @ALPHA@


def main(dataset: str, out: str = "reproduced") -> None:
    (file,) = (Path(dataset) / "data").glob("*_task-rating_data.csv")
    text = dict.fromkeys(["expert_id", "clip_id", "system", "prompt_id", "scale"], str)
    ratings = pd.read_csv(file, dtype=text, keep_default_na=False, na_values={"rating": [""]})
    ratings = ratings[(ratings["is_repeat"] == 0) & ratings["rating"].notna()]
    ratings = ratings[~ratings["expert_id"].isin(EXCLUDED)]
    means, contrasts = [], []
    for scale, pairs in PLANNED.items():
        fit = mixed_model.fit(ratings, scale, systems=SYSTEMS, contrasts=pairs, apart=APART, alpha=ALPHA)
        fit = mixed_model.guard(fit, ALPHA)
        rated = ratings[ratings["scale"] == scale].groupby("system")["rating"]
        table = fit.means.assign(plain_mean=fit.means["system"].map(rated.mean()))
        # As in the report, a mean has no interval where all ratings of the system are equal.
        table.loc[table["system"].map(rated.nunique()) == 1, ["se", "df", "ci_low", "ci_high"]] = float("nan")
        means.append(table)
        contrasts.append(fit.contrasts)
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    pd.concat(means).to_csv(folder / "system_means.csv", index=False)
    pd.concat(contrasts).to_csv(folder / "contrasts.csv", index=False)


if __name__ == "__main__":
    main(*sys.argv[1:])
'''


def write_scripts(found: Findings, folder: Path) -> list[Path]:
    """Write both scripts; none where the ratings are no dataset, are sealed, or no model was fitted."""
    ratings = found.ratings
    if not (ratings.source / "data").is_dir() or ratings.is_sealed or not found.is_fitted:
        return []
    planned = {scale: planned_pairs(ratings, scale) for scale in found.fitted}
    both = {"@HASH@": ratings.sha256, "@LEVEL@": f"{1 - ratings.alpha:g}", "@ALPHA@": f"{ratings.alpha:g}"}
    both |= {"@MIN_EXPERTS@": str(MIN_EXPERTS), "@MIN_CLIPS@": str(MIN_CLIPS)}
    names = {"@SYSTEMS@": found.order, "@APART@": ratings.anchors, "@EXCLUDED@": ratings.left_out}
    of_r = {place: _r_names(values) for place, values in names.items()}
    of_r["@TERMS@"] = ",\n".join(f"  {json.dumps(scale)} = {json.dumps(_terms(found, scale))}" for scale in planned)
    of_r["@PLANNED@"] = ", ".join(
        f"{json.dumps(scale)} = list({', '.join(f'c({_r_names(pair)})' for pair in pairs)})"
        for scale, pairs in planned.items()
    )
    of_python = {place: json.dumps(list(values)) for place, values in names.items()}
    of_python["@PLANNED@"] = json.dumps(planned, indent=4)
    written = []
    for name, text, own in zip(NAMES, (R, PYTHON), (of_r, of_python), strict=True):
        for place, value in {**both, **own}.items():
            text = text.replace(place, value)
        written.append(folder / name)
        written[-1].write_text(text, encoding="utf-8", newline="\n")
    return written


def _r_names(names: Sequence[str]) -> str:
    """Names between commas, as R reads them."""
    return ", ".join(map(json.dumps, names))


def _terms(found: Findings, scale: str) -> str:
    """The random effects that the report's model has on a scale."""
    table = found.fits[scale].variance_components
    fitted = set(table.loc[table["variance"].notna(), "component"])
    return " + ".join(term for name, term in TERMS.items() if name in fitted)
