// A button beside each password that shows what was typed.

for (const place of document.querySelectorAll("[data-reveal]")) {
  const input = place.querySelector("input");
  const label = document.querySelector(`label[for="${input.id}"]`)?.textContent ?? "";
  const button = document.createElement("button");
  button.type = "button";
  button.className = "reveal-button";
  button.setAttribute("aria-controls", input.id);

  const show = (visible) => {
    input.type = visible ? "text" : "password";
    button.textContent = visible ? place.dataset.hide : place.dataset.show;
    button.setAttribute("aria-label", `${button.textContent}: ${label}`);
  };
  button.addEventListener("click", () => show(input.type === "password"));
  // Browsers offer to save what is in a password field, and remember what was typed into a text field.
  input.form?.addEventListener("submit", () => show(false));

  show(false);
  place.append(button);
}
