// Small kindnesses on every page. Everything works without them.

/** Say something to a screen reader without moving the focus. */
export function announce(text) {
  const region = document.getElementById("announce");
  if (region) region.textContent = text;
}

/** Give each password field a button that shows what has been typed. */
function addReveal(input) {
  const { textShow, textHide } = input.dataset;
  if (!textShow || input.closest(".reveal")) return;
  const wrap = document.createElement("div");
  wrap.className = "reveal";
  const button = document.createElement("button");
  button.type = "button";
  button.className = "btn quiet";
  button.textContent = textShow;
  button.setAttribute("aria-pressed", "false");
  button.setAttribute("aria-controls", input.id);
  const label = input.labels?.[0]?.textContent.trim();
  if (label) button.setAttribute("aria-label", `${textShow}: ${label}`);
  input.replaceWith(wrap);
  wrap.append(input, button);
  const set = (shown) => {
    input.type = shown ? "text" : "password";
    button.textContent = shown ? textHide : textShow;
    button.setAttribute("aria-pressed", String(shown));
  };
  button.addEventListener("click", () => set(input.type === "password"));
  // A shown password is never sent, or kept by the browser, as plain text.
  input.form?.addEventListener("submit", () => set(false));
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

document.querySelectorAll("input[type=password][data-text-show]").forEach(addReveal);
document.querySelectorAll("details[data-menu]").forEach(tameMenu);
document.querySelector(".summary[tabindex]")?.focus();
