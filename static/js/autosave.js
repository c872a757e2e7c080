// Saves a passage while it is written: after a pause of a second, on leaving a field, on hiding the
// page. It says honestly where things stand, and never lets go of the text: when the vault is
// locked, when one is signed out, when Mend cannot be reached. What is not saved is kept in the
// browser, sealed (drafts.js), until it is. Without this script the form's own buttons save.

import { Draft } from "./drafts.js";
import { announce } from "./mend.js";
import { contentOf, fieldsOf, originalOf } from "./typed.js";

const PAUSE_MS = 1000;
const LONGEST_MS = 10000; // Who types without a pause is saved this often.
const SEAL_MS = 2000;
const SEAL_SOON_MS = 500; // Once a save did not go through, what is sealed is all there is.
const ANSWER_MS = 20000; // A connection that hangs for so long is no connection.
const RETRIES_MS = [2000, 5000, 10000, 30000];
const KEEPALIVE_LIMIT = 60000; // Browsers refuse larger requests that outlive their page.

const NOT_CONTENT = ["csrfmiddlewaretoken", "revision", "turn"];

/** Let a box be described by what is wrong with it, and by its own words as before. */
function describe(field, wrong = "") {
  field.dataset.describedBy ??= field.getAttribute("aria-describedby") ?? "";
  const own = field.dataset.describedBy.split(" ").filter((id) => id !== `${field.id}_error`);
  const ids = [wrong, ...own].filter(Boolean).join(" ");
  if (ids) field.setAttribute("aria-describedby", ids);
  else field.removeAttribute("aria-describedby");
}

class Autosave {
  constructor(form) {
    this.form = form;
    this.words = form.dataset;
    this.state = document.querySelector("[data-save-state]");
    this.trouble = document.querySelector("[data-save-trouble]");
    // A page shown again because it was refused holds words that are saved nowhere.
    this.saved = "unsaved" in this.words ? "" : originalOf(this.form, NOT_CONTENT);
    this.sending = null;
    this.stopped = false;
    this.failures = 0;
    this.timer = null;
    this.retry = null;
    this.retryAt = 0;
    this.keeps = false;
    this.savedAt = "savedAt" in this.words ? new Date(this.words.savedAt) : null;
    this.draft = new Draft(form);
    this.listen();
    this.touched();
  }

