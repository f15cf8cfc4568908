import { applyMiddleware, combineReducers, legacy_createStore as createStore } from "redux";
import { checked, same } from "../check";

export default checked(() => {
  const seen: string[] = [];
  const cups = (state = 0, action: { type: string }) => (action.type === "add" ? state + 1 : state);
  const store = createStore(combineReducers({ cups }), applyMiddleware(() => (next) => (action) => {
    seen.push((action as { type: string }).type);
    return next(action);
  }));
  store.dispatch({ type: "add" });
  store.dispatch({ type: "add" });
  same([store.getState(), seen], [{ cups: 2 }, ["add", "add"]]);
});
