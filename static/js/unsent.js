// For forms that do not save by themselves: asks before a page with unsent words is left, also by
// sending another form of the page, and does not send while Mend cannot be reached.

import { announce } from "./mend.js";

const canBeReached = () =>
  fetch("/healthz", { cache: "no-store" }).then(
    (response) => response.ok,
    () => false,
  );

function sayUnreachable(form) {
  const text = form.dataset.textOffline;
  let notice = form.querySelector("[data-offline]");
  if (!notice) {
    notice = document.createElement("p");
    notice.className = "notice";
    notice.dataset.offline = "";
    form.append(notice);
  }
  notice.textContent = text;
  announce(text);
}

document.querySelectorAll("form[data-unsent]").forEach((form) => {
  const content = () => new URLSearchParams(new FormData(form)).toString();
  // A page shown again because it was refused holds words that are saved nowhere.
  const first = "unsaved" in form.dataset ? "" : content();
  let sent = false;
  let asked = false;
  form.addEventListener("submit", async (event) => {
    if (asked || !form.dataset.textOffline) {
      sent = true;
      return;
    }
    event.preventDefault();
    if (!(await canBeReached())) {
      sayUnreachable(form);
      return;
    }
    form.querySelector("[data-offline]")?.remove();
    asked = true;
    form.requestSubmit(event.submitter);
    asked = false;
  });
  window.addEventListener("beforeunload", (event) => {
    if (!sent && content() !== first) event.preventDefault();
    // Whoever stays, asked because of another form, has not sent this one either.
    setTimeout(() => {
      sent = false;
    });
  });
});
