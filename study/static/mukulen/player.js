// Plays one clip from memory and keeps account of what was really heard.

import { stamp } from "./clock.js";

export const memory = { clips: 4 }; // of two pages
const PATIENCE_MS = 1_500;
const STALL_MS = 20_000; // without a byte
const START_MS = 8_000; // from a press to the sound
const MAX_NOTED = 20; // changes of speed
const WAITS_MS = [1_000, 2_000, 4_000]; // between attempts to load
const clips = new Map(); // address → promise of a blob

/** Fetches a clip once; a failed fetch is forgotten. */
export function fetchClip(address) {
  if (!clips.has(address)) {
    const clip = download(address);
    clips.set(address, clip);
    clip.catch(() => clips.delete(address));
    while (clips.size > memory.clips) clips.delete(clips.keys().next().value);
  }
  return clips.get(address);
}

async function download(address) {
  const abort = new AbortController();
  const patience = () => setTimeout(() => abort.abort(), STALL_MS);
  let timer = patience();
  try {
    const response = await fetch(address, { signal: abort.signal });
    if (!response.ok) throw new Error(`status ${response.status}`);
    const parts = [];
    const reader = response.body.getReader();
    for (let part; !(part = await reader.read()).done; timer = patience()) {
      clearTimeout(timer);
      parts.push(part.value);
    }
    const blob = new Blob(parts, { type: response.headers.get("Content-Type") });
    const expected = Number(response.headers.get("Content-Length"));
    if (expected && blob.size !== expected) throw new Error("cut short");
    return blob;
  } finally {
    clearTimeout(timer);
  }
}

/** Intervals [[start, end], …], sorted and merged. */
export function union(intervals) {
  const merged = [];
  for (const [start, end] of [...intervals].sort((a, b) => a[0] - b[0])) {
    const last = merged[merged.length - 1];
    if (last && start <= last[1]) last[1] = Math.max(last[1], end);
    else merged.push([start, end]);
  }
  return merged;
}

export const total = (intervals) => intervals.reduce((sum, [start, end]) => sum + end - start, 0);

/** A player that is failed tries again by itself; mute (not loaded) and broken (not played) wait for a press. */
export function createPlayer({ clip, level, on }) {
  const { audio: address, durationMs } = clip;
  const audio = new Audio();
  audio.volume = level; // not on phones by Apple
  let source = "";
  let state = "loading";
  let since = null; // where the stretch now playing began, in ms
  let reached;
  let pressed = 0;
  let pressedAt;
  let from = null; // where the press began
  let plays = 0;
  let events = [];
  let frame = 0;
  let closed = false;
  let timer = 0;
  let failures = 0;

  const now = () => Math.min(durationMs, Math.round(audio.currentTime * 1000));
  const enter = (name) => on.state((state = name));
  const note = (event) => events.push({ event, clip_ms: now(), at: new Date().toISOString() });

  async function load() {
    clearTimeout(timer);
    enter("loading");
    try {
      const blob = await fetchClip(address);
      if (closed) return;
      source = URL.createObjectURL(blob);
      audio.preload = "auto";
      audio.src = source;
      audio.load();
      timer = setTimeout(becomeReady, PATIENCE_MS); // Safari on phones waits for a press
    } catch {
      if (closed) return;
      const wait = WAITS_MS[failures];
      failures += 1;
      enter(wait ? "failed" : "mute");
      if (wait) timer = setTimeout(load, wait);
    }
  }

  function becomeReady() {
    clearTimeout(timer);
    failures = 0;
    if (state === "loading" && !closed) enter("ready");
  }

  function stretch() {
    if (since === null || reached <= since) return [];
    const heard = [[since, reached]];
    since = reached;
    return heard;
  }

  function report() {
    const intervals = stretch();
    if (!intervals.length && !plays) return;
    send(intervals);
  }

  function send(intervals, given) {
    on.report({ intervals, events, plays, ...given });
    events = [];
    plays = 0;
  }

  function stop(name) {
    cancelAnimationFrame(frame);
    if (since !== null) reached = name === "ended" ? durationMs : now();
    note(name === "ended" ? "ended" : "pause");
    report();
    since = null;
    enter(name);
  }

  function give(name) {
    clearTimeout(timer);
    pressed = 0;
    note("error");
    enter(name);
  }

  function draw() {
    on.position(now());
    frame = requestAnimationFrame(draw);
  }

  audio.addEventListener("canplaythrough", becomeReady);
  audio.addEventListener("playing", () => {
    clearTimeout(timer);
    if (closed || state === "playing") return; // after it stood still
    since ??= from ?? now();
    if (from === 0 && reached !== 0) plays += 1; // paused at 0 it was counted
    from = null;
    reached = now();
    if (pressed) on.started(performance.now() - pressed);
    pressed = 0;
    const first = plays > 0 && !clip.plays;
    note(plays && !first ? "replay" : "play");
    if (first) send([], pressedAt);
    enter("playing");
    draw();
  });
  audio.addEventListener("ratechange", () => {
    if (audio.playbackRate === 1) return;
    audio.playbackRate = audio.defaultPlaybackRate = 1;
    if (events.length < MAX_NOTED) note("rate");
  });
  // Where the position jumps, what was skipped counts as not heard.
  audio.addEventListener("timeupdate", () => !audio.seeking && since !== null && (reached = now()));
  audio.addEventListener("seeking", () => {
    if (since === null || audio.ended) return;
    report();
    since = reached = now();
  });
  audio.addEventListener("pause", () => !audio.ended && state === "playing" && stop("paused"));
  audio.addEventListener("ended", () => {
    on.position(durationMs);
    stop("ended");
  });
  audio.addEventListener("error", () => !closed && source && give("broken"));

  function play() {
    if (pressed) return;
    from = audio.ended ? 0 : now();
    pressed = performance.now();
    pressedAt = stamp();
    timer = setTimeout(give, START_MS, "broken");
    audio.play().catch((error) => {
      if (error.name !== "AbortError") return closed || give("broken");
      if (pressed) clearTimeout(timer); // else a new attempt's
      pressed = 0;
    });
  }

  function again() {
    failures = 0;
    URL.revokeObjectURL(source);
    clips.delete(address);
    source = "";
    load();
  }

  const online = () => (state === "failed" || state === "mute") && again();
  addEventListener("online", online);
  load();
  return {
    press() {
      if (state === "playing") audio.pause();
      else if (state === "failed" || state === "mute" || state === "broken") again();
      else if (state !== "loading") play();
    },
    seek(ms) {
      audio.currentTime = ms / 1000;
      note("seek");
      on.position(ms);
      if (state === "ended") enter("paused");
    },
    hush: () => audio.pause(),
    blur() {
      if (state === "playing") note("blur");
    },
    problem() {
      note("problem");
      send(stretch());
    },
    settle() {
      if (state === "playing") reached = now();
      report();
    },
    close() {
      closed = true;
      clearTimeout(timer);
      cancelAnimationFrame(frame);
      removeEventListener("online", online);
      if (state === "playing") stop("paused");
      audio.pause();
      audio.removeAttribute("src");
      URL.revokeObjectURL(source);
    },
  };
}
