// The line at the bottom: what just happened, step by step, in plain words.

import { h, icon } from "./dom.js";
import { when } from "./time.js";

const KEPT = 8;

/**
 * @param {HTMLElement} root
 * @param {{nameOf: (id: string) => string, skip: () => Promise<void>}} wiring
 */
export function strip(root, { nameOf, skip }) {
  const summary = h("span.summary", { dir: "auto" });
  const panel = h("div.turns", {
    id: "turns",
    hidden: true,
    tabindex: "0",
    role: "region",
    "aria-label": "Steps",
  });
  const toggle = h(
    "button.quiet.toggle",
    { type: "button", "aria-expanded": "false", "aria-controls": "turns", onclick: turn },
    icon("down"),
    h("span.toggle-words", {}, "What just happened"),
  );
  const offset = h("span.offset", { hidden: true });
  const button = h(
    "button.button.plain.skip",
    { type: "button", onclick: press },
    icon("forward"),
    "Skip 30 minutes",
  );
  root.append(panel, h("div.strip-row", {}, toggle, summary, h("span.corner", {}, offset, button)));
  const turns = new Map();

  function turn() {
    panel.hidden = !panel.hidden;
    toggle.setAttribute("aria-expanded", String(!panel.hidden));
  }

  async function press() {
    if (button.getAttribute("aria-disabled")) return;
    button.setAttribute("aria-disabled", "true");
    try {
      await skip();
    } finally {
      button.removeAttribute("aria-disabled");
    }
  }

  return {
    heard(steps) {
      for (const step of steps) {
        if (!turns.has(step.event)) turns.set(step.event, new Map());
        turns.get(step.event).set(step.number, step);
      }
      const all = [...turns.values()].map((turn) => [...turn.values()]).sort(byNumber);
      for (const [{ event }] of all.splice(0, all.length - KEPT)) turns.delete(event);
      summary.textContent = tell(all.at(-1), nameOf).join(" → ");
      panel.replaceChildren(...all.reverse().map((steps) => drawn(steps, nameOf)));
    },
    ahead(minutes) {
      offset.hidden = minutes < 1;
      offset.textContent = `+${minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 6) / 10} h`}`;
      offset.title = "How far the sample company's clock is ahead of yours";
    },
  };
}

const byNumber = ([a], [b]) => a.number - b.number;

function drawn(steps, nameOf) {
  const from = steps.find((step) => step.step === "from")?.facts.who;
  const title = h("h2", {}, from ? nameOf(from) : "By itself", " ", h("time", {}, when(steps[0].at)));
  const who = from ? `${nameOf(from)} ` : "";
  const items = tell(steps, nameOf).map((text) => h("li", { dir: "auto" }, text.replace(who, "")));
  return h("section.turn", {}, title, h("ol", {}, ...items));
}

function tell(steps, nameOf) {
  const bytes = steps.reduce((sum, step) => sum + Number(step.facts.bytes_out ?? 0), 0);
  const all = steps.map((step) => words(step, nameOf, bytes)).filter(Boolean);
  return all.filter((text, i) => all.lastIndexOf(text) === i);
}

const percent = (score) => (Number(score) ? ` (${Math.round(Number(score) * 100)} %)` : "");
const because = (why) => (why ? `, because ${midsentence(why)}` : "");
const midsentence = (why) => (/^\p{Lu}\p{Ll}/u.test(why) ? why[0].toLowerCase() + why.slice(1) : why);
const QUOTED = "in the handbook's own words";
const NOTHING = "nothing found that answers it";

const hidden = ({ personal }) => (personal ? `, hidden: ${personal}` : "");
const receipt = ({ receipt }) => (receipt ? " (receipt)" : "");
const facts = (all) => Object.entries(all).filter(([, v]) => v).map(([k, v]) => `${k} ${v}`);
const of = (item) => (item ? ` ${item}` : "");

/** One record as a person would say it. What is not known here is said as it was recorded. */
function words({ step, facts: f }, nameOf, bytes) {
  switch (step) {
    case "from": return null;
    // What was sent is seen above.
    case "sent": case "deleted": return null;
    case "checked": return f.verdict === "may pass" ? `checked${hidden(f)}` : `checked: ${f.verdict}`;
    case "attempt at the model's orders": return "tried to give the model orders, so no model is asked";
    case "revealed": return `${f.what} revealed`;
    case "routed": return `${f.to}${because(f.why)}`;
    case "answered without a search": return `answered without a search${because(f.why)}`;
    case "searched": return f.page ? `page found: ${f.page}${percent(f.score)}` : "no page found";
    case "thought": return f.model === "offline" ? QUOTED : `${f.model} thought, ${f.tokens} tokens`;
    case "model passed over": return `${f.model} passed over${because(f.why)}`;
    case "answered": return f.pages ? `answered from ${f.pages}` : "answered";
    case "no sure answer": return f.offered ? `not sure, so offered: ${f.offered}` : NOTHING;
    case "case opened": return `case ${f.case} opened for ${f.queue}${receipt(f)}`;
    case "passed on": return `passed on to people${of(f.case)}`;
    case "tool used": return `${f.tool} used (receipt)`;
    case "take": return `${nameOf(f.by)} took${of(f.case)}`;
    case "release": return `${nameOf(f.by)} released${of(f.case)}`;
    case "reply": return `${nameOf(f.by)} replied on${of(f.case)}`;
    case "note": return `${nameOf(f.by)} noted on${of(f.case)}`;
    case "hand_back": return `${nameOf(f.by)} handed${of(f.case)} back`;
    case "resolve": return `${nameOf(f.by)} resolved${of(f.case)}`;
    case "reopen": return `${nameOf(f.by)} reopened${of(f.case)}`;
    case "page proposed": return `${nameOf(f.by)} proposed a page from${of(f.case)}`;
    case "page published": return `${nameOf(f.by)} published ${f.page}`;
    case "reminded": return `nobody took${of(f.case)}: the desk was reminded`;
    case "overdue": return `${f.case} is overdue: the desk and the admins were told`;
    case "button refused": return `button refused: ${f.purpose}`;
    case "recorded": return `recorded, ${f.ms} ms, ${bytes.toLocaleString("en")} bytes out`;
    default: return [step, ...facts(f)].join(" · ");
  }
}
