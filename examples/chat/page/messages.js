// The list of what was said. Messages have numbers without holes; each stands at
// its place, whatever the order in which it comes, and but once.

const list = document.getElementById("messages");
const pane = document.getElementById("talk");

// add shows a message, unless it is shown.
export function add({ n, from, message, timestamp }, mine) {
  const later = [...list.querySelectorAll("[data-n]")].reverse();
  const before = later.find((item) => Number(item.dataset.n) <= n);
  if (before && Number(before.dataset.n) === n) return;
  const item = document.createElement("li");
  item.dataset.n = n;
  item.classList.toggle("mine", mine);
  const who = document.createElement("b");
  who.textContent = from;
  const when = document.createElement("time");
  when.dateTime = timestamp;
  when.textContent = new Date(timestamp).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  const what = document.createElement("p");
  what.textContent = message;
  what.dir = "auto";
  item.append(who, when, what);
  const after = before ? later[later.indexOf(before) - 1] : later.at(-1);
  insert(item, after ?? null);
}

// note shows a line about the room.
export function note(text) { line("note", text); }

// divide says that what stands above and below may not follow on each other.
export function divide(text) { line("divider", text); }

export function empty() { list.replaceChildren(); }

function line(kind, text) {
  const item = document.createElement("li");
  item.className = kind;
  item.textContent = text;
  insert(item, null);
}

// insert puts an item before another one, or at the end, and keeps the end in
// sight if it was.
function insert(item, before) {
  const atEnd = pane.scrollHeight - pane.scrollTop - pane.clientHeight < 50;
  list.insertBefore(item, before);
  if (atEnd) pane.scrollTop = pane.scrollHeight;
}
