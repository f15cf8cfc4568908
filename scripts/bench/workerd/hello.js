// The same answer as bench-hello, as a module worker.
export default {
  fetch() {
    return new Response("Hello, world.\n");
  },
};
