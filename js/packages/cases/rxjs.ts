import { firstValueFrom, from, interval, of } from "rxjs";
import { concatMap, delay, filter, map, scan, take, toArray } from "rxjs/operators";
import { checked, same } from "../check";

export default checked(async () => {
  const sums = from([1, 2, 3, 4]).pipe(filter((n) => n % 2 === 0), map((n) => n * 10), scan((a, b) => a + b), toArray());
  same(await firstValueFrom(sums), [20, 60]);
  same(await firstValueFrom(of("a", "b").pipe(concatMap((x) => of(x).pipe(delay(1))), toArray())), ["a", "b"]);
  same(await firstValueFrom(interval(1).pipe(take(3), toArray())), [0, 1, 2]);
});
