// One stream that is packed or unpacked: `(bytes, last, give)` gives the pieces that come of them.
(function (host) {
  const codec = (format, pack, level) => {
    const number = host.zipNew(format, pack, level);
    let ended = false;
    return (bytes, last, give) => {
      if (ended && bytes?.length) throw new TypeError("there is more after the end of the compressed data");
      while (!ended) {
        const piece = host.zipStep(number, bytes, last);
        if (piece === undefined) return;
        if (piece === null) ended = true; else give(piece);
        bytes = undefined;
      }
    };
  };
  return { codec };
})
