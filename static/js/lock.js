// Keeps the bar true: how long the vault stays open, and that it has locked. The server decides;
// this only shows. Asking is no activity. Without this script the page shows the minutes it had.
//
// Other scripts hear of it by events on the document:
//   mend:locking  before "Lock now" or signing out leaves the page; detail.wait(promise) holds it
//                 back a moment, so that a save can finish
//   mend:locked   the vault has locked; set detail.settled to true (all is saved, the page may go)
//                 or false (it holds words, it stays); unset, the fields are looked at
//   mend:unlocked say this after unlocking without leaving the page

const ASK_EVERY_MS = 60000;
const ASK_WHEN_OVER_MS = 5000;
const WAIT_FOR_SAVES_MS = 4000;
const LONGEST_SECONDS = 15 * 60;
const chip = document.querySelector("[data-lock]");
const channel = "BroadcastChannel" in window ? new BroadcastChannel("mend-vault") : null;

class Countdown {
  constructor(element) {
    this.element = element;
    this.words = element.dataset;
    this.word = element.querySelector("[data-lock-word]");
    this.left = element.querySelector("[data-lock-left]");
    this.wordUnlocked = this.word.textContent;
    this.isLocked = false;
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
    if (document.visibilityState === "hidden" && !isOver) return;
    if (Date.now() - this.asked >= (isOver ? ASK_WHEN_OVER_MS : ASK_EVERY_MS)) this.ask();
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

  /** Ask the server how things stand; a lost connection changes nothing. */
  async ask() {
    this.asked = Date.now();
    const response = await fetch(this.words.stateUrl, {
      headers: { Accept: "application/json", "X-Mend-Background": "1" },
      cache: "no-store",
    }).catch(() => null);
    if (!response) return;
    const told = await response.json().catch(() => ({}));
    if (response.ok && told.state === "unlocked") this.unlocked(told.seconds_left);
    else if (response.ok || response.status === 401) this.locked();
  }

  unlocked(seconds) {
    this.isLocked = false;
    this.element.dataset.lockState = "unlocked";
    this.word.textContent = this.wordUnlocked;
    this.setSeconds(seconds);
  }

  locked() {
    if (this.isLocked) return;
    this.isLocked = true;
    this.element.dataset.lockState = "locked";
    this.word.textContent = "";
    this.left.textContent = this.words.textLocked;
    const detail = { settled: undefined };
    document.dispatchEvent(new CustomEvent("mend:locked", { detail }));
    if (detail.settled ?? !holdsWords()) this.leave();
    else say(this.words.textLocked);
  }

  /** Go to where the vault opens and lead back here; this page is not left behind in the history. */
  leave() {
    const here = window.location.pathname + window.location.search;
    window.location.replace(`${this.words.unlockUrl}?next=${encodeURIComponent(here)}`);
  }
}

/** Whether a field holds something that differs from what the page came with. */
function holdsWords() {
  const fields = document.querySelectorAll("main :is(textarea, input[type=text])");
  return [...fields].some((field) => field.value !== field.defaultValue);
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
    form.submit();
  });
}

document.querySelectorAll("form[data-locks]").forEach(holdBack);
channel?.postMessage(chip?.dataset.lockState ?? "none");

if (chip?.dataset.lockState === "unlocked") {
  const countdown = new Countdown(chip);
  channel?.addEventListener("message", () => countdown.ask());
  document.addEventListener("mend:unlocked", () => countdown.ask());
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") countdown.ask();
  });
  // A page brought back by Back: nothing is shown until the server says it may be.
  window.addEventListener("pageshow", async (event) => {
    if (!event.persisted) return;
    const main = document.getElementById("main");
    main.hidden = true;
    await countdown.ask();
    main.hidden = countdown.isLocked && !holdsWords();
  });
}
