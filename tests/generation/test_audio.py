from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import soundfile
from scipy.signal import butter, sosfilt

from formats.errors import InputError
from generation import audio
from generation.melody import REST, STEPS, Note, Tokens, notes_to_tokens
from generation.pack.rendering import render
from generation.workers import pool
from tests import soundfont
from tests.generation.songs import random_tokens


def melody(*notes: tuple[int, int, int]) -> Tokens:
    row: Tokens = notes_to_tokens([[Note(*note) for note in notes]])[0]
    return row


def made(row: Tokens) -> bytes:
    return audio.clip(audio.synthesise(row))


def decoded(data: bytes) -> audio.Samples:
    samples, _ = soundfile.read(io.BytesIO(data), dtype="float64")
    return np.asarray(samples, dtype=np.float64)


def decibel(value: float) -> float:
    return float(20 * np.log10(max(value, 1e-12)))


def test_bytes_depend_on_nothing_but_the_tokens() -> None:
    clips = random_tokens(3, seed=4)
    here = [made(row) for row in clips]
    assert [made(row) for row in clips[::-1]] == here[::-1]
    with pool(2, jobs=3) as executor:
        jobs = [executor.submit(render, row, -20.0) for row in clips]
        assert [job.result().data for job in jobs] == here
    assert len(set(here)) == 3


def test_sparse_and_dense_clips_have_one_size_length_and_loudness() -> None:
    sparse = melody((40, 1, 60))
    dense = melody(*((step, 1, 84 - step % 5) for step in range(STEPS)))
    facts = [audio.measure(made(row)) for row in (sparse, dense)]
    assert {fact[:4] for fact in facts} == {(facts[0].size, audio.SAMPLES, 44_100, 1)}
    assert facts[0].duration_s == pytest.approx(11.52)
    assert [fact.lufs for fact in facts] == pytest.approx([-20, -20], abs=0.1)
    assert max(fact.true_peak_dbtp for fact in facts) < audio.CEILING_DBTP


def test_a_clip_begins_and_ends_in_silence() -> None:
    samples = decoded(made(melody((0, 80, 69))))
    assert decibel(np.abs(samples[: round(0.09 * audio.RATE)]).max()) < -60
    assert decibel(np.abs(samples[-round(0.02 * audio.RATE) :]).max()) < -90
    assert decibel(np.abs(samples[round(11.0 * audio.RATE) :]).max()) < -60


