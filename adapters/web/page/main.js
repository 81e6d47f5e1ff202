// The console: two people of the sample company side by side, and what happened between them.

import { Refusal, Stream, here, post } from "./api.js";
import { askHandbook, askReset, openText } from "./dialogs.js";
import { h, toast } from "./dom.js";
import { Pane } from "./pane.js";
import { strip } from "./steps.js";
import { setClock } from "./time.js";

const OFFLINE =
  "Sample company. Nothing leaves this machine. Offline: answers are quoted from the handbook.";
const ONLINE =
  "Sample company. Answers are written by the model that you configured: questions go there.";
const AWAY = "Handrail does not answer. Trying again…";

const promise = document.getElementById("promise");
const sides = document.getElementById("sides");
const messages = new Map();
const panes = {};
const seen = new Map();
const tabs = {};
let stream = null;
let ready = false;
let away = 0;

start().catch((error) => {
  const failed = "The console did not start. Reload the page.";
  promise.textContent = error instanceof Refusal ? error.message : failed;
});

async function start() {
  const world = await here();
  promise.textContent = world.offline ? OFFLINE : ONLINE;
  const nameOf = (id) => world.people.find((person) => person.id === id)?.name ?? id;
  const line = strip(document.getElementById("strip"), { nameOf, skip });
  for (const side of ["employee", "desk"]) {
    const cast = world.people.filter((person) => person.desk === (side === "desk"));
    const become = (id, channel) => be(side, cast.find((person) => person.id === id), channel);
    const news = () => mark(side);
    const scene = { ...world, cast, messages, become, news, seen, position };
    panes[side] = new Pane(document.getElementById(side), scene);
    tabs[side] = h("button.side", { type: "button", onclick: () => face(side) });
    sides.append(tabs[side]);
    const id = sessionStorage.getItem(side) ?? world.you[side];
    panes[side].be(cast.find((person) => person.id === id) ?? cast[0]);
    named(side);
  }
  wire(world.connect);
  face("employee");
  listen(line);

  function be(side, person, channel) {
    sessionStorage.setItem(side, person.id);
    panes[side].be(person);
    if (channel) panes[side].go(channel);
    named(side);
    listen(line);
  }
}

/** Everything anew: the people on the page see other things. */
function listen(line) {
  stream?.close();
  messages.clear();
  ready = false;
  const heard = {
    message(message) {
      const before = messages.get(message.id);
      messages.set(message.id, message);
      if (ready) each((pane) => pane.changed(message, before));
    },
    gone({ id }) {
      messages.delete(id);
      if (ready) each((pane) => pane.gone(id));
    },
    ready() {
      if (ready) return;
      ready = true;
      each((pane) => {
        pane.ready = true;
        pane.show();
      });
    },
    hidden: (rooms) => each((pane) => pane.hidden(rooms[pane.me.id] ?? {})),
    steps: ({ steps }) => line.heard(steps),
    clock({ now, ahead }) {
      setClock(now);
      line.ahead(ahead);
    },
    position() {},
    anew: () => location.reload(),
  };
  const people = Object.values(panes).map((pane) => pane.me.id);
  stream = new Stream(people, (name, body) => heard[name](body), connected);
}

/** Up to which change of the workspace this page has heard. */
const position = () => stream?.position ?? 0;

/** A short break is not worth a word. */
function connected(there) {
  clearTimeout(away);
  if (there) document.body.removeAttribute("data-away");
  else away = setTimeout(() => document.body.setAttribute("data-away", AWAY), 2000);
}

function each(act) {
  Object.values(panes).forEach(act);
}

async function skip() {
  try {
    await post("skip", { minutes: 30 });
  } catch (error) {
    toast(error.message, true);
  }
}

function wire(connect) {
  const on = (id, open) => document.getElementById(id).addEventListener("click", open);
  on("use-handbook", askHandbook);
  on("connect", () => openText("Connect Slack or Teams", connect));
  on("reset", askReset);
}

// ---- on a narrow screen, one side at a time -----------------------------------------------

function face(side) {
  document.body.dataset.side = side;
  for (const [name, tab] of Object.entries(tabs)) tab.setAttribute("aria-pressed", String(name === side));
  tabs[side].removeAttribute("data-news");
  tabs[side].querySelector(".dot")?.remove();
  panes[side].list.toEnd("instant");
}

function named(side) {
  const who = h("b", { dir: "auto" }, panes[side].me.name.split(" ")[0]);
  tabs[side].replaceChildren(side === "employee" ? "Employee: " : "Desk: ", who);
}

function mark(side) {
  if (document.body.dataset.side === side || tabs[side].querySelector(".dot")) return;
  tabs[side].append(h("span.dot", {}, h("span.unseen", {}, "(new)")));
}
