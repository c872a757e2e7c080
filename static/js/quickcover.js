// Somebody comes in: Escape twice, or the button in the bar, covers the page at once, here and in
// every other tab of this browser; the title of the window says nothing either. The same again shows
// it, with everything typed in its place. A cookie that says no more than "covered" keeps pages
// covered that are loaded meanwhile: the server sends them so, and none of them flickers.

import { Cover } from "./cover.js";

const TWICE_MS = 500;
const COOKIE = "mend-cover=1";
const element = document.getElementById("quick-cover");
const channel = "BroadcastChannel" in window ? new BroadcastChannel("mend-cover") : null;

class QuickCover {
  constructor() {
    this.cover = new Cover(document.body, element);
    this.escapedAt = -Infinity;
    window.addEventListener("keydown", (event) => this.pressed(event), true);
    document.querySelectorAll("[data-cover-now]").forEach((button) => {
      button.addEventListener("click", () => this.put());
    });
    element.querySelector("[data-uncover]").addEventListener("click", () => this.lift());
    // Locked, there is nothing left to cover; what is held here lies under the cover of the lock.
    element.querySelector("form").addEventListener("submit", () => remember(false));
    document.addEventListener("mend:covered", () => this.reveal());
    channel?.addEventListener("message", (event) => this.follow(event.data === "covered"));
    window.addEventListener("pageshow", () => this.follow(isRemembered()));
    document.addEventListener("visibilitychange", () => this.follow(isRemembered()));
    this.follow(isRemembered());
  }

  pressed(event) {
    if (event.key !== "Escape" || event.repeat || event.isComposing) return;
    const isSecond = event.timeStamp - this.escapedAt < TWICE_MS;
    this.escapedAt = isSecond ? -Infinity : event.timeStamp;
    if (!isSecond) return;
    event.preventDefault();
    if (this.cover.isOn) this.lift();
    else this.put();
  }

  put() {
    this.hide();
    remember(true);
    channel?.postMessage("covered");
  }

  lift() {
    this.reveal();
    remember(false);
    channel?.postMessage("shown");
  }

  /** Do as another tab did. */
  follow(isCovered) {
    if (isCovered) this.hide();
    else this.reveal();
  }

  hide() {
    if (this.cover.isOn) return;
    // A sheet that is open as a dialog would keep the keys from the cover.
    document.querySelectorAll("dialog[open]").forEach((dialog) => dialog.close());
    this.cover.put();
    this.title = document.title;
    document.title = element.dataset.title;
    element.focus();
  }

  reveal() {
    if (!this.cover.isOn) return;
    this.cover.lift();
    document.title = this.title;
  }
}

const isRemembered = () => document.cookie.split("; ").includes(COOKIE);

function remember(isCovered) {
  const secure = window.location.protocol === "https:" ? "; Secure" : "";
  const end = isCovered ? "" : "; Max-Age=0";
  document.cookie = `${COOKIE}; Path=/; SameSite=Lax${secure}${end}`;
}

if (element) new QuickCover();
else remember(false); // Locked or signed out: pages show nothing private, and are shown.
