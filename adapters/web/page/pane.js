// One side of the page: a person of the sample company, the channels they read, and what they do there.

import { Refusal, newId, post } from "./api.js";
import { Composer } from "./composer.js";
import { openCard, openForm } from "./dialogs.js";
import { announce, h, icon, portrait, toast } from "./dom.js";
import { List } from "./list.js";
import { spoken } from "./message.js";
import { now } from "./time.js";

const QUESTION = { en: "Type a question", de: "Frage eingeben" };
const COMMAND = /^\/handrail\b/i;

export class Pane {
  #pressed = new Map();
  #unread = new Set();
  #opened = new Set();
  #hidden = {};
  #channel = "";

  /**
   * @param {HTMLElement} root
   * @param {{people: any[], channels: any[], cast: any[], messages: Map<string, any>,
   *   become: (id: string, channel?: string) => void, news: () => void,
   *   seen: Map<string, number>, position: () => number}} world
   *   `cast`: whom one can be on this side; `seen`: up to where each channel was looked at
   */
  constructor(root, world) {
    this.root = root;
    this.world = world;
    this.who = h("header.who");
    this.rooms = h("nav.rooms");
    this.outOfSight = h("div.out-of-sight");
    this.body = h("div.body");
    root.append(this.who, this.rooms, this.outOfSight, this.body);
  }

  /** Be this person, with the chat or desk that is theirs. */
  be(person) {
    this.me = person;
    this.ready = false;
    this.#hidden = {};
    this.#unread.clear();
    this.#drawWho();
    const scene = {
      me: person,
      nameOf: (id) => this.world.people.find((x) => x.id === id)?.name ?? id,
      pressed: this.#pressed,
      press: (message, button) => this.#press(message, button),
      again: (message) => this.#send(message),
    };
    this.scene = scene;
    this.composer = new Composer((text, root) => this.#say(text, root), () => this.#stop());
    this.go(person.desk ? person.channels[0] : person.chat);
  }

  go(channel) {
    this.#channel = channel;
    this.#unread.delete(channel);
    const chat = channel === this.me.chat;
    const name = chat ? "Handrail" : `#${channel}`;
    this.list = new List(this.scene, chat ? null : (root) => this.composer.replyTo(root));
    this.body.replaceChildren(this.list.element, this.composer.element);
    this.composer.about({ label: `Message to ${name}`, placeholder: this.#placeholder(chat, name) });
    this.#drawRooms();
    this.#drawHidden();
    this.show();
  }

  /** Everything that is known of this channel. */
  show() {
    this.#look();
    const messages = this.#here().sort((a, b) => a.born - b.born);
    const chat = this.#channel === this.me.chat;
    const empty = chat ? "" : EMPTY[this.#room()?.audience] ?? "";
    this.list.show(messages, { label: "Messages", lang: chat ? this.me.locale : "en", empty });
    this.#aside();
    if (chat && this.ready && !messages.length) this.#open();
  }

  /** A message came or changed. @param {any} before as it was, if it was known */
  changed(message, before) {
    if (!message.seen_by.includes(this.me.id)) return;
    const mine = message.author === this.me.id;
    const news = !before && !mine;
    if (message.channel !== this.#channel) {
      if (news) this.#unread.add(message.channel);
      this.#drawRooms();
    } else {
      this.#look();
      this.list.put(message, { mine: mine && !before });
      this.#aside();
      if (isNews(message, before) && !mine) announce(spoken(message, this.scene));
    }
    if (news) this.world.news();
  }

  gone(id) {
    this.list.drop(id);
    this.#aside();
  }

  /** @param {Record<string, number>} rooms where something is that this person cannot see */
  hidden(rooms) {
    this.#hidden = this.me.desk ? rooms : {};
    this.#drawHidden();
  }

  #look() {
    this.world.seen.set(this.#channel, this.world.position());
  }

  // ---- what the person does ---------------------------------------------------------------

  #say(text, root) {
    const message = {
      id: newId(), channel: this.#channel, thread: root?.id ?? null, author: this.me.id, draft: false,
      private: COMMAND.test(text), born: Number.MAX_SAFE_INTEGER, at: new Date(now()).toISOString(),
      seen_by: [this.me.id], body: { text },
    };
    this.#send(message);
  }

  async #send(message) {
    this.#local(message, "sending");
    const { id, channel, thread, body } = message;
    const said = { id, as: message.author, channel, text: body.text };
    try {
      if (message.private) await post("command", said);
      else await post("message", thread ? { ...said, thread } : said);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.#local(message, "failed");
      toast(error.message, true);
    }
  }

  /** Shown before the server has it, and until it has. */
  #local(message, local) {
    const known = this.world.messages.get(message.id);
    if (known && !known.local) return;
    const shown = { ...message, local };
    this.world.messages.set(message.id, shown);
    this.changed(shown, known);
  }

  async #press(message, button) {
    if (this.#pressed.has(button.token)) return;
    const at = { as: this.me.id, channel: message.channel, token: button.token };
    if (message.thread) at.thread = message.thread;
    this.#mark(message, button, "busy");
    try {
      const answer = await post("press", { id: newId(), ...at });
      const asks = answer.form || answer.card || answer.refused;
      this.#mark(message, button, asks ? null : "done");
      if (answer.form) openForm(answer.form, (values) => submit(at, values));
      if (answer.card) openCard(answer.card);
      if (answer.refused) toast(answer.refused, true);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.#mark(message, button, null);
      toast(error.message, true);
    }
  }

  #mark(message, button, state) {
    if (state) this.#pressed.set(button.token, state);
    else this.#pressed.delete(button.token);
    const shown = this.world.messages.get(message.id);
    if (shown?.channel === this.#channel) this.list.put(shown);
  }

  async #stop() {
    const draft = this.#here().find((message) => message.draft);
    const at = { id: newId(), as: this.me.id, channel: this.#channel };
    if (draft?.thread) at.thread = draft.thread;
    await post("stop", at).catch((error) => toast(error.message, true));
  }

  /** An empty chat: the bot says hello. */
  async #open() {
    if (this.#opened.has(this.me.id)) return;
    this.#opened.add(this.me.id);
    await post("open", { as: this.me.id }).catch((error) => toast(error.message, true));
  }

  // ---- what stands around the messages ----------------------------------------------------

  #drawWho() {
    const { me, world } = this;
    const select = h("select", { "aria-label": "Be somebody else" });
    for (const person of world.cast) {
      const option = h("option", { value: person.id, lang: person.locale }, `${person.name}, ${person.role}`);
      option.selected = person.id === me.id;
      select.append(option);
    }
    select.addEventListener("change", () => world.become(select.value));
    const words = h("p.who-words", {},
      h("span.you-are", {}, "You are ", h("b", { dir: "auto" }, first(me))),
      h("span.role", { dir: "auto" }, me.role));
    this.who.replaceChildren(portrait(me.name), words, h("label.become", {}, select, "Switch", icon("down")));
  }

