import { Coffee, Person } from "./cafe.js";
import { told } from "./story.js";

export default told(function () {
  var bob = new Person();
  bob.sayHello();
  bob.wave();
  var cup = new Coffee();
  bob.drink(cup);
  var cupTwo = new Coffee();
});
