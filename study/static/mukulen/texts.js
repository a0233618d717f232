// The page's sentences, which the server puts into #texts.

export function text(name, values = {}) {
  const sentence = document.getElementById("texts").dataset[name];
  return sentence.replace(/\{(\w+)\}/g, (whole, key) => values[key] ?? whole);
}
