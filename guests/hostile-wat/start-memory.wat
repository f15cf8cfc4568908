;; Takes memory in its start, 64 KiB at a time and touching each, until none is given; then traps.
(module
  (memory 1)
  (func $take (local $page i32)
    (loop $again
      (local.set $page (memory.grow (i32.const 1)))
      (if (i32.eq (local.get $page) (i32.const -1)) (then unreachable))
      (i32.store8 (i32.shl (local.get $page) (i32.const 16)) (i32.const 1))
      (br $again)))
  (start $take)
  (func (export "wasi:http/incoming-handler@0.2.0#handle") (param i32 i32)))
