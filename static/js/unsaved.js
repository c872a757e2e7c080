// Offers what this browser kept sealed because it was not saved or sent. Mend is asked of each whether
// it holds the text after all; only what it does not is offered. Asking is no activity.

import { draftsOf, forget, nameOf } from "./drafts.js";
import { announce } from "./mend.js";

const MOST = 50;
const AGAIN_MS = 2000;
const notice = document.querySelector("form[data-drafts]");

function fill(draft) {
  ["entry", "passage", "page", "vault", "sealed"].forEach((name) => {
    notice.elements[name].value = draft[name];
  });
}

/** What Mend says of a draft: `kept` (it has the text), `unsaved`, `sealed`, or nothing. */
async function ask(draft) {
  fill(draft);
  const body = new URLSearchParams(new FormData(notice));
  body.set("do", "check");
  const response = await fetch(notice.action, {
    method: "POST",
    body,
    redirect: "error",
    headers: { Accept: "application/json", "X-Mend-Background": "1" },
  }).catch(() => null);
  if (!response?.ok) return "";
  return (await response.json().catch(() => ({}))).state ?? "";
}

/** What belongs to the page one is on comes first, then what has waited longest. */
function byPlace(one, other) {
  const isHere = (draft) => window.location.pathname.includes(draft.entry);
  return isHere(other) - isHere(one);
}

/** The page that was just left may hold its drafts for a moment longer: look once more then. */
async function offer(isLastLook = false) {
  const here = new Set([...document.querySelectorAll("form[data-seal-page]")].map(nameOf));
  const found = (await draftsOf(notice.dataset.drafts)).filter((draft) => !here.has(draft.name));
  if (!isLastLook && found.some((draft) => draft.isOpen)) setTimeout(() => offer(true), AGAIN_MS);
  const waiting = [];
  for (const draft of found.filter((one) => !one.isOpen).slice(0, MOST)) {
    const state = await ask(draft);
    if (state === "kept") forget(draft.name);
    else if (state) waiting.push(draft);
  }
  if (!waiting.length) return;
  const wasShown = !notice.closest("section").hidden;
  fill(waiting.sort(byPlace)[0]);
  const more = notice.querySelector("[data-drafts-more]");
  more.hidden = waiting.length === 1;
  more.textContent = more.dataset.text.replace("{n}", waiting.length - 1);
  notice.closest("section").hidden = false;
  if (!wasShown) announce(notice.querySelector("[data-drafts-title]").innerText);
}

const discards = document.querySelectorAll("form[data-draft-discard]");
if (notice && !discards.length) offer(); // Where one is looked at, no other is offered.

discards.forEach((form) => {
  form.addEventListener("submit", () => forget(form.dataset.draftDiscard));
});

// A page that shows two texts names the draft of one. Where the other is chosen, and the page is left
// by that (it may ask first), the draft goes too.
let chosen = null;
document.addEventListener("click", (event) => {
  chosen = event.target.closest("a[data-drop-draft]");
});
window.addEventListener("pagehide", () => {
  if (chosen) forget(nameOf(chosen.closest("form")));
});
