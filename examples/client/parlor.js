// The tabs of an origin share one stream. The one that has the lock leads: it reads and
// tells the others. All know of all rooms, so that any can lead next.
export function connect({ url, rooms, ticket, heartbeat = 15000, ...on }) {
  const base = new URL(url, location);
  base.search += "&format=tagged&heartbeat=event";
  const key = base + " ";
  // Without Web Locks each tab leads.
  const alone = { request: (name, options, run) => run(), query: () => ({ held: [{ name: key + rooms }] }) };
  const { locks = alone } = navigator;
  const channel = new BroadcastChannel(locks === alone ? Math.random() : base);
  const last = new Map(); // room: [epoch, seq]; null in history
  let mark = {}; // rooms: where a stream on them goes on
  let delay = 500;
  let stream, wanted, leading, timer, watchdog, close;
  const closed = new Promise((resolve) => (close = resolve));

  function tell(message) {
    channel.postMessage(message);
    hear(message);
  }

  function hear(message) {
    const { ask, start, over, state, event, room, id } = message;
    // A callback that throws stops nothing here.
    const call = (name, value) => (room && !rooms.includes(room)) || queueMicrotask(() => on?.[name]?.(value));
    if (ask) {
      wanted = true; // history
      return leading && soon(50);
    }
    state === "ended" ? clearTimeout(watchdog) : alive();
    if (state) call("onstate", state);
    if (start) {
      start.forEach((r) => last.has(r) || last.set(r, null));
      if (!rooms.every((r) => last.has(r))) tell({ ask: true });
    }
    if (over) {
      wanted = false;
      last.forEach((l, r) => l ?? last.set(r, [0, 0]));
    }
    if (!event || event === "gap" || (room && !last.has(room))) return; // gaps show in the numbers
    if (event === "reset") {
      last.set(room, null);
      call("onreset", message);
    } else if (id) {
      const [epoch, seq] = id.split("-").map(Number);
      const [e, s] = last.get(room) ?? [epoch, seq - 1];
      if (epoch < e || (epoch === e && seq <= s)) return; // known
      last.set(room, [epoch, seq]);
      if (seq <= s) call("onreset", message);
      if (seq > s + 1) call("ongap", { room, from: s + 1, to: seq - 1 });
      call("onmessage", message);
    } else {
      call("onevent", message);
    }
  }

  // In silence the stream, or the leader, is dead.
  function alive() {
    clearTimeout(watchdog);
    watchdog = setTimeout(leading ? retry : campaign, heartbeat * (leading ? 2.5 : 5 + Math.random()), { steal: true });
  }

  function campaign(options) {
    alive();
    const lead = () => {
      if ((leading = on)) open();
      return closed;
    };
    locks.request(base, options, lead).catch(() => {
      stop(); // taken for dead
      campaign({});
    });
  }

  function stop() {
    leading = stream = stream?.abort();
    clearTimeout(timer);
    clearTimeout(watchdog);
  }

  function soon(wait) {
    clearTimeout(timer);
    timer = setTimeout(open, wait);
  }

  function retry() {
    stream = stream?.abort();
    tell({ state: "waiting" });
    soon(Math.random() * (delay = Math.min(2 * delay, 2 * heartbeat)));
  }

  async function open() {
    const before = stream; // until this one begins
    const mine = (stream = new AbortController());
    alive();
    try {
      const { held } = await locks.query();
      const union = [...new Set(held.flatMap(({ name }) => name.split(key)[1]?.split(",") ?? []))].sort();
      let address = base + "&room=" + union.map(encodeURIComponent).join("&room=");
      if (ticket) address += "&ticket=" + (await ticket(union));
      const from = !wanted && mark[union]; // without it, history comes
      if (from) address += "&lastEventId=" + from;
      const { status, body } = await fetch(address, mine);
      if ([400, 403, 404].includes(status)) stream = tell({ state: "ended" });
      let over, text = "";
      const write = (part) => {
        const frames = (text + part).split("\n\n");
        text = frames.pop();
        for (const frame of frames) {
          const f = {};
          for (const [, , name, value] of frame.matchAll(/(^|\n)(\w+): ([^\n]*)/g)) f[name] = (f[name] ?? "") + value;
          const { event, id, data } = f;
          if (event) tell({ ...JSON.parse(data), event });
          else if (id) {
            mark = { [union]: id };
            over ||= !tell({ over: 1 });
          } else if (data) {
            before?.abort();
            delay = 500;
            tell({ state: "open", start: from ? [] : union });
          }
          if (event === "replaced" && mine === stream) stream = tell({ state: "ended" });
        }
      };
      await body.pipeThrough(new TextDecoderStream()).pipeTo(new WritableStream({ write }));
    } catch {
      // as if it had ended
    }
    before?.abort();
    if (mine === stream) retry();
  }

  channel.onmessage = ({ data }) => hear(data);
  locks.request(key + rooms, { mode: "shared" }, () => {
    on && campaign({}, tell({ ask: true }));
    return closed;
  });
  return {
    close() {
      on = null;
      stop();
      close();
      channel.close();
    },
  };
}
