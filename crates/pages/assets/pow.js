// Proof of work: finds a number n such that SHA-256 of "challenge:n" begins with enough zero bits, and sends the form.
// Whoever has no script, or a browser that takes too long, waits instead; the button is there from the start.

const BATCH = 512;
// More would take a phone minutes. The platform does not ask for more.
const BITS_MAX = 24;

const form = document.querySelector("form[data-pow]");
const bits = Number(form?.dataset.bits);
if (form && crypto.subtle && bits > 0 && bits <= BITS_MAX) solve(form, form.dataset.pow, bits);

async function solve(form, challenge, bits) {
  const work = form.querySelector("[data-work]");
  const status = form.querySelector("[data-status]");
  const wait = form.querySelector("[data-wait]");
  let left = false;
  form.addEventListener("submit", () => (left = true));

  work.hidden = false;
  wait.hidden = true;
  status.textContent = status.dataset.working;
  for (let first = 0; !left; first += BATCH) {
    const numbers = Array.from({ length: BATCH }, (_, i) => first + i);
    const zeros = await Promise.all(numbers.map((n) => leadingZeros(`${challenge}:${n}`)));
    const found = zeros.findIndex((count) => count >= bits);
    if (found < 0) {
      // Hashes come back before anything else of the page gets its turn.
      await new Promise((turn) => setTimeout(turn));
      continue;
    }
    form.elements.solution.value = String(first + found);
    status.textContent = status.dataset.solved;
    form.submit();
    return;
  }
}

async function leadingZeros(text) {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  const whole = hash.findIndex((byte) => byte !== 0);
  return whole < 0 ? 256 : whole * 8 + Math.clz32(hash[whole]) - 24;
}
