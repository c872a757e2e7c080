// Asks before a page with unsent words is left.

document.querySelectorAll("form[data-unsent]").forEach((form) => {
  const content = () => new URLSearchParams(new FormData(form)).toString();
  // A page shown again because it was refused holds words that are saved nowhere.
  const first = "unsaved" in form.dataset ? "" : content();
  let sent = false;
  form.addEventListener("submit", () => {
    sent = true;
  });
  window.addEventListener("beforeunload", (event) => {
    if (!sent && content() !== first) event.preventDefault();
  });
});
