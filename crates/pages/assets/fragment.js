// Moves the code of a claim link from the fragment of the address, which no server sees, into the form; and out of the address,
// so that it stays neither in the history nor on the screen. A second link that is opened in the same window changes the fragment
// alone, and loads nothing.

const place = document.querySelector("[data-fragment]");
const input = place?.querySelector("input");

if (input) {
  take();
  window.addEventListener("hashchange", take);
}

function take() {
  const code = location.hash.slice(1);
  if (/^[A-Za-z0-9_-]+$/.test(code)) {
    // What was wrong was said of another code.
    if (input.value !== code) input.removeAttribute("aria-invalid");
    input.value = code;
    history.replaceState(null, "", location.pathname + location.search);
  }
  // Nobody needs to see it, unless it is wrong.
  place.hidden = input.value !== "" && input.getAttribute("aria-invalid") !== "true";
}
