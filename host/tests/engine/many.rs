//! What holds for guests holds as well in an engine for so many that the pool does not hold them.
#![cfg(all(target_os = "linux", target_pointer_width = "64"))]

use crate::common::*;

/// One more than the pool has.
const MANY: usize = 8193;

const PAGE: usize = 64 << 10;

fn stage(pages: usize) -> Stage {
    Stage::with(|builder| builder.max_coroutines(MANY).max_memory(pages * PAGE))
}

/// How a command of this core module's ends, which traps if `main` leaves anything but zero.
fn ends(fields: &str, main: &str, pages: usize) -> Outcome {
    let component = wat::parse_str(format!(
        r#"(component
            (core module $code {fields} (func (export "main") (result i32)
                (if (i32.ne (i32.const 0) {main}) (then unreachable)) i32.const 0))
            (core instance $code (instantiate $code))
            (func $main (result (result)) (canon lift (core func $code "main")))
            (instance $run (export "run" (func $main)))
            (export "wasi:cli/run@0.2.0" (instance $run)))"#
    ));
    let program = Program::from_bytes(component.expect("it is a component"));
    let mut stage = Stage::with(|builder| builder.max_coroutines(MANY).max_memory(pages * PAGE).program("c", program));
    let coroutine = stage.engine.spawn("c", "").expect("there is room");
    stage.run();
    coroutine.outcome().expect("it has ended")
}

fn trap(outcome: &Outcome) -> &str {
    match outcome {
        Outcome::Trapped { message, .. } => message,
        outcome => panic!("{outcome}"),
    }
}

#[test]
fn a_memory_grows_up_to_its_bound_and_ends_its_owner_beyond() {
    // 33 pages are more than a table of pages maps, 3 are less.
    for pages in [3, 33] {
        let grows = |by: usize| format!("(i32.sub (memory.grow (i32.const {by})) (i32.const 1))");
        assert_eq!(ends("(memory 1)", &grows(pages - 1), pages), Outcome::Returned(Vec::new()));
        let outcome = ends("(memory 1)", &grows(pages), pages);
        assert!(matches!(&outcome, Outcome::Exceeded { limit } if limit.contains("max-memory")), "{outcome}");
        let outcome = ends(&format!("(memory {})", pages + 1), "(i32.const 0)", pages);
        assert!(matches!(&outcome, Outcome::Exceeded { limit } if limit.contains("max-memory")), "{outcome}");
    }
    let mut stage = stage(32);
    let greedy = stage.spawn(script("g", [Step::Grow]));
    stage.run();
    let outcome = greedy.outcome().expect("it has ended");
    assert!(matches!(&outcome, Outcome::Exceeded { limit } if limit.contains("max-memory")), "{outcome}");
}

#[test]
fn no_address_beyond_the_length_of_a_memory_is_in_bounds() {
    // Fixed, growing, and grown: the first byte behind, one across the end, the last of 32 bits, and far offsets.
    for (memory, grown, length) in [("1 1", 0, PAGE), ("1", 0, PAGE), ("1", 1, 2 * PAGE), ("1 3", 2, 3 * PAGE)] {
        let fields = format!("(memory {memory})");
        let grow = format!("(drop (memory.grow (i32.const {grown})))");
        let load = |op: &str| ends(&fields, &format!("(block (result i32) {grow} {op})"), 8);
        let last = length - 1;
        assert!(load(&format!("(i32.load8_u (i32.const {last}))")).is_success());
        assert!(load(&format!("(i32.load (i32.const {}))", length - 4)).is_success());
        for op in [
            format!("(i32.load8_u (i32.const {length}))"),
            format!("(i32.load (i32.const {last}))"),
            format!("(i32.load offset={length} (i32.const 0))"),
            format!("(i32.load8_u offset=1 (i32.const {last}))"),
            "(i32.load8_u (i32.const -1))".into(),
            "(i32.load offset=4294967295 (i32.const 0))".into(),
            "(i32.load offset=4294967295 (i32.const -1))".into(),
        ] {
            // Looked up at run time, too, so that the compiler knows nothing.
            let unknown = op.replace("(i32.const", "(i32.add (global.get $zero) (i32.const").replacen("))", ")))", 1);
            assert_eq!(trap(&load(&op)), "out of bounds memory access", "{memory} {op}");
            let fields = format!("{fields} (global $zero (mut i32) (i32.const 0))");
            let outcome = ends(&fields, &format!("(block (result i32) {grow} {unknown})"), 8);
            assert_eq!(trap(&outcome), "out of bounds memory access", "{memory} {unknown}");
        }
    }
}

