/** @jsxImportSource preact */
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import { renderToString } from "preact-render-to-string";
import { checked, same } from "../check";

const Name = createContext("nobody");
const Hello = () => <p class="x">Hello {useContext(Name)}{"<"}</p>;

export default checked(() => {
  same(renderToString(<Name.Provider value="bob"><Hello /></Name.Provider>), '<p class="x">Hello bob&lt;</p>');
});
