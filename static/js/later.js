// Brings a part of the page that takes the server longer than the page should wait. Until then, and
// where it does not come, a link stands in its place and leads to it.

async function bring(place) {
  const link = place.firstElementChild;
  link.hidden = true;
  const text = await fetched(place.dataset.later).catch(() => null);
  if (text === null) {
    link.hidden = false;
    return;
  }
  const part = new DOMParser().parseFromString(text, "text/html");
  place.replaceWith(...part.body.childNodes);
}

async function fetched(address) {
  const headers = { "X-Mend-Background": "1" };
  const response = await fetch(address, { redirect: "manual", headers });
  return response.ok ? response.text() : null;
}

document.querySelectorAll("[data-later]").forEach(bring);
