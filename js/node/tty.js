// node:tty
(function (host, shared, need) { return need("node:_refused").all("node:tty", "ReadStream WriteStream", { isatty: () => false }); })
