// The page that holds a post which could not be carried out: its text is nowhere else, so the
// browser asks before it is left. That a vault which locks does not take it away is lock.js's part.

document.querySelectorAll("form[data-kept]").forEach((form) => {
  let sent = false;
  form.addEventListener("submit", () => {
    sent = true;
  });
  window.addEventListener("beforeunload", (event) => {
    if (!sent) event.preventDefault();
  });
});
