"""The words of `analyse_runs` in English."""

from __future__ import annotations

from collections.abc import Mapping

ENGLISH: Mapping[str, str] = {
    # figures
    "multi-scale": "multi-scale critic",
    "plain": "plain critic of equal size",
    "penalty": "gradient penalty",
    "clipping": "weight clipping",
    "figure5_negative_critic_loss": "Negative critic loss",
    "figure5_distance": "Distance of samples from validation songs",
    "figure5_iteration": "Generator iteration",
    "figure5": (
        "Figure 5. Negative critic loss of MIDI-GAN while it trains, with the multi-scale critic and with a plain "
        "one of equal size; beside it how far samples lie from the validation songs (in tolerances: 0.3 in UPC, .03 "
        "in GC, .02 in onset-EBR, .1 in the share of clips with rests, .26 in log perplexity, added up). Thin: each "
        "seed as logged. Thick: mean over seeds of a running mean of 5 rows; band: 95 % interval over seeds, for "
        "three or more. Losses of two critics are on two scales; the distances are on one."
    ),
    "figure5_needs": (
        "Figure 5 needs a run of midi-gan and one of its variant plain, both with a log.csv that has the critic's "
        "loss: train them with `manage.py train midi-gan` and `--variant plain`, and name both."
    ),
    "figure6_fine": "About the bounds (bins of {width:.2g})",
    "figure6_wide": "All weights (bins of {width:.2g})",
    "figure6_weight": "Weight of the critic",
    "figure6_share": "Share of weights in the bin",
    "figure6_near": "{kind}: {share:.1f} % of the weights within 1 % of a bound (n = {n})",
    "figure6_bound": "clipping bounds, ±{bound:g}",
    "figure6": (
        "Figure 6. The critic's weights after training, with gradient penalty and with weight clipping, in the same "
        "bins. Dotted: the bounds to which clipping holds the weights. The vertical axes are logarithmic."
    ),
    "figure6_needs": (
        "Figure 6 needs a run of midi-gan and one of its variant clipping, both ended (histograms.npz with fine "
        "bins): train them with `manage.py train midi-gan` and `--variant clipping`, and name both."
    ),
    "no_chinese_figure": "",
    # systems
    "reference": "Reference model (of perplexity)",
    "variant": "{name}, {variant}",
    "variant_plain": "plain critic",
    "variant_clipping": "weight clipping",
    "variant_unmatched": "no matching module",
    "variant_validation": "validation songs",
    # tables
    "method": "Method: {method}.",
    "bootstrap": (
        "percentile bootstrap ({replicates:,} replicates, seed {seed}); clips are resampled with replacement, real "
        "clips song by song; intervals are of 95 %, and of these trained weights: how another training would have "
        "ended they do not say"
    ),
    "column_system": "system",
    "column_source": "source",
    "column_runs": "runs",
    "column_parameters": "parameters",
    "column_epochs": "epochs trained",
    "column_convergence_epoch": "convergence epoch",
    "column_seconds": "training, s",
    "column_seconds_per_epoch": "s per epoch",
    "column_relative": "s per epoch, MIDI-GAN = 1",
    "column_epochs_by_seconds": "convergence epoch × s per epoch",
    "column_clips": "clips",
    "here": "here",
    "paper": "paper",
    "converged_of": " (of {n} of {runs} runs)",
    "table1_caption": "Table 1. Size, epochs to convergence and training time; mean ± SD over runs (seeds)",
    "table1_note": (
        "Convergence: the first epoch after which the criterion by which weights are kept, smoothed over five "
        "measurements, improves by less than 1 % over 20 epochs; empty where a run ended before that was seen. The "
        "paper gives no rule. An epoch is one pass over the training segments; the paper's songs are others, so "
        "only ratios compare, and only between runs that had the machine to themselves: times are by the clock."
    ),
    "table1_unfinished": "Not finished, so not in the means: {runs}.",
    "table1_machines": (
        "The runs were made on different machines or with different numbers of threads: times do not compare."
    ),
    "means_caption": "Table 2. Metrics of the notes: mean (95 % interval)",
    "pack_means_caption": "Metrics of the notes of the pack's clips: mean (95 % interval)",
    "table2_note": (
        "UPC: different pitches in a clip; GC: groove consistency; EBR: share of beats in which nothing sounds; "
        "onset-EBR: in which nothing begins; PPL: perplexity under the reference model, exp of the mean of "
        "logarithms. None is better for being small or large: what counts is real music's value."
    ),
    "table2_paper": (
        "Of the paper's Table 2 only these cells and ranges are known here. It prints no real music, no spread and "
        "no interval; its column of used pitches is headed UPG."
    ),
    "paper_row": "{name} (paper)",
    "paper_range": "five systems (paper), lowest … highest",
    "differences_caption": "Differences from real music: system less real (95 % interval)",
    "pack_differences_caption": (
        "Differences of the pack's clips from its real ones: system less real (95 % interval)"
    ),
    "differences_note": (
        "PPL: difference of logarithms. An interval that holds 0 does not show that the two are equal. Intervals "
        "are not corrected for how many there are."
    ),
    "overlap_caption": "Spread: overlapped area / Kullback-Leibler divergence (nats) of distances",
    "overlap_note": (
        "Distances of real clips from one another against distances of real clips from the system's, feature by "
        "feature (Yang & Lerch 2020). Area 1 and divergence 0: the system's clips lie among real ones as real ones "
        "do. The row of the validation songs shows what other real songs reach."
    ),
    "sets_caption": "Whole sets: distance from real music, and copies",
    "sets_note": (
        "Fréchet distance of the reference model's states; JSD: Jensen-Shannon divergence (bits) of the token "
        "n-grams. Both shrink with more clips: compare equal numbers of clips, and with the row of the validation "
        "songs, which is the floor. Runs are those shared with a training song in any key, counted in steps from "
        "note to note."
    ),
    # what is measured
    "metric_upc": "UPC",
    "metric_upc_bar": "UPC per bar",
    "metric_gc": "GC",
    "metric_ebr": "EBR",
    "metric_ebr_onset": "onset-EBR",
    "metric_with_rests": "share with rests",
    "metric_ppl": "PPL",
    "feature_pitch_count": "pitch count",
    "feature_pitch_class_histogram": "pitch classes",
    "feature_pitch_class_transitions": "pitch-class transitions",
    "feature_pitch_range": "pitch range",
    "feature_pitch_shift": "pitch shift",
    "feature_note_count": "note count",
    "feature_inter_onset_interval": "inter-onset interval",
    "feature_note_length_histogram": "note lengths",
    "feature_note_length_transitions": "note-length transitions",
    "measure_frechet": "Fréchet",
    "measure_jsd_1": "JSD 1",
    "measure_jsd_2": "JSD 2",
    "measure_jsd_3": "JSD 3",
    "measure_jsd_4": "JSD 4",
    "measure_duplicate_share": "duplicates",
    "measure_longest_shared_p95": "longest run shared, 95th percentile",
    "measure_longest_shared_10_or_more": "share of runs of 10 or more",
    # why a cell is empty
    "reason_no_clips": "Empty, there are no clips: {cells}.",
    "reason_no_values": "Empty, no clip has a value: {cells}.",
    "reason_few_clips": "No interval and no overlap, fewer than 3 clips or songs with a value: {cells}.",
    "reason_all_equal": "No interval, all values are equal: {cells}.",
    "reason_no_real": "No difference, there is no real music to compare with: {cells}.",
    "reason_no_spread": "No overlap, all distances are equal: {cells}.",
    "reason_few_for_frechet": "No Fréchet distance, fewer than 50 clips on one side: {cells}.",
    "reason_no_states": "No Fréchet distance, there is no reference model: {cells}.",
    "reason_real_no_values": "No difference and no overlap, no real clip has a value: {cells}.",
    "reason_real_few_clips": "No interval and no overlap, fewer than 3 real clips or songs with a value: {cells}.",
    "reason_real_all_equal": "No interval of the difference, all real clips have one value: {cells}.",
    # the page
    "lang_name": "English",
    "title": "What the notes say: training runs against real music",
    "asked": "What was compared",
    "runs": "Runs",
    "real_text": (
        "Real music: {segments} segments of {songs} held-out songs (splits {splits}). The validation songs have a row "
        "of their own: weights and temperatures were chosen on them, so they serve as other real songs, and no more."
    ),
    "clips_text": (
        "Clips of each run: {clips:,}, drawn with seed {seed} and none chosen; also the first 100, as many as in "
        "the paper."
    ),
    "complexity": "Size and time",
    "curves": "Training",
    "weights": "The critic's weights",
    "metrics": "Metrics of the notes",
    "spread": "Spread, distance and copies",
    "pack": "The clips that experts hear",
    "cannot": "What cannot be said from this page",
    "cannot_ear": "How any clip sounds to anyone. That is for a listening study.",
    "cannot_best": (
        "That a system is best because a metric is lowest or highest. A note held for five bars has a lower "
        "perplexity than any song."
    ),
    "cannot_one_seed": "How much training varies, where there is one run of a model: {models}.",
    "cannot_beyond": "Anything about music other than that of the songs named here.",
    "left_out": "What was left out, and why",
    "no_corpus": "Table 2 and what follows from it: name the corpus with --corpus, for real music to compare with.",
    "no_weights": (
        "Samples of {runs}: the run folder has no weights.safetensors; --checkpoints FOLDER may name where they lie, "
        "beside the run's config.json."
    ),
    "no_pack_midi": "The pack {pack}: it holds no MIDI, so its clips have no notes to measure.",
    "some_pack_midi": "{count} clips of the pack {pack}, which have no MIDI.",
    "no_reference": "Perplexity and Fréchet distance: there is no reference model; name one with --reference.",
    "made": "How this page was made",
    "runs_hash": "Runs (SHA-256)",
    "weights_hash": "Weights (SHA-256)",
    "corpus_hash": "Corpus (SHA-256)",
    "reference_hash": "Reference model (SHA-256)",
    "pack_hash": "Pack (SHA-256 of its manifest)",
    "seed": "Seed",
    "versions": "Versions",
    "files": "Files of this report",
    "none": "none",
}
