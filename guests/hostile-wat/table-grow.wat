;; Grows its table by 100,000 entries at a time until none are given; then traps.
(module
  (table 1 funcref)
  (func (export "wasi:http/incoming-handler@0.2.0#handle") (param i32 i32)
    (loop $again
      (if (i32.eq (table.grow (ref.null func) (i32.const 100000)) (i32.const -1)) (then unreachable))
      (br $again))))
