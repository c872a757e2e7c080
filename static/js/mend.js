// Small kindnesses on every page. Everything works without them.

/** Say something to a screen reader without moving the focus. */
export function announce(text) {
  const region = document.getElementById("announce");
  if (region) region.textContent = text;
}

/** Give a password field a button that shows what has been typed. */
function addReveal(wrap) {
  const input = wrap.querySelector("input");
  const { textShow, textHide } = wrap.dataset;
  const label = input.labels?.[0]?.textContent.trim() ?? "";
  const button = document.createElement("button");
  button.type = "button";
  button.className = "btn quiet";
  const set = (shown) => {
    input.type = shown ? "text" : "password";
    button.textContent = shown ? textHide : textShow;
    button.setAttribute("aria-label", `${button.textContent}: ${label}`);
  };
  set(false);
  wrap.append(button);
  button.addEventListener("click", () => set(input.type === "password"));
  // Sent as a password again, or the browser would offer it later as an ordinary word.
  input.form?.addEventListener("submit", () => set(false));
}

export function addReveals(root) {
  root.querySelectorAll("[data-reveal]").forEach(addReveal);
}

/** Close an open menu on Escape, on a press elsewhere and when the focus leaves it. */
function tameMenu(menu) {
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
  menu.addEventListener("focusout", (event) => {
    if (event.relatedTarget && !menu.contains(event.relatedTarget)) menu.open = false;
  });
  document.addEventListener("pointerdown", (event) => {
    if (!menu.contains(event.target)) menu.open = false;
  });
}

/** Go on where the address leads to, as after a press whose answer comes back to its place. */
function focusPlace() {
  const place = document.getElementById(location.hash.slice(1));
  if (!place || document.activeElement !== document.body) return;
  if (place.tabIndex < 0) place.tabIndex = -1;
  place.focus({ preventScroll: true });
}

// A script that imports this file by its plain name makes the browser run it a second time, where
// the page itself named it with its checksum. The second run finds nothing left to do.
if (!document.documentElement.dataset.mend) {
  document.documentElement.dataset.mend = "ready";
  addReveals(document);
  document.querySelectorAll("details[data-menu]").forEach(tameMenu);
  document.querySelector(".summary[tabindex]")?.focus();
  focusPlace();
}
