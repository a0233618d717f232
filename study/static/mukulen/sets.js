// Pages with one clip of each system: each clip is answered once it was heard. A key is that of the scale and the place
// of the clip, such as overall@2.

import { memory } from "./player.js";
import "./several.js";
import { ways } from "./trial.js";

memory.clips = 24; // those of two pages with twelve each

const placeOf = ({ key }) => Number(key.split("@")[1]);
const clipOf = (scale, clips) => clips.find(({ place }) => place === placeOf(scale));

Object.assign(ways, {
  ended: () => "heard",
  isOpen: (scale, clips, scales) =>
    clipOf(scale, clips).isHeard() || scales.some((one) => placeOf(one) === placeOf(scale) && one.value !== null),
  rated: (scale, clips) => [clipOf(scale, clips)],
});
