// Runs the checks that were read before.
export default {
  async fetch() {
    const failed = [];
    for (const [name, run] of checks) {
      try { await run(); } catch (error) { failed.push(`${name}: ${error?.message ?? error}\n${error?.stack ?? ""}`); }
    }
    return new Response(failed.length ? failed.join("\n") : `all ${checks.length} hold`);
  },
};