def test_notes_begin_on_their_step_and_die_away_at_their_end() -> None:
    samples = np.abs(audio.synthesise(melody((8, 4, 69), (40, 2, 72))))
    loud = samples > 0.05 * samples.max()
    for step, length in ((8, 4), (40, 2)):
        start = round((0.10 + step * 0.125) * audio.RATE)
        end = start + round(length * 0.125 * audio.RATE)
        assert not loud[start - audio.RATE // 2 : start].any()
        assert loud[start : start + round(0.02 * audio.RATE)].any()
        assert not loud[end + round(0.4 * audio.RATE) : end + audio.RATE].any()


def test_pitch_is_that_of_the_score() -> None:
    samples = audio.synthesise(melody((0, 80, 69)))[audio.RATE : 9 * audio.RATE]
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    assert np.argmax(spectrum) / 8 == pytest.approx(440, abs=2)


def test_note_ends_do_not_tick() -> None:
    samples = audio.synthesise(melody((0, 4, 72)))
    high = np.abs(sosfilt(butter(8, 8000, "hp", fs=audio.RATE, output="sos"), samples))
    end = round(0.6 * audio.RATE)
    assert decibel(high[end - 200 : end + 1000].max() / np.abs(samples).max()) < -40


def held(pitches: Sequence[int], seconds: float = 1.9) -> list[audio.Samples]:
    """Each of up to five pitches, held for a while and let go, in a piece of its own of two seconds."""
    samples = audio.play(audio.Sounding(2 * place, 2 * place + seconds, pitch) for place, pitch in enumerate(pitches))
    starts = [round((audio.LEAD_S + 2 * place) * audio.RATE) for place in range(len(pitches))]
    return [samples[start : start + 2 * audio.RATE] for start in starts]


def levels(samples: audio.Samples, start: float, end: float, window: float) -> list[float]:
    """The level of each window between two times, in dB."""
    length = round(window * audio.RATE)
    part = samples[round(start * audio.RATE) : round(end * audio.RATE)]
    whole = part[: len(part) // length * length].reshape(-1, length)
    return [decibel(float(np.sqrt((frame**2).mean()))) for frame in whole]


@pytest.mark.parametrize("lowest", [60, 65, 70, 75, 80])
def test_a_held_note_has_one_loudness(lowest: int) -> None:
    """C4 to C6: it swelled and faded by 7 dB."""
    for note in held(range(lowest, lowest + 5)):
        found = levels(note, 0.1, 1.85, 0.05)
        assert max(found) - min(found) < 2


def test_notes_speak_at_once_and_end_within_a_sixteenth() -> None:
    for note in held([60, 66, 72, 78, 84]):
        steady = np.median(levels(note, 0.1, 1.85, 0.05))
        attack = np.array(levels(note, 0, 0.1, 0.01)) - steady
        assert attack[4:].min() > -2
        assert attack.max() < 2
        release = np.array(levels(note, 1.9, 2, 0.01)) - steady
        assert (np.diff(release) < 0).all()
        assert release[0] > -3
        assert release[-1] < -20


def test_the_ocarina_of_the_font_is_level_already() -> None:
    font = audio.FONT.read_bytes()
    before, after = (np.frombuffer(data, dtype="<i2").astype(int) for data in (font, soundfont.level(font)))
    assert np.abs(before - after).max() < 0.03 * 32_768


def test_a_repeated_note_is_struck_again() -> None:
    held = audio.synthesise(melody((0, 8, 69)))
    struck = audio.synthesise(melody((0, 4, 69), (4, 4, 69)))
    again = slice(round(0.6 * audio.RATE), round(0.65 * audio.RATE))
    assert np.abs(held[again] - struck[again]).max() > 0.1 * np.abs(held).max()


def test_a_melody_without_a_note_is_no_clip() -> None:
    with pytest.raises(ValueError, match="without a note"):
        audio.synthesise(np.full(STEPS, REST, dtype=np.int8))


def test_loudness_and_true_peak_agree_with_the_standard() -> None:
    time = np.arange(5 * audio.RATE) / audio.RATE
    assert audio.loudness(np.sin(2 * np.pi * 997 * time)) == pytest.approx(-3.01, abs=0.1)
    between_samples = np.sin(2 * np.pi * audio.RATE / 4 * time + np.pi / 4)
    assert decibel(np.abs(between_samples).max()) == pytest.approx(-3.01, abs=0.01)
    assert audio.true_peak(between_samples * np.hanning(len(time))) == pytest.approx(0, abs=0.1)
    assert audio.loudness(np.zeros(audio.RATE)) == audio.true_peak(np.zeros(audio.RATE)) == -np.inf


def test_a_set_is_lowered_until_its_highest_peak_fits() -> None:
    assert audio.lowered(-20.0, [-9.0, -2.0]) == -20.0
    assert audio.lowered(-20.0, [-9.0, -0.5]) == -21.5
    assert audio.lowered(-20.0, [-1.97]) == -20.1


def test_a_file_that_is_no_audio_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.mp3").write_bytes(b"no audio")
    for name in ("a.mp3", "missing.mp3"):
        with pytest.raises(InputError, match=f"{name} cannot be read as audio"):
            audio.measure_file(tmp_path / name)


def test_a_file_that_says_it_is_longer_than_any_memory_is_measured_by_what_it_holds() -> None:
    data = made(melody((0, 80, 69)))
    length = 417  # of a frame of 128 kbit/s at 44.1 kHz, without padding
    claim = b"Xing" + (1).to_bytes(4, "big") + (2**31 - 1).to_bytes(4, "big")
    forged = (data[:4] + bytes(17) + claim).ljust(length, b"\0") + data
    with soundfile.SoundFile(io.BytesIO(forged)) as file:
        assert file.frames > 10**12
    facts = audio.measure(forged)
    assert facts.samples == pytest.approx(audio.SAMPLES, abs=2 * audio.MP3_FRAME)
    assert facts.lufs == pytest.approx(-20, abs=0.1)
