// Pages of several clips, which alone load this before room.js: none plays before all are there, one sounds at a time,
// and all are heard before an answer.

import { ways as answering } from "./scales.js";
import { ways } from "./trial.js";

answering.number = ({ minimum, radios }, digit) => (minimum < 0 ? Number(radios[digit - 1]?.value ?? NaN) : digit); // from the left

Object.assign(ways, {
  /** Nothing shows which clip came first. */
  stateOf: ({ state }, clips) => (state === "ready" && !clips.every((clip) => clip.ready) ? "loading" : state),
  ended: (clips) => (clips.every((clip) => clip.isHeard()) ? "both" : "other"),
  hush(clip, clips) {
    for (const other of clips) if (other !== clip) other.player.hush(); // also one that is about to begin
  },
  /** The clip that was played last, or after its end one that was not heard. */
  onward(present, clips) {
    const unheard = clips.find((clip) => !clip.isHeard());
    return present.isHeard() && unheard && present.state !== "playing" ? unheard : present;
  },
  place: ({ place }) => ({ place }),
});
