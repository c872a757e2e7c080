// Reading a copy: comment on chosen words, and go from comment to comment with the keyboard.
// Without it, the words are copied into the form by hand and everything else is links and forms.

const talk = document.querySelector(".talk");
const calm = matchMedia("(prefers-reduced-motion: reduce)");

/** How many code points a text has: the server counts those, not UTF-16 units. */
const points = (text) => Array.from(text).length;

const pieceOf = (node) =>
  (node.nodeType === Node.TEXT_NODE ? node.parentElement : node)?.closest("[data-piece]");

/** The place in the copy, in code points, that a point of the page stands for. */
function offsetAt(piece, node, offset) {
  let found = 0;
  for (const part of piece.querySelectorAll("[data-at]")) {
    const whole = document.createRange();
    whole.selectNodeContents(part);
    const against = whole.comparePoint(node, offset);
    if (against < 0) break; // The point stands before this paragraph.
    if (against === 0) whole.setEnd(node, offset);
    found = Number(part.dataset.at) + points(whole.toString());
    if (against === 0) break;
  }
  return found;
}

/** The chosen words: of the first text that is touched, for a comment is about one. */
function chosenWords() {
  const selection = getSelection();
  if (!selection.rangeCount || selection.isCollapsed) return null;
  const range = selection.getRangeAt(0);
  const touched = Array.from(talk.querySelectorAll("[data-piece]")).filter((piece) =>
    range.intersectsNode(piece),
  );
  const inside = pieceOf(range.startContainer);
  for (const piece of touched) {
    const within = document.createRange();
    within.selectNodeContents(piece);
    if (piece === inside) within.setStart(range.startContainer, range.startOffset);
    if (pieceOf(range.endContainer) === piece) {
      within.setEnd(range.endContainer, range.endOffset);
    }
    const words = within.toString();
    if (!words.trim()) continue;
    const start = offsetAt(piece, within.startContainer, within.startOffset);
    const blank = words.length - words.trimStart().length;
    const from = start + points(words.slice(0, blank));
    return { piece, range: within, words: words.trim(), from };
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
    const end = chosen.from + points(chosen.words);
    form.elements.at.value = `${chosen.piece.dataset.piece}.${chosen.from}.${end}`;
    button.hidden = true;
    getSelection().removeAllRanges();
    form.elements.text.focus();
    form.elements.text.scrollIntoView({ block: "center", behavior: calm.matches ? "auto" : "smooth" });
  });
}

// Chords with Alt and Shift and no letters: a letter alone would be in the way of screen readers.
function byKeyboard() {
  const keys = document.querySelector("[data-keys]");
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

if (talk) {
  if ("talk" in talk.dataset) talkAboutWords();
  byKeyboard();
}

// On a telephone what was asked for folds into a strip; its first words stay in sight.
const asked = document.querySelector("[data-asked]");
if (asked && matchMedia("(max-width: 60rem)").matches) asked.open = false;
