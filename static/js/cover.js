// A cover over a part of the page: nothing beneath it is drawn, reached by a key or read aloud, and
// everything typed stays as it is. lock.js covers what is locked, quickcover.js everything at once.
// The drawing is the style sheet's, by one attribute, so that it takes no time.

export class Cover {
  constructor(root, element) {
    this.root = root;
    this.element = element;
    this.beneath = [];
  }

  get isOn() {
    return this.beneath.length > 0;
  }

  put() {
    if (this.isOn) return;
    this.focused = document.activeElement;
    this.top = window.scrollY;
    this.root.dataset.covered = "";
    this.root.append(this.element);
    this.beneath = [...this.root.children].filter((part) => part !== this.element && !part.inert);
    this.beneath.forEach((part) => {
      part.inert = true;
    });
  }

  /** Show everything again as it was: the place on the page, and where one was typing. */
  lift() {
    if (!this.isOn) return;
    delete this.root.dataset.covered;
    this.beneath.forEach((part) => {
      part.inert = false;
    });
    this.beneath = [];
    window.scrollTo(0, this.top);
    this.focused?.focus({ preventScroll: true });
  }
}
