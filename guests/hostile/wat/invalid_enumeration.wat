;; Gives a number that stands for none of the cases of an enumeration.
(component
  (import "cogen:engine/log@0.1.0" (instance $log
    (type $levels (enum "trace" "debug" "info" "warn" "error"))
    (export "level" (type $level (eq $levels)))
    (export "log" (func (param "level" $level) (param "message" string)))))
  (core module $memory (memory (export "memory") 1) (data (i32.const 0) "\ff\fe\c3\28"))
  (core instance $memory (instantiate $memory))
  (core func $say (canon lower (func $log "log") (memory (core memory $memory "memory"))))
  (core module $code
    (import "log" "log" (func $log (param i32 i32 i32)))
    (func (export "main") (result i32)
      (call $log (i32.const 200) (i32.const 0) (i32.const 0))
      i32.const 0))
  (core instance $code (instantiate $code (with "log" (instance (export "log" (func $say))))))
  (func $main (result (result)) (canon lift (core func $code "main")))
  (instance $run (export "run" (func $main)))
  (export "wasi:cli/run@0.2.0" (instance $run)))
