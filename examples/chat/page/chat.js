// The page hears everything over one EventSource, and asks for what was said
// before it came. What others wrote becomes text, never HTML.
import { add, divide, empty, note } from "./messages.js";
import { send } from "./outbox.js";

const $ = (id) => document.getElementById(id);
const silence = 45_000; // ms; the server says something every 15 s at the least

let room, name;
let lastId = ""; // of the newest event that the room keeps
let watchdog; // timer that runs out when nothing is heard
const people = new Set();

// --- Hearing --------------------------------------------------------------

function listen() {
  const query = new URLSearchParams({ kind: "chat", room, client: name, heartbeat: "event" });
  if (lastId) query.set("lastEventId", lastId); // a new EventSource has none of its own
  const stream = new EventSource(`/connect?${query}`);
  setState("connecting", "Connecting…");

  // heard puts off the time at which the connection is taken for dead. Networks
  // that vanish without a word are noticed in no other way.
  const heard = () => {
    clearTimeout(watchdog);
    watchdog = setTimeout(() => restart(stream, 0), silence);
  };
  const on = (event, handle) => stream.addEventListener(event, (e) => {
    heard();
    lastId = e.lastEventId;
    handle?.(e.data && JSON.parse(e.data));
  });
  on("said", (message) => add(message, message.from === name));
  on("joined", (who) => {
    note(`${who.name} joined`);
    here(() => people.add(who.name));
  });
  on("left", (who) => {
    note(`${who.name} left`);
    here(() => people.delete(who.name));
  });
  // The whole list may overtake what happened before it. That does no harm: who
  // joins twice is there once.
  on("people", (all) => here(() => {
    people.clear();
    all.people.forEach((one) => people.add(one));
  }));
  on("gap", (gap) => {
    divide(`You missed ${gap.lost === 1 ? "1 event" : `${gap.lost} events`}. What was said follows, as far as the room keeps it.`);
    catchUp();
  });
  on("reset", () => {
    // All that the room keeps follows, and may not be what is shown.
    empty();
    divide("The room begins anew here.");
    catchUp();
  });
  on("heartbeat");

  stream.onopen = () => {
    heard();
    setState("open", "Connected");
  };
  stream.onerror = () => {
    setState("waiting", "Connection lost, coming back…");
    // The browser tries again by itself, unless it was answered with an error, by
    // a proxy for instance. Then it gives up, and we don't.
    if (stream.readyState === EventSource.CLOSED) restart(stream, 2000 + 3000 * Math.random());
  };
}

function restart(stream, wait) {
  clearTimeout(watchdog);
  stream.close();
  watchdog = setTimeout(listen, wait);
}

// catchUp shows what the room keeps of what was said and is not shown yet. That
// is more than the stream brings by itself.
async function catchUp() {
  try {
    const response = await fetch(`/rooms/${room}/fetch/messages?kind=chat`);
    if (!response.ok) return;
    for (const message of (await response.json()).messages) add(message, message.from === name);
  } catch {
    // There is no connection: the stream will bring what it can.
  }
}

// --- Showing --------------------------------------------------------------

function setState(state, text) {
  $("state").dataset.state = state;
  $("state").textContent = text;
}

// here changes who is there and shows it.
function here(change) {
  change();
  $("count").textContent = people.size === 1 ? "1 person" : `${people.size} people`;
  $("people").replaceChildren(...[...people].sort().map((who) => {
    const item = document.createElement("li");
    item.textContent = who === name ? `${who} (you)` : who;
    return item;
  }));
}

// --- Coming and going -----------------------------------------------------

function join() {
  room = $("room").value;
  name = $("name").value;
  sessionStorage.setItem("name", name); // of this tab: another may be somebody else
  history.replaceState(null, "", `?${new URLSearchParams({ room })}`);
  document.title = `${room} · Chat`;
  $("title").textContent = room;
  $("door").hidden = true;
  $("chat").hidden = false;
  $("text").focus();
  listen();
  catchUp();
}

$("door").addEventListener("submit", (event) => {
  event.preventDefault();
  join();
});
$("say").addEventListener("submit", (event) => {
  event.preventDefault();
  send(room, { from: name, message: $("text").value });
  $("text").value = "";
});
$("leave").addEventListener("click", () => {
  sessionStorage.removeItem("name");
  location.reload();
});

$("room").value = new URLSearchParams(location.search).get("room") ?? $("room").value;
$("name").value = sessionStorage.getItem("name") ?? "";
if ($("name").value !== "" && $("door").checkValidity()) join();
