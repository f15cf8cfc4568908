;; Traps in its start: an instance that never comes to be is an error of the function, not of the platform.
(module
  (func $trap unreachable)
  (start $trap)
  (func (export "wasi:http/incoming-handler@0.2.0#handle") (param i32 i32)))
