// What opens above the page: a form, a case's inside, and the demonstration's own questions.

import { Refusal, post } from "./api.js";
import { cardContent } from "./card.js";
import { h, icon } from "./dom.js";
import { markdown } from "./markdown.js";

/**
 * A form of the bot's. `send` returns null when it was taken, else what is wrong.
 * @param {{title: string, submit: string, fields: object[]}} form
 * @param {(values: Record<string, string>) => Promise<{refused: string, field?: string} | null>} send
 */
export function openForm(form, send) {
  const fields = form.fields.map(field);
  const wrong = sentence();
  const submit = h("button.button.primary", { type: "submit" }, form.submit);
  const dialog = open(form.title, [...fields.map((x) => x.element), wrong], submit);
  const body = dialog.querySelector("form");
  body.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) body.requestSubmit();
  });
  body.addEventListener("submit", (event) => {
    event.preventDefault();
    const values = Object.fromEntries(fields.map((x) => [x.name, x.input.value]));
    busy(submit, async () => {
      fields.forEach((x) => x.complain(""));
      wrong.textContent = "";
      const refused = await send(values).catch(asRefusal);
      if (!refused) return dialog.close();
      const at = fields.find((x) => x.name === refused.field);
      if (at) at.complain(refused.refused);
      else wrong.textContent = refused.refused;
    });
  });
  fields[0]?.input.focus();
}

/** What a confidential card does not show. */
export function openCard(card) {
  const dialog = open("", [h("div.inside", {}, ...cardContent(card))], null, "Close");
  dialog.setAttribute("aria-label", card.title);
}

export function openText(title, text) {
  open(title, [h("div.text", {}, markdown(text))], null, "Close");
}

export function askHandbook() {
  const one = field({
    name: "folder",
    label: "Folder with Markdown files, on this machine",
    hint: "It is read where it is; nothing is copied elsewhere. Answers come from it at once.",
    placeholder: "/home/me/handbook",
    limit: 4096,
    short: true,
  });
  const result = h("p.result", { role: "status", dir: "auto" });
  const submit = h("button.button.primary", { type: "submit" }, "Use this folder");
  const dialog = open("Use my handbook", [one.element, result], submit, "Close");
  dialog.querySelector("form").addEventListener("submit", (event) => {
    event.preventDefault();
    busy(submit, async () => {
      one.complain("");
      result.textContent = "Reading…";
      try {
        result.textContent = (await post("handbook", { folder: one.input.value.trim() })).text;
      } catch (error) {
        result.textContent = "";
        one.complain(asRefusal(error).refused);
      }
    });
  });
  one.input.focus();
}

export function askReset() {
  const wrong = sentence();
  const submit = h("button.button.danger", { type: "submit" }, "Reset");
  const words = h("p", {}, "All messages and cases of the sample company are deleted, and it begins anew.");
  const dialog = open("Reset the demonstration?", [words, wrong], submit);
  dialog.querySelector("form").addEventListener("submit", (event) => {
    event.preventDefault();
    busy(submit, async () => {
      try {
        await post("reset", {});
        location.reload();
      } catch (error) {
        wrong.textContent = asRefusal(error).refused;
      }
    });
  });
}

let count = 0;

function open(title, content, submit, cancel = "Cancel") {
  const id = `dialog-${(count += 1)}`;
  const close = () => dialog.close();
  const dialog = h(
    "dialog",
    { "aria-labelledby": title ? id : null },
    h("form", { novalidate: true },
      h("header.dialog-head", {},
        title && h("h2", { id, dir: "auto" }, title),
        h("button.quiet.close", { type: "button", "aria-label": "Close", onclick: close }, icon("close")),
      ),
      ...content,
      h("footer.dialog-foot", {},
        h("button.button.plain", { type: "button", onclick: close }, cancel),
        submit,
      ),
    ),
  );
  const opener = document.activeElement;
  dialog.addEventListener("close", () => {
    dialog.remove();
    if (document.activeElement === document.body && opener?.isConnected) opener.focus();
  });
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

function field({ name, label, limit, hint, placeholder, short, value }) {
  const id = `field-${(count += 1)}`;
  const input = h(short ? "input.field" : "textarea.field", {
    id,
    name,
    placeholder,
    maxlength: limit,
    rows: short ? null : 5,
    dir: "auto",
    autocomplete: "off",
    "aria-describedby": `${id}-hint ${id}-wrong`,
  });
  input.value = value ?? "";
  const wrong = h("p.wrong", { id: `${id}-wrong`, role: "alert", dir: "auto" });
  const complain = (text) => {
    wrong.textContent = text;
    input.toggleAttribute("aria-invalid", Boolean(text));
    if (text) input.setAttribute("aria-invalid", "true");
    if (text) input.focus();
  };
  const element = h("div.row", {},
    h("label", { for: id, dir: "auto" }, label),
    input,
    h("p.hint", { id: `${id}-hint`, dir: "auto" }, hint),
    wrong,
  );
  return { name, input, element, complain };
}

const sentence = () => h("p.wrong", { role: "alert", dir: "auto" });

async function busy(button, work) {
  if (button.getAttribute("aria-busy")) return;
  button.setAttribute("aria-busy", "true");
  try {
    await work();
  } finally {
    button.removeAttribute("aria-busy");
  }
}

function asRefusal(error) {
  if (!(error instanceof Refusal)) throw error;
  return { refused: error.message };
}
