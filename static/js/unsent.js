// Asks before a page with unsent words is left, also by sending another form of the page.

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
    // Whoever stays, asked because of another form, has not sent this one either.
    setTimeout(() => {
      sent = false;
    });
  });
});
