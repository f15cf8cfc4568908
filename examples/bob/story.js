// What has happened so far. A plain variable of a module is safe here: each request gets an engine of its own, so nobody reads
// anybody else's story, and none is ever longer than one request.
const lines = [];

/** Adds a line to the story. */
export function tell(line) {
  lines.push(line);
}

/** A handler that answers with everything that is told while `act` runs. */
export function told(act) {
  return function () {
    act();
    return new Response(lines.join("\n") + "\n");
  };
}
