// The form that publishes.

import { $ } from "./page.js";
import { refreshSoon } from "./panels.js";
import { ask, objectOf } from "./server.js";

// bodyOf returns what to send for what was typed.
function bodyOf(text) {
  return objectOf(text) ? text : JSON.stringify({ message: text });
}

export async function publish() {
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
    refreshSoon(answer.room);
  } catch (err) {
    result.dataset.state = "bad";
    result.textContent = err.message;
  } finally {
    $("publish").disabled = false;
  }
}
