// The outbox sends what was written, in its order, until the server has it. A
// message keeps its Idempotency-Key over all attempts, so that one whose answer
// was lost is still delivered only once.

// The server remembers keys for five minutes. After that a repetition would be
// taken for another message.
const memory = 4 * 60_000;

const waiting = []; // messages, oldest first; the first is being sent
const unsent = new Map(); // key -> the message's item on the page

// send queues a message for a room and shows that it is on its way.
export function send(parlor, room, message) {
  const key = randomKey();
  const item = document.createElement("li");
  item.textContent = message.message;
  document.getElementById("unsent").append(item);
  unsent.set(key, item);
  // The key is also in the message, to recognise it when it comes back.
  const url = `${parlor}/broadcast?${new URLSearchParams({ room })}`;
  waiting.push({ key, url, body: JSON.stringify({ ...message, key }) });
  if (waiting.length === 1) work();
}

// randomKey makes up a key. (crypto.randomUUID is not there on plain HTTP.)
function randomKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");
}

// arrived takes a message off the page's list: the stream has brought it.
export function arrived(key) {
  unsent.get(key)?.remove();
  unsent.delete(key);
}

// forget takes messages that the server has off the list, because the stream
// may have left them out.
export function forget() {
  for (const [key, item] of unsent) {
    if (item.className === "sent") arrived(key);
  }
}

async function work() {
  while (waiting.length > 0) {
    const { key, url, body } = waiting[0];
    const [state, title] = await deliver(key, url, body);
    const item = unsent.get(key); // it may have come back already
    if (item) Object.assign(item, { className: state, title });
    waiting.shift();
  }
}

// deliver tries until the server has the message or will never take it.
async function deliver(key, url, body) {
  const headers = { "Content-Type": "application/json", "Idempotency-Key": key };
  const begin = Date.now();
  for (let wait = 500; Date.now() - begin < memory; wait = Math.min(2 * wait, 8000)) {
    try {
      const response = await fetch(url, { method: "POST", headers, body, signal: AbortSignal.timeout(10_000) });
      if (response.ok) return ["sent", "The server has it"];
      const passes = response.status >= 500 || response.status === 429;
      if (!passes) return ["failed", (await response.json()).message];
    } catch {
      // No answer, or none of the server's: whether it arrived is not known, and
      // need not be.
    }
    await new Promise((resolve) => setTimeout(resolve, wait * (0.5 + Math.random())));
  }
  return ["failed", "It is not known whether this arrived"];
}
