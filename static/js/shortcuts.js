// Keys for what can also be pressed. An element says its key by data-shortcut; the first of a key
// that can be reached is used. Single letters only where nobody is typing, and not at all where the
// person has turned them off (WCAG 2.1.4). "Escape l" is Escape and then l: what must not happen
// when somebody types beside the box.
//
// In a box "Escape l" acts too, for somebody coming in does not wait until one has stepped out of it.
// There Escape may have closed a list that the browser offered, and the l begin a word: it is held
// back until nothing was typed behind it for a moment, and goes into the box if something was.
//
// Ctrl or Command with S saves everywhere one writes: a passage at once, a form with data-key-save
// by its button. Ctrl or Command with Enter presses the button of a form with data-key-send.

import { announce } from "./mend.js";

const THEN_MS = 1000;
const PAUSE_MS = 600;
const QUIET_MS = 5000;
const sheet = document.getElementById("shortcuts");
const isOff = document.documentElement.dataset.keys === "off";
const FIELD = "input:not([type=checkbox], [type=radio], [type=button], [type=submit]), textarea, select, [contenteditable]";
const MODIFIERS = new Set(["Shift", "Control", "Alt", "Meta", "CapsLock"]);
const BUTTON = "button:not([type=button]), input[type=submit]";
let escapedAt = -Infinity;
let quietUntil = -Infinity;
let heldBack = null; // A letter behind Escape, typed in a box: a key, or how a word begins.

/** Everything with this key: what is on the page before what is in the sheet's own list. */
function target(key) {
  const found = [...document.querySelectorAll(`[data-shortcut="${CSS.escape(key)}"]`)];
  const usable = found.filter((one) => !one.disabled && !one.closest("[inert], [hidden]"));
  return usable.find((one) => !sheet?.contains(one)) ?? usable[0];
}

/** Press it. While another page is on its way, what is typed for it presses nothing on this one. */
function act(element) {
  if (element.matches(FIELD)) {
    element.focus();
    element.select?.();
    return;
  }
  if (!element.matches("[data-shortcut-sheet]")) quietUntil = performance.now() + QUIET_MS;
  element.click();
}

function isTyping(event) {
  const at = event.composedPath()[0];
  return at instanceof Element && at.matches(FIELD);
}

/** Whether an input method has the key; in Safari one that it has just ended with (229). */
const isComposing = (event) => event.isComposing || event.keyCode === 229;

/** Press `element` once nothing was typed behind the letter: so it was no beginning of a word. */
function holdBack(element, letter) {
  const waiting = setTimeout(() => {
    heldBack = null;
    act(element);
  }, PAUSE_MS);
  heldBack = { letter, waiting };
}

/** The word goes on: its first letter stands in the box before the next, and can be undone as one. */
function giveBack() {
  clearTimeout(heldBack.waiting);
  document.execCommand("insertText", false, heldBack.letter);
  heldBack = null;
}

/** Ctrl S: the browser would offer to save the page as a file, readable. */
function save(event) {
  if (document.querySelector("form[data-autosave]")) {
    event.preventDefault();
    document.dispatchEvent(new CustomEvent("mend:save"));
    return;
  }
  const form = document.querySelector("form[data-key-save]");
  if (form) {
    event.preventDefault();
    form.requestSubmit(form.querySelector(BUTTON));
  } else if (document.querySelector("form[data-unsent]")) {
    event.preventDefault();
    announce(sheet?.dataset.textByButton ?? "");
  }
}

function send(event) {
  const form = event.target.closest?.("form[data-key-send]");
  if (!form) return;
  event.preventDefault();
  form.requestSubmit(form.querySelector(BUTTON));
}

function commanded(event) {
  if (event.altKey || event.shiftKey) return;
  if (event.key.toLowerCase() === "s") save(event);
  else if (event.key === "Enter") send(event);
}

function pressed(event) {
  if (heldBack && event.repeat) {
    event.preventDefault(); // The l itself, pressed a little long.
    return;
  }
  if (heldBack && !MODIFIERS.has(event.key) && event.key !== "Escape") giveBack();
  if (event.defaultPrevented || event.repeat || "covered" in document.body.dataset) return;
  if (event.ctrlKey || event.metaKey) {
    commanded(event);
    return;
  }
  const isThen = event.timeStamp - escapedAt < THEN_MS;
  const isEscape = event.key === "Escape" && !isComposing(event);
  escapedAt = isEscape ? event.timeStamp : -Infinity;
  if (event.altKey || isEscape || isComposing(event)) return;
  if (performance.now() < quietUntil) return;
  if (sheet?.open && event.key !== "?") return;
  const after = isThen ? target(`Escape ${event.key}`) : null;
  if (isTyping(event)) {
    if (!after) return;
    event.preventDefault();
    holdBack(after, event.key);
    return;
  }
  const element = after ?? (isOff ? null : target(event.key));
  if (!element) return;
  event.preventDefault();
  act(element);
}

document.addEventListener("keydown", pressed);
// The page stayed, and one turned to something else on it: keys press again.
["focusin", "pointerdown"].forEach((name) => {
  document.addEventListener(name, () => {
    quietUntil = -Infinity;
  });
});
// Before the first letter can be pressed, the caret stands where the page wants it.
if (document.activeElement === document.body) {
  document.querySelector("main [autofocus]")?.focus();
}
document.querySelectorAll("[data-shortcut-sheet]").forEach((opener) => {
  opener.addEventListener("click", (event) => {
    if (!sheet) return;
    event.preventDefault();
    if (sheet.open) sheet.close();
    else sheet.showModal();
  });
});
sheet?.addEventListener("click", (event) => {
  if (event.target === sheet) sheet.close(); // Pressed beside it.
});
