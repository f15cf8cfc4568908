import { assign, createActor, fromPromise, setup, waitFor } from "xstate";
import { checked, same } from "../check";

const order = setup({ actors: { brew: fromPromise(async () => "tea") } }).createMachine({
  id: "order",
  context: { drink: "" },
  initial: "open",
  states: {
    open: { on: { PAY: "brewing" } },
    brewing: { invoke: { src: "brew", onDone: { target: "ready", actions: assign({ drink: ({ event }) => event.output }) } } },
    ready: { type: "final" },
  },
});

export default checked(async () => {
  const actor = createActor(order).start();
  actor.send({ type: "PAY" });
  const end = await waitFor(actor, (state) => state.status === "done");
  same([end.value, end.context.drink], ["ready", "tea"]);
});
