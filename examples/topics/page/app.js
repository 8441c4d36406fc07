// The page is one client. Whatever the server sent becomes text, never HTML. The
// token is kept in the field alone: a reload forgets it, unless somebody else has
// put it where pages that sign people in do.

import { SSEClient } from "/sse-client.js";

const kept = 100; // events that the page shows
const $ = (id) => document.getElementById(id);

let client = null;

function show(state, text) {
  $("status").textContent = text;
  $("client").dataset.state = state;
  const connected = client?.eventSource != null;
  $("connect").disabled = connected;
  $("disconnect").disabled = !connected;
  for (const field of document.querySelectorAll("fieldset")) field.disabled = !connected;
}

function showTopics() {
  $("subscriptions").textContent = client?.topics.length ? client.topics.join(", ") : "none";
}

function add(name, data) {
  const item = document.createElement("li");
  const title = document.createElement("b");
  title.textContent = name;
  const text = document.createElement("code");
  text.textContent = JSON.stringify(data);
  item.append(title, " ", text);
  $("events").prepend(item);
  while ($("events").children.length > kept) $("events").lastElementChild.remove();
}

// attempt shows what is wrong with what was to be done, if anything is.
async function attempt(action) {
  try {
    await action();
    $("error").hidden = true;
  } catch (error) {
    $("error").textContent = error.message;
    $("error").hidden = false;
  }
}

const topics = () => $("topics").value.split(/[\s,]+/).filter((topic) => topic !== "");

$("login").addEventListener("submit", (event) => {
  event.preventDefault();
  client?.disconnect();
  client = new SSEClient($("token").value.trim(), {
    onStatus: show,
    onEvent: add,
  });
  client.connect();
  showTopics();
});

$("disconnect").addEventListener("click", () => client.disconnect());

$("subscribe").addEventListener("submit", (event) => {
  event.preventDefault();
  attempt(async () => {
    if (event.submitter?.name === "unsubscribe") await client.unsubscribeFromTopics(topics());
    else await client.subscribeToTopics(topics());
    showTopics();
  });
});

$("create").addEventListener("submit", (event) => {
  event.preventDefault();
  attempt(() => client.post("/api/events", { title: $("title").value, date: $("date").value }));
});

const token = localStorage.getItem("token");
if (token) {
  $("token").value = token;
  $("login").requestSubmit();
}
