// The list of events, newest first.

import { $, make } from "./page.js";
import { objectOf } from "./server.js";
import { contents, timeOf } from "./texts.js";

const maxRows = 500;

const quiet = new Set(["update", "heartbeat"]);

// addHole adds a row for n messages that will not be shown.
export function addHole(room, n) {
  addRow({ kind: "gap", name: n === 1 ? "1 message not shown" : `${n} messages not shown`, room, id: "", data: "" });
}

// addRow adds a row for an event, or tells one that is there again.
export function addRow({ kind, name, room, id, data }) {
  const list = $("events");
  const same = quiet.has(kind) ? quietRow(kind, room) : undefined;
  const times = same ? Number(same.dataset.times) + 1 : 1;
  const row = same ?? make("li", quiet.has(kind) ? "event quiet" : "event");
  Object.assign(row.dataset, { kind, room, name, id, times });
  if (quiet.has(kind)) row.ariaLive = "off"; // read aloud, they would drown out the rest
  const head = make("div", "head");
  head.append(make("span", "name", name));
  if (room) head.append(make("span", "room", room));
  if (id) head.append(make("span", "id", id));
  if (same) head.append(make("span", "times", `×${times}`));
  row.replaceChildren(timeOf(objectOf(data)?.timestamp), head, ...contents(kind, data));
  if (!same) list.prepend(row);
  while (list.childElementCount > maxRows) list.lastElementChild.remove();
  renderCount();
}

// quietRow finds the row to repeat: signs of life with nothing between them are
// one row a room, so that they push out no messages.
function quietRow(kind, room) {
  for (const row of $("events").children) {
    if (!quiet.has(row.dataset.kind)) return undefined;
    if (row.dataset.kind === kind && row.dataset.room === room) return row;
  }
  return undefined;
}

function renderCount() {
  const n = $("events").childElementCount;
  $("count").textContent = n === 0 ? "No events" : n === maxRows ? `The newest ${maxRows} rows` : n === 1 ? "1 row" : `${n} rows`;
  $("empty").hidden = n > 0;
}

// clearRows empties the list. connected says whether more events can come.
export function clearRows(connected) {
  $("events").replaceChildren();
  $("empty").textContent = connected ? "Nothing was published here yet." : "Connect to a room to see what is published to it.";
  renderCount();
}