  listen() {
    this.form.addEventListener("input", () => this.touched());
    this.form.addEventListener("change", () => this.touched());
    // A detail was replaced: what it stood in is to be kept among the earlier texts.
    this.form.addEventListener("mend:replaced", () => {
      this.keeps = true;
    });
    this.form.addEventListener("focusout", () => this.soon(0));
    this.form.addEventListener("submit", (event) => this.submitted(event));
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "hidden") this.left();
      else if (this.savedAt && !this.kind && !this.isDirty()) this.say(this.textSaved());
    });
    window.addEventListener("pagehide", () => this.left());
    document.addEventListener("mend:save", () => this.savedByHand());
    window.addEventListener("online", () => this.soon(0));
    window.addEventListener("beforeunload", (event) => {
      if (this.isDirty() && !this.leaving) event.preventDefault();
    });
    window.addEventListener("pageshow", (event) => {
      if (event.persisted) window.location.reload();
    });
    this.trouble?.querySelector("[data-try-again]")?.addEventListener("click", () => this.again());
    this.trouble?.querySelector("[data-unlock]")?.addEventListener("submit", (event) => {
      event.preventDefault();
      this.unlock(event.currentTarget);
    });
    document.addEventListener("mend:locking", (event) => event.detail.wait(this.settle()));
    document.addEventListener("mend:locked", (event) => {
      event.detail.settled = !this.isDirty();
    });
    window.addEventListener("focus", () => {
      if (this.kind === "signed_out" || this.kind === "locked") this.again();
    });
    document.addEventListener("mend:unlocked", () => {
      if (this.kind === "locked") this.again();
    });
  }

  /** What is written, as it would be posted, without what changes with each save. */
  content() {
    return contentOf(this.form, NOT_CONTENT);
  }

  isDirty() {
    return this.content() !== this.saved;
  }

  touched() {
    if (!this.isDirty()) return;
    if (!this.kind) this.say(this.words.textUnsaved, true);
    this.since ??= performance.now();
    this.sealing ??= setTimeout(() => this.seal(), this.kind ? SEAL_SOON_MS : SEAL_MS);
    const left = this.since + LONGEST_MS - performance.now();
    this.soon(Math.max(0, Math.min(PAUSE_MS, left)));
  }

  /** Keep what is not saved, sealed, in this browser; say whether that can be done. */
  async seal() {
    clearTimeout(this.sealing);
    this.sealing = null;
    if (!this.isDirty()) return;
    const isKept = await this.draft.keep(fieldsOf(this.form));
    const told = this.trouble?.querySelector("[data-draft-state]");
    if (!told) return;
    told.textContent = isKept ? this.words.textDraft : this.words.textNoDraft;
    told.hidden = !this.kind;
  }

  /** The page is hidden or goes: save, and should that not arrive, a sealed copy is here. */
  left() {
    this.save({ leaving: true });
    this.seal();
  }

  /** Save because somebody asked for it, and say what came of it, also that nothing was to do. */
  async savedByHand() {
    await this.settle();
    if (!this.kind) announce(this.state?.textContent ?? "");
    else if (this.isDirty()) this.trouble?.focus();
  }

  soon(wait) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), wait);
  }

  /** Try at once, because somebody or something asks for it; the clock's next try stays. */
  again() {
    this.stopped = false;
    this.soon(0);
  }

  /** Save what is typed. One save at a time, but when the page is left: then the server tells by
   * the turn which of two is the newer. */
  save({ leaving = false } = {}) {
    clearTimeout(this.timer);
    if (this.stopped || (this.sending && !leaving) || !this.isDirty()) return this.sending;
    if (leaving && this.content() === this.sent) return this.sending;
    this.since = undefined;
    this.sent = this.content();
    this.sending = this.send(this.sent, leaving).finally(() => {
      this.sending = null;
      this.sent = null;
      if (!this.stopped && !this.kind && this.isDirty()) this.soon(PAUSE_MS);
    });
    return this.sending;
  }

  async send(content, leaving) {
    const token = this.freshToken();
    const { turn } = this.form.elements;
    turn.value = Number(turn.value) + 1;
    const body = new URLSearchParams(new FormData(this.form));
    const { keeps } = this;
    this.keeps = false;
    if (keeps) body.set("keep", "standing");
    if (!this.kind) this.say(this.words.textSaving, true);
    try {
      const response = await fetch(this.form.action, {
        method: "POST",
        body,
        keepalive: leaving && body.toString().length < KEEPALIVE_LIMIT,
        redirect: "error",
        headers: { Accept: "application/json", "X-CSRFToken": token },
        signal: AbortSignal.timeout(ANSWER_MS),
      });
      await this.answered(response, content);
    } catch {
      this.failed(this.words.textOffline);
    }
    if (this.saved !== content) this.keeps ||= keeps;
  }

  /** Wait until everything typed is saved, or it is plain that it cannot be. */
  async settle() {
    await this.sending;
    this.stopped = false;
    await this.save();
  }

  /** The token as the cookie now has it, given to every form of the page: signing in again in
   * another tab changes it. */
  freshToken() {
    const name = `${this.words.csrfCookie}=`;
    const cookie = document.cookie.split("; ").find((part) => part.startsWith(name));
    const token = cookie?.slice(name.length) ?? this.form.elements.csrfmiddlewaretoken.value;
    document.querySelectorAll("input[name=csrfmiddlewaretoken]").forEach((input) => {
      input.value = token;
    });
    return token;
  }

  async answered(response, content) {
    if (response.status < 500) this.reached();
    if (response.ok) return this.wentThrough(await response.json(), content);
    const told = await response.json().catch(() => ({}));
    if (response.status === 423) {
      this.stop("locked", told.message);
      document.dispatchEvent(new CustomEvent("mend:refused"));
      return;
    }
    if (response.status === 401) return this.stop("signed_out", told.message);
    if (response.status === 409 && told.error === "conflict") {
      if (this.content() === content) this.draft.forget(); // Put aside on the server.
      return this.stop("conflict", "");
    }
    if (response.status === 404) return this.stop("again", this.words.textGone);
    if (response.status === 422) return this.invalid(told.fields ?? {});
    if (response.status >= 500) return this.failed(this.words.textOffline);
    return this.stop("again", told.message ?? this.words.textRefused);
  }

  wentThrough(told, content) {
    this.saved = content;
    if (!this.isDirty()) this.draft.forget();
    const hadTrouble = Boolean(this.kind);
    this.clear();
    this.form.elements.revision.value = told.revision;
    if (told.action && told.action !== new URL(this.form.action).pathname) {
      this.form.action = told.action;
      window.history.replaceState(null, "", told.action);
    }
    document.querySelectorAll("[data-step]").forEach((step) => {
      step.classList.toggle("done", told.written.includes(step.dataset.step));
    });
    this.ask(told.doubts ?? {});
    this.form.dispatchEvent(new CustomEvent("mend:saved", { detail: told }));
    if (told.state === "empty") return this.say(this.words.textEmpty);
    this.savedAt = new Date(told.saved_at);
    this.say(this.textSaved());
    if (hadTrouble) announce(this.state?.textContent ?? ""); // Of the quiet ones nothing is said.
  }

  /** Ask, beside the box, about what is saved and can hardly be meant. */
  ask(doubts) {
    this.form.querySelectorAll("[data-doubt]").forEach((note) => {
      const text = doubts[note.dataset.doubt] ?? "";
      if (text && text !== note.textContent) announce(text);
      note.textContent = text;
      note.hidden = !text;
    });
  }

  /** When it was saved: the time, and the day as well where that is not today. */
  textSaved() {
    const { lang } = document.documentElement;
    const { timeZone } = this.words;
    const day = (moment) => moment.toLocaleDateString(lang, { dateStyle: "medium", timeZone });
    const clock = { hour: "2-digit", minute: "2-digit", timeZone };
    const time = this.savedAt.toLocaleTimeString(lang, clock);
    const isToday = day(this.savedAt) === day(new Date());
    return this.words.textSaved.replace("{time}", isToday ? time : `${day(this.savedAt)}, ${time}`);
  }

  /** Not reached: try again by the clock, less and less often. Tries made in between, by a press
   * or on leaving a field, do not lengthen the wait. */
  failed(message) {
    if (!this.retry) {
      const wait = RETRIES_MS[Math.min(this.failures, RETRIES_MS.length - 1)];
      this.failures += 1;
      this.retryAt = performance.now() + wait;
      this.retry = setTimeout(() => {
        this.retry = null;
        this.save();
      }, wait);
      this.ticking ??= setInterval(() => this.sayWhen(), 1000);
    }
    this.show("again", message);
    this.sayWhen();
  }

  /** Mend answered, whatever it said. */
  reached() {
    clearTimeout(this.retry);
    clearInterval(this.ticking);
    this.retry = null;
    this.ticking = null;
    this.failures = 0;
    this.sayWhen();
  }

  /** Say when the next try is, to whoever looks; read aloud each second it would be a nuisance. */
  sayWhen() {
    const told = this.trouble?.querySelector("[data-next-try]");
    if (!told) return;
    const left = Math.max(1, Math.ceil((this.retryAt - performance.now()) / 1000));
    told.textContent = this.retry ? told.dataset.text.replace("{n}", left) : "";
  }

  stop(kind, message) {
    this.stopped = true;
    this.show(kind, message);
  }

  invalid(fields) {
    const elsewhere = [];
    const way = this.trouble?.querySelector("[data-trouble-box]");
    way?.removeAttribute("href");
    Object.entries(fields).forEach(([name, errors]) => {
      const field = this.form.elements[name];
      if (!field || field instanceof RadioNodeList) {
        elsewhere.push(...errors);
        return;
      }
      const list = document.createElement("ul");
      list.className = "wrong";
      list.id = `${field.id}_error`;
      errors.forEach((error) => {
        const item = document.createElement("li");
        item.textContent = error;
        list.append(item);
      });
      document.getElementById(list.id)?.remove();
      field.before(list);
      field.setAttribute("aria-invalid", "true");
      describe(field, list.id);
      if (way && !way.hasAttribute("href")) way.href = `#${field.id}`;
    });
    this.show("invalid", [this.words.textInvalid, ...elsewhere].join(" "));
  }

  /** Say what went wrong, and that nothing is lost; the page and its text stay as they are. */
  show(kind, message) {
    const isNew = this.kind !== kind;
    this.kind = kind;
    this.say(this.words.textUnsaved, true);
    if (!this.trouble) return;
    this.trouble.hidden = false;
    // A kind with a text of its own says it all; the message is for the others.
    const own = ["locked", "signed_out", "conflict"].includes(kind);
    this.trouble.querySelector("[data-trouble-text]").textContent = own ? "" : message;
    this.trouble.querySelectorAll("[data-trouble]").forEach((part) => {
      const wanted = kind === "signed_out" ? ["signed_out", "again"] : [kind];
      part.hidden = !wanted.includes(part.dataset.trouble);
    });
    if (isNew) announce(own ? this.trouble.innerText : message);
    this.seal();
  }

  clear() {
    this.kind = null;
    if (this.trouble) this.trouble.hidden = true;
    this.form.querySelectorAll(".wrong, .summary").forEach((told) => told.remove());
    this.form.querySelectorAll("[aria-invalid]").forEach((field) => {
      field.removeAttribute("aria-invalid");
      describe(field);
    });
  }

  say(text, unsaved = false) {
    if (!this.state || this.state.textContent === text) return;
    this.state.textContent = text;
    this.state.classList.toggle("unsaved", unsaved);
  }

  async unlock(form) {
    const input = form.querySelector("input[type=password], input[type=text]");
    const body = new URLSearchParams({ password: input.value, person: form.dataset.person });
    const response = await fetch(form.action, {
      method: "POST",
      body,
      redirect: "error",
      headers: { Accept: "application/json", "X-CSRFToken": this.freshToken() },
    }).catch(() => null);
    if (!response) return this.told(this.words.textOffline);
    if (response.ok) {
      input.value = "";
      document.dispatchEvent(new CustomEvent("mend:unlocked"));
      return this.again();
    }
    const answer = await response.json().catch(() => ({}));
    input.select();
    return this.told(answer.message ?? this.words.textWrong);
  }

  told(message) {
    this.trouble.querySelector("[data-trouble-text]").textContent = message;
  }

  /** A button was pressed: go once everything is saved, and not before. */
  async submitted(event) {
    const chooses = event.submitter?.closest("[data-save-trouble]");
    if (this.leaving || chooses) {
      this.leaving = true;
      return;
    }
    const { turn } = this.form.elements;
    // What is saved already goes with the press itself: a form cannot be submitted anew from within.
    if (!this.sending && !this.isDirty()) {
      turn.value = Number(turn.value) + 1;
      this.leave();
      return;
    }
    event.preventDefault();
    if (this.going) return;
    this.going = true;
    await this.settle();
    this.going = false;
    // With nothing amiss, words typed meanwhile go with the post itself.
    if (this.isDirty() && this.kind) {
      this.trouble?.focus();
      return;
    }
    turn.value = Number(turn.value) + 1;
    this.leave();
    this.form.requestSubmit(event.submitter);
  }

  /** Ask nothing when the page goes. Should the post not leave the page (no connection), go on as
   * before. */
  leave() {
    this.leaving = true;
    setTimeout(() => {
      this.leaving = false;
    }, 5000);
  }
}

document.querySelectorAll("form[data-autosave]").forEach((form) => new Autosave(form));
