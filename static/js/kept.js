// The page that holds a post which could not be carried out: its text is nowhere else, so the
// browser asks before it is left, and a vault that locks does not take it away.

document.querySelectorAll("form[data-kept]").forEach((form) => {
  let sent = false;
  form.addEventListener("submit", () => {
    sent = true;
  });
  window.addEventListener("beforeunload", (event) => {
    if (!sent) event.preventDefault();
  });
  document.addEventListener("mend:locked", (event) => {
    event.detail.settled = false;
  });
});