#[test]
fn a_guest_that_overflows_its_stack_traps_and_its_neighbours_do_not_notice() {
    let component = wat::parse_str(
        r#"(component
            (core module $code
                (func $deeper (param i64) (result i64)
                    (i64.add (local.get 0) (call $deeper (i64.add (local.get 0) (i64.const 1)))))
                (func (export "main") (result i32) (i32.wrap_i64 (call $deeper (i64.const 1)))))
            (core instance $code (instantiate $code))
            (func $main (result (result)) (canon lift (core func $code "main")))
            (instance $run (export "run" (func $main)))
            (export "wasi:cli/run@0.2.0" (instance $run)))"#,
    );
    let deep = Program::from_bytes(component.expect("it is a component"));
    let mut stage = Stage::with(|builder| builder.max_coroutines(MANY).program("deep", deep));
    let wait = || script("w", [Step::wait("x"), Step::Return("fine".into())]);
    // Neighbours on both sides, the one above parked deep in its own stack.
    let above = stage.spawn(wait());
    let deep = stage.engine.spawn("deep", "").expect("there is room");
    let below = stage.spawn(wait());
    let recursive = stage.spawn(script("r", [Step::Recurse]));
    stage.run();
    assert_eq!(
        trap(&deep.outcome().expect("it has ended")),
        "call stack exhausted: 524288 bytes are allowed; raise `max-stack` in [engine]"
    );
    assert!(matches!(recursive.outcome(), Some(Outcome::Trapped { .. })));
    stage.spawn(script("s", [Step::signal_to("x", "v", 2)]));
    stage.run();
    assert_eq!((above.outcome(), below.outcome()), (returned("fine"), returned("fine")));
}

#[test]
fn a_guest_finds_nothing_of_those_before_it() {
    // Looks for a byte that is not zero, then fills all there is.
    let component = wat::parse_str(
        r#"(component
            (core module $code
                (memory 2)
                (func (export "main") (result i32) (local $at i32)
                    (drop (memory.grow (i32.const 30)))
                    (loop $next
                        (if (i64.ne (i64.load (local.get $at)) (i64.const 0)) (then unreachable))
                        (local.set $at (i32.add (local.get $at) (i32.const 8)))
                        (br_if $next (i32.lt_u (local.get $at) (i32.const 0x200000))))
                    (memory.fill (i32.const 0) (i32.const 7) (i32.const 0x200000))
                    i32.const 0))
            (core instance $code (instantiate $code))
            (func $main (result (result)) (canon lift (core func $code "main")))
            (instance $run (export "run" (func $main)))
            (export "wasi:cli/run@0.2.0" (instance $run)))"#,
    );
    let curious = Program::from_bytes(component.expect("it is a component"));
    let mut stage = Stage::with(|builder| builder.max_coroutines(MANY).workers(2).program("curious", curious));
    for _ in 0..20 {
        let all: Vec<_> = (0..10).map(|_| stage.engine.spawn("curious", "").expect("there is room")).collect();
        stage.run();
        assert!(all.iter().all(|one| one.outcome() == Some(Outcome::Returned(Vec::new()))));
    }
}

#[test]
fn the_limits_of_a_component_hold() {
    let tables = |count: usize| "(table 1 funcref)".repeat(count);
    let builds = |fields: &str, more: usize| {
        let more = "(core instance (instantiate $code))".repeat(more);
        let component = wat::parse_str(format!(
            r#"(component
                (core module $code {fields} (func (export "main") (result i32) i32.const 0))
                (core instance $code (instantiate $code))
                {more}
                (func $main (result (result)) (canon lift (core func $code "main")))
                (instance $run (export "run" (func $main)))
                (export "wasi:cli/run@0.2.0" (instance $run)))"#
        ));
        let program = Program::from_bytes(component.expect("it is a component"));
        let builder = Engine::builder().workers(1).max_coroutines(MANY).program("c", program);
        let mut engine = builder.build().map_err(|error| error.to_string())?;
        let coroutine = engine.spawn("c", "").expect("there is room");
        engine.run();
        Ok(coroutine.outcome().expect("it has ended"))
    };
    assert_eq!(builds(&tables(4), 0), Ok(Outcome::Returned(Vec::new())));
    assert_eq!(builds(&tables(5), 0), Err("cannot load program `c`: it has 5 tables; 4 are allowed".to_owned()));
    assert_eq!(builds("(memory 1)", 1), Err("cannot load program `c`: it has 2 memories; 1 are allowed".to_owned()));
    assert_eq!(builds("", 31), Ok(Outcome::Returned(Vec::new())));
    let outcome = builds("", 32).expect("it is built");
    let limit = "instances: its component has more; 32 allowed to c#1; no program may have more";
    assert_eq!(outcome, Outcome::Exceeded { limit: limit.to_owned() });
}

#[test]
fn more_address_space_than_there_is_is_refused_with_what_to_do() {
    let error = Engine::builder().workers(1).max_coroutines(200_000).max_memory(4 << 30).build().err();
    let error = error.expect("it is refused");
    assert_eq!(error.kind(), cogen::ErrorKind::Configuration);
    assert!(error.to_string().starts_with("cannot reserve room for 200000 coroutines: "), "{error}");
    assert!(error.hint().is_some_and(|hint| hint.contains("max-memory")));
    // With the default there is room for them.
    assert!(Engine::builder().workers(1).max_coroutines(200_000).build().is_ok());
}
