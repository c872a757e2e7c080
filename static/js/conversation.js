// Reading a copy: comment on chosen words, and go from comment to comment with the keyboard.
// Without it, the words are copied into the form by hand and everything else is links and forms.

const talk = document.querySelector(".talk");
const calm = matchMedia("(prefers-reduced-motion: reduce)");

/** How many code points a text has: the server counts those, not UTF-16 units. */
const points = (text) => Array.from(text).length;

/** What of `range` lies in `part`, a paragraph: its text, and at which code point it begins. */
function within(range, part) {
  const found = document.createRange();
  found.selectNodeContents(part);
  const before = found.cloneRange();
  if (range.compareBoundaryPoints(Range.START_TO_START, found) > 0) {
    found.setStart(range.startContainer, range.startOffset);
  }
  if (range.compareBoundaryPoints(Range.END_TO_END, found) < 0) {
    found.setEnd(range.endContainer, range.endOffset);
  }
  before.setEnd(found.startContainer, found.startOffset);
  return { range: found, text: found.toString(), at: Number(part.dataset.at) + points(before.toString()) };
}

/** The chosen words: of the first text that is touched, for a comment is about one. */
function chosenWords() {
  const selection = getSelection();
  if (!selection.rangeCount || selection.isCollapsed) return null;
  const range = selection.getRangeAt(0);
  for (const piece of talk.querySelectorAll("[data-piece]")) {
    if (!range.intersectsNode(piece)) continue;
    const parts = Array.from(piece.querySelectorAll("[data-at]"))
      .filter((part) => range.intersectsNode(part))
      .map((part) => within(range, part))
      .filter((part) => part.text.trim());
    if (!parts.length) continue;
    const first = parts[0];
    const last = parts[parts.length - 1];
    const blank = first.text.length - first.text.trimStart().length;
    return {
      piece,
      range: last.range,
      words: parts.map((part) => part.text).join("\n\n").trim(),
      from: first.at + points(first.text.slice(0, blank)),
      to: last.at + points(last.text.trimEnd()),
    };
  }
  return null;
}

function talkAboutWords() {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "btn small about-these";
  button.textContent = talk.dataset.textAbout;
  button.hidden = true;
  talk.append(button);
  let chosen = null;

  const show = () => {
    if (document.activeElement === button) return;
    chosen = chosenWords();
    button.hidden = !chosen;
    if (!chosen) return;
    // Right behind the text, so that the Tab key leads from the words to the button.
    chosen.piece.after(button);
    const last = Array.from(chosen.range.getClientRects()).pop();
    const frame = button.offsetParent?.getBoundingClientRect();
    if (!last || !frame) return;
    const left = Math.min(last.left - frame.left, frame.width - button.offsetWidth);
    button.style.top = `${last.bottom - frame.top + 8}px`;
    button.style.left = `${Math.max(0, left)}px`;
  };

  let waiting = 0;
  document.addEventListener("selectionchange", () => {
    clearTimeout(waiting);
    waiting = setTimeout(show, 150);
  });
  // A press would take the selection away before it could be read.
  button.addEventListener("pointerdown", (event) => event.preventDefault());
  button.addEventListener("click", () => {
    if (!chosen) return;
    const slug = chosen.piece.closest("[data-passage]").dataset.passage;
    const say = talk.querySelector(`[data-say="${slug}"]`);
    const form = say.querySelector("form");
    say.open = true;
    form.querySelector("details.about-words").open = true;
    form.elements.about.value = chosen.words;
    form.elements.at.value = `${chosen.piece.dataset.piece}.${chosen.from}.${chosen.to}`;
    button.hidden = true;
    getSelection().removeAllRanges();
    form.elements.text.focus();
    form.elements.text.scrollIntoView({ block: "center", behavior: calm.matches ? "auto" : "smooth" });
    keepBeside(chosen);
  });
}

/** In a passage that is longer than the window, and so scrolls by itself, have the words in view. */
function keepBeside({ piece, range }) {
  const box = piece.closest(".words");
  const middle = box.getBoundingClientRect().top + box.clientHeight / 2;
  box.scrollTop += range.getBoundingClientRect().top - middle;
}

// Chords with Alt and Shift and no letters: a letter alone would be in the way of screen readers.
function byKeyboard() {
  const keys = document.querySelector("p[data-keys]");
  if (keys) keys.hidden = false;
  document.addEventListener("keydown", (event) => {
    if (!event.altKey || !event.shiftKey || event.ctrlKey || event.metaKey) return;
    if (event.target.closest("input, textarea, select")) return;
    const forward = document.dir === "rtl" ? "ArrowLeft" : "ArrowRight";
    if (event.key === "ArrowRight" || event.key === "ArrowLeft") {
      const wanted = event.key === forward ? "next" : "prev";
      const link = document.querySelector(`.neighbours a[rel="${wanted}"]`);
      if (!link) return;
      event.preventDefault();
      link.click();
    }
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      step(event.key === "ArrowDown" ? 1 : -1);
    }
  });
}

/** Move the focus to the next or the previous comment. */
function step(by) {
  const notes = Array.from(talk.querySelectorAll(".note"));
  const at = notes.indexOf(document.activeElement?.closest(".note"));
  const next = notes[at < 0 && by < 0 ? notes.length - 1 : at + by];
  if (!next) return;
  next.tabIndex = -1;
  next.focus();
}

/** While one writes beside a passage it stays in view, below what was asked for. */
function keepInView(above) {
  new ResizeObserver(() => {
    talk.style.setProperty("--asked-height", `${above.offsetHeight}px`);
  }).observe(above);
  const scrolls = () => {
    talk.querySelectorAll(".words").forEach((words) => {
      if (words.scrollHeight > words.clientHeight) words.tabIndex = 0;
      else words.removeAttribute("tabindex");
    });
  };
  talk.addEventListener("toggle", () => requestAnimationFrame(scrolls), true);
  scrolls();
}

/** Where one came to a comment by its address: the words it is about below the bar too, if both fit. */
function showItsWords() {
  const note = talk.querySelector(".note:target");
  const link = note && document.getElementById(note.id.replace("comment-", "words-"));
  if (!link) return;
  const top = (link.previousElementSibling ?? link).getBoundingClientRect().top;
  const below = parseFloat(getComputedStyle(note).scrollMarginTop);
  const at = note.getBoundingClientRect();
  const isInView = at.top >= 0 && at.bottom + below - top <= window.innerHeight;
  if (top < below && isInView) window.scrollBy({ top: top - below, behavior: "instant" });
}

// On a telephone what was asked for folds into a strip; its first words stay in sight.
const asked = document.querySelector("[data-asked]");
if (asked && matchMedia("(max-width: 60rem)").matches) asked.open = false;

if (talk) {
  if ("talk" in talk.dataset) talkAboutWords();
  byKeyboard();
  if (asked) keepInView(asked);
  addEventListener("load", showItsWords);
  addEventListener("hashchange", showItsWords);
  // Words that came back into their box, from a refusal or kept by this browser: that is where one is.
  talk.querySelector("form[data-unsaved] textarea[name=text]")?.focus();
}
