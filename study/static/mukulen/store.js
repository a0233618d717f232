// Entries that survive a reload and a second tab: one key of localStorage each, or memory where that is refused.

import { now } from "./clock.js";

const memory = new Map();
let counter = 0;

export function openStore(tag) {
  const prefix = `mukulen:${tag}:`;
  let durable = true;

  const write = (key, text) => {
    try {
      localStorage.setItem(key, text);
      memory.delete(key);
    } catch {
      durable = false;
      memory.set(key, text);
    }
  };
  const keys = () => {
    const found = new Set(memory.keys());
    try {
      for (let i = 0; i < localStorage.length; i += 1) found.add(localStorage.key(i));
    } catch {
      durable = false;
    }
    return [...found].filter((key) => key.startsWith(prefix)).sort();
  };
  const read = (key) => {
    let text = memory.get(key);
    try {
      text ??= localStorage.getItem(key);
      return text ? { ...JSON.parse(text), key } : null;
    } catch {
      return null;
    }
  };

  const probe = `${prefix}probe`;
  write(probe, "");
  const store = {
    prefix,
    get durable() {
      return durable;
    },
    /** Entries of a shelf ("queue", "aside" or "sent"), oldest first. */
    list: (shelf) => keys().filter((key) => key.startsWith(`${prefix}${shelf}:`)).map(read).filter(Boolean),
    add(shelf, entry) {
      counter += 1;
      const place = `${now().toString().padStart(15, "0")}-${counter.toString().padStart(6, "0")}`;
      const key = `${prefix}${shelf}:${place}-${identifier()}`;
      write(key, JSON.stringify(entry));
      return { ...entry, key };
    },
    remove(key) {
      memory.delete(key);
      try {
        localStorage.removeItem(key);
      } catch {
        durable = false;
      }
    },
  };
  store.remove(probe);
  return store;
}

/** A UUID without hyphens: crypto.randomUUID is not for plain HTTP. */
export function identifier() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
