// Markdown → elements, for replies: no HTML is ever read, and a link goes to the web or the handbook.

import { h } from "./dom.js";

const FENCE = /^\s{0,3}(`{3,}|~{3,})/;
const HEADING = /^\s{0,3}(#{1,6})\s+(.*?)\s*#*$/;
const RULE = /^\s{0,3}([-*_])(\s*\1){2,}\s*$/;
const QUOTE = /^\s{0,3}>\s?/;
const ITEM = /^(\s{0,3})([-*+]|\d{1,9}[.)])(\s+|$)/;
const DELIMITERS = /^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$/;
const DEEPEST = 4;

/**
 * @param {string} text
 * @param {{title: string, url: string}[]} [sources] what `[1]` stands for
 * @returns {DocumentFragment}
 */
export function markdown(text, sources = []) {
  return blocks(text.replaceAll("\r\n", "\n").split("\n"), sources, 0);
}

/** Where a link may lead. Null: nowhere. */
export function safe(href) {
  let url;
  try {
    url = new URL(href, location.origin);
  } catch {
    return null;
  }
  if (url.origin === location.origin) return url.pathname.startsWith("/handbook/") ? url.href : null;
  return ["http:", "https:"].includes(url.protocol) ? url.href : null;
}

/** A link that leaves this page alone. */
export function link(href, attributes, ...children) {
  return h("a", { href, target: "_blank", rel: "noopener noreferrer", ...attributes }, ...children);
}

function blocks(lines, sources, depth) {
  const out = document.createDocumentFragment();
  let at = 0;
  while (at < lines.length) {
    const [element, next] = block(lines, at, sources, depth);
    if (element) out.append(element);
    at = next;
  }
  return out;
}

function block(lines, at, sources, depth) {
  const line = lines[at];
  if (!line.trim()) return [null, at + 1];
  if (FENCE.test(line)) return fence(lines, at);
  if (RULE.test(line)) return [h("hr"), at + 1];
  const heading = HEADING.exec(line);
  if (heading) return [h("p.heading", { dir: "auto" }, inline(heading[2], sources)), at + 1];
  if (depth < DEEPEST) {
    if (QUOTE.test(line)) return quote(lines, at, sources, depth);
    if (ITEM.test(line)) return list(lines, at, sources, depth);
  }
  if (line.includes("|") && DELIMITERS.test(lines[at + 1] ?? "") && lines[at + 1].includes("-")) {
    return table(lines, at, sources);
  }
  return paragraph(lines, at, sources, depth);
}

function fence(lines, at) {
  const mark = FENCE.exec(lines[at])[1];
  const end = lines.findIndex((line, i) => i > at && line.trim().startsWith(mark));
  const last = end < 0 ? lines.length : end;
  const code = h("code", {}, lines.slice(at + 1, last).join("\n"));
  return [h("pre", { tabindex: "0" }, code), last + 1];
}

function quote(lines, at, sources, depth) {
  let end = at;
  while (end < lines.length && QUOTE.test(lines[end])) end += 1;
  const inner = lines.slice(at, end).map((line) => line.replace(QUOTE, ""));
  return [h("blockquote", { dir: "auto" }, blocks(inner, sources, depth + 1)), end];
}

function list(lines, at, sources, depth) {
  const first = ITEM.exec(lines[at]);
  const numbered = /\d/.test(first[2]);
  const start = numbered && parseInt(first[2], 10) !== 1 ? parseInt(first[2], 10) : null;
  const element = h(numbered ? "ol" : "ul", { start, dir: "auto" });
  while (at < lines.length) {
    const mark = ITEM.exec(lines[at]);
    if (!mark || /\d/.test(mark[2]) !== numbered || RULE.test(lines[at])) break;
    const [inner, next] = item(lines, at, mark[0].length);
    element.append(h("li", { dir: "auto" }, tight(blocks(inner, sources, depth + 1))));
    at = next;
  }
  return [element, at];
}

/** The lines of one item, without their indent. A blank line ends it unless it goes on indented. */
function item(lines, at, width) {
  const inner = [lines[at].slice(width)];
  let next = at + 1;
  while (next < lines.length) {
    const line = lines[next];
    const indent = /^\s*/.exec(line)[0].length;
    if (!line.trim()) {
      const after = lines[next + 1] ?? "";
      if (!/^\s{2,}\S/.test(after) && !ITEM.test(after)) break;
      if (!/^\s{2,}\S/.test(after)) return [inner, next + 1];
      inner.push("");
    } else if (indent >= 2) inner.push(line.slice(Math.min(indent, width)));
    else if (ITEM.test(line) || inner.at(-1) === "" || begins(line)) break;
    else inner.push(line);
    next += 1;
  }
  return [inner, next];
}

/** An item that is one paragraph is only its words. */
function tight(content) {
  const [first] = content.children;
  if (first?.tagName === "P" && !first.className) first.replaceWith(...first.childNodes);
  return content;
}

function table(lines, at, sources) {
  const cells = (line) =>
    line.trim().replace(/^\||(?<!\\)\|$/g, "").split(/(?<!\\)\|/)
      .map((cell) => cell.trim().replaceAll("\\|", "|"));
  const row = (line, tag) =>
    h("tr", {}, ...cells(line).map((cell) => h(tag, { dir: "auto" }, inline(cell, sources))));
  let end = at + 2;
  while (end < lines.length && lines[end].includes("|")) end += 1;
  const body = lines.slice(at + 2, end).map((line) => row(line, "td"));
  const element = h("table", {}, h("thead", {}, row(lines[at], "th")), h("tbody", {}, ...body));
  return [h("div.table", { tabindex: "0", role: "group", "aria-label": "Table" }, element), end];
}

function paragraph(lines, at, sources, depth) {
  let end = at + 1;
  while (end < lines.length && lines[end].trim()) {
    if (begins(lines[end]) || (depth < DEEPEST && ITEM.test(lines[end]))) break;
    end += 1;
  }
  const text = lines.slice(at, end).map((line) => line.trim()).join("\n");
  return [h("p", { dir: "auto" }, inline(text, sources)), end];
}

function begins(line) {
  return FENCE.test(line) || HEADING.test(line) || QUOTE.test(line);
}

const INLINE = new RegExp(
  [
    /(?<ticks>`+)(?<code>[^`]|[^`].*?[^`])\k<ticks>(?!`)/,
    /\[(?<source>\d{1,2})\](?!\()/,
    /!?\[(?<words>[^\[\]]*)\]\(<?(?<href>[^\s()<>]*(?:\([^\s()<>]*\)[^\s()<>]*)*)>?\)/,
    /\*\*(?=\S)(?<bold>.+?)\*\*(?!\*)/,
    /(?<![\p{L}\p{N}_])__(?=\S)(?<strong>.+?)__(?![\p{L}\p{N}_])/,
    /\*(?=[^\s*])(?<italic>[^*]*[^\s*])\*/,
    /(?<![\p{L}\p{N}_])_(?=[^\s_])(?<slanted>[^_]*[^\s_])_(?![\p{L}\p{N}_])/,
    /~~(?=\S)(?<struck>.+?)~~/,
    /\\(?<escaped>[!-/:-@[-`{-~])/,
    /(?<address>https?:\/\/[^\s<>"'`]*[^\s<>"'`.,;:!?)\]}*_])/,
    /(?<ends>\n)/,
  ].map((part) => part.source).join("|"),
  "su",
);

function inline(text, sources) {
  const out = document.createDocumentFragment();
  let rest = text;
  for (let found = INLINE.exec(rest); found; found = INLINE.exec(rest)) {
    out.append(rest.slice(0, found.index), piece(found, sources));
    rest = rest.slice(found.index + found[0].length);
  }
  out.append(rest);
  return out;
}

function piece(found, sources) {
  const g = found.groups;
  if (g.code) return h("code", {}, g.code.trim() || g.code);
  if (g.source) return mark(Number(g.source), sources) ?? found[0];
  if (g.href !== undefined) return anchor(g.words, g.href, sources);
  if (g.bold ?? g.strong) return h("strong", {}, inline(g.bold ?? g.strong, sources));
  if (g.italic ?? g.slanted) return h("em", {}, inline(g.italic ?? g.slanted, sources));
  if (g.struck) return h("s", {}, inline(g.struck, sources));
  if (g.address) return anchor(g.address, g.address, []);
  return g.ends ? h("br") : g.escaped;
}

function anchor(words, href, sources) {
  const target = safe(href);
  const inner = words === href ? document.createTextNode(words) : inline(words, sources);
  return target ? link(target, {}, inner) : inner;
}

function mark(number, sources) {
  const source = sources[number - 1];
  const target = source && safe(source.url);
  if (!target) return null;
  const label = `Source ${number}: ${source.title}`;
  return h("sup", {}, link(target, { "aria-label": label, title: source.title }, String(number)));
}
