;; The smallest endless loop.
(module
  (func (export "wasi:http/incoming-handler@0.2.0#handle") (param i32 i32)
    (loop $again (br $again))))
