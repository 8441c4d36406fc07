// What the load test imports from k6, as far as it needs it, over real requests: k6's calls
// return when they are done, so each is a process of its own.
import { execFileSync } from "node:child_process";

function request(url, method, headers, body) {
  const script = `
    const [url, method, headers, body] = JSON.parse(process.argv[1]);
    fetch(url, { method, headers, body }).then(async (r) => {
      console.log(JSON.stringify({ status: r.status, text: await r.text() }));
    }, (e) => console.log(JSON.stringify({ error: String(e) })));`;
  const given = JSON.stringify([url, method, headers, body]);
  return JSON.parse(execFileSync(process.execPath, ["-e", script, given], { encoding: "utf8" }));
}

export const metrics = {};

class Metric {
  constructor(name) {
    metrics[name] = this.values = [];
  }
  add(value) {
    this.values.push(Number(value));
  }
}
export { Metric as Counter, Metric as Rate, Metric as Trend };

export const exec = {
  instance: { currentTestRunDuration: 0 },
  vu: { idInTest: 1, iterationInScenario: 0 },
  scenario: { iterationInTest: 0 },
};

export const http = { post: (url, body, { headers }) => request(url, "POST", headers, body) };

// open gives the script a stream's events when the stream is over.
export const sse = {
  open(url, { headers }, setUp) {
    const answer = request(url, "GET", headers);
    const handlers = { open() {}, event() {}, error() {} };
    setUp({ on: (name, handler) => (handlers[name] = handler) });
    if (answer.error) {
      handlers.error({ error: () => answer.error });
      return { error: answer.error };
    }
    handlers.open();
    for (const block of answer.text.split("\n\n").slice(0, -1)) {
      const field = (name) => block.split("\n").filter((l) => l.startsWith(name + ": ")).map((l) => l.slice(name.length + 2)).join("\n");
      handlers.event({ id: field("id"), name: field("event"), data: field("data") });
    }
    return { status: answer.status };
  },
};

export function sleep() {}
