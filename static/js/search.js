// The keyboard in a search: down from the box into what was found, up and down within it.
import { announce } from "./mend.js";

const results = document.querySelector("[data-results]");
const box = document.querySelector("form.search input[type='search']");
const links = [...(results?.querySelectorAll("h3 a, .pager a") ?? [])];

function move(event) {
  if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const at = links.indexOf(document.activeElement);
  const inside = at >= 0 || document.activeElement === box || document.activeElement === results;
  if (!step || !inside || !links.length) return;
  if (at < 0 && step < 0) return;
  event.preventDefault();
  (links[at + step] ?? (step < 0 ? box : links[at]))?.focus();
}

if (results) {
  document.addEventListener("keydown", move);
  // After the page's own title has been read out.
  setTimeout(() => announce(results.querySelector("h2").textContent.trim()), 300);
}
