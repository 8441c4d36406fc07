// The panels around the events: the connection, the rooms on the stream, one
// room, all rooms.

import { access } from "./access.js";
import { $, make, say } from "./page.js";
import { ask, exact } from "./server.js";
import { stream } from "./stream.js";
import { contents, timeOf } from "./texts.js";

// --- The connection -------------------------------------------------------

const statuses = {
  idle: () => "Not connected",
  connecting: () => "Connecting…",
  open: () => `Connected to ${stream.rooms.length === 1 ? stream.rooms[0] : `${stream.rooms.length} rooms`}`,
  waiting: (seconds) => `Connection lost, trying again in ${seconds} s`,
  failed: (why) => why,
};

export function showStatus(state, detail) {
  const el = $("status");
  const text = statuses[state](detail);
  el.dataset.state = state;
  if (el.textContent !== text) el.textContent = text;
  $("disconnect").disabled = stream.rooms.length === 0;
  $("connect").textContent = stream.rooms.length === 0 ? "Connect" : "Add room";
}

export async function showNode() {
  const { node, version } = JSON.parse(await ask("health"));
  $("node").textContent = node ? `${node} · ${version}` : version;
}

// --- Rooms on the stream --------------------------------------------------

const connections = new Map(); // room -> connectionCount of its last update

export function noteConnections(room, count) {
  connections.set(room, count);
  for (const chip of $("joined").children) {
    if (chip.dataset.room === room) chip.querySelector(".connections").textContent = countText(room);
  }
  if ($("detail-room").value === room) setInfo("Connections", String(connections.get(room)));
}

function countText(room) {
  return connections.has(room) ? `${connections.get(room)} connected` : "";
}

export function renderJoined() {
  $("joined").replaceChildren(...stream.rooms.map((room) => {
    const chip = make("li", "chip");
    chip.dataset.room = room;
    const leave = make("button", "", "×");
    leave.type = "button";
    leave.setAttribute("aria-label", `Leave room ${room}`);
    leave.addEventListener("click", () => stream.leave(room));
    chip.append(make("span", "name", room), make("span", "connections muted", countText(room)), leave);
    return chip;
  }));
  const select = $("detail-room");
  const chosen = select.value;
  select.replaceChildren(...stream.rooms.map((room) => new Option(room, room)));
  if (stream.rooms.includes(chosen)) select.value = chosen;
  select.disabled = stream.rooms.length === 0;
  $("detail-refresh").disabled = select.disabled;
  refreshDetail();
}

export function join(room) {
  if (!stream.rooms.includes(room)) {
    $("publish-room").value = room;
    stream.add(room);
  }
  $("detail-room").value = room;
  refreshDetail().then(refreshRooms); // by then the room is awake
}

// --- One room -------------------------------------------------------------

// isDenied reports whether something is not, or not any more, for whoever uses the
// console to see.
const isDenied = (err) => err.status === 401 || err.status === 403;

let soon; // timer of refreshSoon, if it runs

function setInfo(name, value) {
  for (const dt of $("info").querySelectorAll("dt")) {
    if (dt.textContent === name) dt.nextElementSibling.textContent = value;
  }
}

export async function refreshDetail() {
  const room = $("detail-room").value;
  if (!room) {
    $("info").replaceChildren();
    $("history").replaceChildren();
    say("history-empty", "Connect to a room to see what it keeps.");
    return;
  }
  const path = `rooms/${encodeURIComponent(room)}`;
  try {
    const [info, history] = await Promise.all([ask(path), ask(`${path}/history`)]);
    if ($("detail-room").value !== room) return; // another one was chosen meanwhile
    renderInfo(JSON.parse(info));
    renderHistory(exact(history).messages);
    noteConnections(room, JSON.parse(info).connectionCount);
  } catch (err) {
    if (isDenied(err)) ["info", "history"].forEach((id) => $(id).replaceChildren());
    say("history-empty", err.message);
  }
}

// refreshSoon describes a room anew if it is the one that shows, once for all
// messages of a second.
export function refreshSoon(room) {
  if ($("detail-room").value !== room) return;
  soon ??= setTimeout(() => {
    soon = undefined;
    refreshDetail();
  }, 1000);
}

function renderInfo(info) {
  const rows = {
    Connections: info.connectionCount, Newest: info.id, Sequence: info.seq, Epoch: info.epoch,
    Kept: info.history, Owner: info.owner, "Object id": info.durableObjectId,
  };
  $("info").replaceChildren(...Object.entries(rows).flatMap(([name, value]) => [make("dt", "", name), make("dd", "", String(value ?? ""))]));
}

function renderHistory(messages) {
  $("history").replaceChildren(...messages.toReversed().map((m) => {
    const row = make("li");
    row.dataset.id = m.id;
    const head = make("div", "head");
    head.append(make("span", "name", m.event), make("span", "id", m.id), timeOf(m.time));
    row.append(head, ...contents("message", JSON.stringify(m.data)));
    return row;
  }));
  say("history-empty", messages.length > 0 ? "" : "This room keeps no messages.");
}

// --- All rooms ------------------------------------------------------------

let denied; // headers with which the list was refused for good

export async function refreshRooms() {
  const as = access.headers;
  try {
    denied = undefined;
    const { rooms } = JSON.parse(await ask("rooms?limit=200"));
    $("rooms").replaceChildren(...rooms.map((info) => {
      const row = make("li");
      row.dataset.room = info.room;
      const joined = stream.rooms.includes(info.room);
      const add = make("button", "", joined ? "Joined" : "Join");
      add.type = "button";
      add.disabled = joined;
      add.setAttribute("aria-label", `Join room ${info.room}`);
      add.addEventListener("click", () => join(info.room));
      row.append(make("span", "name", info.room), make("span", "muted", `${info.connectionCount} connected`), add);
      return row;
    }));
    $("room-names").replaceChildren(...rooms.map((info) => new Option("", info.room)));
    say("rooms-empty", rooms.length > 0 ? "" : "No room is awake on this node.");
  } catch (err) {
    if (isDenied(err)) {
      denied = as;
      $("rooms").replaceChildren();
    }
    say("rooms-empty", err.message);
  }
}

// pollRooms does nothing that would be refused again.
export function pollRooms() {
  if (!document.hidden && denied !== access.headers) refreshRooms();
}
