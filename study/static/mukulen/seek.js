// The places of a clip that was heard: its slider can be moved. Loaded once a clip was heard to the end.

export function mountSeek(clip) {
  const { seek, player, durationMs } = clip;
  seek.disabled = false;
  seek.oninput = () => (clip.isSought = true); // until it is let go, it follows the hand
  seek.onchange = () => {
    clip.isSought = false;
    player.seek((seek.value / 1000) * durationMs);
  };
}
