// Talks to the server this page came from: one stream in, small posts out.

const PAUSES = [300, 1000, 3000];

/** Its message is a sentence for the person. */
export class Refusal extends Error {}

/** One for each click: the same click, posted again, is one event. */
export const newId = () => crypto.randomUUID();

export async function here() {
  return answer(await fetch("/api/here"));
}

/** Posts, and posts the same again while the server does not answer. */
export async function post(route, body) {
  for (const pause of [...PAUSES, null]) {
    const response = await send(route, body);
    if (response && (response.status !== 503 || pause === null)) return answer(response);
    if (pause === null) break;
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
  throw new Refusal("Handrail does not answer. Is it still running?");
}

async function send(route, body) {
  try {
    return await fetch(`/api/${route}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
  } catch {
    return null;
  }
}

async function answer(response) {
  let body = {};
  try {
    body = await response.json();
  } catch {
    // Not from Handrail: the sentence below stands for it.
  }
  if (!response.ok) throw new Refusal(body.error ?? "That did not work. Try again in a moment.");
  return body;
}

const EVENTS = ["message", "gone", "ready", "hidden", "steps", "clock", "position", "anew"];

/** What some people see, as it changes. Goes on by itself after every break. */
export class Stream {
  #source = null;
  #last = "";
  #timer = 0;

  /**
   * @param {string[]} people
   * @param {(name: string, body: any) => void} heard
   * @param {(connected: boolean) => void} connected
   */
  constructor(people, heard, connected) {
    this.people = people;
    this.heard = heard;
    this.connected = connected;
    this.#open();
  }

  get position() {
    return parseInt(this.#last, 10) || 0;
  }

  close() {
    clearTimeout(this.#timer);
    this.#source.close();
  }

  #open() {
    const query = new URLSearchParams(this.people.map((id) => ["as", id]));
    if (this.#last) query.set("after", this.#last);
    const source = new EventSource(`/api/stream?${query}`);
    this.#source = source;
    source.onopen = () => this.connected(true);
    source.onerror = () => {
      this.connected(false);
      // The browser connects again by itself, but not after an answer that is no stream.
      if (source.readyState !== EventSource.CLOSED) return;
      this.#timer = setTimeout(() => this.#open(), 1500);
    };
    for (const name of EVENTS) {
      source.addEventListener(name, (event) => {
        this.#last = event.lastEventId;
        this.heard(name, JSON.parse(event.data));
      });
    }
  }
}
