"""What is measured of one clip, where the right value is known from how the clip was made."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from generation.acoustics import FRAME_S, acoustics

RATE, SECONDS = 44_100, 4.0
TIMES = np.arange(round(RATE * SECONDS)) / RATE
NOISE = np.random.default_rng(0).normal(0, 0.1, len(TIMES))


def tone(hertz: float = 440.0, start: float = 0.5, end: float = 3.5) -> NDArray[np.float64]:
    inside = (start <= TIMES) & (end > TIMES)
    return np.asarray(0.1 * np.sin(2 * np.pi * hertz * TIMES) * inside)


@pytest.mark.parametrize("level", [1.0, 0.01])
def test_times_are_those_of_the_sound_at_any_level(level: float) -> None:
    found = acoustics(level * tone(start=0.8, end=3.0), RATE)
    assert found.onset_s == pytest.approx(0.8, abs=FRAME_S)
    assert found.end_s == pytest.approx(3.0, abs=FRAME_S)
    assert found.edge_silence_s == pytest.approx(1.8, abs=2 * FRAME_S)
    assert found.silence == pytest.approx(1.8 / SECONDS, abs=2 * FRAME_S / SECONDS)


def test_silence_to_the_end_leaves_out_what_follows() -> None:
    found = acoustics(tone(start=0.8, end=1.0), RATE)
    assert found.silence == pytest.approx(3.8 / SECONDS, abs=0.01)
    assert found.silence_to_end == pytest.approx(0.8, abs=0.03)


def test_music_of_a_moment_is_silent_for_the_rest_of_a_second() -> None:
    assert acoustics(tone(start=0.1, end=0.3), RATE).silence_to_end == pytest.approx(0.8, abs=0.03)


def test_what_lies_40_lu_below_the_clip_is_silence() -> None:
    quiet = tone(end=2.0) + tone(start=2.0) * 10 ** (-41 / 20)
    assert acoustics(quiet, RATE).end_s == pytest.approx(2.0, abs=FRAME_S)
    heard = tone(end=2.0) + tone(start=2.0) * 10 ** (-39 / 20)
    assert acoustics(heard, RATE).end_s == pytest.approx(3.5, abs=FRAME_S)


def test_dc_offset_is_no_sound_and_has_its_size() -> None:
    found = acoustics(tone() - 0.03, RATE)
    assert found.onset_s == pytest.approx(0.5, abs=FRAME_S)
    assert found.dc_offset == pytest.approx(0.03, rel=0.01)


def test_a_step_louder_than_the_music_is_no_sound() -> None:
    ramp = np.clip((TIMES - 0.105) / 0.005, 0, 1) * np.clip((3.9 - TIMES) / 0.005, 0, 1)
    found = acoustics(0.02 * tone() + 0.5 * ramp, RATE)
    assert [found.onset_s, found.end_s, found.pauses] == pytest.approx([0.5, 3.5, 0])


def test_a_click_before_the_music_is_its_first_sound() -> None:
    click = np.zeros(len(TIMES))
    click[round(0.11 * RATE)] = 0.2
    assert acoustics(tone() + click, RATE).onset_s == pytest.approx(0.1)


@pytest.mark.parametrize("below_db", [15.0, 25.0])
def test_music_begins_and_ends_where_it_rises_above_the_noise(below_db: float) -> None:
    noise = NOISE * 10 ** (-below_db / 20) * tone().std() / NOISE.std()
    found = acoustics(tone() + noise, RATE)
    assert [found.onset_s, found.end_s] == pytest.approx([0.5, 3.5])
    # Steady noise is not silence.
    assert found.silence == 0


def test_music_that_is_noise_sounds() -> None:
    found = acoustics(NOISE * ((TIMES >= 0.5) & (TIMES < 3.5)), RATE)
    assert [found.onset_s, found.end_s, found.pauses] == pytest.approx([0.5, 3.5, 0])


def test_loudness_of_the_thirds_is_relative_to_the_whole() -> None:
    louder = tone(end=1.5) * 2 + tone(start=1.5)
    mean = 10 * np.log10((4 + 1 + 1) / 3)
    found = acoustics(louder, RATE)
    assert found.first_third_lu == pytest.approx(10 * np.log10(4) - mean, abs=0.1)
    assert found.last_third_lu == pytest.approx(-mean, abs=0.1)


def test_roll_off_and_bandwidth_are_those_of_the_partials() -> None:
    found = acoustics(tone(1_000) + 0.02 * tone(6_000), RATE)
    assert found.roll_off_hz == pytest.approx(1_000, abs=2 / FRAME_S)
    # The frame and the smoothing widen a partial.
    assert 6_000 < found.highest_hz < 6_800
    assert acoustics(tone(1_000) + 0.2 * tone(6_000), RATE).roll_off_hz == pytest.approx(6_000, abs=2 / FRAME_S)


@pytest.mark.parametrize("below_db", [20.0, 40.0])
def test_noise_is_heard_through_the_tones(below_db: float) -> None:
    level = 10 ** (-below_db / 20) * tone().std() / NOISE.std()
    found = acoustics(tone() + level * NOISE, RATE)
    assert found.noise_db == pytest.approx(-below_db, abs=2.5)
    assert acoustics(tone(), RATE).noise_db == -50


def test_width_is_the_energy_that_one_channel_loses() -> None:
    left, right = tone(), tone(660)
    assert acoustics(np.stack([left, left], axis=1), RATE).stereo_width == pytest.approx(0, abs=1e-12)
    assert acoustics(np.stack([left, right], axis=1), RATE).stereo_width == pytest.approx(0.5, abs=0.01)
    assert acoustics(np.stack([left, -left], axis=1), RATE).stereo_width == pytest.approx(1)


@pytest.mark.parametrize("samples", [np.zeros(8_000), np.full(8_000, 0.4), np.zeros((100, 2)), np.zeros(0)])
def test_a_clip_without_a_sound_is_all_silence(samples: NDArray[np.float64]) -> None:
    found = acoustics(samples, 8_000)
    assert found.silence == 1
    assert found.silence_to_end == 1
    assert found.end_s == 0
