// Brings a part of the page that takes the server longer than the page should wait. Until then, and
// where it does not come, a link stands in its place and leads to it.

async function bring(place) {
  const link = place.firstElementChild;
  link.hidden = true;
  const response = await fetch(place.dataset.later, {
    redirect: "error",
    headers: { "X-Mend-Background": "1" },
  }).catch(() => null);
  if (!response?.ok) {
    link.hidden = false;
    return;
  }
  const part = new DOMParser().parseFromString(await response.text(), "text/html");
  place.replaceChildren(...part.body.childNodes);
}

document.querySelectorAll("[data-later]").forEach(bring);
