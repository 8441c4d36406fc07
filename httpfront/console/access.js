// Whom requests say they are from. The token is in this module's memory and
// nowhere else: no storage, cookie or URL ever holds it, and it is gone when the
// page is. Streams, which have to name something in their URL, name a ticket.

const nobody = Object.freeze({});

// An Access tells of itself by calling tell(state, detail), which the page sets:
//   missing              the server wants a token
//   refused  why         it does not take this one, or not any more
//   used                 requests carry one
//   expiring when        the one in use is good until then, a Date
//   none                 requests carry none any more
class Access {
  tell;
  #headers = nobody;
  #refused = false;
  #expired = false;

  // headers returns what a request has to say, an object that stays the same until
  // another token is used.
  get headers() {
    return this.#headers;
  }

  get known() {
    return this.#headers !== nobody;
  }

  // use takes what was typed or pasted, for all requests from now on. It returns
  // false for what no server takes and no header could hold.
  use(text) {
    const token = text.trim().replace(/^bearer\s+/i, "");
    if (!/^[A-Za-z0-9._~+/=-]+$/.test(token)) return false;
    this.#headers = Object.freeze({ Authorization: `Bearer ${token}` });
    this.#refused = this.#expired = false;
    this.tell("used");
    return true;
  }

  forget() {
    this.#headers = nobody;
    this.#refused = this.#expired = false;
    this.tell("none");
  }

  // judge learns from what a request with these headers came to. What is said of
  // an earlier token is of no interest.
  judge(headers, status, why) {
    if (headers !== this.#headers) return;
    if (status === 401) {
      this.#refused = true;
      this.tell(this.known ? "refused" : "missing", why);
    } else if (this.#refused && !this.#expired && this.known && status < 400) {
      this.#refused = false; // a token is judged with every request, so it is a good one again
      this.tell("used");
    }
  }

  // expired is told by a stream that has ended for it. Other requests may still be
  // let through for a while, for clocks that differ.
  expired(headers) {
    if (headers === this.#headers) this.#expired = true;
  }

  // expiring is told by a stream that was opened with these headers.
  expiring(headers, when) {
    if (headers === this.#headers && this.known) this.tell("expiring", when);
  }
}

export const access = new Access();
