// Keeps the bar true: how long the vault stays open, and that it has locked. The server decides;
// this only shows. Asking is no activity. Without this script the page shows the minutes it had.
//
// Other scripts hear of it by events on the document:
//   mend:locking  before "Lock now" or signing out leaves the page; detail.wait(promise) holds it
//                 back a moment, so that a save can finish
//   mend:locked   the vault has locked or is about to; set detail.settled to true (all is saved,
//                 the page may go) or false (it holds words, it stays under a cover); unset, the
//                 fields are looked at
//   mend:covered  the page has been covered because it is locked, or cannot be asked about
//   mend:unlocked say this after unlocking without leaving the page; other tabs are told of it
//   mend:refused  say this after an answer 423: the bar tells that it is locked. A page that is
//                 being written on is not covered at once, but when it is left alone
//
// Tabs tell each other that something changed, and no more: each asks the server how things stand,
// and whose vault that is. A page is shown only to the person it was made for.
// A form says by an attribute that the page holds words although no field of it was typed into:
//   data-holds-words  they are in hidden fields, and nowhere else
//   data-unsaved      the page came back with what the server refused in its boxes

import { Cover } from "./cover.js";
import { addReveals } from "./mend.js";

const ASK_EVERY_MS = 60000;
const ASK_SOON_MS = 5000;
const WAIT_FOR_SAVES_MS = 4000;
const LEFT_ALONE_MS = 60000;
const LONGEST_SECONDS = 15 * 60;
const chip = document.querySelector("[data-lock]");
const channel = "BroadcastChannel" in window ? new BroadcastChannel("mend-vault") : null;

class Countdown {
  constructor(element) {
    this.element = element;
    this.words = element.dataset;
    this.word = element.querySelector("[data-lock-word]");
    this.left = element.querySelector("[data-lock-left]");
    this.page = document.getElementById("main");
    this.button = document.querySelector("form[data-locks=now]");
    this.wordUnlocked = this.word.textContent;
    this.isLocked = false;
    this.isOthers = false;
    this.isLeaving = false;
    this.cover = null;
    this.isWriting = false;
    this.touched = 0;
    this.turn = 0;
    this.warned = false;
    this.asked = Date.now();
    const seconds = (Date.parse(this.words.locksAt) - this.asked) / 1000;
    const isLikely = seconds > 0 && seconds <= LONGEST_SECONDS;
    this.setSeconds(isLikely ? seconds : LONGEST_SECONDS);
    if (!isLikely) this.ask(); // This device's clock is wrong; the server tells how long is left.
    setInterval(() => this.tick(), 1000);
  }

  setSeconds(seconds) {
    this.until = performance.now() + seconds * 1000;
    this.show();
  }

  tick() {
    const isOver = performance.now() >= this.until && !this.isLocked;
    if (this.isWriting && Date.now() - this.touched >= LEFT_ALONE_MS) this.leftAlone();
    if (document.visibilityState === "hidden" && !isOver) return;
    const wait = isOver || this.cover ? ASK_SOON_MS : ASK_EVERY_MS;
    if (Date.now() - this.asked >= wait) this.ask();
    this.show();
  }

  show() {
    if (this.isLocked) return;
    const minutes = Math.ceil((this.until - performance.now()) / 60000);
    const soon = minutes <= 1;
    const text = soon ? this.words.textSoon : this.words.textMinutes.replace("{n}", minutes);
    if (this.left.textContent !== text) this.left.textContent = text;
    if (soon && !this.warned) say(text);
    this.warned = soon;
  }

  async ask() {
    this.asked = Date.now();
    this.turn += 1;
    const { turn } = this;
    const told = await howItStands(this.words.stateUrl);
    if (turn !== this.turn) return; // Something changed meanwhile, and it was asked anew.
    if (told) this.follow(told);
    if (this.cover && !this.isLeaving) this.explain();
  }

  follow(told) {
    const isOthers = told.person !== undefined && told.person !== this.words.person;
    if (told.state === "unlocked" && !isOthers) this.unlocked(told.seconds_left);
    else this.locked(isOthers);
  }

