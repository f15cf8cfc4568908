import { computed, createSSRApp, h, ref } from "vue";
import { renderToString } from "vue/server-renderer";
import { checked, same } from "../check";

export default checked(async () => {
  const app = createSSRApp({
    setup() {
      const n = ref(2);
      const twice = computed(() => n.value * 2);
      return () => h("p", { class: "x" }, [`${twice.value} <`]);
    },
  });
  same(await renderToString(app), '<p class="x">4 &lt;</p>');
});
