/* A page's end of the run: what it is told, what it asks, and what happens when the line between them breaks.

       const live = new Live();                 run and page are those of the address, /run/RUN/PAGE
       live.on("hello", ({run, facts}) => ...)  who it is and what can be asked; again after every return
       live.on("state", (state, changed) => ..) the whole state, and the names of the sections that are new
       live.on("log", (rows, whole) => ...)     rows told; whole: from the beginning, as after every return
       live.on("link", (link, text) => ...)     "joining", "open", "lost" (it is tried again) or "gone" (for good)
       live.connect();
       await live.ask("key", {key: "run", down: true})     fails with a Refused that says why, for people
       live.nowS()                              the run's time at this instant
*/

/** What was asked for was not done. The message is one line for people; `lost`: nobody knows whether it was done. */
export class Refused extends Error {
  constructor(text, { lost = false } = {}) {
    super(text);
    this.lost = lost;
  }
}

const FIRST_WAIT_MS = 400;
const LONGEST_WAIT_MS = 8000;
const LONGEST_ANSWER_MS = 6000;

const UNKNOWN = "The connection was lost while that was asked. Look at the pump before you do it again.";
const NOBODY = "There is no connection. Nothing was done.";

/** The parts of an address of a run. */
function placeOf(path) {
  const [, run, page] = /^\/run\/([^/]+)\/([^/]+)$/.exec(path) ?? [];
  return { run, page };
}

export class Live {
  constructor({ run, page } = placeOf(location.pathname)) {
    this.run = run;
    this.page = page;
    this.link = "joining";
    this.hello = null;
    this.state = {};
    this.heardMs = 0;
    this.listeners = {};
    this.asked = new Map();
    this.number = 0;
    this.waitMs = FIRST_WAIT_MS;
    /** A server that has not answered for so long is not there. */
    this.answerMs = LONGEST_ANSWER_MS;
    /** Which attempt to join is the present one: an older one that ends late is none. */
    this.attempt = 0;
    this.socket = null;
    addEventListener("offline", () => this.drop());
    addEventListener("online", () => this.hurry());
  }

  /** Have `listener` told whenever there is `what`: hello, state, log or link. */
  on(what, listener) {
    (this.listeners[what] ??= []).push(listener);
    return this;
  }

  tell(what, ...told) {
    for (const listener of this.listeners[what] ?? []) listener(...told);
  }

  get isOpen() {
    return this.link === "open";
  }

  /** The run's time now: what it was when last told, and what has passed since. */
  nowS() {
    const clock = this.state.clock;
    if (!clock) return 0;
    return clock.now_s + ((performance.now() - this.heardMs) / 1000) * this.paceFrac();
  }

  /** Simulated seconds per second, as time really goes now. */
  paceFrac() {
    const clock = this.state.clock;
    if (!clock || clock.paused || clock.over || !this.isOpen) return 0;
    return clock.holding ? Math.min(1, clock.rate_frac) : clock.rate_frac;
  }

  // ---- asking

  /** Ask the server for something; the promise holds when it was done. */
  ask(name, body = {}) {
    if (!this.isOpen) return Promise.reject(new Refused(NOBODY));
    const number = ++this.number;
    return new Promise((done, refused) => {
      const late = setTimeout(() => this.drop(), this.answerMs);
      this.asked.set(number, { done, refused, late });
      this.socket.send(JSON.stringify({ ...body, ask: name, n: number }));
    });
  }

  answered(message) {
    const asked = this.asked.get(message.n);
    if (!asked) return;
    this.asked.delete(message.n);
    clearTimeout(asked.late);
    if (message.type === "done") asked.done(message);
    else asked.refused(new Refused(message.text));
  }

  // ---- the line

  /** Join the run, and stay with it through whatever happens to server and network. */
  async connect() {
    clearTimeout(this.again);
    const attempt = ++this.attempt;
    const there = await this.look();
    if (attempt !== this.attempt) return;
    if (there !== "yes") {
      if (there === "no") this.retry();
      else this.become("gone", there);
      return;
    }
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/run/${this.run}/live?page=${this.page}`);
    this.socket = socket;
    socket.onmessage = (event) => socket === this.socket && this.take(JSON.parse(event.data));
    socket.onclose = () => socket === this.socket && this.drop();
  }

  /** See whether the server is there and has this run; looking also brings a new token, if it began anew. */
  async look() {
    try {
      const answer = await fetch(location.pathname, { method: "HEAD", cache: "no-store" });
      if (answer.ok) return "yes";
      if (answer.status === 404) return "This run is not kept here any more.";
      if (answer.status === 403) return "The server asks for its token: open the address that it printed.";
      return "no";
    } catch {
      return "no";
    }
  }

  /** The line is broken: nobody knows what became of what was asked. */
  drop() {
    const socket = this.socket;
    this.socket = null;
    socket?.close();
    for (const { refused, late } of this.asked.values()) {
      clearTimeout(late);
      refused(new Refused(UNKNOWN, { lost: true }));
    }
    this.asked.clear();
    if (this.link !== "gone") this.retry();
  }

  retry() {
    this.attempt += 1;
    this.become("lost", "Connection lost. Trying again.");
    clearTimeout(this.again);
    this.again = setTimeout(() => this.connect(), this.waitMs);
    this.waitMs = Math.min(LONGEST_WAIT_MS, 2 * this.waitMs);
  }

  /** The network is back: do not wait any longer. */
  hurry() {
    if (this.link === "lost") this.connect();
  }

  become(link, text = "") {
    if (link === this.link) return;
    this.link = link;
    this.tell("link", link, text);
  }

  // ---- what is told

  take(message) {
    switch (message.type) {
      case "hello":
        this.hello = message;
        this.state = {};
        this.isWhole = true;
        this.waitMs = FIRST_WAIT_MS;
        this.tell("hello", message);
        break;
      case "state":
        this.takeState(message);
        break;
      case "log":
        this.tell("log", message.rows, this.isWhole);
        this.isWhole = false;
        break;
      case "done":
      case "refused":
        this.answered(message);
        break;
      case "moved":
        location.assign(`/run/${message.to}/${this.page}`);
        break;
    }
  }

  takeState({ type: _type, ...sections }) {
    if (sections.clock) this.heardMs = performance.now();
    for (const [name, section] of Object.entries(sections)) {
      if (section === null) delete this.state[name];
      else this.state[name] = section;
    }
    this.become("open");
    this.tell("state", this.state, new Set(Object.keys(sections)));
  }
}