  unlocked(seconds) {
    this.isLocked = false;
    this.isOthers = false;
    this.isWriting = false;
    this.uncover();
    this.element.dataset.lockState = "unlocked";
    this.word.textContent = this.wordUnlocked;
    this.button.hidden = false;
    this.setSeconds(seconds);
  }

  /** Not open to this page: the vault is locked, or somebody else is signed in. Then nobody writes
   * here any more, whatever was being written. */
  locked(isOthers) {
    this.isOthers = isOthers;
    if (isOthers) this.leftAlone();
    if (this.isLocked) return;
    this.isLocked = true;
    this.element.dataset.lockState = "locked";
    this.word.textContent = "";
    this.left.textContent = this.words.textLocked;
    this.button.hidden = true;
    if (isSettled()) this.leave();
    else if (!this.cover && !this.isWriting) this.hide();
  }

  /** A save was refused. What somebody is writing says so itself, uncovered; a page that slept, or
   * was left with words on it, is covered at once. */
  refused() {
    if (this.isLocked) return;
    this.isWriting = Date.now() - this.touched < LEFT_ALONE_MS;
    this.ask();
  }

  /** Nobody writes on the locked page any more: now it is covered like any other. */
  leftAlone() {
    this.isWriting = false;
    if (this.isLocked && !this.cover && !this.isLeaving) this.hide();
  }

  /** Go to where the vault opens and lead back here, or not to what is somebody else's; this page is
   * not left behind in the history. */
  leave() {
    this.isLeaving = true;
    const here = window.location.pathname + window.location.search;
    const back = this.isOthers ? "" : `?next=${encodeURIComponent(here)}`;
    window.location.replace(this.words.unlockUrl + back);
  }

  /** Show nothing of the page until the server says that the vault is unlocked. */
  hide() {
    if (!this.cover) {
      this.cover = new Cover(this.page, newCover());
      this.cover.element.querySelector("form").addEventListener("submit", (event) => {
        event.preventDefault();
        this.unlock(event.currentTarget);
      });
      this.cover.put();
      addReveals(this.cover.element);
    }
    document.dispatchEvent(new CustomEvent("mend:covered"));
    return this.ask();
  }

  /** Unlock with the password typed on the cover; what lies beneath goes on as it was. */
  async unlock(form) {
    const input = form.querySelector("input[type=password], input[type=text]");
    const token = this.button.querySelector("input[name=csrfmiddlewaretoken]").value;
    const { person } = this.words;
    const response = await fetch(form.action, {
      method: "POST",
      body: new URLSearchParams({ person, password: input.value, csrfmiddlewaretoken: token }),
      redirect: "error",
      headers: { Accept: "application/json" },
    }).catch(() => null);
    const told = form.querySelector("[data-unlock-told]");
    if (response?.ok) {
      input.value = "";
      told.textContent = "";
      document.dispatchEvent(new CustomEvent("mend:unlocked"));
      return;
    }
    const answer = (await response?.json().catch(() => null)) ?? {};
    told.textContent = answer.message ?? form.dataset.textAway;
    input.select();
  }

  /** Say on the cover why nothing is shown. */
  explain() {
    explain(this.cover, this.isOthers ? "others" : this.isLocked ? "locked" : "away");
  }

  uncover() {
    if (!this.cover) return;
    this.cover.element.remove();
    this.cover.lift();
    this.cover = null;
  }

  /** Lock without leaving a page whose words would go with it; they stay under the cover. */
  async lockHere(form) {
    const response = await fetch(form.action, {
      method: "POST",
      body: new URLSearchParams(new FormData(form)),
      redirect: "error",
      headers: { Accept: "application/json" },
    }).catch(() => null);
    if (!response?.ok) return form.submit();
    channel?.postMessage("locked");
    return this.hide();
  }
}

/** What the server says of the vault and whose it is; null where it cannot be asked. Whoever signed
 * out has nothing open. */
async function howItStands(url) {
  const response = await fetch(url, {
    headers: { Accept: "application/json", "X-Mend-Background": "1" },
    cache: "no-store",
  }).catch(() => null);
  if (response?.status === 401) return { state: "none" };
  return response?.ok ? response.json().catch(() => ({})) : null;
}

