;; Traps before it has begun: in the start function of its module.
(component
  (core module $code
    (func $start unreachable)
    (start $start)
    (func (export "main") (result i32)
      i32.const 0))
  (core instance $code (instantiate $code))
  (func $main (result (result)) (canon lift (core func $code "main")))
  (instance $run (export "run" (func $main)))
  (export "wasi:cli/run@0.2.0" (instance $run)))
