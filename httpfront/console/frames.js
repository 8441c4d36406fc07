// The format of a tagged stream, which is read with fetch rather than
// EventSource: that shows neither comments nor events of names that one did not
// ask for.

import { objectOf } from "./server.js";

// parser splits an event stream into frames, as the HTML standard has it.
export function parser(onFrame) {
  let rest = "";
  let frame = { data: [] };
  const field = (line) => {
    if (line === "") {
      onFrame(frame);
      frame = { data: [] };
      return;
    }
    const colon = line.indexOf(":");
    if (colon === 0) {
      onFrame({ comment: line.slice(1).trim(), data: [] });
      return;
    }
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (name === "data") frame.data.push(value);
    else if (name === "event") frame.event = value;
    else if (name === "id" && !value.includes("\0")) frame.id = value;
    else if (name === "retry" && /^\d+$/.test(value)) frame.retry = Number(value);
  };
  return (text) => {
    rest += text;
    // A CR at the end may be half of a line's end.
    const whole = rest.endsWith("\r") ? rest.slice(0, -1) : rest;
    const lines = whole.split(/\r\n|\n|\r/);
    rest = lines.pop() + rest.slice(whole.length);
    lines.forEach(field);
  };
}

// untag takes the frame of a tagged stream apart. The data keeps its text.
export function untag(text) {
  const match = /^\{"room":"([^"\\]*)"(?:,"id":"([^"\\]*)")?,"data":/.exec(text);
  if (match) return { room: match[1], id: match[2] ?? "", data: text.slice(match[0].length, -1) };
  return { room: String(objectOf(text)?.room ?? ""), id: "", data: text }; // gap and reset name their room
}

// chunks yields a body as it comes. Not every browser can iterate over one.
export async function* chunks(body) {
  const reader = body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield value;
  }
}
