// node: answers with a module's `fetch`, by node's own http server, Request and Response.
//
//   node node.mjs MODULE 127.0.0.1:PORT
import { createServer } from "node:http";
import { pathToFileURL } from "node:url";

const [file, address] = process.argv.slice(2);
const { default: handler } = await import(pathToFileURL(file));
const [host, port] = address.split(":");

createServer(async (incoming, outgoing) => {
  // The load has no bodies.
  const request = new Request(`http://${incoming.headers.host}${incoming.url}`, { method: incoming.method, headers: incoming.headers });
  const response = await handler.fetch(request);
  const body = Buffer.from(await response.arrayBuffer());
  outgoing.writeHead(response.status, { ...Object.fromEntries(response.headers), "content-length": body.length });
  outgoing.end(body);
}).listen(Number(port), host);
