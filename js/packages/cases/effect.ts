import { Effect, Schema, Stream } from "effect";
import { checked, same } from "../check";

export default checked(async () => {
  const program = Effect.gen(function* () {
    const numbers = yield* Effect.all([Effect.succeed(1), Effect.promise(async () => 2)], { concurrency: 2 });
    yield* Effect.sleep("1 millis");
    return numbers;
  });
  same(await Effect.runPromise(program), [1, 2]);
  same(await Effect.runPromise(Effect.fail("broken").pipe(Effect.catch((why) => Effect.succeed(`caught ${why}`)))), "caught broken");
  same(await Effect.runPromise(Stream.runCollect(Stream.range(1, 3).pipe(Stream.map((n) => n * 2)))), [2, 4, 6]);
  same(Schema.decodeUnknownSync(Schema.Struct({ cups: Schema.FiniteFromString }))({ cups: "3" }), { cups: 3 });
});
