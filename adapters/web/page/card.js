// A desk's card: what is known of a case, how long it may wait, and what can be done.

import { h } from "./dom.js";
import { markdown } from "./markdown.js";
import { countdown } from "./time.js";

/**
 * @param {{title: string, status?: string, urgent?: boolean, facts?: object[], body?: string}} card
 */
export function cardContent(card) {
  const pill = card.status && h(`span.pill${card.urgent ? ".urgent" : ""}`, { dir: "auto" }, card.status);
  return [
    h("header.card-head", {}, h("h2.card-title", { dir: "auto" }, card.title), pill),
    card.facts?.length && h("dl.facts", {}, ...card.facts.flatMap(fact)),
    card.body && h("div.card-body.text", {}, markdown(card.body)),
  ];
}

function fact({ label, text, until }) {
  const value = h("dd", { dir: "auto" }, text ?? "");
  if (until) value.append(text ? " " : "", countdown(until));
  return [h("dt", { dir: "auto" }, label), value];
}
