"""What figures, tables and reports say, in English and simplified Chinese. Both have the same keys and places."""

from __future__ import annotations

from formats.errors import N_
from formats.messages import Words

WORDS = Words(
    {
        "axis_mean": N_("Mean rating with {level}% CI"),
        "axis_mean_alone": N_("Mean rating"),
        "legend_real": N_("{name} (band: {level}% CI)"),
        "legend_code": N_("System {name}"),
        "figure_all_exploratory": N_("Exploratory: no analysis plan was frozen before data collection"),
        "figure_exploratory": N_("† exploratory: not in the frozen analysis plan"),
        "figure_no_interval": N_("Hollow marker or line without band: no CI (see the report for the reason)"),
        "figure_observed_range": N_("Axes show bounds inferred from the ratings: the file contains none"),
        "method_line": N_("Method: {method}."),
        "bootstrap_method": N_(
            "two-way bootstrap (experts and clips resampled with replacement, {replicates:,} replicates, seed "
            "{seed}; Owen 2007); se is the bootstrap standard error, the CI is the {level}% percentile interval; the "
            "method has no df"
        ),
        "model_method": N_("mixed model, {formulas}, restricted maximum likelihood"),
        "or": N_(" or "),
        "freedom_method": N_(", Satterthwaite's df (Kuznetsova, Brockhoff & Christensen 2017)"),
        "interval_method": N_("; the CI is the {level}% t interval"),
        "plain_method": N_("means of the ratings; no model could be fitted"),
        "means_caption": N_("Mean rating of each system on each scale, with {level}% confidence interval"),
        "means_caption_alone": N_("Mean rating of each system on each scale"),
        "table_exploratory": N_("Exploratory, not in a frozen analysis plan: {scales}."),
        "exploratory_line": N_("Exploratory: not in a frozen analysis plan."),
        "reason_few_experts": N_("No interval, fewer than 6 experts: {cells}."),
        "reason_few_clips": N_("No interval, fewer than 3 clips: {cells}."),
        "reason_all_equal": N_("No interval, all ratings of the system are equal: {cells}."),
        "reason_sparse": N_("No interval, too few ratings for so many experts and clips: {cells}."),
        "objective_caption": N_("Objective metrics of the rated clips, by system"),
        "objective_note": N_(
            "upc: number of different pitches in a clip; gc: groove consistency; ebr: share of empty beats. They "
            "describe the notes, not how a clip sounds. sd is between clips."
        ),
        "report": N_("Report of a listening study"),
        "simulated": N_("SIMULATED / 模拟数据. A program generated these ratings. They do not describe any music."),
        "asked": N_("Questions"),
        "listened": N_("Participants and clips"),
        "question": N_("Question"),
        "course": N_("Power of a future study"),
        "methods": N_("Methods text for a paper"),
        "checklist": N_("Reporting checklist"),
        "rows_cut": N_("The first {shown} of {count} rows; all are in tables/{name}.csv."),
        "files_of": N_("Methods text, tables and figures are also separate files in this folder."),
        "experts": N_("Experts"),
        "clips": N_("Clips"),
        "systems": N_("Systems"),
        "ratings": N_("Ratings included"),
        "repeats": N_("Ratings of hidden repeats, excluded from all means"),
        "missing": N_("Missing ratings, excluded"),
        "encoding": N_("The file was read as"),
        "scale": N_("Scale"),
        "range": N_("Range"),
        "low": N_("Low end"),
        "high": N_("High end"),
        "status": N_("Status"),
        "primary": N_("planned, primary"),
        "secondary": N_("planned, secondary"),
        "exploratory": N_("exploratory"),
        "system": N_("System"),
        "means": N_("Results"),
        "figure7": N_("Figure 7. Mean rating of each system on each scale."),
        "figure7_model": N_("Markers show system means from the mixed model."),
        "figure7_line": N_("Error bars show {level}% confidence intervals."),
        "figure7_real": N_("The dark line is the mean of the real music."),
        "figure7_band": N_("The grey band is its CI."),
        "figure7_axis": N_("Each axis shows the full range of the scale."),
        "figure7_sealed": N_(
            "Blinded: clips were assigned to the letters at random, so differences do not describe the systems."
        ),
        "no_figure": N_("This computer has no font for this language, so the figure is in English."),
        "interval": N_("Meaning of the confidence interval"),
        "interval_text": N_(
            "Other experts of the same kind, or other clips of the same systems, would give other means. If the "
            "study were repeated many times, about {level} of 100 such intervals would contain the mean over all "
            "such experts and clips. Experts and clips are both treated as samples, so many ratings by few people, "
            "or of few clips, do not make the interval narrow."
        ),
        "cannot": N_("Limitations"),
        "cannot_rank": N_(
            "Do not conclude that two systems are equal. A non-significant difference is not evidence of no "
            "difference, and overlapping intervals are not a test. Use the equivalence test."
        ),
        "cannot_many": N_(
            "Do not conclude from the largest difference alone: of many differences, the largest is large partly by "
            "chance. CIs of means hold one at a time; simultaneous CIs of differences hold jointly."
        ),
        "cannot_beyond": N_(
            "Do not generalise to other listeners, other music, other scales or other ways of making clips."
        ),
        "cannot_incomplete": N_("Not every expert rated every clip."),
        "cannot_adjusted": N_(" The model adjusts the means for missing combinations, as far as the ratings allow."),
        "cannot_few": N_(
            "Fewer than 20 experts took part, below the number that listening-test standards usually require."
        ),
        "cannot_range": N_("The bounds of the scales are not in the file and are inferred from the ratings."),
        "no_plan": N_("No analysis plan was frozen before data collection, so all results are exploratory."),
        "said": N_("Main findings"),
        "trusted": N_("Reliability and robustness"),
        "doubts": N_("Model diagnostics"),
        "not_made": N_("Not computed, and why"),
        "all_tables": N_("All tables"),
        "seal_plan": N_("Blinded: the planned contrasts cannot be identified, so all pairs are compared."),
        "objective": N_("Objective metrics"),
        "metric": N_("Metric"),
        "mean": N_("Mean"),
        "made": N_("Provenance"),
        "source": N_("Read from"),
        "dataset_hash": N_("Data (SHA-256)"),
        "plan_hash": N_("Frozen study plan (SHA-256)"),
        "none": N_("none"),
        "seed": N_("Seed"),
        "versions": N_("Versions"),
        "files": N_("Files of this report"),
    }
)
