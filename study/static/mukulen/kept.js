// What is typed into a page's form stays when the language is changed, which loads the page again.

const key = `mukulen:typed:${document.body.dataset.tag}:${location.pathname}`;
const form = () => document.querySelector("main form");

function keep() {
  const typed = [...new FormData(form())].filter(([name]) => name !== "csrfmiddlewaretoken");
  try {
    sessionStorage.setItem(key, JSON.stringify(typed));
  } catch {
    // Where storage is refused, the answers are asked for again.
  }
}

function taken() {
  try {
    const typed = JSON.parse(sessionStorage.getItem(key) ?? "[]");
    sessionStorage.removeItem(key);
    return typed;
  } catch {
    return [];
  }
}

for (const [name, value] of taken()) {
  for (const field of form().querySelectorAll(`[name="${CSS.escape(name)}"]`)) {
    if (field.type === "radio") field.checked = field.value === value;
    else field.value = value;
  }
}
let switching = false;
document.addEventListener("submit", ({ target }) => (switching = target.matches(".languages")), { capture: true });
addEventListener("pagehide", () => switching && keep());
