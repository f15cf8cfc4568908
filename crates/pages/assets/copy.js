// Buttons that copy a text of the page (data-copy="id") or print the page (data-print).

const SAID_MS = 2500;

for (const button of document.querySelectorAll("[data-copy]")) {
  const label = button.textContent;
  const status = document.createElement("span");
  status.className = "unseen";
  status.setAttribute("role", "status");
  button.after(status);

  button.addEventListener("click", async () => {
    let said = button.dataset.done;
    try {
      await navigator.clipboard.writeText(textOf(document.getElementById(button.dataset.copy)));
    } catch {
      said = button.dataset.failed;
    }
    button.textContent = said;
    status.textContent = said;
    setTimeout(() => {
      button.textContent = label;
      status.textContent = "";
    }, SAID_MS);
  });
}

for (const button of document.querySelectorAll("[data-print]")) {
  button.addEventListener("click", () => window.print());
}

// A list becomes lines.
function textOf(element) {
  const items = [...element.querySelectorAll("li")];
  return items.length ? items.map((item) => item.textContent).join("\n") : element.textContent;
}
