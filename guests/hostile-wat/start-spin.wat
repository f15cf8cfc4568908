;; Never gets past its own start: the limit must hold before the handler is reached.
(module
  (func $spin (loop $again (br $again)))
  (start $spin)
  (func (export "wasi:http/incoming-handler@0.2.0#handle") (param i32 i32)))
