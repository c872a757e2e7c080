// Asks before a page with unsent words is left.

document.querySelectorAll("form[data-unsent]").forEach((form) => {
  const content = () => new URLSearchParams(new FormData(form)).toString();
  const first = content();
  let sent = false;
  form.addEventListener("submit", () => {
    sent = true;
  });
  window.addEventListener("beforeunload", (event) => {
    if (!sent && content() !== first) event.preventDefault();
  });
});
