import { autorun, computed, makeAutoObservable, observable, runInAction } from "mobx";
import { checked, same } from "../check";

class Cart {
  cups = 0;
  constructor() {
    makeAutoObservable(this);
  }
  get total() {
    return this.cups * 2.5;
  }
  add(n: number) {
    this.cups += n;
  }
}

export default checked(() => {
  const cart = new Cart(), seen: number[] = [];
  const stop = autorun(() => seen.push(cart.total));
  cart.add(2);
  cart.add(1);
  stop();
  cart.add(5);
  same(seen, [0, 5, 7.5]);
  const box = observable.box(1), double = computed(() => box.get() * 2);
  runInAction(() => box.set(4));
  same(double.get(), 8);
});
