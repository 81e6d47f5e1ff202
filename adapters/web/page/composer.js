// Where one writes: a field that grows, things to say next, and a way to stop an answer.

import { h, icon } from "./dom.js";

const NUMBERS = ["①", "②", "③", "④", "⑤", "⑥"];

export class Composer {
  #field = h("textarea.write", { rows: 1, dir: "auto", autocomplete: "off", enterkeyhint: "send" });
  #send = h("button.send", { type: "submit", "aria-label": "Send" }, icon("send"));
  #stop = h(
    "button.send.stop",
    { type: "button", "aria-label": "Stop the answer", hidden: true },
    icon("stop"),
  );
  #chips = h("div.chips", { role: "group", "aria-label": "Suggestions" });
  #thread = h("p.replying", { hidden: true });
  #root = null;

  /**
   * @param {(text: string, root: any) => void} say `root` is the message whose thread it goes to
   * @param {() => void} stop
   */
  constructor(say, stop) {
    this.say = say;
    const form = h("form.composer", {}, this.#field, this.#stop, this.#send);
    this.element = h("div.dock", {}, this.#chips, this.#thread, form);
    this.#stop.addEventListener("click", stop);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    this.#field.addEventListener("input", () => this.#fit());
    this.#field.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.#root) this.replyTo(null);
      // Enter also ends the choice of a character in some alphabets.
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.#submit();
    });
  }

  about({ label, placeholder }) {
    this.#field.setAttribute("aria-label", label);
    this.#field.placeholder = placeholder;
    this.replyTo(null);
    this.#fit();
  }

  /** @param {string[]} texts @param {Set<string>} said those that need not be suggested again */
  suggest(texts, said) {
    const left = texts.filter((text) => !said.has(text));
    if (left.join("\n") === this.#chips.dataset.left) return;
    this.#chips.dataset.left = left.join("\n");
    this.#chips.replaceChildren(
      ...left.map((text) =>
        h("button.chip", { type: "button", dir: "auto", onclick: () => this.say(text, null) },
          h("span.chip-number", { "aria-hidden": "true" }, NUMBERS[texts.indexOf(text)] ?? ""), text),
      ),
    );
  }

  answering(going) {
    this.#stop.hidden = !going;
    this.#send.hidden = going && !this.#field.value.trim();
  }

  replyTo(root) {
    this.#root = root;
    this.#thread.hidden = !root;
    if (!root) return;
    const words = h("span.quoted", { dir: "auto" }, root.body.text ?? "");
    const close = h("button.quiet", { type: "button", "aria-label": "Not in the thread" }, icon("close"));
    close.addEventListener("click", () => this.replyTo(null));
    this.#thread.replaceChildren("In the thread of ", words, close);
    this.#field.focus();
  }

  #submit() {
    const text = this.#field.value.trim();
    if (!text) return;
    this.#field.value = "";
    this.say(text, this.#root);
    this.#fit();
  }

  #fit() {
    this.#field.style.height = "auto";
    this.#field.style.height = `${Math.min(this.#field.scrollHeight, 168)}px`;
    this.#send.setAttribute("aria-disabled", String(!this.#field.value.trim()));
    if (this.#field.value.trim()) this.#send.hidden = false;
    else this.#send.hidden = !this.#stop.hidden;
  }
}
