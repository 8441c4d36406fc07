// One stream for all rooms: opening it, opening it again when it broke, and
// knowing which of its messages were there before.

import { chunks, parser, untag } from "./frames.js";
import { objectOf, refusal } from "./server.js";

const silence = 60_000; // ms without a byte after which a stream is given up
const longestWait = 30_000; // ms between two attempts

const kinds = new Set(["gap", "reset", "unavailable", "update", "heartbeat"]);

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
    if (this.rooms.length === 0) {
      this.tell.status("idle");
      return;
    }
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
    const query = new URLSearchParams({ format: "tagged" });
    this.rooms.forEach((room) => query.append("room", room));
    const headers = { Accept: "text/event-stream" };
    if (this.#lastId) headers["Last-Event-ID"] = this.#lastId;
    alive();
    try {
      const response = await fetch(`connect?${query}`, { headers, cache: "no-store", signal: AbortSignal.any([signal, dead.signal]) });
      if (!response.ok) {
        const why = refusal(response, await response.text());
        if (response.status === 429) return true;
        this.rooms = [];
        this.tell.rooms();
        this.tell.status("failed", why);
        return false;
      }
      const feed = parser((frame) => {
        if (frame.retry !== undefined) onRetry(frame.retry);
        if (frame.id !== undefined) this.#lastId = frame.id;
        if (frame.comment === undefined && frame.data.length === 0) return;
        onOpen();
        this.tell.status("open");
        this.#take(frame);
      });
      const decoder = new TextDecoder();
      for await (const chunk of chunks(response.body)) {
        alive();
        if (signal.aborted) return false;
        feed(decoder.decode(chunk, { stream: true }));
      }
      return true;
    } finally {
      clearTimeout(timer);
    }
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
