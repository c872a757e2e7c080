// Shows the print button where a script can press it, and has what is closed on the screen printed.

document.querySelectorAll("[data-print]").forEach((button) => {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
});

let opened = [];

addEventListener("beforeprint", () => {
  opened = [...opened, ...document.querySelectorAll("details[data-printed]:not([open])")];
  opened.forEach((part) => {
    part.open = true;
  });
});

addEventListener("afterprint", () => {
  opened.forEach((part) => {
    part.open = false;
  });
  opened = [];
});
