// Shows, under the box one writes in, what may identify somebody: the server found it while saving.
// Replacing changes the box, as if it had been typed; keeping is noted with the reflection.

import { announce } from "./mend.js";

class Identifiers {
  constructor(form, template) {
    this.form = form;
    this.template = template;
    this.words = template.dataset;
    this.url = this.words.url;
    this.settled = new Set();
    form.addEventListener("mend:saved", (event) => {
      const told = event.detail.identifiers;
      if (!told) return;
      this.url = told.url;
      this.show(told.findings);
    });
    if (this.url) this.ask();
  }

  /** What was found in the text as the page was opened. */
  async ask() {
    const passage = new URLSearchParams({ passage: this.form.elements.passage.value });
    const response = await fetch(`${this.url}?${passage}`, {
      redirect: "error",
      headers: { Accept: "application/json", "X-Mend-Background": "1" },
    }).catch(() => null);
    if (response?.ok) this.show((await response.json()).findings);
  }

  show(findings) {
    this.form.querySelectorAll("textarea[name], input[type=text][name]").forEach((box) => {
      const wanted = (findings[box.name] ?? []).filter((one) => !this.settled.has(one.text));
      this.list(box, wanted);
    });
  }

  /** Make the notes of one box those wanted, leaving alone the ones that are there already. */
  list(box, wanted) {
    const id = `${box.id}_identifiers`;
    let list = document.getElementById(id);
    if (!list && !wanted.length) return;
    if (!list) {
      list = document.createElement("ul");
      list.id = id;
      list.className = "identifier-list";
      list.setAttribute("aria-label", this.words.textList);
      box.after(list);
    }
    const key = (one) => JSON.stringify([one.text, one.suggestion]);
    const keys = wanted.map(key);
    [...list.children].forEach((note) => {
      if (!keys.includes(note.dataset.key)) this.drop(note, box);
    });
    const there = [...list.children].map((note) => note.dataset.key);
    wanted.forEach((one, place) => {
      if (there.includes(keys[place])) return;
      const note = this.note(box, one);
      note.dataset.key = keys[place];
      list.append(note);
      announce(this.words.textFound.replace("{name}", one.name));
    });
    if (!list.children.length) list.remove();
  }

  note(box, one) {
    const note = this.template.content.firstElementChild.cloneNode(true);
    const part = (name) => note.querySelector(`[data-identifier-${name}]`);
    part("text").textContent = one.text;
    part("name").textContent = one.name;
    part("which").textContent = ` ${one.text}`;
    part("replace").textContent = this.words.textReplace.replace("{suggestion}", one.suggestion);
    part("replace").addEventListener("click", () => this.replace(box, one, note));
    part("keep").addEventListener("click", () => this.keep(box, one, note));
    return note;
  }

  /** Take a note away; the focus goes to its box if it was in the note. */
  drop(note, box) {
    const had = note.contains(document.activeElement);
    note.remove();
    if (had) box.focus();
  }

  replace(box, one, note) {
    this.drop(note, box);
    box.focus();
    places(box.value, one.text)
      .reverse()
      .forEach((start) => {
        box.setSelectionRange(start, start + one.text.length);
        // This way, unlike setting the value, the browser's own undo brings it back.
        if (!document.execCommand("insertText", false, one.suggestion)) {
          box.setRangeText(one.suggestion, start, start + one.text.length, "end");
        }
      });
    this.form.dispatchEvent(new CustomEvent("mend:replaced"));
    box.dispatchEvent(new Event("input", { bubbles: true }));
    announce(this.words.textReplaced);
  }

  async keep(box, one, note) {
    const body = new URLSearchParams({
      csrfmiddlewaretoken: this.form.elements.csrfmiddlewaretoken.value,
      do: "keep",
      passage: this.form.elements.passage.value,
      text: one.text,
    });
    const response = await fetch(this.url, {
      method: "POST",
      body,
      redirect: "error",
      headers: { Accept: "application/json" },
    }).catch(() => null);
    if (!response?.ok) {
      note.querySelector("[data-identifier-trouble]").textContent = this.words.textTrouble;
      announce(this.words.textTrouble);
      return;
    }
    this.settled.add(one.text);
    const list = note.parentElement;
    this.drop(note, box);
    if (!list.children.length) list.remove();
    announce(this.words.textKept);
  }
}

/** Where `text` stands in `value` as a whole word. */
function places(value, text) {
  const inside = /[\p{L}\p{N}_]/u;
  const found = [];
  for (let at = value.indexOf(text); at >= 0; at = value.indexOf(text, at + text.length)) {
    const before = at > 0 && inside.test(value[at - 1]) && inside.test(text[0]);
    const end = at + text.length;
    const after = end < value.length && inside.test(value[end]) && inside.test(text.at(-1));
    if (!before && !after) found.push(at);
  }
  return found;
}

const template = document.querySelector("template[data-identifiers]");
const form = template?.closest("form");
if (form) new Identifiers(form, template);
