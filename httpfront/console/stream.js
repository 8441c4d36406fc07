// One stream for all rooms: opening it, opening it again when it broke, and
// knowing which of its messages were there before.

import { access } from "./access.js";
import { chunks, parser, untag } from "./frames.js";
import { objectOf, refusal } from "./server.js";

const silence = 60_000; // ms without a byte after which a stream is given up
const longestWait = 30_000; // ms between two attempts

const kinds = new Set(["gap", "reset", "unavailable", "update", "heartbeat", "token-expiring", "token-expired", "replaced"]);

// endings are the events after which the stream is not opened again by itself.
const endings = {
  "token-expired": "The token has expired.",
  replaced: "Another stream of the same user has taken the place of this one.",
};

// A Stream tells of itself by calling the functions of tell, which the page sets:
//   rooms()               other rooms are on the stream
//   status(state, detail) detail is the seconds left to wait, or why it failed
//   back()                the stream is open again
//   event(event)          kind, name, room, id and data of what came
//   hole(room, n)         n messages will not be shown
class Stream {
  rooms = []; // names, in the order in which they were added
  tell;
  #abort = null; // AbortController of the running stream
  #lastId = "";
  #seen = new Map(); // room -> [epoch, seq] of the newest message shown

  add(room) {
    this.rooms.push(room);
    this.#restart();
  }

  leave(room) {
    this.rooms = this.rooms.filter((r) => r !== room);
    this.#restart();
  }

  leaveAll() {
    this.rooms = [];
    this.#restart();
  }

