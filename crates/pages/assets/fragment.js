// Moves the code of a claim link from the fragment of the address, which no server sees, into the form; and out of the address,
// so that it stays neither in the history nor on the screen.

const place = document.querySelector("[data-fragment]");
const input = place?.querySelector("input");
const code = location.hash.slice(1);

if (input) {
  if (/^[A-Za-z0-9_-]+$/.test(code)) {
    input.value = code;
    history.replaceState(null, "", location.pathname + location.search);
  }
  // Nobody needs to see it, unless it is wrong.
  place.hidden = input.value !== "" && input.getAttribute("aria-invalid") !== "true";
}
