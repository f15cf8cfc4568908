;; Asks for 2^31 table entries in one go; traps when refused.
(module
  (table 0 funcref)
  (func (export "wasi:http/incoming-handler@0.2.0#handle") (param i32 i32)
    (if (i32.eq (table.grow (ref.null func) (i32.const 0x80000000)) (i32.const -1)) (then unreachable))))
