;; Asks for four gigabytes of memory at once, again and again.
(component
  (core module $code
    (memory 1)
    (func (export "main") (result i32)
      (loop (drop (memory.grow (i32.const 65535))) (br 0))
      i32.const 0))
  (core instance $code (instantiate $code))
  (func $main (result (result)) (canon lift (core func $code "main")))
  (instance $run (export "run" (func $main)))
  (export "wasi:cli/run@0.2.0" (instance $run)))
