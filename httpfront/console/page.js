// Elements of the page. Nothing from the network is ever made into HTML: it
// reaches the page as the text of elements only.

export const $ = (id) => document.getElementById(id);

// make returns an element with a class and a text.
export function make(tag, className, text) {
  const el = document.createElement(tag);
  if (className) el.className = className;
  if (text !== undefined) el.textContent = text;
  return el;
}

// say sets a line that is hidden while there is nothing to say.
export function say(id, text) {
  $(id).textContent = text;
  $(id).hidden = text === "";
}
