// Own tags are offered for the last word of the line, not only for the first.
const box = document.querySelector("input[data-tags]");
const list = box?.list;
const tags = [...(list?.options ?? [])].map((option) => option.value);

function offer() {
  const before = box.value.slice(0, box.value.lastIndexOf(",") + 1);
  const had = new Set(before.split(",").map((tag) => tag.trim().toLowerCase()));
  const left = tags.filter((tag) => !had.has(tag.toLowerCase()));
  list.replaceChildren(
    ...left.map((tag) => {
      const option = document.createElement("option");
      option.value = before ? `${before} ${tag}` : tag;
      return option;
    }),
  );
}

if (tags.length) {
  box.addEventListener("input", offer);
  offer();
}
