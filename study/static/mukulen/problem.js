// A clip that does not play: the report of it, after which "Next" opens when the clip would have ended. Pages load this
// where a clip fails.

import { now } from "./clock.js";
import { text } from "./texts.js";

export function createReport({ leaves, say, refresh, send }) {
  const find = (id) => document.getElementById(id);
  const leavesAt = Number(leaves);
  let timer = 0;
  let isMade = false;

  const mayLeave = () => isMade && now() >= leavesAt;

  function hold() {
    clearTimeout(timer);
    isMade = true;
    refresh();
    const ms = leavesAt - now();
    say(text(mayLeave() ? "free" : "wait", { n: Math.ceil(ms / 1000) }));
    if (ms > 0) timer = setTimeout(hold, ms);
  }

  find("problem").onclick = () => {
    send();
    find("next").focus();
    hold();
  };

  return {
    mayLeave,
    hold,
    /** Whether "Next" waits for the end of the clip, and says so. */
    holds: () => isMade && (hold(), true),
    show(isTrouble, isHeard) {
      find("problem").hidden = isMade || !isTrouble;
      find("reported").hidden = !isMade || isHeard;
    },
    close: () => clearTimeout(timer),
  };
}
