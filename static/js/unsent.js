// For forms that do not save by themselves: asks before a page with unsent words is left, also by
// sending another form of the page, and does not send while Mend cannot be reached. Where the form
// says to whom (data-seal-…), what is typed is kept in this browser meanwhile, sealed (drafts.js):
// the next page asks Mend whether it arrived (unsaved.js), and only then is the copy gone.

import { Draft } from "./drafts.js";
import { announce } from "./mend.js";
import { contentOf, fieldsOf, originalOf } from "./typed.js";

const SEAL_MS = 1000;
const ANSWER_MS = 20000; // A connection that hangs for so long is no connection.
const NOT_CONTENT = ["csrfmiddlewaretoken"];

const canBeReached = () =>
  fetch("/healthz", { cache: "no-store", signal: AbortSignal.timeout(ANSWER_MS) }).then(
    (response) => response.ok,
    () => false,
  );

class Unsent {
  constructor(form) {
    this.form = form;
    this.words = form.dataset;
    // A page shown again because it was refused holds words that are saved nowhere.
    this.first = "unsaved" in this.words ? "" : originalOf(form, NOT_CONTENT);
    this.draft = this.words.sealTo ? new Draft(form) : null;
    this.sealed = null;
    this.isSent = false;
    this.isAsked = false;
    this.listen();
    this.touched();
  }

  listen() {
    this.form.addEventListener("input", () => this.touched());
    this.form.addEventListener("change", () => this.touched());
    this.form.addEventListener("submit", (event) => this.submitted(event));
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "hidden") this.seal();
    });
    window.addEventListener("pagehide", () => this.seal());
    document.addEventListener("mend:locking", (event) => event.detail.wait(this.seal()));
    window.addEventListener("beforeunload", (event) => {
      if (!this.isSent && this.isDirty()) event.preventDefault();
      // Whoever stays, asked because of another form, has not sent this one either.
      setTimeout(() => {
        this.isSent = false;
      });
    });
  }

  content() {
    return contentOf(this.form, NOT_CONTENT);
  }

  isDirty() {
    return this.content() !== this.first;
  }

  touched() {
    if (!this.draft) return;
    if (!this.isDirty() && this.sealed === null) return;
    this.waiting ??= setTimeout(() => this.seal(), SEAL_MS);
  }

  /** Keep what is typed, sealed; say whether that can be done. What was taken out again is not
   * kept. */
  async seal() {
    clearTimeout(this.waiting);
    this.waiting = null;
    if (!this.draft) return;
    const content = this.content();
    if (content === this.sealed) return;
    if (content === this.first) {
      this.sealed = null;
      this.draft.forget();
      this.tell("");
      return;
    }
    const isKept = await this.draft.keep(fieldsOf(this.form));
    this.sealed = isKept ? content : null;
    this.tell(isKept ? this.words.textDraft : this.words.textNoDraft);
  }

  tell(text) {
    const told = this.form.querySelector("[data-draft-state]");
    if (!told) return;
    told.textContent = text;
    told.hidden = !text;
  }

  async submitted(event) {
    if (this.isAsked || !this.words.textOffline) {
      this.isSent = true;
      return;
    }
    event.preventDefault();
    if (this.isGoing) return; // A second press, while the first is on its way.
    this.isGoing = true;
    const [isReached] = await Promise.all([canBeReached(), this.seal()]);
    this.isGoing = false;
    if (!isReached) {
      this.sayUnreachable();
      return;
    }
    this.form.querySelector("[data-offline]")?.remove();
    this.isAsked = true;
    this.form.requestSubmit(event.submitter);
    this.isAsked = false;
  }

  sayUnreachable() {
    const text = this.words.textOffline;
    let notice = this.form.querySelector("[data-offline]");
    if (!notice) {
      notice = document.createElement("p");
      notice.className = "notice";
      notice.dataset.offline = "";
      this.form.append(notice);
    }
    notice.textContent = text;
    announce(text);
  }
}

document.querySelectorAll("form[data-unsent]").forEach((form) => new Unsent(form));
