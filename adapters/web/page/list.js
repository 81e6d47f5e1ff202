// The messages of one channel: in order, threads under their roots, at the bottom unless one reads above.

import { h, icon } from "./dom.js";
import { article } from "./message.js";

const NEAR = 90;
const TOGETHER = 3 * 60_000;

export class List {
  /** @type {Map<string, {li: HTMLElement, thread: HTMLElement | null, message: any}>} */
  #items = new Map();
  #ol = h("ol.messages");
  #scroll = h("div.scroll", { tabindex: "-1" });
  #newer = h("button.button.plain.newer", { type: "button", hidden: true }, icon("down"), "New messages");
  #empty = h("p.empty");
  /** The reader is at the end, or on the way there: only scrolling up says otherwise. */
  #follows = true;
  #top = 0;

  /**
   * @param {import("./message.js").Scene} scene
   * @param {((root: any) => void) | null} reply offers to answer in a thread
   */
  constructor(scene, reply) {
    this.scene = scene;
    this.reply = reply;
    this.element = h(`div.list${reply ? "" : ".chat"}`, {}, this.#scroll, this.#newer);
    this.#scroll.append(this.#empty, this.#ol);
    this.#newer.addEventListener("click", () => this.toEnd());
    this.#scroll.addEventListener("scroll", () => this.#scrolled());
    // A keyboard opens, or the window changes: what was last read stays in sight.
    new ResizeObserver(() => this.#follows && this.toEnd("instant")).observe(this.#scroll);
  }

  /** @param {any[]} messages by birth @param {{label: string, lang: string, empty: string}} about */
  show(messages, { label, lang, empty }) {
    this.#items.clear();
    this.#ol.replaceChildren();
    this.#ol.setAttribute("aria-label", label);
    this.#ol.setAttribute("lang", lang);
    this.#empty.textContent = empty;
    for (const message of messages) this.#insert(message);
    this.#tidy();
    this.#newer.hidden = true;
    this.toEnd("instant");
  }

  /** Adds a message, or shows it as it is by now. */
  put(message, { mine = false } = {}) {
    const known = this.#items.get(message.id);
    if (known && known.message.born === message.born) this.#redraw(known, message);
    else {
      const held = known?.li.contains(document.activeElement);
      if (known) this.#remove(message.id);
      const { li } = this.#insert(message);
      if (!known) li.classList.add("fresh");
      if (held) li.querySelector("button")?.focus();
    }
    this.#tidy();
    if (this.#follows || mine) this.toEnd();
    else if (!known) this.#newer.hidden = false;
  }

  drop(id) {
    this.#remove(id);
    this.#tidy();
  }

  toEnd(behavior = "auto") {
    this.#follows = true;
    this.#scroll.scrollTo({ top: this.#scroll.scrollHeight, behavior });
  }

  #insert(message) {
    const li = h("li.item", {}, article(message, this.scene));
    const item = { li, thread: null, message };
    this.#items.set(message.id, item);
    const root = message.thread && this.#items.get(message.thread);
    const parent = root ? this.#threadOf(root) : this.#ol;
    li.born = message.born;
    const after = [...parent.children].reverse().find((other) => other.born <= message.born);
    if (after) after.after(li);
    else parent.prepend(li);
    this.#offer(item);
    return item;
  }

  #threadOf(root) {
    if (!root.thread) {
      root.thread = h("ol.thread", { "aria-label": "Thread" });
      root.li.querySelector(":scope > article").after(root.thread);
    }
    return root.thread;
  }

  /** In a room one may answer under what somebody wrote. On a card the buttons do that. */
  #offer(item) {
    const { message, li } = item;
    if (!this.reply || message.thread || message.body.card || message.private) return;
    const start = () => this.reply(message);
    li.append(h("button.quiet.in-thread", { type: "button", onclick: start }, "Reply in thread"));
  }

  #redraw(item, message) {
    const old = item.li.querySelector(":scope > article");
    const focused = old.contains(document.activeElement) ? document.activeElement : null;
    const label = focused?.textContent;
    item.message = message;
    const fresh = article(message, this.scene);
    grow(old, fresh);
    old.replaceWith(fresh);
    if (!focused) return;
    const same = [...fresh.querySelectorAll("button, a")].find((x) => x.textContent === label);
    (same ?? fresh).focus({ preventScroll: true });
  }

  #remove(id) {
    const item = this.#items.get(id);
    if (!item) return;
    this.#items.delete(id);
    const above = item.message.thread && this.#items.get(item.message.thread);
    item.li.remove();
    if (above?.thread && !above.thread.children.length) {
      above.thread.remove();
      above.thread = null;
    }
  }

  /** What the same person says in one breath stands together. */
  #tidy() {
    this.#empty.hidden = this.#items.size > 0;
    let before = null;
    for (const item of this.#inOrder()) {
      item.li.classList.toggle("follows", Boolean(before) && together(before, item));
      before = item;
    }
  }

  #inOrder() {
    return [...this.#ol.children].map((li) =>
      this.#items.get(li.querySelector(":scope > article").dataset.message),
    );
  }

  #scrolled() {
    const { scrollHeight, scrollTop, clientHeight } = this.#scroll;
    if (scrollHeight - scrollTop - clientHeight < NEAR) this.#follows = true;
    else if (scrollTop < this.#top) this.#follows = false;
    this.#top = scrollTop;
    if (this.#follows) this.#newer.hidden = true;
  }
}

function together({ message: first, thread }, { message: second }) {
  if (thread || first.body.card || second.body.card || voice(first) !== voice(second)) return false;
  return Date.parse(second.at) - Date.parse(first.at) < TOGETHER;
}

const voice = ({ author, body }) => `${author}/${body.author ?? ""}`;

/** Of an answer that grows, only what was added fades in. */
function grow(old, fresh) {
  const before = old.querySelector(".text.growing")?.children.length ?? 0;
  const now = fresh.querySelector(".text");
  if (!old.hasAttribute("aria-busy") || !now) return;
  [...now.children].slice(before).forEach((block) => block.classList.add("appears"));
}
