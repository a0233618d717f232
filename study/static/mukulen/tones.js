// The sounds of the sound page, made here: no file, and nothing from another site.
//
// The headphone check is that of Woods, Siegel, Traer and McDermott (2017), "Headphone screening to facilitate web-based
// auditory experiments", Attention, Perception, & Psychophysics 79, 2064-2072: three tones of 200 Hz, one second each,
// one of them 6 dB quieter, and one with its two channels in opposite phase. Over headphones the quiet one is the
// quietest; over loudspeakers the channels of the other cancel in the air, and it seems quieter still.

const RATE = 16_000;
const TONE = { hertz: 200, seconds: 1, ramp: 0.1, gap: 0.5, amplitude: 0.3 };
const QUIET = 10 ** (-6 / 20);
const KINDS = ["quiet", "plain", "antiphase"];
// A pentatonic turn, sounding about as loud as the clips (-20 LUFS).
const MELODY = { notes: [392, 440, 523.25, 587.33, 523.25, 440, 392, 329.63], seconds: 0.5, amplitude: 0.165 };

/** The six orders of the three tones, shuffled: each tone occurs twice at each position. */
export function drawRounds() {
  const [a, b, c] = KINDS;
  const rounds = [[a, b, c], [a, c, b], [b, a, c], [b, c, a], [c, a, b], [c, b, a]];
  for (let i = rounds.length - 1; i > 0; i -= 1) {
    const j = Math.floor(Math.random() * (i + 1));
    [rounds[i], rounds[j]] = [rounds[j], rounds[i]];
  }
  return rounds;
}

/** Three tones in that order, as a stereo WAV. */
export function threeTones(order) {
  const step = Math.round((TONE.seconds + TONE.gap) * RATE);
  const left = new Float64Array(step * order.length);
  const right = new Float64Array(left.length);
  order.forEach((kind, place) => {
    const amplitude = TONE.amplitude * (kind === "quiet" ? QUIET : 1);
    const tone = sine(TONE.hertz, TONE.seconds, TONE.ramp, amplitude);
    left.set(tone, place * step);
    right.set(kind === "antiphase" ? tone.map((sample) => -sample) : tone, place * step);
  });
  return wav(left, right);
}

/** A short melody to set the level by, as a stereo WAV. */
export function melody() {
  const { notes, seconds, amplitude } = MELODY;
  const sound = new Float64Array(Math.round(seconds * RATE) * notes.length);
  notes.forEach((hertz, place) => sound.set(sine(hertz, seconds, 0.03, amplitude), place * Math.round(seconds * RATE)));
  return wav(sound, sound);
}

function sine(hertz, seconds, ramp, amplitude) {
  const length = Math.round(seconds * RATE);
  return Float64Array.from({ length }, (_, i) => {
    const edge = Math.min(1, i / (ramp * RATE), (length - i) / (ramp * RATE));
    return amplitude * Math.sin(Math.PI * edge * 0.5) ** 2 * Math.sin((2 * Math.PI * hertz * i) / RATE);
  });
}

function wav(left, right) {
  const data = new DataView(new ArrayBuffer(44 + left.length * 4));
  const write = (place, text) => [...text].forEach((letter, i) => data.setUint8(place + i, letter.charCodeAt(0)));
  write(0, "RIFF");
  data.setUint32(4, 36 + left.length * 4, true);
  write(8, "WAVEfmt ");
  data.setUint32(16, 16, true);
  data.setUint16(20, 1, true); // plain numbers
  data.setUint16(22, 2, true); // channels
  data.setUint32(24, RATE, true);
  data.setUint32(28, RATE * 4, true);
  data.setUint16(32, 4, true);
  data.setUint16(34, 16, true); // bits
  write(36, "data");
  data.setUint32(40, left.length * 4, true);
  left.forEach((sample, i) => {
    data.setInt16(44 + i * 4, Math.round(sample * 32_767), true);
    data.setInt16(46 + i * 4, Math.round(right[i] * 32_767), true);
  });
  return new Blob([data], { type: "audio/wav" });
}
