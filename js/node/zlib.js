// node:zlib: gzip and deflate; the engine's own codec does the work. Brotli and zstd are refused.
(function (host, shared, need) {
  const { Buffer } = need("node:buffer"), { refuse } = need("node:_refused"), { codec } = need("web:codec");
  const KINDS = { gzip: [2, true], gunzip: [2, false], deflate: [1, true], inflate: [1, false], deflateRaw: [0, true], inflateRaw: [0, false] };
  const LEVEL = 6, OUTPUT_MAX = 2 ** 30 - 1;
  const code = (error, name) => Object.assign(error, { code: name });
  const damaged = (act) => { try { return act(); } catch (error) { throw error.code ? error : code(new Error(error.message), "Z_DATA_ERROR"); } };
  const run = ([format, pack], input, { level = LEVEL, maxOutputLength = OUTPUT_MAX } = {}) => {
    const step = codec(format, pack, level < 0 ? LEVEL : level), pieces = [];
    let length = 0;
    damaged(() => step(typeof input === "string" ? host.utf8(input) : shared.bytesOf(input), true, (piece) => {
      length += piece.length;
      if (length > maxOutputLength) throw code(new RangeError(`Cannot create a Buffer larger than ${maxOutputLength} bytes`), "ERR_BUFFER_TOO_LARGE");
      pieces.push(piece);
    }));
    return Buffer.concat(pieces);
  };
  const exports = { constants: { Z_NO_COMPRESSION: 0, Z_BEST_SPEED: 1, Z_BEST_COMPRESSION: 9, Z_DEFAULT_COMPRESSION: -1, Z_NO_FLUSH: 0, Z_SYNC_FLUSH: 2, Z_FINISH: 4 } };
  const unzip = (input, options) => { const [a, b] = shared.bytesOf(input); return run(a === 0x1f && b === 0x8b ? KINDS.gunzip : KINDS.inflate, input, options); };
  const add = (name, sync) => {
    exports[`${name}Sync`] = sync;
    exports[name] = (input, options, done = options) => {
      if (typeof done !== "function") throw code(new TypeError('The "callback" argument must be of type function.'), "ERR_INVALID_ARG_TYPE");
      shared.task(() => { let result; try { result = sync(input, typeof options === "object" ? options : undefined); } catch (error) { done(error); return; } done(null, result); });
    };
  };
  for (const [name, kind] of Object.entries(KINDS)) {
    add(name, (input, options) => run(kind, input, options));
    // As a stream of Node's.
    exports[`create${name[0].toUpperCase()}${name.slice(1)}`] = ({ level = LEVEL } = {}) => {
      const { Transform } = need("node:stream"), step = codec(...kind, level < 0 ? LEVEL : level);
      const give = (stream, bytes, last, done) => {
        try { damaged(() => step(bytes, last, (piece) => stream.push(Buffer.from(piece.buffer)))); } catch (error) { done(error); return; }
        done();
      };
      return new Transform({ transform(chunk, _, done) { give(this, chunk, false, done); }, flush(done) { give(this, undefined, true, done); } });
    };
  }
  add("unzip", unzip);
  for (const name of ["brotliCompress", "brotliDecompress", "zstdCompress", "zstdDecompress"]) for (const end of ["", "Sync"]) exports[name + end] = refuse("node:zlib", name + end);
  for (const name of ["createBrotliCompress", "createBrotliDecompress", "createUnzip"]) exports[name] = refuse("node:zlib", name);
  exports.crc32 = refuse("node:zlib", "crc32");
  return { ...exports, default: exports };
})
