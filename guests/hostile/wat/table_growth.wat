;; Grows a table until it may have no more.
(component
  (core module $code
    (table 1 funcref)
    (func (export "main") (result i32)
      (loop (br_if 0 (i32.ne (table.grow (ref.null func) (i32.const 1000)) (i32.const -1))))
      i32.const 0))
  (core instance $code (instantiate $code))
  (func $main (result (result)) (canon lift (core func $code "main")))
  (instance $run (export "run" (func $main)))
  (export "wasi:cli/run@0.2.0" (instance $run)))
