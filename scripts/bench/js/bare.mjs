// bare: the least that answers with node: neither Request nor Response, nothing is called.
//
//   node bare.mjs 127.0.0.1:PORT
import { createServer } from "node:http";

const [host, port] = process.argv[2].split(":");

createServer((_, outgoing) => outgoing.end("Hello, world.\n")).listen(Number(port), host);
