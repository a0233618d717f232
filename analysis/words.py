"""What figures, tables and reports say, in English and simplified Chinese. Both have the same keys and places."""

from __future__ import annotations

from formats.errors import N_
from formats.messages import Words

WORDS = Words(
    {
        "axis_mean": N_("Mean rating and {level} % interval"),
        "axis_mean_alone": N_("Mean rating"),
        "legend_real": N_("{name} (band: {level} % interval)"),
        "legend_code": N_("System {name}"),
        "figure_all_exploratory": N_("Exploratory: no plan was frozen before the ratings were seen"),
        "figure_exploratory": N_("† exploratory: not in the plan that was frozen before the ratings were seen"),
        "figure_no_interval": N_("Hollow mark or line without band: no interval (the report says why)"),
        "figure_observed_range": N_("Axes show bounds inferred from the ratings: the file states none"),
        "method_line": N_("Method: {method}."),
        "bootstrap_method": N_(
            "two-way bootstrap (experts and clips resampled with replacement, {replicates:,} replicates, seed {seed}; "
            "Owen 2007); se is the bootstrap standard error, the interval is the {level} % percentile interval; the "
            "method has no df"
        ),
        "model_method": N_("mixed model, {formulas}, restricted maximum likelihood"),
        "or": N_(" or "),
        "freedom_method": N_(", Satterthwaite's df (Kuznetsova, Brockhoff & Christensen 2017)"),
        "interval_method": N_("; the interval is the {level} % t interval"),
        "plain_method": N_("means of the ratings; no model could be fitted"),
        "means_caption": N_("Mean rating of each system on each scale, with its {level} % confidence interval"),
        "means_caption_alone": N_("Mean rating of each system on each scale"),
        "table_exploratory": N_("Exploratory, not in a frozen plan: {scales}."),
        "exploratory_line": N_("Exploratory: not in a frozen plan."),
        "reason_few_experts": N_("No interval, fewer than 6 experts: {cells}."),
        "reason_few_clips": N_("No interval, fewer than 3 clips: {cells}."),
        "reason_all_equal": N_("No interval, all ratings of the system are equal: {cells}."),
        "reason_sparse": N_("No interval, too few ratings for so many experts and clips: {cells}."),
        "objective_caption": N_("Objective metrics of the rated clips, by system"),
        "objective_note": N_(
            "upc: different pitches in a clip; gc: groove consistency; ebr: share of empty beats. They describe the "
            "notes, not how a clip sounds to anyone. sd is between clips."
        ),
        "report": N_("Report of a listening study"),
        "simulated": N_("SIMULATED / 模拟数据. A program made these ratings. They say nothing about any music."),
        "asked": N_("What was asked"),
        "listened": N_("Who listened, and to what"),
        "question": N_("Question"),
        "course": N_("A further study"),
        "methods": N_("Methods, for a paper"),
        "checklist": N_("What a reviewer will ask"),
        "rows_cut": N_("The first {shown} of {count} rows; all are in tables/{name}.csv."),
        "files_of": N_("Methods text, tables and figures are also files of their own beside this page."),
        "experts": N_("Experts"),
        "clips": N_("Clips"),
        "systems": N_("Systems"),
        "ratings": N_("Ratings counted"),
        "repeats": N_("Ratings of repeated clips, left out of all means"),
        "missing": N_("Empty ratings, left out"),
        "encoding": N_("The file was read as"),
        "scale": N_("Scale"),
        "range": N_("Range"),
        "low": N_("Lowest means"),
        "high": N_("Highest means"),
        "status": N_("Status"),
        "primary": N_("planned, primary"),
        "secondary": N_("planned, secondary"),
        "exploratory": N_("exploratory"),
        "system": N_("System"),
        "means": N_("What they answered"),
        "figure7": N_("Figure 7. Mean rating of each system on each scale."),
        "figure7_model": N_("A mark is the system's mean by the mixed model."),
        "figure7_line": N_("The line of a mark is its {level} % confidence interval."),
        "figure7_real": N_("The dark line is the mean of the real music."),
        "figure7_band": N_("The grey band is its interval."),
        "figure7_axis": N_("Each axis shows the scale's whole range."),
        "figure7_sealed": N_(
            "The study is blinded: clips were assigned to the letters at random, so differences say nothing about the "
            "systems."
        ),
        "no_figure": N_("This computer has no font for this language, so the figure is in English."),
        "interval": N_("What the interval means"),
        "interval_text": N_(
            "Other experts of the same kind, and other clips of the same systems, would have given other means. The "
            "interval says how far: made in this way for study after study, about {level} of 100 intervals hold the "
            "mean that very many such experts and clips would give. Both experts and clips count as a sample, so "
            "neither many ratings by few people nor many ratings of few clips make it narrow."
        ),
        "cannot": N_("What cannot be said from this report"),
        "cannot_rank": N_(
            "That two systems are equal. A difference that does not hold is not shown to be nothing, and intervals of "
            "means that overlap show nothing about it; only a test against a smallest gap of interest can."
        ),
        "cannot_many": N_(
            "Anything from the largest difference alone: of many, the largest is large partly by chance. Intervals of "
            "means hold one by one; simultaneous intervals of differences hold together."
        ),
        "cannot_beyond": N_("Anything about other listeners, other music, other scales or other ways of making clips."),
        "cannot_incomplete": N_("Not every expert rated every clip."),
        "cannot_adjusted": N_(" The model adjusts the means for who rated what, as far as the ratings allow."),
        "cannot_few": N_("Fewer than 20 experts took part, below what listening-test standards usually ask for."),
        "cannot_range": N_(
            "How far a scale reaches: the file states no bounds, so they are inferred from the ratings."
        ),
        "no_plan": N_("No plan was frozen before the ratings were seen, so everything here is exploratory."),
        "said": N_("What can be said"),
        "trusted": N_("How far it can be trusted"),
        "doubts": N_("What the models say of themselves"),
        "not_made": N_("What could not be computed, and why"),
        "all_tables": N_("All tables"),
        "seal_plan": N_("The seal is closed, so nobody can tell which pairs the plan names; all pairs are compared."),
        "objective": N_("The notes of the clips"),
        "metric": N_("Metric"),
        "mean": N_("Mean"),
        "made": N_("How this report was made"),
        "source": N_("Read from"),
        "dataset_hash": N_("Data (SHA-256)"),
        "plan_hash": N_("Frozen plan (SHA-256)"),
        "none": N_("none"),
        "seed": N_("Seed"),
        "versions": N_("Versions"),
        "files": N_("Files of this report"),
    }
)
