// The page's sentences, in the expert's language: the server puts them into #texts.

export function text(name, values = {}) {
  const sentence = document.getElementById("texts").dataset[name];
  return sentence.replace(/\{(\w+)\}/g, (whole, key) => values[key] ?? whole);
}
