;; Calls the engine while that is in the middle of answering an earlier call, to say where the answer goes.
(component
  (import "cogen:engine/context@0.1.0" (instance $context
    (export "names" (func (result (list string))))))
  (core module $memory
    (memory (export "memory") 1)
    (table (export "table") 1 funcref)
    (type $names (func (param i32)))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (call_indirect (type $names) (i32.const 0) (i32.const 0))
      i32.const 1024))
  (core instance $memory (instantiate $memory))
  (core func $names (canon lower (func $context "names") (memory (core memory $memory "memory"))
    (realloc (core func $memory "realloc"))))
  (core module $code
    (import "memory" "table" (table 1 funcref))
    (import "context" "names" (func $names (param i32)))
    (elem (i32.const 0) $names)
    (func (export "main") (param i32 i32) (result i32)
      (call $names (i32.const 0))
      i32.const 0))
  (core instance $code (instantiate $code
    (with "memory" (instance (export "table" (table $memory "table"))))
    (with "context" (instance (export "names" (func $names))))))
  (func (export "run") (param "args" (list u8)) (result (result (list u8) (error string)))
    (canon lift (core func $code "main") (memory (core memory $memory "memory"))
      (realloc (core func $memory "realloc")))))
