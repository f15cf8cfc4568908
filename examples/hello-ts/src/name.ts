/** What to call whoever is calling. */
export function nameOf(caller: Serviceful.Caller): string {
  switch (caller.kind) {
    case "user":
      return caller.displayName ?? "nobody with a name";
    case "workload":
      return caller.id;
    case "anonymous":
      return "stranger";
  }
}
