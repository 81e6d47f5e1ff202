// One message as the page shows it: somebody's words, the bot's, a card, or an answer in the making.

import { cardContent } from "./card.js";
import { h, icon, portrait } from "./dom.js";
import { link, markdown, safe } from "./markdown.js";
import { stamp, when } from "./time.js";

/**
 * @typedef {object} Message
 * @property {string} id
 * @property {string} channel
 * @property {string | null} thread
 * @property {string | null} author null: the bot
 * @property {boolean} draft
 * @property {boolean} private only its reader sees it
 * @property {number} born
 * @property {string} at
 * @property {string[]} seen_by
 * @property {any} body
 * @property {"sending" | "failed"} [local] not yet on the server
 */

/**
 * @typedef {object} Scene
 * @property {{id: string, name: string}} me
 * @property {(id: string) => string} nameOf
 * @property {Map<string, "busy" | "done">} pressed by a button's token
 * @property {(message: Message, button: any, element: HTMLElement) => void} press
 * @property {(message: Message) => void} again sends what failed once more
 */

/** @param {Message} message @param {Scene} scene */
export function article(message, scene) {
  const element = draw(message, scene);
  element.dataset.message = message.id;
  element.dataset.author = message.body.author ?? message.author ?? "handrail";
  if (message.draft) element.setAttribute("aria-busy", "true");
  return element;
}

function draw(message, scene) {
  if (message.body.card) return card(message, scene);
  if (message.author === scene.me.id) return own(message, scene);
  if (message.author) return colleague(message, scene.nameOf(message.author));
  if (message.body.author) return person(message, scene);
  return bot(message, scene);
}

/** What a screen reader says when it arrives. */
export function spoken(message, scene) {
  if (message.body.card) return `Card: ${message.body.text}`;
  const who = message.body.author ?? (message.author ? scene.nameOf(message.author) : "Handrail");
  return `${who}: ${message.body.text}`;
}

function own(message, scene) {
  const text = h("p.bubble", { dir: "auto" }, message.body.text);
  const failed = message.local === "failed";
  const again = h("button.quiet.again", { type: "button", onclick: () => scene.again(message) }, "Try again");
  return h(
    `article.message.own${message.local ? `.${message.local}` : ""}`,
    { "aria-label": `You, ${when(message.at)}` },
    text,
    h("p.under", {}, failed ? "Not sent." : stamp(message.at), " ", failed ? again : onlyYou(message)),
  );
}

function colleague(message, name) {
  return said("colleague", name, portrait(name), message, [
    h("p.words", { dir: "auto" }, message.body.text),
  ]);
}

/** A lead who answers through the bot. */
function person(message, scene) {
  const { author, text, context } = message.body;
  return said("person", author, portrait(author), message, [
    h("div.text", {}, markdown(text)),
    context && h("p.context", { dir: "auto" }, context),
    buttons(message, scene),
  ]);
}

function bot(message, scene) {
  const { status, text, sources = [], context } = message.body;
  const face = h("span.portrait.bot", { "aria-hidden": "true" }, icon("rail"));
  const words = text === undefined
    ? h("p.status", { dir: "auto" }, status)
    : h(`div.text${message.draft ? ".growing" : ""}`, {}, markdown(text, sources));
  return said("bot", "Handrail", face, message, [
    words,
    sources.length && sourceList(sources),
    buttons(message, scene),
    context && h("p.context", { dir: "auto" }, context),
  ]);
}

function said(kind, name, face, message, content) {
  const tag = kind === "bot" && h("span.tag", { title: "Written by software" }, "AI");
  return h(
    `article.message.${kind}`,
    { "aria-label": `${name}, ${when(message.at)}` },
    face,
    h("div.content", {},
      h("p.byline", {}, h("b.name", { dir: "auto" }, name), tag, stamp(message.at), onlyYou(message)),
      ...content,
    ),
  );
}

function onlyYou(message) {
  return message.private && h("span.only-you", {}, icon("lock"), "Only you can see this");
}

function card(message, scene) {
  const { card } = message.body;
  return h(
    `article.message.card${card.urgent ? ".urgent" : ""}`,
    { "aria-label": card.title, tabindex: "-1" },
    ...cardContent(card),
    h("footer.card-foot", {}, buttons(message, scene), stamp(message.at)),
  );
}

function sourceList(sources) {
  const items = sources.map(({ title, url }, i) => {
    const target = safe(url);
    const number = h("span.number", { "aria-hidden": "true" }, String(i + 1));
    const words = h("span.source-title", { dir: "auto" }, title);
    return h("li", {}, target ? link(target, { class: "source" }, number, words) : words);
  });
  return h("ol.sources", { "aria-label": "Sources" }, ...items);
}

function buttons(message, scene) {
  const all = message.body.buttons ?? [];
  if (!all.length) return null;
  const row = h("div.buttons", { role: "group", "aria-label": "Actions" });
  for (const button of all) {
    const state = scene.pressed.get(button.token);
    const element = h(
      `button.button.${button.style}`,
      {
        type: "button",
        dir: "auto",
        "aria-disabled": state ? "true" : null,
        "data-state": state,
        onclick: () => scene.press(message, button, element),
      },
      state === "done" && icon("check"),
      button.label,
    );
    row.append(element);
  }
  return row;
}
