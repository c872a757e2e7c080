// Shows how far a file has come, by reading it as it arrives. Without this script the form is sent
// as any other, and the browser saves the file by itself.

import { addReveals } from "./mend.js";

const COUNTED = {
  // One reflection to a line.
  "application/json": [0x0a],
  // Each file of a zip begins so.
  "application/zip": [0x50, 0x4b, 0x03, 0x04],
};

/** Counts how often a run of bytes stands in what is fed to it, over the edges of its pieces. */
class Counter {
  constructor(wanted) {
    this.wanted = wanted;
    this.matched = 0;
    this.count = 0;
  }

  feed(bytes) {
    if (!this.wanted) return;
    for (const byte of bytes) {
      const goesOn = byte === this.wanted[this.matched];
      this.matched = goesOn ? this.matched + 1 : Number(byte === this.wanted[0]);
      if (this.matched === this.wanted.length) {
        this.count += 1;
        this.matched = 0;
      }
    }
  }
}

class Export {
  constructor(form) {
    this.form = form;
    this.words = form.dataset;
    this.box = form.querySelector(".making");
    this.bar = this.box.querySelector("progress");
    this.said = this.box.querySelector("[role=status]");
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (!this.busy) this.make();
    });
  }

  async make() {
    this.busy = true;
    this.box.hidden = false;
    this.bar.hidden = false;
    this.bar.removeAttribute("value");
    this.say(this.words.wait);
    try {
      const response = await fetch(this.form.action, {
        method: "POST",
        body: new FormData(this.form),
        redirect: "error",
        cache: "no-store",
      });
      if (response.headers.has("Content-Disposition")) await this.receive(response);
      else await this.refuse(response);
    } catch {
      this.say(this.words.broken);
    }
    this.bar.hidden = true;
    this.form.elements.password.value = "";
    this.busy = false;
  }

  async receive(response) {
    const type = response.headers.get("Content-Type");
    const total = Number(response.headers.get("X-Mend-Total"));
    const counter = new Counter(COUNTED[type]);
    const pieces = [];
    let told = 0;
    for (const reader = response.body.getReader(); ; ) {
      const { done, value } = await reader.read();
      if (done) break;
      pieces.push(value);
      counter.feed(value);
      const number = Math.min(counter.count, total);
      if (counter.wanted && total > 1 && number > told) {
        told = number;
        this.bar.max = total;
        this.bar.value = number;
        this.show(this.words.count.replace("{n}", number).replace("{m}", total));
      }
    }
    this.save(new Blob(pieces, { type }), response.headers.get("Content-Disposition"));
    this.say(this.words.done);
  }

  save(blob, disposition) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = disposition.match(/filename="([^"]+)"/)?.[1] ?? "mend-journal";
    link.click();
    // The download has its own hold on the bytes by then.
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  }

  /** Show the form as the server has it, with what was wrong; or go where it wants to send us. */
  async refuse(response) {
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const answered = page.querySelector("form[data-export]");
    if (!answered) {
      this.form.submit();
      return;
    }
    this.form.replaceWith(answered);
    new Export(answered);
    addReveals(answered);
    answered.querySelector("[aria-invalid=true]")?.focus();
  }

  /** Show a number for the eyes; a screen reader has the bar, and is told when it ends. */
  show(text) {
    this.said.setAttribute("aria-live", "off");
    this.said.textContent = text;
  }

  say(text) {
    this.said.setAttribute("aria-live", "polite");
    this.said.textContent = text;
  }
}

document.querySelectorAll("form[data-export]").forEach((form) => new Export(form));