/** Whether the page holds words that the server has not: typed since it came, or carried by it. */
function holdsWords() {
  if (document.querySelector("main form:is([data-holds-words], [data-unsaved])")) return true;
  const fields = document.querySelectorAll("main :is(textarea, input[type=text])");
  return [...fields].some((field) => field.value !== field.defaultValue);
}

/** Whether nothing of the page would be lost with it. */
function isSettled() {
  const detail = { settled: undefined };
  document.dispatchEvent(new CustomEvent("mend:locked", { detail }));
  return detail.settled ?? !holdsWords();
}

const newCover = () =>
  document.getElementById("lock-cover").content.firstElementChild.cloneNode(true);

/** Show that part of a cover which says why, and say it. */
function explain(cover, why) {
  cover.element.querySelectorAll("[data-cover]").forEach((part) => {
    const isWanted = part.dataset.cover === why;
    if (isWanted && part.hidden) say(part.innerText);
    const isNew = isWanted && part.hidden;
    part.hidden = !isWanted;
    // Whoever types their password blindly types it into its box.
    if (isNew) part.querySelector("input")?.focus();
  });
}

function say(text) {
  const region = document.getElementById("announce");
  if (region) region.textContent = text;
}

/** Let a save finish before the page goes where the text could not be saved any more. */
function holdBack(form) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const saves = [];
    const detail = { wait: (promise) => saves.push(promise) };
    document.dispatchEvent(new CustomEvent("mend:locking", { detail }));
    const enough = new Promise((resolve) => setTimeout(resolve, WAIT_FOR_SAVES_MS));
    if (saves.length) await Promise.race([Promise.allSettled(saves), enough]);
    const stays = form.dataset.locks === "now" && countdown && !isSettled();
    if (stays) await countdown.lockHere(form);
    else form.submit();
  });
}

const countdown = chip?.dataset.lockState === "unlocked" ? new Countdown(chip) : null;
document.querySelectorAll("form[data-locks]").forEach(holdBack);
channel?.postMessage(chip?.dataset.lockState ?? "none");

if (countdown) {
  const ask = () => countdown.ask();
  channel?.addEventListener("message", ask);
  document.addEventListener("mend:unlocked", () => {
    channel?.postMessage("unlocked");
    ask();
  });
  document.addEventListener("mend:refused", () => countdown.refused());
  document.addEventListener("input", () => {
    countdown.touched = Date.now();
  });
  window.addEventListener("online", ask);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") ask();
    else countdown.leftAlone();
  });
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) countdown.hide(); // Brought back by Back, from the browser's own memory.
  });
}

/** A page that came while the vault was not open and holds words all the same, as kept.html does: it
 * is covered when somebody else signs in, until its own person is back. While nobody is signed in it
 * is shown, as to whoever was signed out and is about to sign in, unless its person was here since. */
function keepFromOthers({ person, stateUrl }) {
  const cover = new Cover(document.getElementById("main"), newCover());
  let wasHere = chip !== null;
  let turn = 0;
  const look = async () => {
    turn += 1;
    const mine = turn;
    const told = await howItStands(stateUrl);
    if (mine !== turn) return; // It was asked anew meanwhile.
    if (told?.person === person) {
      wasHere = true;
      cover.element.remove();
      cover.lift();
    } else if (told?.person || (told?.state === "none" && (wasHere || cover.isOn))) {
      cover.put();
      explain(cover, told.person ? "others" : "nobody");
    }
  };
  channel?.addEventListener("message", look);
  document.addEventListener("visibilitychange", look);
  window.addEventListener("pageshow", look);
  setInterval(look, ASK_EVERY_MS);
}

const kept = document.querySelector("main form[data-kept][data-person]");
if (kept && !countdown) keepFromOthers(kept.dataset);

/** On the page that unlocks: go on once the vault was unlocked in another tab. The server leads. */
const waiting = document.querySelector("[data-waits-for-unlocking]");
if (waiting) {
  const look = async () => {
    const told = await howItStands(waiting.dataset.stateUrl);
    const isTheirs = told?.person === waiting.dataset.person;
    if (isTheirs && told.state === "unlocked") window.location.replace(waiting.dataset.goesOn);
  };
  channel?.addEventListener("message", look);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") look();
  });
}
