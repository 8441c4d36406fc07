// Messages as people read them.

import { make } from "./page.js";
import { exact, objectOf } from "./server.js";

// timeOf shows when a message was published, or that it came now.
export function timeOf(timestamp) {
  const published = dateOf(timestamp);
  const at = published ?? new Date();
  const clock = at.toLocaleTimeString([], { hour12: false });
  const today = at.toDateString() === new Date().toDateString();
  const el = make("time", "time", today ? clock : `${at.toLocaleDateString()} ${clock}`);
  el.dateTime = at.toISOString();
  el.title = published ? `Published ${at.toISOString()}` : `Came ${at.toISOString()}`;
  return el;
}

// dateOf reads a timestamp as the server writes it, or returns undefined. By
// itself, Date makes something of almost any text.
function dateOf(timestamp) {
  const date = new Date(/^\d{4}-\d\d-\d\dT/.test(timestamp) ? timestamp : NaN);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

// contents shows data twice: as people like to read it, and as it came. A style
// sheet hides one of the two.
export function contents(kind, data) {
  if (data === "") return [];
  const value = objectOf(data);
  const parts = [];
  if (value === undefined) {
    parts.push(make("pre", "nice", data));
  } else if (says[kind]) {
    parts.push(make("p", "nice text", says[kind](value)));
  } else {
    const { message, timestamp, ...rest } = exact(data);
    const plain = typeof message === "string" && message !== "";
    if (plain) parts.push(make("p", "nice text", message));
    if (!plain && message !== undefined) rest.message = message;
    if (timestamp !== undefined && !dateOf(timestamp)) rest.timestamp = timestamp; // else it is the row's time
    if (Object.keys(rest).length > 0) parts.push(make("pre", "nice", JSON.stringify(rest, null, 2)));
  }
  parts.forEach((el) => { el.dir = "auto"; });
  return [...parts, make("pre", "raw", data)];
}

// says puts what the server itself tells into words.
const says = {
  update: ({ connectionCount: n }) => `${n} connected`,
  gap: ({ lost, from, to, reason }) => `${lost === 1 ? "1 message is" : `${lost} messages are`} missing here: ${from} to ${to} (${reason}).`,
  "token-expiring": ({ secondsLeft: n }) => `The token of this stream is good for ${n} s more.`,
  "token-expired": () => "The token of this stream has expired.",
  replaced: () => "Another stream of the same user has taken the place of this one.",
  reset: ({ id, reason }) => `The position was of no use (${reason}). What follows is all that the room keeps, up to ${id}.`,
};
