const pause = 2000; // ms until a subscription that failed is tried again

// SSEClient keeps a stream open for the user of a token, and subscribes to topics
// as soon as it is connected, each time that it is. Those who extend it say in
// handleNewEvent and handleNotification what is done with an event.
export class SSEClient {
  constructor(token, { topics = ["events", "notifications"], onStatus = () => {}, onEvent = () => {} } = {}) {
    this.token = token;
    this.topics = topics;
    this.eventSource = null;
    this.connected = false;
    this.onStatus = onStatus; // (state, text)
    this.onEvent = onEvent; // (name, data)
  }

  connect() {
    this.disconnect();
    this.onStatus("connecting", "Connecting…");
    const source = new EventSource(`/api/sse/stream?token=${encodeURIComponent(this.token)}`);
    this.eventSource = source;

    source.addEventListener("connected", (e) => {
      console.log("SSE Connected:", JSON.parse(e.data));
      this.connected = true;
      this.#take(e);
      const status = `Connected as ${JSON.parse(e.data).userId}`;
      this.onStatus("open", status);
      this.#subscribe(status);
    });
    for (const name of ["newEvent", "eventUpdate", "notification", "announcement", "token-expiring"]) {
      source.addEventListener(name, (e) => this.#take(e));
    }
    source.addEventListener("newEvent", (e) => this.handleNewEvent(JSON.parse(e.data)));
    source.addEventListener("notification", (e) => this.handleNotification(JSON.parse(e.data)));
    // Another window, or another device, has taken over. To come back would only
    // take the stream away from there again.
    source.addEventListener("replaced", (e) => this.#end(e, "Replaced by a newer connection"));
    source.addEventListener("token-expired", (e) => this.#end(e, "The token has expired"));
    source.onerror = (error) => {
      console.error("SSE Error:", error);
      this.connected = false;
      if (source.readyState === EventSource.CLOSED) {
        this.onStatus("failed", "The server refuses the connection: is the token valid?");
      } else {
        this.onStatus("waiting", "Reconnecting…");
      }
    };
  }

  async subscribeToTopics(topics) {
    const answer = await this.post("/api/sse/subscribe", { topics });
    console.log("Subscribed:", answer);
    this.topics = [...new Set([...this.topics, ...topics])];
    return answer;
  }

  async unsubscribeFromTopics(topics) {
    const answer = await this.post("/api/sse/unsubscribe", { topics });
    this.topics = this.topics.filter((topic) => !topics.includes(topic));
    return answer;
  }

  handleNewEvent(event) {
    console.log("New event:", event);
  }

  handleNotification(notification) {
    console.log("Notification:", notification);
  }

  // post sends an object and returns the answer. What the server refuses is an
  // error with the server's words.
  async post(path, body) {
    const response = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json", "x-auth-token": this.token },
      body: JSON.stringify(body),
    });
    const answer = await response.json();
    if (!answer.success) throw new Error(answer.msg ?? answer.message);
    return answer;
  }

  disconnect() {
    this.eventSource?.close();
    this.eventSource = null;
    this.connected = false;
    this.onStatus("closed", "Not connected");
  }

  #take(e) {
    this.onEvent(e.type, JSON.parse(e.data));
  }

  #end(e, why) {
    this.#take(e);
    this.disconnect();
    this.onStatus("closed", why);
  }

  // #subscribe subscribes for a stream that is new, and tries again while it is open.
  async #subscribe(status) {
    try {
      if (this.topics.length > 0) await this.subscribeToTopics(this.topics);
      if (this.connected) this.onStatus("open", status);
    } catch (error) {
      if (!this.connected) return;
      this.onStatus("waiting", `Not subscribed: ${error.message}`);
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.connected && this.#subscribe(status), pause);
    }
  }
}
