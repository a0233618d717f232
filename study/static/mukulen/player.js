// Plays one clip from memory and keeps account of what was really heard.

const KEPT = 3; // clips in memory: the one that plays, the next and the one before
const PATIENCE_MS = 1_500;
const STALL_MS = 20_000; // without a byte; however slow the line, what comes is kept
const START_MS = 8_000; // a press that brings no sound within this time has failed
const WAITS_MS = [1_000, 2_000, 4_000]; // between the attempts to load a clip; then she is asked
const clips = new Map(); // address → promise of a blob; the newest few

/** The whole clip, fetched once; a failed fetch is forgotten, so that asking again tries again. */
export function fetchClip(address) {
  if (!clips.has(address)) {
    const clip = download(address);
    clips.set(address, clip);
    clip.catch(() => clips.delete(address));
    while (clips.size > KEPT) clips.delete(clips.keys().next().value);
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

/** The union of intervals [[start, end], …], sorted and merged. */
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

/**
 * `on.state(name)`: loading, ready, playing, paused, ended; failed (tries again by itself), mute (gave up loading) and
 * broken (would not play), which wait for a press. `on.position(share)`; `on.report({intervals, events, plays})` at each
 * stop; `on.started(ms)` from the press to the first sound. `level` from 0 to 1.
 */
export function createPlayer({ address, durationMs, level, begun, on }) {
  const audio = new Audio();
  audio.volume = level; // phones by Apple keep to their own buttons
  let source = "";
  let state = "loading";
  let since = null; // where the stretch now playing began, in ms of the clip
  let reached = 0;
  let pressed = 0;
  let from = 0; // where the press began; a slow browser says late that it plays
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
      timer = setTimeout(becomeReady, PATIENCE_MS); // Safari on phones reads nothing before it is asked to play
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

  function send(intervals) {
    on.report({ intervals, events, plays });
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
    on.position(Math.min(1, (audio.currentTime * 1000) / durationMs));
    frame = requestAnimationFrame(draw);
  }

  audio.addEventListener("canplaythrough", becomeReady);
  audio.addEventListener("playing", () => {
    clearTimeout(timer);
    if (state === "playing") return; // it goes on after it stood still for a moment
    since ??= pressed ? from : now();
    reached = now();
    if (pressed) on.started(performance.now() - pressed);
    pressed = 0;
    note(plays && begun() ? "replay" : "play");
    enter("playing");
    draw();
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
    on.position(1);
    stop("ended");
  });
  audio.addEventListener("error", () => !closed && source && give("broken"));

  function play() {
    if (pressed) return; // the sound of the last press is still on its way
    const fresh = audio.ended || audio.currentTime === 0;
    if (fresh) plays += 1;
    from = fresh ? 0 : now();
    pressed = performance.now();
    timer = setTimeout(give, START_MS, "broken");
    audio.play().catch((error) => {
      if (error.name === "AbortError") pressed = 0;
      else if (!closed) give("broken");
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
    /** The one button: play, pause, play again, or load again after a failure. */
    press() {
      if (state === "playing") audio.pause();
      else if (state === "failed" || state === "mute" || state === "broken") again();
      else if (state !== "loading") play();
    },
    blur() {
      if (state === "playing") note("blur");
    },
    /** She says that the clip will not play. */
    problem() {
      note("problem");
      send(stretch());
    },
    /** Report what was heard so far: the page may be about to go. */
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
      audio.removeAttribute("src");
      URL.revokeObjectURL(source);
    },
  };
}
