import { Suspense, use, useId, useMemo, useState } from "react";
import { renderToReadableStream, renderToString } from "react-dom/server";
import { checked, same, holds } from "../check";

function Counter({ start }: { start: number }) {
  const [n] = useState(start);
  const twice = useMemo(() => n * 2, [n]);
  return <button id={useId()} title={`${twice}`} onClick={() => {}}>{n} &lt; {twice}</button>;
}

export default checked(async () => {
  holds(/^<button id="[^"]+" title="6">3<!-- --> &lt; <!-- -->6<\/button>$/.test(renderToString(<Counter start={3} />)), renderToString(<Counter start={3} />));
  const later = new Promise<string>((resolve) => setTimeout(() => resolve("late"), 1));
  const Late = () => <i>{use(later)}</i>;
  const stream = await renderToReadableStream(<main><Suspense fallback="wait"><Late /></Suspense></main>);
  await stream.allReady;
  same((await new Response(stream).text()).includes("<i>late</i>"), true);
});
