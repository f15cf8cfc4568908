// What every case is made of: a program that uses a package, and answers with what went wrong.

/** A function whose request runs `body`: 200 when it came to its end, 500 with the error when it did not. */
export function checked(body: (request: Request) => unknown) {
  return {
    async fetch(request: Request): Promise<Response> {
      try {
        await body(request);
        return new Response("ok\n");
      } catch (error) {
        const text = error instanceof Error ? `${error.name}: ${error.message}\n${error.stack}` : String(error);
        return new Response(text, { status: 500 });
      }
    },
  };
}

/** Fails unless both are the same, as JSON writes them. */
export function same(actual: unknown, expected: unknown): void {
  const [one, two] = [written(actual), written(expected)];
  if (one !== two) throw new Error(`got ${one}, expected ${two}`);
}

/** Fails unless `condition`. */
export function holds(condition: unknown, what: string): asserts condition {
  if (!condition) throw new Error(`does not hold: ${what}`);
}

/** Fails unless `body` throws, and gives what it threw. */
export async function thrown(body: () => unknown): Promise<Error> {
  try {
    await body();
  } catch (error) {
    return error as Error;
  }
  throw new Error("nothing was thrown");
}

function written(value: unknown): string {
  return JSON.stringify(value, (_, part) => {
    if (typeof part === "bigint") return `${part}n`;
    if (part instanceof Map || part instanceof Set) return [...part];
    if (part instanceof Uint8Array) return [...part];
    return part === undefined ? "(undefined)" : part;
  });
}
