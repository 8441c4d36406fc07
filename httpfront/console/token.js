// The form for a token. It is hidden until a server asks for one, so that where
// nobody needs a token nobody reads of it.

import { access } from "./access.js";
import { $ } from "./page.js";

const notes = {
  missing: () => "This server wants a token. It stays in the memory of this page: it is not stored, and gone when the page is.",
  refused: (why) => why,
  used: () => "A token is in use.",
  expiring: (when) => `The token in use expires at ${when.toLocaleTimeString([], { hour12: false })}. Give a newer one to stay connected.`,
  none: () => "The token is forgotten.",
  unusable: () => "That is no token: a token has letters, digits and - . _ ~ + / = only.",
};

// showAccess shows what is known of the token. An unusable text changes nothing.
export function showAccess(state, detail) {
  const note = $("token-note");
  const text = notes[state](detail);
  $("token-form").hidden = false;
  note.dataset.state = state;
  if (note.textContent !== text) note.textContent = text;
  $("token-forget").hidden = !access.known;
}

// useToken uses what is in the field, which does not keep it.
export function useToken() {
  const text = $("token").value;
  $("token-form").reset();
  if (!access.use(text)) {
    showAccess("unusable");
    return false;
  }
  return true;
}
