// hello: the least that a function can do; the same answer as the component bench-hello.
export default {
  fetch() {
    return new Response("Hello, world.\n");
  },
};
