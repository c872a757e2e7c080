// What was typed and is not saved or sent, kept in this browser so that it outlives its page: sealed to the
// person's vault, never as it is. Only ids and a time stand beside it. A page that is open holds a
// lock of its draft's name, so that no other page offers what is still being written.

import { canSeal, sealText } from "./seal.js";

const PREFIX = "mend-draft";

export class Draft {
  /** `form` says by data attributes to whose vault it seals, and bound to what. */
  constructor(form) {
    const { sealTo, sealInfo, sealVault } = form.dataset;
    this.name = nameOf(form);
    this.sealTo = sealTo;
    this.sealInfo = sealInfo;
    this.vault = sealVault;
    this.asked = 0;
    this.can = sealTo ? canSeal() : Promise.resolve(false);
  }

  /** Seal `fields` and keep them; tell whether they are kept. */
  async keep(fields) {
    this.asked += 1;
    const asked = this.asked;
    try {
      if (!(await this.can)) return false;
      const sealed = await sealText(this.sealTo, this.sealInfo, JSON.stringify(fields));
      if (asked !== this.asked) return true; // Saved, or sealed anew, meanwhile.
      const kept = { vault: this.vault, sealed, at: new Date().toISOString() };
      localStorage.setItem(this.name, JSON.stringify(kept));
      this.hold();
      return true;
    } catch {
      return false; // The storage is full or refused: the page says that nothing is kept.
    }
  }

  /** Everything is saved: nothing of it stays here. */
  forget() {
    this.asked += 1;
    forget(this.name);
  }

  hold() {
    if (this.held) return;
    this.held = true;
    navigator.locks?.request(this.name, () => new Promise(() => {}));
  }
}

/** The name under which a form's draft is kept: whose it is, of what, where in it, which page. */
export function nameOf(form) {
  const { sealWriter, sealThing, sealPlace, sealPage } = form.dataset;
  return [PREFIX, sealWriter, sealThing, sealPlace, sealPage].join(":");
}

/** Take a draft out of this browser. */
export function forget(name) {
  try {
    localStorage.removeItem(name);
  } catch {
    // No storage, so nothing is in it.
  }
}

/** The drafts of one person, oldest first; `isOpen` where the page still holds it. */
export async function draftsOf(person) {
  const held = new Set(((await navigator.locks?.query())?.held ?? []).map((lock) => lock.name));
  let names;
  try {
    names = Object.keys(localStorage);
  } catch {
    return [];
  }
  return names
    .filter((name) => name.startsWith(`${PREFIX}:${person}:`))
    .map(read)
    .filter(Boolean)
    .map((draft) => ({ ...draft, isOpen: held.has(draft.name) }))
    .sort((one, other) => one.at.localeCompare(other.at));
}

function read(name) {
  const [, , entry, passage, page] = name.split(":");
  try {
    const { vault, sealed, at } = JSON.parse(localStorage.getItem(name));
    return { name, entry, passage, page, vault, sealed, at: String(at) };
  } catch {
    return null;
  }
}
