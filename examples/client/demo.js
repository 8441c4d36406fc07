import { connect } from "/parlor.js";

const $ = (id) => document.getElementById(id);
const kept = 200; // lines that the page shows
let handle; // of parlor.js, while the page follows rooms
let rooms = [];

function show(className, text) {
  const line = document.createElement("li");
  line.className = className;
  line.textContent = text;
  $("messages").append(line);
  while ($("messages").childElementCount > kept) $("messages").firstChild.remove();
}

function join() {
  leave();
  rooms = $("rooms").value.trim().split(/\s+/);
  handle = connect({
    url: "/connect",
    rooms,
    onmessage: ({ room, id, data }) => show("message", `${room} ${id} ${data.message ?? JSON.stringify(data)}`),
    onevent: ({ event, room, data }) => {
      if (event === "update" && room === rooms[0]) $("streams").textContent = data.connectionCount;
    },
    ongap: ({ room, from, to }) => show("gap", `${room}: ${to - from + 1} messages are no longer kept`),
    onreset: ({ room }) => show("gap", `${room} begins anew`),
    onstate: (state) => {
      $("state").textContent = state;
    },
  });
  $("leave").disabled = false;
  $("state").textContent = "waiting";
}

function leave() {
  handle?.close();
  handle = undefined;
  $("leave").disabled = true;
  $("state").textContent = "not connected";
  $("streams").textContent = "no";
}

async function publish() {
  const message = $("text").value;
  const room = $("rooms").value.trim().split(/\s+/)[0];
  const response = await fetch(`/broadcast?${new URLSearchParams({ room })}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ message }),
  });
  if (!response.ok) throw new Error((await response.json()).message);
}

$("join").addEventListener("submit", (event) => {
  event.preventDefault();
  join();
});
$("leave").addEventListener("click", leave);
$("say").addEventListener("submit", async (event) => {
  event.preventDefault();
  try {
    await publish();
    $("text").value = "";
  } catch (e) {
    show("gap", `not published: ${e.message}`);
  }
});
