// Keys for what can also be pressed. An element says its key by data-shortcut; the first of a key
// that can be reached is used. Single letters only where nobody is typing, and not at all where the
// person has turned them off (WCAG 2.1.4); Ctrl or Command with S saves everywhere.

const sheet = document.getElementById("shortcuts");
const isOff = document.documentElement.dataset.keys === "off";
const FIELD = "input:not([type=checkbox], [type=radio], [type=button], [type=submit]), textarea, select, [contenteditable]";

/** Everything with this key: what is on the page before what is in the sheet's own list. */
function target(key) {
  const found = [...document.querySelectorAll(`[data-shortcut="${CSS.escape(key)}"]`)];
  const usable = found.filter((one) => !one.disabled && !one.closest("[inert], [hidden]"));
  return usable.find((one) => !sheet?.contains(one)) ?? usable[0];
}

function act(element) {
  if (element.matches(FIELD)) {
    element.focus();
    element.select?.();
  } else {
    element.click();
  }
}

function isTyping(event) {
  const at = event.composedPath()[0];
  return event.isComposing || (at instanceof Element && at.matches(FIELD));
}

function pressed(event) {
  if (event.defaultPrevented || event.repeat || "covered" in document.body.dataset) return;
  const isCommand = (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey;
  if (isCommand && event.key.toLowerCase() === "s" && document.querySelector("form[data-autosave]")) {
    event.preventDefault(); // The browser would offer to save the page as a file, readable.
    document.dispatchEvent(new CustomEvent("mend:save"));
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || isOff || isTyping(event)) return;
  if (sheet?.open && event.key !== "?") return;
  const element = target(event.key);
  if (!element) return;
  event.preventDefault();
  act(element);
}

document.addEventListener("keydown", pressed);
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
