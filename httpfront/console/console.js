// The console speaks to the server's public routes and to nothing else. The
// stream is read with fetch rather than EventSource, which shows neither
// comments nor events of names that one did not ask for. Nothing from the
// network is ever made into HTML.

const maxRows = 500;
const silence = 60_000; // ms without a byte after which a stream is given up
const longestWait = 30_000; // ms between two attempts
const pollEvery = 5_000; // ms between two looks at rooms

const inDoubt = " The message may or may not be delivered.";

const $ = (id) => document.getElementById(id);

// make returns an element with a class and a text.
function make(tag, className, text) {
  const el = document.createElement(tag);
  if (className) el.className = className;
  if (text !== undefined) el.textContent = text;
  return el;
}

// say sets a line that is hidden while there is nothing to say.
function say(id, text) {
  $(id).textContent = text;
  $(id).hidden = text === "";
}

// exact reads JSON so that numbers keep their text, where the browser can.
function exact(text) {
  if (!JSON.rawJSON) return JSON.parse(text);
  return JSON.parse(text, (_, value, context) => (typeof value === "number" ? JSON.rawJSON(context.source) : value));
}

// objectOf returns the JSON object that a text is, or undefined.
function objectOf(text) {
  try {
    const value = JSON.parse(text);
    return value !== null && typeof value === "object" && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

// ask fetches JSON. A refusal is thrown with the server's own sentence. What
// became of a request without an answer is not known.
async function ask(path, options) {
  let response, text;
  try {
    response = await fetch(path, { cache: "no-store", ...options });
    text = await response.text();
  } catch {
    throw new Error(`The server does not answer.${options?.method === "POST" ? inDoubt : ""}`);
  }
  if (response.ok) return text;
  throw new Error(refusal(response, text));
}

function refusal(response, text) {
  try {
    const { error, message, outcome } = JSON.parse(text);
    const what = outcome === "unknown" ? inDoubt : outcome ? " It will not be delivered." : "";
    return `${message}${what} (${response.status} ${error})`;
  } catch {
    return `The server answered ${response.status}.`;
  }
}

// --- The stream -----------------------------------------------------------

// parser splits an event stream into frames, as the HTML standard has it.
function parser(onFrame) {
  let rest = "";
  let frame = { data: [] };
  const field = (line) => {
    if (line === "") {
      onFrame(frame);
      frame = { data: [] };
      return;
    }
    const colon = line.indexOf(":");
    if (colon === 0) {
      onFrame({ comment: line.slice(1).trim(), data: [] });
      return;
    }
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (name === "data") frame.data.push(value);
    else if (name === "event") frame.event = value;
    else if (name === "id" && !value.includes("\0")) frame.id = value;
    else if (name === "retry" && /^\d+$/.test(value)) frame.retry = Number(value);
  };
  return (text) => {
    rest += text;
    // A CR at the end may be half of a line's end.
    const whole = rest.endsWith("\r") ? rest.slice(0, -1) : rest;
    const lines = whole.split(/\r\n|\n|\r/);
    rest = lines.pop() + rest.slice(whole.length);
    lines.forEach(field);
  };
}

const stream = {
  rooms: [], // names, in the order in which they were added
  abort: null, // AbortController of the running stream
  lastId: "",
  seen: new Map(), // room -> [epoch, seq] of the newest message shown
};

function setStatus(state, text) {
  const el = $("status");
  el.dataset.state = state;
  if (el.textContent !== text) el.textContent = text;
  $("disconnect").disabled = stream.rooms.length === 0;
  $("connect").textContent = stream.rooms.length === 0 ? "Connect" : "Add room";
}

// restart opens the stream anew for the rooms there are now. The last id is of
// no use to another set of rooms; what is replayed and was shown is skipped.
function restart() {
  stream.abort?.abort();
  stream.abort = null;
  stream.lastId = "";
  renderJoined();
  if (stream.rooms.length === 0) {
    setStatus("idle", "Not connected");
    return;
  }
  stream.abort = new AbortController();
  follow(stream.abort.signal);
}

// follow keeps the stream open until it is aborted, or refused for good.
async function follow(signal) {
  let retry = 3000;
  let failures = 0;
  const opened = () => {
    if (failures === 0) return;
    failures = 0;
    refreshDetail();
    refreshRooms();
  };
  for (;;) {
    setStatus("connecting", "Connecting…");
    try {
      const stay = await readStream(signal, (ms) => { retry = ms; }, opened);
      if (signal.aborted || !stay) return;
    } catch {
      if (signal.aborted) return;
    }
    const wait = Math.min(retry * 2 ** failures, longestWait);
    failures++;
    if (!(await countDown(wait, signal))) return;
  }
}

// readStream reads one connection to its end. It returns false if the server
// refused it in a way that another attempt won't change.
async function readStream(signal, onRetry, onOpen) {
  const dead = new AbortController();
  let timer;
  const alive = () => {
    clearTimeout(timer);
    timer = setTimeout(() => dead.abort(), silence);
  };
  const query = new URLSearchParams({ format: "tagged" });
  stream.rooms.forEach((room) => query.append("room", room));
  const headers = { Accept: "text/event-stream" };
  if (stream.lastId) headers["Last-Event-ID"] = stream.lastId;
  alive();
  try {
    const response = await fetch(`connect?${query}`, { headers, cache: "no-store", signal: AbortSignal.any([signal, dead.signal]) });
    if (!response.ok) {
      const why = refusal(response, await response.text());
      if (response.status === 429) return true;
      stream.rooms = [];
      renderJoined();
      setStatus("failed", why);
      return false;
    }
    const feed = parser((frame) => {
      if (frame.retry !== undefined) onRetry(frame.retry);
      if (frame.id !== undefined) stream.lastId = frame.id;
      if (frame.comment === undefined && frame.data.length === 0) return;
      onOpen();
      setStatus("open", `Connected to ${stream.rooms.length === 1 ? stream.rooms[0] : `${stream.rooms.length} rooms`}`);
      show(frame);
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

async function* chunks(body) {
  const reader = body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield value;
  }
}

// countDown waits and says so. It resolves to false when aborted.
function countDown(ms, signal) {
  const end = Date.now() + ms;
  return new Promise((resolve) => {
    const tick = () => {
      if (signal.aborted) return resolve(false);
      const left = end - Date.now();
      if (left <= 0) return resolve(true);
      setStatus("waiting", `Connection lost, trying again in ${Math.ceil(left / 1000)} s`);
      setTimeout(tick, Math.min(left, 1000));
    };
    tick();
  });
}

// --- Events ---------------------------------------------------------------

const quiet = new Set(["update", "heartbeat"]);
const kinds = new Set(["gap", "reset", "unavailable", "update", "heartbeat"]);

// untag takes the frame of a tagged stream apart. The data keeps its text.
function untag(text) {
  const match = /^\{"room":"([^"\\]*)"(?:,"id":"([^"\\]*)")?,"data":/.exec(text);
  if (match) return { room: match[1], id: match[2] ?? "", data: text.slice(match[0].length, -1) };
  return { room: String(objectOf(text)?.room ?? ""), id: "", data: text }; // gap and reset name their room
}

// show adds a frame's row, unless its message was shown before.
function show(frame) {
  if (frame.comment !== undefined) {
    const kind = frame.comment === "heartbeat" ? "heartbeat" : "notice";
    addRow({ kind, name: frame.comment, room: "", id: "", data: "" });
    return;
  }
  const { room, id, data } = untag(frame.data.join("\n"));
  const name = frame.event ?? "message";
  const kind = kinds.has(name) ? name : room === "" ? "notice" : "message";
  if (id) {
    const last = stream.seen.get(room);
    const now = positionOf(id);
    if (last && !isAfter(now, last)) return;
    stream.seen.set(room, now);
    if (last && now[1] > last[1] + 1) addHole(room, now[1] - last[1] - 1);
    if ($("detail-room").value === room) refreshSoon();
  }
  if (kind === "gap") stream.seen.set(room, positionOf(String(objectOf(data)?.to)));
  if (kind === "reset") stream.seen.delete(room);
  if (kind === "update") noteConnections(room, objectOf(data)?.connectionCount);
  if (kind === "notice" && name === "message") addRow({ kind, name: data, room: "", id: "", data: "" });
  else addRow({ kind, name, room, id, data: kind === "heartbeat" ? "" : data });
}

// positionOf reads an id: its epoch and its seq.
function positionOf(id) {
  return id.split("-").map(Number);
}

// isAfter compares positions of one room, which only rise.
function isAfter([epoch, seq], [lastEpoch, lastSeq]) {
  return epoch > lastEpoch || (epoch === lastEpoch && seq > lastSeq);
}

// addHole tells of messages that were published while rooms were added or left,
// and that the room no longer kept when the new stream was there.
function addHole(room, n) {
  addRow({ kind: "gap", name: n === 1 ? "1 message not shown" : `${n} messages not shown`, room, id: "", data: "" });
}

function addRow({ kind, name, room, id, data }) {
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
  $("empty").textContent = stream.rooms.length === 0 ? "Connect to a room to see what is published to it." : "Nothing was published here yet.";
  $("empty").hidden = n > 0;
}

// timeOf shows when a message was published, or that it came now.
function timeOf(timestamp) {
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
function contents(kind, data) {
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
  reset: ({ id, reason }) => `The position was of no use (${reason}). What follows is all that the room keeps, up to ${id}.`,
};

// --- Rooms on the stream --------------------------------------------------

const connections = new Map(); // room -> connectionCount of its last update

function noteConnections(room, count) {
  connections.set(room, count);
  for (const chip of $("joined").children) {
    if (chip.dataset.room === room) chip.querySelector(".connections").textContent = countText(room);
  }
  if ($("detail-room").value === room) setInfo("Connections", String(connections.get(room)));
}

function countText(room) {
  return connections.has(room) ? `${connections.get(room)} connected` : "";
}

function renderJoined() {
  $("joined").replaceChildren(...stream.rooms.map((room) => {
    const chip = make("li", "chip");
    chip.dataset.room = room;
    const leave = make("button", "", "×");
    leave.type = "button";
    leave.setAttribute("aria-label", `Leave room ${room}`);
    leave.addEventListener("click", () => {
      stream.rooms = stream.rooms.filter((r) => r !== room);
      restart();
    });
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

function join(room) {
  if (!stream.rooms.includes(room)) {
    stream.rooms.push(room);
    $("publish-room").value = room;
    restart();
  }
  $("detail-room").value = room;
  refreshDetail().then(refreshRooms); // by then the room is awake
}

// --- One room -------------------------------------------------------------

let soon; // timer of refreshSoon, if it runs

function setInfo(name, value) {
  for (const dt of $("info").querySelectorAll("dt")) {
    if (dt.textContent === name) dt.nextElementSibling.textContent = value;
  }
}

async function refreshDetail() {
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
    say("history-empty", err.message);
  }
}

// refreshSoon describes the room anew, once for all messages of a second.
function refreshSoon() {
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

async function refreshRooms() {
  try {
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
    say("rooms-empty", err.message);
  }
}

async function showNode() {
  const { node, version } = JSON.parse(await ask("health"));
  $("node").textContent = node ? `${node} · ${version}` : version;
}

// --- Publishing -----------------------------------------------------------

// bodyOf returns what to send for what was typed.
function bodyOf(text) {
  return objectOf(text) ? text : JSON.stringify({ message: text });
}

async function publish() {
  const query = new URLSearchParams({ room: $("publish-room").value.trim() });
  const event = $("publish-event").value.trim();
  if (event) query.set("event", event);
  const result = $("publish-result");
  $("publish").disabled = true;
  try {
    const answer = JSON.parse(await ask(`broadcast?${query}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: bodyOf($("publish-body").value),
    }));
    result.dataset.state = "good";
    const n = answer.subscribers === 1 ? "1 subscriber" : `${answer.subscribers} subscribers`;
    result.textContent = `Accepted as ${answer.id} · ${answer.durability} on ${answer.replicas} replicas · ${n}`;
    if ($("detail-room").value === answer.room) refreshSoon();
  } catch (err) {
    result.dataset.state = "bad";
    result.textContent = err.message;
  } finally {
    $("publish").disabled = false;
  }
}

// --- Wiring ---------------------------------------------------------------

function onSubmit(id, run) {
  $(id).addEventListener("submit", (event) => {
    event.preventDefault();
    run();
  });
}

onSubmit("connect-form", () => join($("room").value.trim()));
onSubmit("publish-form", publish);
$("disconnect").addEventListener("click", () => {
  stream.rooms = [];
  restart();
});
$("clear").addEventListener("click", () => {
  $("events").replaceChildren();
  renderCount();
});
$("show-quiet").addEventListener("change", (event) => {
  $("events").classList.toggle("quiet-hidden", !event.target.checked);
});
$("show-raw").addEventListener("change", (event) => {
  document.body.classList.toggle("show-raw", event.target.checked);
});
$("publish-body").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) $("publish-form").requestSubmit();
});
$("detail-room").addEventListener("change", refreshDetail);
$("detail-refresh").addEventListener("click", refreshDetail);
$("rooms-refresh").addEventListener("click", refreshRooms);
setInterval(() => {
  if (!document.hidden) refreshRooms();
}, pollEvery);
refreshRooms();
showNode().catch(() => {}); // it is only a caption
