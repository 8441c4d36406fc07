// Each pane of the page is a client: it listens to one stream and shows what
// comes. Whatever the server sent becomes text, never HTML.

const kept = 100; // numbers that a pane shows
const patience = 10_000; // ms that the server has to say what is wrong

const main = document.querySelector("main");
const server = location.protocol === "file:" ? main.dataset.server : "";

const layout = document.createElement("template");
layout.innerHTML = `
  <section class="pane" data-state="closed">
    <form>
      <label>Stream ID</label>
      <input name="id" maxlength="256" autocomplete="off" autocapitalize="off" spellcheck="false">
      <button name="connect" type="submit">Connect</button>
      <button name="disconnect" type="button" disabled>Disconnect</button>
    </form>
    <p class="status" role="status">Not connected</p>
    <p class="error" role="alert" hidden></p>
    <p class="newest" aria-label="Newest number">–</p>
    <div class="bar">
      <h2>History</h2>
      <span class="count">nothing yet</span>
      <button name="clear" type="button">Clear</button>
    </div>
    <ol class="history" tabindex="0" aria-label="Numbers, newest first"></ol>
  </section>`;

class Pane {
  #root;
  #input;
  #id; // of the stream whose numbers are shown
  #source; // the EventSource, while there is one
  #leaving; // aborts what is under way for that source

  // A new pane is the page's last and suggests a stream.
  constructor(stream) {
    main.append(layout.content.cloneNode(true));
    const root = main.lastElementChild;
    this.#root = root;
    this.#input = root.querySelector("input");
    this.#input.value = stream;
    this.#input.id = `id-${main.childElementCount}`;
    root.querySelector("label").htmlFor = this.#input.id;
    root.querySelector("form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.connect();
    });
    this.#button("disconnect").addEventListener("click", () => this.disconnect());
    this.#button("clear").addEventListener("click", () => this.#clear());
  }

  // connect listens to the stream that the field names, and to no other.
  connect() {
    this.#hangUp();
    if (this.#input.value !== this.#id) this.#clear();
    this.#id = this.#input.value;
    this.#listen();
  }

  disconnect() {
    this.#hangUp();
    this.#show("closed", "Not connected");
  }

  #listen() {
    const source = new EventSource(this.#url());
    this.#source = source;
    this.#leaving = new AbortController();
    this.#show("connecting", "Connecting…");
    source.onmessage = (event) => this.#take(event.data);
    source.onerror = (error) => {
      console.error("SSE error:", error);
      if (source.readyState === EventSource.CONNECTING) {
        this.#show("waiting", "Reconnecting…", "The connection to the server is lost. The browser goes on trying.");
      } else {
        this.#askWhy(source, this.#leaving.signal);
      }
    };
  }

  #url() {
    return `${server}/sse/${encodeURIComponent(this.#id)}`;
  }

  #hangUp() {
    this.#leaving?.abort();
    this.#source?.close();
    this.#source = undefined;
  }

  // askWhy asks the server what is wrong: an EventSource that was answered with
  // an error gives up, and does not tell.
  async #askWhy(source, leaving) {
    this.#show("waiting", "Reconnecting…", "The server refuses the connection.");
    const [final, reason] = await complaint(this.#url(), leaving);
    if (this.#source !== source) return; // it was disconnected meanwhile
    if (final) {
      this.#hangUp();
      this.#show("failed", "Not connected", reason);
      return;
    }
    this.#show("waiting", "Reconnecting…", reason);
    const timer = setTimeout(() => this.#listen(), 2000 + 3000 * Math.random());
    leaving.addEventListener("abort", () => clearTimeout(timer));
  }

  // take shows what the server has sent.
  #take(data) {
    let event;
    try {
      event = JSON.parse(data);
    } catch {
      event = undefined;
    }
    console.log("Received:", event ?? data);
    if (event?.type === "connected") {
      this.#show("open", `Connected to ${event.streamId}`);
    } else if (Number.isInteger(event?.number)) {
      this.#add(event);
    } else {
      this.#show("open", "Connected", `The server sent what is no number: ${data.slice(0, 200)}`);
    }
  }

  #add({ number, timestamp }) {
    const item = document.createElement("li");
    const what = document.createElement("b");
    what.textContent = String(number);
    const when = document.createElement("time");
    when.dateTime = String(timestamp);
    when.textContent = clock(timestamp);
    item.append(what, when);
    const history = this.#part("history");
    history.prepend(item);
    while (history.childElementCount > kept) history.lastElementChild.remove();
    this.#part("newest").textContent = String(number);
    this.#count();
  }

  #clear() {
    this.#part("history").replaceChildren();
    this.#part("newest").textContent = "–";
    this.#count();
  }

  #count() {
    const n = this.#part("history").childElementCount;
    this.#part("count").textContent = n === 0 ? "nothing yet" : n < kept ? `${n} received` : `the newest ${kept}`;
  }

  // show says how things stand. Without an error, one that was shown disappears.
  #show(state, status, error = "") {
    this.#root.dataset.state = state;
    this.#part("status").textContent = status;
    this.#part("error").textContent = error;
    this.#part("error").hidden = error === "";
    this.#button("disconnect").disabled = this.#source === undefined;
  }

  #part(name) {
    return this.#root.querySelector(`.${name}`);
  }

  #button(name) {
    return this.#root.querySelector(`button[name="${name}"]`);
  }
}

// complaint asks for a stream and returns what the server has against it, and
// whether it would say the same the next time.
async function complaint(url, leaving) {
  let answer;
  try {
    const signal = AbortSignal.any([leaving, AbortSignal.timeout(patience)]);
    answer = await fetch(url, { signal, cache: "no-store" });
    const type = answer.headers.get("Content-Type") ?? "nothing";
    if (answer.ok) {
      await answer.body?.cancel(); // it may never end
      return type.startsWith("text/event-stream")
        ? [false, "The server refused the connection once."]
        : [true, `The server answers with ${type}, which is no event stream.`];
    }
    const passes = answer.status >= 500 || answer.status === 429;
    const text = await answer.text();
    return [!passes, `The server refuses the connection (${answer.status}): ${explanation(text) || answer.statusText}`];
  } catch {
    return [false, answer ? `The server refuses the connection (${answer.status}).` : "The server can't be reached."];
  }
}

// explanation returns what the body of an error says.
function explanation(text) {
  try {
    const { message, error } = JSON.parse(text);
    return String(message ?? error ?? "");
  } catch {
    return text.slice(0, 200);
  }
}

function clock(timestamp) {
  const date = new Date(timestamp);
  if (Number.isNaN(date.getTime())) return "";
  return date.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit" });
}

const panes = main.dataset.streams.split(" ").map((stream) => new Pane(stream));
document.getElementById("connect-all")?.addEventListener("click", () => panes.forEach((pane) => pane.connect()));
document.getElementById("disconnect-all")?.addEventListener("click", () => panes.forEach((pane) => pane.disconnect()));
