// Pages whose clips are versions of one music, which alone load this, behind several.js and sets.js: all run in step and
// repeat, one of them sounds, and switching goes on where the other one was.

import { stamp } from "./clock.js";
import { fetchClip, total, union } from "./player.js";
import "./several.js";
import { ways } from "./trial.js";

const FADE_S = 0.005; // from one clip to the other, in both directions
const AHEAD_S = 0.02; // so that what belongs together happens at one time, beyond what is rendered at once
const UNHEARD_MS = 500; // the server's tolerance as well
const START_MS = 8_000;
const WAITS_MS = [1_000, 2_000, 4_000];

const players = new Set();
let context;
let sounding = null;
let restMs = 0; // the position while none sounds
let fromMs = 0; // where they began at this time of the context
let begunAt = 0;
let frame = 0;

const soon = () => context.currentTime + (context.baseLatency || 0) + AHEAD_S;

function position(at = context.currentTime) {
  if (!sounding) return restMs;
  return (fromMs + Math.max(0, at - begunAt) * 1000) % sounding.lastsMs();
}

/** What of a clip that repeats sounds in `ms` from a place. */
function covered(start, ms, length) {
  if (ms >= length) return [[0, length]];
  const end = start + ms;
  return end <= length ? [[start, end]] : [[start, length], [0, end - length]];
}

function run(from) {
  fromMs = from;
  begunAt = soon();
  for (const one of players) one.start(begunAt, from / 1000);
}

function halt(at) {
  restMs = position(at);
  sounding = null;
  cancelAnimationFrame(frame);
  for (const one of players) one.source?.stop(at + FADE_S);
}

function draw() {
  const ms = position();
  for (const one of players) one.on.position(ms);
  sounding.collect();
  const { clip, pieces } = sounding;
  if (!clip.isHeard() && total(union([...clip.heard, ...pieces])) >= clip.durationMs - UNHEARD_MS) sounding.report();
  frame = requestAnimationFrame(draw);
}

export function createPlayer({ clip, level, on }) {
  const { audio: address, durationMs } = clip;
  const gain = (context ??= new AudioContext()).createGain();
  gain.gain.value = 0;
  gain.connect(context.destination);
  let buffer = null;
  let state = "loading";
  let events = [];
  let plays = 0;
  let markMs = 0; // what sounded before this is among the pieces
  let markAt = 0;
  let failures = 0;
  let timer = 0;
  let closed = false;

  const enter = (name) => on.state((state = name));
  const note = (event) => events.push({ event, clip_ms: Math.round(position()), at: new Date().toISOString() });
  const self = { clip, on, source: null, pieces: [] };

  /** A decoder may leave out the encoder's padding. */
  self.lastsMs = () => Math.min(durationMs, buffer.duration * 1000);

  self.start = (at, from) => {
    self.source?.stop();
    self.source = null;
    if (!buffer) return;
    self.source = new AudioBufferSourceNode(context, { buffer, loop: true, loopEnd: self.lastsMs() / 1000 });
    self.source.connect(gain);
    self.source.start(at, from);
  };

  self.mark = (at = context.currentTime) => {
    markAt = Math.max(begunAt, at);
    markMs = position(markAt);
  };

  self.collect = (at = context.currentTime) => {
    if (at <= markAt) return;
    self.pieces = union([...self.pieces, ...covered(markMs, (at - markAt) * 1000, self.lastsMs())]);
    self.mark(at);
  };

  self.report = (given) => {
    const intervals = self.pieces.map((piece) => piece.map(Math.round)).filter(([from, to]) => to > from);
    if (!intervals.length && !plays && !given) return;
    self.pieces = [];
    on.report({ intervals, events, plays, ...given });
    events = [];
    plays = 0;
  };

  self.sound = (at, given) => {
    sounding = self;
    self.mark(at);
    plays += 1;
    const first = plays === 1 && !clip.plays;
    note(first ? "play" : "replay");
    if (first) self.report(given);
    fade(0, level, at);
    enter("playing");
  };

  /** Goes silent, for another clip or because all stop. */
  self.leave = (at) => {
    self.collect(at);
    note("pause");
    fade(level, 0, at);
    if (clip.isHeard()) self.report();
    enter("paused");
  };

  async function load() {
    clearTimeout(timer);
    enter("loading");
    try {
      const blob = await fetchClip(address);
      buffer = await context.decodeAudioData(await blob.arrayBuffer());
      failures = 0;
      if (!closed) enter("ready");
    } catch {
      if (closed) return;
      const wait = WAITS_MS[failures];
      failures += 1;
      enter(wait ? "failed" : "mute");
      if (wait) timer = setTimeout(load, wait);
    }
  }

  function fade(from, to, at) {
    gain.gain.setValueAtTime(from, at);
    gain.gain.linearRampToValueAtTime(to, at + FADE_S);
  }

  async function begin(given) {
    timer = setTimeout(() => note("error") && enter("broken"), START_MS);
    await context.resume();
    clearTimeout(timer);
    if (closed || sounding) return;
    run(restMs);
    self.sound(begunAt, given);
    frame = requestAnimationFrame(draw);
  }

  async function press() {
    const [given, pressed] = [stamp(), performance.now()];
    if (sounding === self) return pause();
    if (/failed|mute/.test(state)) return again();
    if (state === "loading") return;
    if (sounding) {
      const at = soon();
      sounding.leave(at);
      self.sound(at, given);
    } else {
      await begin(given);
    }
    on.started(performance.now() - pressed);
  }

  function pause() {
    const at = soon();
    self.leave(at);
    halt(at);
    for (const one of players) one.report();
  }

  function again() {
    failures = 0;
    load();
  }

  function seek(ms) {
    note("seek");
    if (sounding) {
      sounding.collect();
      run(ms);
      sounding.mark();
    } else {
      restMs = ms;
      for (const one of players) one.on.position(ms);
    }
  }

  function settle() {
    if (sounding === self) self.collect();
    self.report();
  }

  const online = () => /failed|mute/.test(state) && again();
  const interrupted = () => sounding === self && context.state !== "running" && pause();
  addEventListener("online", online);
  context.addEventListener("statechange", interrupted);
  players.add(self);
  load();
  return {
    press,
    seek,
    settle,
    blur: () => sounding === self && note("blur"),
    problem() {
      if (sounding === self) self.collect();
      note("problem");
      self.report({});
    },
    close() {
      closed = true;
      clearTimeout(timer);
      removeEventListener("online", online);
      context.removeEventListener("statechange", interrupted);
      if (sounding === self) pause();
      else self.report(); // what was heard before another one sounded
      players.delete(self);
      if (!players.size) restMs = 0;
    },
  };
}

Object.assign(ways, {
  player: createPlayer,
  hush() {},
  /** While one sounds, to one that was not heard. */
  onward: (present, clips) => (present.isHeard() && clips.find((clip) => !clip.isHeard())) || present,
});
