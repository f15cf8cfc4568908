import { tell } from "./story.js";

/** Somebody in the café. */
export class Person {
  sayHello() {
    tell("Bob says: hello!");
  }

  wave() {
    tell("Bob waves.");
  }

  drink(coffee) {
    coffee.empty();
    tell("Bob drinks it. Good coffee.");
  }
}

/** A cup of coffee, hot when it is made. */
export class Coffee {
  #full = true;

  constructor() {
    tell("A cup of coffee is made.");
  }

  empty() {
    if (!this.#full) throw new Error("the cup is empty");
    this.#full = false;
  }
}
