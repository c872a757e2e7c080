// What stands in a form: as it would be posted now, and as the page came with it.

const BUTTONS = ["submit", "button", "reset", "image"];

/** What is written, as it would be posted, but for the fields in `without`. */
export function contentOf(form, without) {
  const data = new FormData(form);
  without.forEach((name) => data.delete(name));
  return new URLSearchParams(data).toString();
}

/** What the page came with. Somebody may have begun to type before a script ran. */
export function originalOf(form, without) {
  const data = new URLSearchParams();
  [...form.elements].forEach((field) => {
    if (!field.name || field.disabled || without.includes(field.name)) return;
    if (BUTTONS.includes(field.type)) return;
    if (["checkbox", "radio"].includes(field.type)) {
      if (field.defaultChecked) data.append(field.name, field.value);
    } else if (field.options) {
      const chosen = [...field.options].filter((option) => option.defaultSelected);
      if (!chosen.length && !field.multiple && field.options.length) chosen.push(field.options[0]);
      chosen.forEach((option) => data.append(field.name, option.value));
    } else {
      data.append(field.name, field.defaultValue);
    }
  });
  return data.toString();
}

/** Everything that would be posted, but for the token. */
export function fieldsOf(form) {
  return [...new FormData(form)].filter(([name]) => name !== "csrfmiddlewaretoken");
}
