// node:stream/consumers
(function (host, shared, need) {
  const { Buffer } = need("node:buffer");
  const buffer = async (stream) => { const parts = []; for await (const chunk of stream) parts.push(typeof chunk === "string" ? Buffer.from(chunk) : shared.bytesOf(chunk)); return Buffer.concat(parts); };
  const exports = {
    buffer,
    arrayBuffer: async (stream) => { const bytes = await buffer(stream); return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length); },
    blob: async (stream) => new Blob([await buffer(stream)]),
    text: async (stream) => shared.decode(await buffer(stream)),
    json: async (stream) => JSON.parse(shared.decode(await buffer(stream))),
  };
  return { ...exports, default: exports };
})
