// The tabs of an origin share one stream. The one that has the lock leads: it reads and
// tells the others. All know of all rooms, so that any can lead next.
export function connect({ url, rooms, ticket, heartbeat = 15000, ...on }) {
  const base = new URL(url, location);
  base.search += "&format=tagged&heartbeat=event";
  base.hash = "";
  const name = base + JSON.stringify(rooms);
  // Without Web Locks each tab leads.
  const { locks = { request: (name, options, run) => run(), query: () => ({ held: [{ name }] }) } } = navigator;
  const channel = new BroadcastChannel(navigator.locks ? base : Math.random());
  const last = { __proto__: null }; // room: [epoch, seq]; null in history
  let mark = {}; // rooms: where a stream on them goes on
  let delay = 500;
  let live, next; // streams: the open one, the coming one
  let wanted, leading, timer, close;
  const closed = new Promise((resolve) => (close = resolve));

  function tell(message) {
    channel.postMessage(message);
    hear(message);
  }

  function hear(message) {
    const { ask, start, over, state, event, room = rooms[0], id } = message;
    // A callback may throw.
    const call = (name, value) => rooms.includes(room) && queueMicrotask(() => on?.[name]?.(value));
    if (ask) {
      wanted = true; // history
      return leading && soon(50);
    }
    state === "ended" ? clearTimeout(timer) : next || alive();
    if (state) call("onstate", state);
    if (start) {
      start.forEach((r) => (last[r] ??= null));
      if (!rooms.every((r) => r in last)) tell({ ask: true });
    }
    if (over) {
      wanted = false;
      for (const r in last) last[r] ??= [0, 0];
    }
    if (!event || event === "gap" || !(room in last)) return; // gaps show in the numbers
    if (event === "reset") {
      last[room] = null;
      call("onreset", message);
    } else if (id) {
      const [epoch, seq] = id.split("-").map(Number);
      const [e, s] = last[room] ?? [epoch, seq - 1];
      if (epoch < e || (epoch === e && seq <= s)) return; // known
      last[room] = [epoch, seq];
      if (seq <= s) call("onreset", message);
      if (seq > s + 1) call("ongap", { room, from: s + 1, to: seq - 1 });
      call("onmessage", message);
    } else {
      call("onevent", message);
    }
  }

  function hold(name, options, run) {
    return locks.request(name, options, () => (on && run(), closed));
  }

  // In silence the stream, or the leader, is dead.
  function alive() {
    clearTimeout(timer);
    timer = setTimeout(leading ? retry : campaign, heartbeat * (leading ? 2.5 : 5 + Math.random()), { steal: true });
  }

  function campaign(options) {
    alive();
    hold(base, options, () => {
      leading = true;
      soon();
    }).catch(() => {
      leading = drop(); // taken for dead
      campaign({});
    });
  }

  function drop() {
    live = live?.abort();
    next = next?.abort();
    clearTimeout(timer);
  }

  function soon(wait) {
    next?.abort();
    next = new AbortController();
    clearTimeout(timer);
    timer = setTimeout(open, wait, next);
  }

  function retry() {
    next || drop();
    live || tell({ state: "waiting" });
    soon(Math.random() * (delay = 2 * Math.min(delay, heartbeat)));
  }

  async function open(mine) {
    alive();
    try {
      const { held } = await locks.query();
      const union = [...new Set(held.flatMap(({ name }) => JSON.parse(name.split(base)[1] || "[]")))].sort();
      let address = base + "&room=" + union.map(encodeURIComponent).join("&room=");
      if (ticket) address += "&ticket=" + (await ticket(union));
      const from = !wanted && mark[union]; // without it, history comes
      if (from) address += "&lastEventId=" + from;
      const { status, body } = await fetch(address, mine);
      if ([400, 403, 404].includes(status)) tell({ state: "ended" }, drop());
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
            next = live?.abort();
            live = mine;
            delay = 500;
            tell({ state: "open", start: from ? [] : union });
          }
          if (event === "replaced" && mine === (next ?? live)) tell({ state: "ended" }, drop());
        }
      };
      await body.pipeThrough(new TextDecoderStream()).pipeTo(new WritableStream({ write }));
    } catch {
      // as if it had ended
    }
    if (mine === (next ?? live)) retry();
    else if (mine === live) live = null;
  }

  channel.onmessage = ({ data }) => hear(data);
  hold(name, { mode: "shared" }, () => campaign({}, tell({ ask: true })));
  return {
    close() {
      on = null;
      drop();
      close();
      channel.close();
    },
  };
}
