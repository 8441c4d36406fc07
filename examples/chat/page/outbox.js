// The outbox sends what was written, one message after the other, until the room
// has it or refuses it. A message keeps its Idempotency-Key over all attempts, so
// that one whose answer was lost is not said twice.

// The room remembers keys for five minutes. After that a repetition would be
// taken for another message.
const memory = 4 * 60_000;

let last = Promise.resolve(); // the newest message's fate

// send has a message sent after those before it, and shows that it is on its way.
export function send(room, message) {
  const item = document.createElement("li");
  item.textContent = message.message;
  document.getElementById("unsent").append(item);
  item.scrollIntoView();
  const key = Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");
  last = last.then(() => deliver(room, key, JSON.stringify(message))).then((refused) => {
    if (!refused) return item.remove(); // the stream shows it
    item.className = "failed";
    item.title = refused;
  });
}

// deliver returns what the room has against the message, or nothing once it has
// it.
async function deliver(room, key, body) {
  const url = `/broadcast?${new URLSearchParams({ kind: "chat", room })}`;
  const headers = { "Content-Type": "application/json", "Idempotency-Key": key };
  const begin = Date.now();
  for (let wait = 500; Date.now() - begin < memory; wait = Math.min(2 * wait, 8000)) {
    try {
      const response = await fetch(url, { method: "POST", headers, body, signal: AbortSignal.timeout(10_000) });
      if (response.ok) return "";
      const passes = response.status >= 500 || response.status === 429;
      if (!passes) return (await response.json()).message;
    } catch {
      // No answer, or none of the server's: whether it arrived is not known, and
      // need not be.
    }
    await new Promise((resolve) => setTimeout(resolve, wait * (0.5 + Math.random())));
  }
  return "It is not known whether this arrived";
}
