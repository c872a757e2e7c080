// Tells the sign-up form which time zone the browser is in. Without it the clinic's is used.
const field = document.querySelector("input[name=timezone]");
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (field && zone) field.value = zone;
