// Looking again: beside the writing stands what the guide says of the thought one is writing under.
// Without a script it is all there too, one thought below the other.

const beside = document.querySelector(".aside");

document.querySelectorAll("[data-thought]").forEach((part) => {
  part.addEventListener("focusin", () => {
    const said = beside.querySelector(`[data-pattern="${CSS.escape(part.dataset.thought)}"]`);
    if (said) beside.scrollTop = said.offsetTop;
  });
});
