// Pages with one clip of each system: each clip is answered once it was heard, the page once all were. A key is that of
// the scale and the place of the clip, such as overall@2.

import { memory } from "./player.js";
import "./several.js";
import { ways } from "./trial.js";

memory.clips = 24; // those of two pages with twelve each

const placeOf = ({ key }) => Number(key.split("@")[1]);
const clipsOf = (scale, clips) => clips.filter(({ place }) => place === placeOf(scale) || (place && !placeOf(scale)));

Object.assign(ways, {
  ended: () => "heard",
  isOpen: (scale, clips, scales) =>
    clipsOf(scale, clips).every((clip) => clip.isHeard()) ||
    scales.some((one) => (one === scale || placeOf(one) === placeOf(scale)) && one.value !== null),
  rated: clipsOf,
});
