;; Calls itself for ever.
(module
  (func $deeper (param i32) (result i32)
    (i32.add (call $deeper (i32.add (local.get 0) (i32.const 1))) (i32.const 1)))
  (func (export "wasi:http/incoming-handler@0.2.0#handle") (param i32 i32)
    (drop (call $deeper (i32.const 0)))))
