import { EventEmitter } from "eventemitter3";
import { checked, same } from "../check";

export default checked(() => {
  const emitter = new EventEmitter<{ hello: [string] }>();
  const heard: string[] = [];
  emitter.on("hello", (name) => heard.push(name));
  emitter.once("hello", (name) => heard.push(name + "!"));
  emitter.emit("hello", "a");
  emitter.emit("hello", "b");
  same(heard, ["a", "a!", "b"]);
});
