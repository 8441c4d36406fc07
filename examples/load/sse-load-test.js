// A load test for k6 with the extension xk6-sse: streams in stages, a number published every two
// seconds, and four thresholds that decide whether k6 ends with an error. README.md says how to
// run it.
//
//   NODES   URLs of nodes, or of a proxy, separated by commas (http://127.0.0.1:8080)
//   STREAMS the most streams, with which the last stage ends (50000)
//   ROOM    the room that all streams are on (a new one)
//   TOKEN   goes into each request's Authorization (none)

import exec from "k6/execution";
import http from "k6/http";
import sse from "k6/x/sse";
import { sleep } from "k6";
import { Counter, Rate, Trend } from "k6/metrics";

const nodes = (__ENV.NODES || "http://127.0.0.1:8080").split(",").map((url) => url.trim().replace(/\/$/, ""));
const most = Number(__ENV.STREAMS || 50000);
if (!(Number.isInteger(most) && most > 0)) {
  throw new Error("STREAMS has to be a whole number from 1 on");
}
const authorization = __ENV.TOKEN ? { Authorization: `Bearer ${__ENV.TOKEN}` } : {};

// How many streams there are in the end of a stage, and how long it takes to open them, in
// seconds. After each, they are held for holdTime.
const climbs = [[1000, 30], [5000, 60], [10000, 60], [50000, 300]]
  .filter((_, i, all) => i === 0 || all[i - 1][0] < most)
  .map(([streams, seconds]) => [Math.min(streams, most), seconds]);
const holdTime = 30;

// The streams end by themselves over the last part of the test, because what k6 cuts off can't
// count itself any more.
const endTime = 30;
const listenTime = climbs.reduce((sum, [, seconds]) => sum + seconds + holdTime, 0);

export const options = {
  discardResponseBodies: true,
  scenarios: {
    streams: {
      executor: "ramping-vus",
      exec: "listen",
      startVUs: 0,
      stages: [
        ...climbs.flatMap(([target, seconds]) => [
          { duration: `${seconds}s`, target },
          { duration: `${holdTime}s`, target },
        ]),
        { duration: `${endTime}s`, target: climbs.at(-1)[0] },
      ],
      gracefulStop: "10s",
    },
    numbers: {
      executor: "constant-arrival-rate",
      exec: "publish",
      rate: 1,
      timeUnit: "2s",
      duration: `${listenTime + endTime}s`,
      preAllocatedVUs: 2,
      maxVUs: 20, // when answers take long
    },
  },
  thresholds: {
    sse_connection_success: ["rate>0.95"],
    sse_connection_errors: ["count<500"],
    sse_response_time: ["p(95)<5000"],
    sse_time_to_first_event: ["p(95)<3000"],
  },
};

const success = new Rate("sse_connection_success"); // opened with 200, and got an event
const errors = new Counter("sse_connection_errors");
const responseTime = new Trend("sse_response_time", true); // to the end of the answer's head
const firstEventTime = new Trend("sse_time_to_first_event", true);
const events = new Counter("sse_events");
const published = new Rate("publish_success");

// setup chooses the room, once for all, so that no earlier run's messages are in it.
export function setup() {
  return { room: __ENV.ROOM || `load-${Date.now()}` };
}

// listen holds one stream until the streams end, and opens no other if it ends before.
export function listen({ room }) {
  const left = listenTime - exec.instance.currentTestRunDuration / 1000;
  if (left < 1 || exec.vu.iterationInScenario > 0) {
    sleep(1); // the next iteration begins as soon as this one ends, and has nothing to do either
    return;
  }
  // The server ends the stream: for the extension to end it, it would have to read it to its end.
  const ttl = Math.ceil(left + Math.random() * endTime * 0.8);
  const node = nodes[exec.vu.idInTest % nodes.length];
  const began = Date.now();
  let heard = false;
  let failed = false;

  const answer = sse.open(`${node}/events?room=${room}&ttl=${ttl}`, { headers: authorization }, (client) => {
    client.on("open", () => responseTime.add(Date.now() - began));
    client.on("event", (event) => {
      if (!event.data) {
        return; // a comment, or an id alone
      }
      events.add(1);
      if (!heard) {
        heard = true;
        firstEventTime.add(Date.now() - began);
      }
    });
    client.on("error", () => {
      failed = true;
    });
  });

  const early = Date.now() - began < (left - 1) * 1000; // the server should have held it
  const good = Boolean(answer) && answer.status === 200 && heard && !failed && !early;
  success.add(good);
  if (!good) {
    errors.add(1);
  }
}

// publish says a number to the room, at one node after the other.
export function publish({ room }) {
  const n = exec.scenario.iterationInTest;
  const answer = http.post(`${nodes[n % nodes.length]}/broadcast?room=${room}`, JSON.stringify({ n }), {
    headers: { "Content-Type": "application/json", ...authorization },
  });
  published.add(answer.status === 200);
}
