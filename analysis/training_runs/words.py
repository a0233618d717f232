"""What `analyse_runs` says."""

from __future__ import annotations

from formats.errors import N_
from formats.messages import NP_, LazyText, Words, spoken

WORDS = Words(
    {
        # figures
        "multi-scale": N_("multi-scale critic"),
        "plain": N_("plain critic of equal size"),
        "penalty": N_("gradient penalty"),
        "clipping": N_("weight clipping"),
        "figure5_negative_critic_loss": N_("Negative critic loss"),
        "figure5_distance": N_("Distance of samples from validation songs"),
        "figure5": N_(
            "Figure 5. Negative critic loss of MIDI-GAN during training, with the multi-scale critic and with a "
            "plain critic of equal size; and the distance of samples from the validation songs (sum of distances in "
            "tolerances: 0.3 in UPC, .03 in GC, .02 in onset-EBR, .1 in the share of clips with rests, .26 in log "
            "perplexity). Thin: each seed as logged. Thick: mean over seeds of a running mean of 5 rows; band: 95% "
            "CI over seeds, for three or more. Losses of different critics are on different scales; the distances "
            "are on one scale."
        ),
        "figure5_needs": N_(
            "Figure 5 needs a run of midi-gan and one of its variant plain, both with a log.csv that has the critic's "
            "loss: train them with `manage.py train midi-gan` and `--variant plain`, and name both."
        ),
        "figure6_fine": N_("About the bounds (bins of {width:.2g})"),
        "figure6_wide": N_("All weights (bins of {width:.2g})"),
        "figure6": N_(
            "Figure 6. The critic's weights after training, with gradient penalty and with weight clipping, in the "
            "same bins. Dotted: the bounds to which clipping holds the weights. The vertical axes are logarithmic."
        ),
        "figure6_needs": N_(
            "Figure 6 needs a run of midi-gan and one of its variant clipping, both ended (histograms.npz with fine "
            "bins): train them with `manage.py train midi-gan` and `--variant clipping`, and name both."
        ),
        "no_figure": N_("This computer has no font for this language, so the figure is in English."),
        # systems
        "reference": N_("Reference model (of perplexity)"),
        "variant": N_("{name}, {variant}"),
        "variant_plain": N_("plain critic"),
        "variant_clipping": N_("weight clipping"),
        "variant_unmatched": N_("no matching module"),
        "variant_validation": N_("validation songs"),
        # tables
        "column_system": N_("system"),
        "column_source": N_("source"),
        "column_runs": N_("runs"),
        "column_parameters": N_("parameters"),
        "column_epochs": N_("epochs trained"),
        "column_convergence_epoch": N_("convergence epoch"),
        "column_seconds": N_("training, s"),
        "column_seconds_per_epoch": N_("s per epoch"),
        "column_relative": N_("s per epoch, MIDI-GAN = 1"),
        "column_epochs_by_seconds": N_("convergence epoch × s per epoch"),
        "column_clips": NP_("a column of numbers", "clips"),
        "here": N_("here"),
        "paper": N_("paper"),
        "converged_of": N_(" (of {n} of {runs} runs)"),
        "table1_caption": N_("Table 1. Size, epochs to convergence and training time; mean ± SD over runs (seeds)"),
        "means_caption": N_("Table 2. Objective metrics: mean (95% CI)"),
        "form_caption": N_("Table 2, continued. Metre and form: mean (95% CI)"),
        "pack_form_caption": N_("Metre and form of the pack's clips: mean (95% CI)"),
        "pack_means_caption": N_("Objective metrics of the pack's clips: mean (95% CI)"),
        "differences_caption": N_("Differences from real music: system minus real (95% CI)"),
        "pack_differences_caption": N_(
            "Differences of the pack's clips from its real clips: system minus real (95% CI)"
        ),
        "overlap_caption": N_("Spread: overlapped area / Kullback-Leibler divergence (nats) of distances"),
        "overlap_note": N_(
            "Distances of real clips from one another against distances of real clips from the system's, feature by "
            "feature (Yang & Lerch 2020). Area 1 and divergence 0: the system's clips lie among real ones as real ones "
            "do. The row of the validation songs shows what other real songs reach."
        ),
        "sets_caption": N_("Whole sets: distance from real music, and memorisation"),
        "sets_note": N_(
            "Fréchet distance of the reference model's states; JSD: Jensen-Shannon divergence (bits) of the token "
            "n-grams. Both shrink with more clips: compare equal numbers of clips, and with the row of the validation "
            "songs, which is the floor. Runs are those shared with a training song in any key, counted in steps from "
            "note to note."
        ),
        # what is measured
        "metric_upc": N_("UPC"),
        "metric_upc_bar": N_("UPC per bar"),
        "metric_gc": N_("GC"),
        "metric_ebr": N_("EBR"),
        "metric_ebr_onset": N_("onset-EBR"),
        "metric_with_rests": N_("share with rests"),
        "metric_ppl": N_("PPL"),
        "metric_strong_beats": N_("onsets on strong beats"),
        "metric_downbeats": N_("onsets on downbeats"),
        "metric_long_on_bar": N_("long notes that end a bar"),
        "metric_repeats": N_("share with repeats"),
        "metric_bar_similarity": N_("bar similarity"),
        "metric_leaps": N_("leaps over an octave"),
        "metric_out_of_range": N_("notes out of range"),
        "feature_pitch_count": N_("pitch count"),
        "feature_pitch_class_histogram": N_("pitch classes"),
        "feature_pitch_class_transitions": N_("pitch-class transitions"),
        "feature_pitch_range": N_("pitch range"),
        "feature_pitch_shift": N_("pitch shift"),
        "feature_note_count": N_("note count"),
        "feature_inter_onset_interval": N_("inter-onset interval"),
        "feature_note_length_histogram": N_("note lengths"),
        "feature_note_length_transitions": N_("note-length transitions"),
        "measure_frechet": N_("Fréchet"),
        "measure_jsd_1": N_("JSD 1"),
        "measure_jsd_2": N_("JSD 2"),
        "measure_jsd_3": N_("JSD 3"),
        "measure_jsd_4": N_("JSD 4"),
        "measure_strong_weak": N_("strong : weak"),
        "measure_duplicate_share": N_("duplicates"),
        "measure_longest_shared_p95": N_("longest run shared, 95th percentile"),
        "measure_longest_shared_10_or_more": N_("share of runs of 10 or more"),
        # why a cell is empty
        "reason_no_clips": N_("Empty, there are no clips: {cells}."),
        "reason_no_values": N_("Empty, no clip has a value: {cells}."),
        "reason_few_clips": N_("No interval and no overlap, fewer than 3 clips or songs with a value: {cells}."),
        "reason_all_equal": N_("No interval, all values are equal: {cells}."),
        "reason_no_real": N_("No difference, there is no real music to compare with: {cells}."),
        "reason_no_spread": N_("No overlap, all distances are equal: {cells}."),
        "reason_few_for_frechet": N_("No Fréchet distance, fewer than 50 clips on one side: {cells}."),
        "reason_no_states": N_("No Fréchet distance, there is no reference model: {cells}."),
        "reason_real_no_values": N_("No difference and no overlap, no real clip has a value: {cells}."),
        "reason_real_few_clips": N_(
            "No interval and no overlap, fewer than 3 real clips or songs with a value: {cells}."
        ),
        "reason_real_all_equal": N_("No interval of the difference, all real clips have one value: {cells}."),
        # the page
        "asked": N_("Comparison"),
        "runs": N_("Runs"),
        "complexity": N_("Size and time"),
        "curves": N_("Training"),
        "weights": N_("Critic weights"),
        "metrics": N_("Objective metrics"),
        "spread": N_("Distribution, distance and memorisation"),
        "pack": N_("Clips heard by experts"),
        "cannot": N_("Limitations"),
        "left_out": N_("Not computed, and why"),
        "made": N_("Provenance"),
        "runs_hash": N_("Runs (SHA-256)"),
        "weights_hash": N_("Weights (SHA-256)"),
        "corpus_hash": N_("Corpus (SHA-256)"),
        "reference_hash": N_("Reference model (SHA-256)"),
        "pack_hash": N_("Pack (SHA-256 of its manifest)"),
        "seed": N_("Seed"),
        "versions": N_("Versions"),
        "files": N_("Files of this report"),
        "none": N_("none"),
    }
)


def say(key: str, **values: object) -> LazyText:
    """A message in every language."""
    return LazyText.of(lambda language: WORDS[language][key].format(**spoken(language, values)))
