// cpu: computes and does nothing else: integers in a typed array, floats, strings. ROUNDS makes it some 5 ms on an interpreter.
const ROUNDS = 6;

function primesBelow(limit) {
  const composite = new Uint8Array(limit);
  let count = 0;
  for (let n = 2; n < limit; n++) {
    if (composite[n]) continue;
    count++;
    for (let m = n * n; m < limit; m += n) composite[m] = 1;
  }
  return count;
}

function mandelbrot(size) {
  let inside = 0;
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const re = (3 * x) / size - 2;
      const im = (2 * y) / size - 1;
      let a = 0, b = 0, n = 0;
      while (n < 30 && a * a + b * b < 4) {
        const next = a * a - b * b + re;
        b = 2 * a * b + im;
        a = next;
        n++;
      }
      if (n === 30) inside++;
    }
  }
  return inside;
}

function distance(from, to) {
  let row = Array.from({ length: to.length + 1 }, (_, n) => n);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      next.push(Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (from[i - 1] === to[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row.at(-1);
}

export default {
  fetch() {
    let sum = 0;
    for (let n = 0; n < ROUNDS; n++) {
      sum += primesBelow(800 + n) + mandelbrot(10) + distance("the quick brown fox", `over ${n} lazy dogs`);
    }
    return new Response(`${sum}\n`);
  },
};
