// Pages with a reference, which alone load this, behind several.js or sets.js: it is heard before an answer and not rated.

import { memory } from "./player.js";
import { ways } from "./trial.js";

memory.clips += 2; // of two pages

const { isOpen, rated, ended } = ways;
const isReference = ({ place }) => place === 0;

ways.ended = (clips, clip) => (isReference(clip) ? "reference" : ended(clips));
ways.rated = (scale, clips) => rated?.(scale, clips) ?? clips.filter((clip) => !isReference(clip));
if (isOpen) ways.isOpen = (scale, clips, scales) => clips.find(isReference).isHeard() && isOpen(scale, clips, scales);