  #drawRooms() {
    const focused = this.rooms.contains(document.activeElement);
    const all = this.me.desk ? [...this.me.channels, this.me.chat] : [this.me.chat, ...this.me.channels];
    const tabs = all.map((channel) => {
      const current = channel === this.#channel;
      const news = this.#unread.has(channel) && h("span.dot", {}, h("span.unseen", {}, "(new)"));
      const name = channel === this.me.chat ? "Handrail" : `#${channel}`;
      const go = () => this.go(channel);
      return h("button.room", { type: "button", "aria-current": current && "true", onclick: go }, name, news);
    });
    this.rooms.setAttribute("aria-label", `Channels of ${this.me.name}`);
    this.rooms.replaceChildren(...tabs);
    if (focused) this.rooms.querySelector("[aria-current]")?.focus();
  }

  #drawHidden() {
    const { channels, seen } = this.world;
    const rooms = channels.filter(
      ({ id, confidential }) => id in this.#hidden && (confidential || this.#hidden[id] > (seen.get(id) ?? 0)),
    );
    this.outOfSight.replaceChildren(...rooms.map((room) => this.#hiddenLine(room)));
  }

  #hiddenLine({ id, title }) {
    const { cast, become } = this.world;
    const other = cast.find((person) => person.channels.includes(id));
    const words = h("span", {}, `${title}: ${first(this.me)} cannot see this`);
    const go = () => become(other.id, id);
    const button =
      other && h("button.quiet.link", { type: "button", onclick: go }, `Become ${first(other)}`);
    return h("p", {}, icon("lock"), words, button);
  }

  /** Suggestions not yet taken, and whether an answer is being made. */
  #aside() {
    const here = this.#here().sort((a, b) => a.born - b.born);
    const at = here.findLastIndex((message) => message.body.suggestions?.length);
    const said = new Set(here.slice(at + 1).filter((x) => x.author === this.me.id).map((x) => x.body.text));
    this.composer.suggest(here[at]?.body.suggestions ?? [], said);
    this.composer.answering(here.some((message) => message.draft));
  }

  #placeholder(chat, name) {
    if (chat) return QUESTION[this.me.locale.split("-")[0]] ?? QUESTION.en;
    return this.me.admin ? "/handrail status" : `Message ${name}`;
  }

  #here() {
    return [...this.world.messages.values()].filter(
      (message) => message.channel === this.#channel && message.seen_by.includes(this.me.id),
    );
  }

  #room() {
    return this.world.channels.find((x) => x.id === this.#channel);
  }
}

const EMPTY = {
  private: "Nothing is waiting. What the bot hands over to people appears here as a card.",
  public: "Everybody reads here. Mention @handrail to ask in public.",
};

const first = (person) => person.name.split(" ")[0];

function isNews(message, before) {
  if (message.draft) return false;
  if (!before || before.draft) return true;
  return message.body.card?.status !== before.body.card?.status;
}

/** Null when it was taken, else what is wrong. */
async function submit(at, values) {
  const answer = await post("submit", { id: newId(), ...at, values });
  return answer.refused ? answer : null;
}
