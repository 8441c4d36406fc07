// A chat needs two things of the server: one EventSource to hear, and one POST
// to speak. Whatever others wrote becomes text, never HTML.
import { send, arrived, forget } from "./outbox.js";

const $ = (id) => document.getElementById(id);
const parlor = document.body.dataset.parlor;
const silence = 45_000; // ms; the server says something every 15 s at the least

let source; // the EventSource, while there is one
let lastId = ""; // of the newest message heard
let watchdog; // timer that runs out when nothing is heard

// --- Hearing --------------------------------------------------------------

function listen(room) {
  const query = new URLSearchParams({ room, heartbeat: "event" });
  if (lastId) query.set("lastEventId", lastId); // a new EventSource has none of its own
  const stream = new EventSource(`${parlor}/connect?${query}`);
  source = stream;
  setState("connecting", "Connecting…");

  const on = (name, handle) => stream.addEventListener(name, (event) => {
    heard(room);
    lastId = event.lastEventId;
    handle?.(event.data);
  });
  on("broadcast", (data) => show(JSON.parse(data)));
  on("update", (data) => { $("here").textContent = `${JSON.parse(data).connectionCount} here`; });
  on("gap", (data) => divide(missing(JSON.parse(data).lost)));
  on("reset", () => {
    // All that the room keeps follows, so what is shown would come twice.
    $("messages").replaceChildren();
    divide("The room begins anew here");
  });
  on("message"); // the greeting
  on("heartbeat");

  stream.onopen = () => {
    heard(room);
    setState("open", "Connected");
  };
  stream.onerror = () => {
    setState("waiting", "Connection lost, coming back…");
    // The browser tries again by itself, unless it was answered with an error,
    // by a proxy for instance. Then it gives up, and we don't.
    if (stream.readyState === EventSource.CLOSED) {
      restart(room, 2000 + 3000 * Math.random());
    }
  };
}

// heard puts off the time at which the connection is taken for dead. Networks
// that vanish without a word are noticed in no other way.
function heard(room) {
  clearTimeout(watchdog);
  watchdog = setTimeout(restart, silence, room, 0);
}

function restart(room, wait) {
  hangUp();
  watchdog = setTimeout(listen, wait, room);
}

function hangUp() {
  clearTimeout(watchdog);
  source?.close();
  source = undefined;
}

// --- Showing --------------------------------------------------------------

function setState(state, text) {
  $("state").dataset.state = state;
  $("state").textContent = text;
}

function show({ from, message, timestamp, key }) {
  arrived(key);
  const item = document.createElement("li");
  item.classList.toggle("mine", from === $("name").value);
  const who = document.createElement("b");
  who.textContent = String(from ?? "somebody");
  const when = document.createElement("time");
  when.textContent = clock(timestamp);
  const what = document.createElement("p");
  what.textContent = String(message ?? "");
  what.dir = "auto";
  item.append(who, when, what);
  append(item);
}

function clock(timestamp) {
  const date = new Date(timestamp);
  return Number.isNaN(date.getTime()) ? "" : date.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
}

// divide says that what stands above and below do not follow each other.
function divide(text) {
  forget();
  const item = document.createElement("li");
  item.className = "divider";
  item.textContent = text;
  append(item);
}

function missing(n) {
  return n === 1 ? "1 earlier message is no longer kept" : `${n} earlier messages are no longer kept`;
}

function append(item) {
  const pane = $("scroll");
  const atEnd = pane.scrollHeight - pane.scrollTop - pane.clientHeight < 50;
  $("messages").append(item);
  if (atEnd) pane.scrollTop = pane.scrollHeight;
}

// --- Coming and going -----------------------------------------------------

function join() {
  const room = $("room").value;
  sessionStorage.setItem("name", $("name").value);
  history.replaceState(null, "", `?${new URLSearchParams({ room })}`);
  document.title = `${room} · Chat`;
  $("title").textContent = room;
  $("join").hidden = true;
  $("chat").hidden = false;
  $("text").focus();
  listen(room);
}

$("join").addEventListener("submit", (event) => {
  event.preventDefault();
  join();
});
$("say").addEventListener("submit", (event) => {
  event.preventDefault();
  send(parlor, $("room").value, { message: $("text").value, from: $("name").value });
  $("text").value = "";
  $("scroll").scrollTop = $("scroll").scrollHeight;
});
$("leave").addEventListener("click", () => {
  sessionStorage.removeItem("name");
  location.reload();
});

$("room").value = new URLSearchParams(location.search).get("room") ?? $("room").value;
$("name").value = sessionStorage.getItem("name") ?? "";
if ($("name").value !== "" && $("join").checkValidity()) join();