  // restart opens the stream anew for the rooms there are now. The last id is of
  // no use to another set of rooms; what is replayed and was shown is skipped.
  #restart() {
    this.#abort?.abort();
    this.#abort = null;
    this.#lastId = "";
    this.tell.rooms();
    if (this.rooms.length === 0) this.tell.status("idle");
    else this.resume();
  }

  // resume opens the stream again where it was, if there are rooms for it: as
  // somebody else, who may be let in.
  resume() {
    if (this.rooms.length === 0) return;
    this.#abort?.abort();
    this.#abort = new AbortController();
    this.#follow(this.#abort.signal);
  }

  // follow keeps the stream open until it is aborted, or refused for good.
  async #follow(signal) {
    let retry = 3000;
    let failures = 0;
    const opened = () => {
      if (failures === 0) return;
      failures = 0;
      this.tell.back();
    };
    for (;;) {
      this.tell.status("connecting");
      try {
        const stay = await this.#read(signal, (ms) => { retry = ms; }, opened);
        if (signal.aborted || !stay) return;
      } catch {
        if (signal.aborted) return;
      }
      const wait = Math.min(retry * 2 ** failures, longestWait);
      failures++;
      if (!(await this.#countDown(wait, signal))) return;
    }
  }

  // read reads one connection to its end. It returns false if the server refused
  // it in a way that another attempt won't change.
  async #read(signal, onRetry, onOpen) {
    const dead = new AbortController();
    let timer;
    const alive = () => {
      clearTimeout(timer);
      timer = setTimeout(() => dead.abort(), silence);
    };
    const as = access.headers;
    let ending = "";
    alive();
    try {
      const response = await this.#open(as, AbortSignal.any([signal, dead.signal]));
      if (!response.ok) return this.#refused(as, response);
      const feed = parser((frame) => {
        if (frame.retry !== undefined) onRetry(frame.retry);
        if (frame.id !== undefined) this.#lastId = frame.id;
        if (frame.comment === undefined && frame.data.length === 0) return;
        onOpen();
        this.tell.status("open");
        this.#take(frame);
        if (frame.event === "token-expiring") access.expiring(as, new Date(objectOf(frame.data.join("\n"))?.expiresAt));
        if (Object.hasOwn(endings, frame.event ?? "")) ending = frame.event;
      });
      const decoder = new TextDecoder();
      for await (const chunk of chunks(response.body)) {
        alive();
        if (signal.aborted) return false;
        feed(decoder.decode(chunk, { stream: true }));
      }
      if (!ending) return true;
      if (ending === "token-expired") access.expired(as);
      this.#stop(as, ending === "token-expired" ? 401 : 0, endings[ending]);
      return false;
    } finally {
      clearTimeout(timer);
    }
  }

  // open asks for the stream. Who has a token asks for a ticket first, which is good
  // for one attempt.
  async #open(as, signal) {
    const query = new URLSearchParams(this.rooms.map((room) => ["room", room]));
    if (as.Authorization) {
      const response = await fetch(`ticket?${query}`, { method: "POST", headers: as, cache: "no-store", signal });
      if (!response.ok) return response;
      query.set("ticket", (await response.json()).ticket);
    }
    query.set("format", "tagged");
    const headers = { Accept: "text/event-stream" };
    if (this.#lastId) headers["Last-Event-ID"] = this.#lastId;
    return fetch(`connect?${query}`, { headers, cache: "no-store", signal });
  }

  // refused returns whether another attempt may go better: one that is not one too
  // many, at a server that can, with a ticket that is not late.
  async #refused(as, response) {
    const text = await response.text();
    const { status } = response;
    if (status === 429 || status >= 500 || objectOf(text)?.error === "ticket_invalid") return true;
    this.#stop(as, status, refusal(response, text));
    return false;
  }

  // stop says why the stream is not opened again. Where it is for want of a token,
  // the rooms stay, and another token goes on.
  #stop(as, status, why) {
    if (status !== 401) {
      this.rooms = [];
      this.tell.rooms();
    }
    access.judge(as, status, why);
    this.tell.status("failed", why);
  }

  // countDown waits and says so. It resolves to false when aborted.
  #countDown(ms, signal) {
    const end = Date.now() + ms;
    return new Promise((resolve) => {
      const tick = () => {
        if (signal.aborted) return resolve(false);
        const left = end - Date.now();
        if (left <= 0) return resolve(true);
        this.tell.status("waiting", Math.ceil(left / 1000));
        setTimeout(tick, Math.min(left, 1000));
      };
      tick();
    });
  }

  // take tells of a frame, unless its message was shown before.
  #take(frame) {
    if (frame.comment !== undefined) {
      const kind = frame.comment === "heartbeat" ? "heartbeat" : "notice";
      this.tell.event({ kind, name: frame.comment, room: "", id: "", data: "" });
      return;
    }
    const { room, id, data } = untag(frame.data.join("\n"));
    const name = frame.event ?? "message";
    const kind = kinds.has(name) ? name : room === "" ? "notice" : "message";
    const now = positionOf(id);
    if (now) {
      const last = this.#seen.get(room);
      if (last && !isAfter(now, last)) return;
      this.#seen.set(room, now);
      // These were published while rooms were added or left, and the room no
      // longer kept them when the new stream was there.
      if (last && now[1] > last[1] + 1) this.tell.hole(room, now[1] - last[1] - 1);
    }
    if (kind === "gap") this.#skipTo(room, positionOf(objectOf(data)?.to));
    if (kind === "reset") this.#seen.delete(room);
    if (kind === "notice" && name === "message") this.tell.event({ kind, name: data, room: "", id: "", data: "" });
    else this.tell.event({ kind, name, room, id, data: kind === "heartbeat" ? "" : data });
  }

  // skipTo notes the end of a gap. A gap that does not say where it ends leaves
  // the position as it was, from which the next message is still known as newer.
  #skipTo(room, end) {
    if (end) this.#seen.set(room, end);
  }
}

export const stream = new Stream();

// positionOf reads an id: its epoch and its seq. It returns undefined for what
// is no id: next to a NaN, no message would count as newer ever again.
function positionOf(id) {
  return typeof id === "string" && /^\d{1,20}-\d{1,20}$/.test(id) ? id.split("-").map(Number) : undefined;
}

// isAfter compares positions of one room, which only rise.
function isAfter([epoch, seq], [lastEpoch, lastSeq]) {
  return epoch > lastEpoch || (epoch === lastEpoch && seq > lastSeq);
}
