;; Spends its time inside single instructions: fills 16 MiB again and again. Interruption must reach between them.
(module
  (memory 256)
  (func (export "wasi:http/incoming-handler@0.2.0#handle") (param i32 i32)
    (loop $again
      (memory.fill (i32.const 0) (i32.const 7) (i32.const 0x1000000))
      (br $again))))
