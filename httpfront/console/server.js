// Requests for JSON, and the reading of it.

import { access } from "./access.js";

const inDoubt = " The message may or may not be delivered.";

// exact reads JSON so that numbers keep their text, where the browser can.
export function exact(text) {
  if (!JSON.rawJSON) return JSON.parse(text);
  return JSON.parse(text, (_, value, context) => (typeof value === "number" ? JSON.rawJSON(context.source) : value));
}

// objectOf returns the JSON object that a text is, or undefined.
export function objectOf(text) {
  try {
    const value = JSON.parse(text);
    return value !== null && typeof value === "object" && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

// ask fetches JSON, with the token if there is one. A refusal is thrown with the
// server's own sentence, and its status. What became of a request without an answer
// is not known.
export async function ask(path, options) {
  const as = access.headers;
  let response, text;
  try {
    response = await fetch(path, { cache: "no-store", ...options, headers: { ...options?.headers, ...as } });
    text = await response.text();
  } catch {
    throw new Error(`The server does not answer.${options?.method === "POST" ? inDoubt : ""}`);
  }
  const why = response.ok ? "" : refusal(response, text);
  access.judge(as, response.status, why);
  if (response.ok) return text;
  throw Object.assign(new Error(why), { status: response.status });
}

export function refusal(response, text) {
  try {
    const { error, message, outcome } = JSON.parse(text);
    const what = outcome === "unknown" ? inDoubt : outcome ? " It will not be delivered." : "";
    return `${message}${what} (${response.status} ${error})`;
  } catch {
    return `The server answered ${response.status}.`;
  }
}
