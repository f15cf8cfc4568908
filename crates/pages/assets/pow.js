// Proof of work: finds a number n such that SHA-256 of "challenge:n" begins with enough zero bits. A form with `data-send` is sent
// then; any other waits for its owner, and one that is sent too early goes when the number is found.
// Whoever has no script waits instead; the button is there from the start.
//
// SHA-256 (FIPS 180-4) is written out, because crypto.subtle takes many times as long for one short text. It keeps no secret and
// protects nothing: a number that is wrong is refused.

// More would take a phone minutes. The platform does not ask for more.
const BITS_MAX = 24;
// What fits into one block of the hash.
const TEXT_MAX = 55;
const TURN_MS = 30;

const primes = [];
for (let n = 2; primes.length < 64; n++) if (primes.every((p) => n % p)) primes.push(n);
const fraction = (x) => ((x % 1) * 2 ** 32) | 0;
const START = primes.slice(0, 8).map((p) => fraction(Math.sqrt(p)));
const ROUND = Int32Array.from(primes, (p) => fraction(Math.cbrt(p)));
const words = new Int32Array(64);

// Writes characters into the block, from one place on.
function write(block, text, at) {
  for (let i = 0; i < text.length; i++, at++) block[at >> 2] |= text.charCodeAt(i) << (24 - 8 * (at & 3));
}

// The zeros at the front of the hash's first 32 bits; `start` holds what stands before the number, `length` its length.
function leadingZeros(start, length, number) {
  words.set(start);
  write(words, number, length);
  length += number.length;
  words[length >> 2] |= 0x80 << (24 - 8 * (length & 3));
  words[15] = length * 8;
  for (let i = 16; i < 64; i++) {
    const x = words[i - 15];
    const y = words[i - 2];
    const low = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
    const high = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
    words[i] = (words[i - 16] + low + words[i - 7] + high) | 0;
  }
  let a = START[0], b = START[1], c = START[2], d = START[3];
  let e = START[4], f = START[5], g = START[6], h = START[7];
  for (let i = 0; i < 64; i++) {
    const high = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const one = (h + high + ((e & f) ^ (~e & g)) + ROUND[i] + words[i]) | 0;
    const low = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const two = (low + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + one) | 0;
    d = c;
    c = b;
    b = a;
    a = (one + two) | 0;
  }
  return Math.clz32(START[0] + a);
}

const form = document.querySelector("form[data-pow]");
const bits = Number(form?.dataset.bits);
if (form && bits > 0 && bits <= BITS_MAX) solve(form, form.dataset.pow, bits);

async function solve(form, challenge, bits) {
  const start = new Int32Array(16);
  const length = challenge.length + 1;
  if (length >= TEXT_MAX) return;
  write(start, `${challenge}:`, 0);
  const status = form.querySelector("[data-status]");
  const show = () => {
    form.querySelector("[data-work]").hidden = false;
    form.querySelector("[data-wait]")?.setAttribute("hidden", "");
    status.textContent = status.dataset.working;
  };
  let wanted = "send" in form.dataset;
  if (wanted) show();
  else {
    form.addEventListener("submit", (event) => {
      if (form.elements.solution.value !== "") return;
      event.preventDefault();
      wanted = true;
      show();
    });
  }
  for (let n = 0; ; ) {
    for (const end = performance.now() + TURN_MS; performance.now() < end; ) {
      for (const last = n + 256; n < last; n++) {
        const number = String(n);
        if (length + number.length > TEXT_MAX) return;
        if (leadingZeros(start, length, number) < bits) continue;
        form.elements.solution.value = number;
        status.textContent = status.dataset.solved;
        if (wanted) form.submit();
        return;
      }
    }
    await new Promise((turn) => setTimeout(turn));
  }
}
