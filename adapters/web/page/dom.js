// Makes elements. Text is always text: nothing here reads HTML.

/**
 * @param {string} selector such as `button.quiet`
 * @param {Record<string, unknown>} [attributes] `on…` are listeners; null and false are left out
 * @param {...(Node | string | null | undefined | false)} children
 * @returns {HTMLElement}
 */
export function h(selector, attributes = {}, ...children) {
  const [tag, ...classes] = selector.split(".");
  const element = document.createElement(tag);
  if (classes.length) element.className = classes.join(" ");
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), /** @type {any} */ (value));
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.filter((child) => child || child === ""));
  return element;
}

/** One of the page's few drawings. Never the only sign of anything. */
export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}

const PATHS = {
  rail: "M2.8 4.6h2.4l6 4.2h2M4.4 4.6v7.6M8 6.6v5.6M11.6 9v3.2",
  send: "M8 13V3.4M3.8 7.4 8 3.2l4.2 4.2",
  stop: "M5 5h6v6H5z",
  down: "M4.5 6.5 8 10l3.5-3.5",
  clock: "M8 4.8V8l2.2 1.6M14 8A6 6 0 1 1 2 8a6 6 0 0 1 12 0",
  lock: "M5 7.2V5.4a3 3 0 0 1 6 0v1.8M4 7.2h8v5.6H4z",
  check: "M3.6 8.6 6.6 11.6 12.4 4.8",
  close: "M4.4 4.4l7.2 7.2M11.6 4.4l-7.2 7.2",
  forward: "M3.5 4 7.8 8l-4.3 4M8.5 4l4.3 4-4.3 4",
};

/** Two letters for a round picture. */
export function initials(name) {
  const words = name.trim().split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word));
  const letters = words.map((word) => [...word][0]);
  return (letters.length > 1 ? letters[0] + letters.at(-1) : letters[0] ?? "?").toUpperCase();
}

/** @returns {HTMLElement} a round picture; its colour goes by the name */
export function portrait(name) {
  const sum = [...name].reduce((total, letter) => total + letter.codePointAt(0), 0);
  return h(`span.portrait.tone-${sum % 6}`, { "aria-hidden": "true" }, initials(name));
}

/** Says something to screen readers, and to nobody else. */
export function announce(text) {
  const line = h("p", {}, text);
  const announcer = document.getElementById("announcer");
  announcer.append(line);
  setTimeout(() => line.remove(), 10_000);
}

/** A sentence that leaves by itself: what was not possible, or is done. */
export function toast(sentence, failed = false) {
  const box = document.getElementById("toasts");
  const line = h(`p.toast${failed ? ".failed" : ""}`, { dir: "auto" }, sentence);
  box.replaceChildren(line);
  setTimeout(() => line.remove(), 4000 + sentence.length * 50);
}
