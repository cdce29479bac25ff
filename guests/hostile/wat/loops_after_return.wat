;; Returns a value, and goes on for ever in the function that is to clean up behind it.
(component
  (core module $code
    (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024)
    (func (export "run") (param i32 i32) (result i32) i32.const 0)
    (func (export "after") (param i32) (loop (br 0))))
  (core instance $code (instantiate $code))
  (func (export "run") (param "args" (list u8)) (result (result (list u8) (error string)))
    (canon lift (core func $code "run") (memory (core memory $code "memory"))
      (realloc (core func $code "realloc")) (post-return (core func $code "after")))))
