//! The numbers that are promised: what is just allowed, and one more.

use cogen::ErrorKind;

use crate::common::*;

const PAYLOAD: usize = 16 << 20;
const VALUE: usize = 1 << 20;
const MESSAGE: usize = 64 << 10;

fn returns() -> Script {
    script("s", [Step::Return("fits".into())])
}

fn padded(bytes: usize) -> Args {
    Args::Padded(returns(), bytes)
}

fn call(args: Args) -> Step {
    Step::Call { program: "script".into(), args, opts: Default::default() }
}

fn spawn(args: Args) -> Step {
    Step::Spawn { program: "script".into(), args, save_as: "s".into(), opts: Default::default() }
}

fn big_value(bytes: usize, recipients: u32) -> Step {
    Step::BigValue { name: "x".into(), bytes, recipients }
}

/// How a script of these steps ends beside another one, which must end well; and what was heard.
fn ends(steps: impl IntoIterator<Item = Step>) -> (Outcome, Vec<String>) {
    let mut stage = Stage::new();
    let one = stage.spawn(script("one", steps));
    let other = stage.spawn(script("other", [Step::Sleep(SECOND), Step::Return("fine".into())]));
    assert!(stage.run().parked.is_empty());
    assert_eq!(other.outcome(), returned("fine"));
    (one.outcome().expect("it has ended"), stage.heard())
}

#[test]
fn arguments_may_have_16_mib() {
    let mut stage = Stage::new();
    let fits = stage.engine.spawn("script", returns().padded_to(PAYLOAD)).expect("it fits");
    let error = stage.engine.spawn("script", returns().padded_to(PAYLOAD + 1)).expect_err("it is one too long");
    assert_eq!(error.kind(), ErrorKind::Limit);
    assert_eq!(error.to_string(), "cannot spawn `script`: 16777217 bytes of arguments, 16777216 allowed");
    stage.run();
    assert_eq!(fits.outcome(), returned("fits"));

    let refused = "p error: invalid argument: arguments of 16777217 bytes; at most 16777216 are allowed";
    let steps = [spawn(padded(PAYLOAD)), Step::join("s"), spawn(padded(PAYLOAD + 1))];
    assert_eq!(Stage::play([script("p", steps)]), ["p spawn s", "p join s returned fits", refused]);
    let steps = [call(padded(PAYLOAD)), call(padded(PAYLOAD + 1))];
    assert_eq!(Stage::play([script("p", steps)]), ["p call script returned fits", refused]);
}

#[test]
fn a_value_may_have_1_mib() {
    let heard = Stage::play([
        script("w", [Step::wait("x"), log("has it")]),
        script("s", [big_value(VALUE, 1), big_value(VALUE + 1, 1)]),
    ]);
    let refused = "s error: invalid argument: a signal's value of 1048577 bytes; at most 1048576 are allowed";
    assert_eq!(heard[1..], ["w has it", "s big-value x woke 1", refused]);
}

#[test]
fn a_result_may_have_16_mib() {
    let result = |bytes| ends([Step::ReturnBytes(bytes)]).0;
    assert!(result(PAYLOAD) == Outcome::Returned(vec![0; PAYLOAD]));
    let limit = "result: 16777217 bytes returned, 16777216 allowed".to_owned();
    assert_eq!(result(PAYLOAD + 1), Outcome::Exceeded { limit });
}

#[test]
fn messages_are_cut_at_64_kib() {
    let failure = |length| match ends([Step::Fail("x".repeat(length))]).0 {
        Outcome::Failed { message } => message,
        outcome => panic!("{outcome:?}"),
    };
    assert_eq!(failure(MESSAGE), "x".repeat(MESSAGE));
    assert_eq!(failure(MESSAGE + 1), "x".repeat(MESSAGE) + "…");
    // No letter is cut in two: this one has two bytes, and begins one before the end.
    assert_eq!(failure(MESSAGE - 1).len(), MESSAGE - 1);

    let said = |text: String| Stage::play([script("s", [Step::Log(text)])]).remove(0);
    let room = MESSAGE - "s ".len();
    assert_eq!(said("x".repeat(room)).len(), MESSAGE);
    assert_eq!(said("x".repeat(room + 1)).len(), MESSAGE);
    assert_eq!(said("x".repeat(room - 1) + "é").len(), MESSAGE - 1, "no letter is cut in two");
}

#[test]
fn ten_thousand_pollables_may_be_waited_for_at_a_time() {
    let select = |count| ends([Step::Select(vec![Wait::Sleep(1); count])]);
    assert_eq!(
        select(10_000),
        (Outcome::Returned(Vec::new()), vec!["one select 0".to_owned(), "other sleep ok".into()])
    );
    let (outcome, _) = select(10_001);
    let Outcome::Trapped { message, .. } = outcome else { panic!("{outcome:?}") };
    assert_eq!(message, "10001 pollables in one list; at most 10000 are allowed");
}

#[test]
fn a_guest_may_hold_fifty_thousand_waits() {
    let (outcome, heard) = ends([Step::Hoard(49_000)]);
    assert_eq!((outcome, &*heard[0]), (Outcome::Returned(Vec::new()), "one hoard 49000"));
    let (outcome, heard) = ends([Step::Hoard(50_001)]);
    assert_eq!(outcome, Outcome::Returned(Vec::new()));
    let met = "one error: limit reached: pending: 50001 at a time; 50000 allowed to script#1; raise `pending` in \
               [program.script.limits]";
    assert_eq!(heard[0], met);
}

#[test]
fn a_command_may_have_ten_thousand_arguments() {
    let run = |count| {
        let mut stage = Stage::new();
        let hello = stage.engine.spawn("hello", "0\0".repeat(count)).expect("there is room");
        stage.run();
        hello.outcome().expect("it has ended")
    };
    assert_eq!(run(10_000), Outcome::Returned(Vec::new()));
    let outcome = run(10_001);
    assert!(matches!(&outcome, Outcome::Trapped { message, .. } if message.contains("10000")), "{outcome:?}");
}

#[test]
fn payloads_beyond_their_bound_are_refused_and_those_that_are_over_make_room() {
    const MOST: usize = 10_000;
    let mut stage = Stage::with(|builder| builder.max_payloads(MOST));
    let spent = "payloads: this engine keeps 10000 bytes for guests at most; raise `max-payloads` in [engine]";
    let error = stage.engine.spawn("script", returns().padded_to(MOST + 1)).expect_err("it is too long");
    assert_eq!(error.to_string(), format!("cannot spawn `script`: {spent}"));

    let refused = format!("p error: limit reached: {spent}");
    for step in [spawn(padded(MOST + 1)), call(padded(MOST + 1)), big_value(MOST + 1, 0), big_value(MOST + 1, 1)] {
        stage.spawn(script("p", [step]));
        stage.run();
        assert_eq!(stage.heard(), [&*refused]);
    }
    let too_long = stage.spawn(script("p", [Step::ReturnBytes(MOST + 1)]));
    stage.run();
    assert_eq!(too_long.outcome(), Some(Outcome::Exceeded { limit: spent.into() }));
    drop(too_long);
    stage.heard();
    assert_eq!(stage.held(), [0; 4], "what was refused is not kept");

    // One value waits for its recipient: there is no room for a second one before it is gone.
    stage.spawn(script("p", [big_value(6000, 1)]));
    stage.run();
    assert_eq!(stage.engine.stats().payloads, 6000);
    stage.spawn(script("p", [spawn(padded(6000)), big_value(6000, 1)]));
    stage.run();
    assert_eq!(stage.heard(), [&*refused, &*refused]);
    stage.spawn(script("w", [Step::wait("x"), Step::Yield, spawn(padded(6000)), Step::join("s"), big_value(6000, 0)]));
    stage.run();
    assert_eq!(
        stage.heard()[1..],
        ["p big-value x woke 1", "w yield ok", "w spawn s", "w join s returned fits", "w big-value x woke 0"]
    );
    assert_eq!(stage.held(), [0; 4]);
}

#[test]
fn a_result_counts_until_nobody_can_ask_for_it_any_more() {
    let mut stage = Stage::new();
    let result = stage.spawn(script("s", [Step::ReturnBytes(5000)]));
    stage.run();
    assert_eq!(stage.held(), [0, 0, 0, 5000]);
    drop(result);
    assert_eq!(stage.held(), [0; 4]);
}

#[test]
fn with_a_timeout_of_zero_what_cannot_be_done_at_once_is_not_done() {
    let callee = script("callee", [log("must not happen")]);
    let parked = script("v", [Step::wait("never").timeout(SECOND), Step::Return("v".into())]);
    let steps = [
        Step::call(callee.clone()).timeout(0),
        Step::signal_to("x", "v", 1).timeout(0),
        Step::spawn(parked),
        Step::join("v").timeout(0),
        Step::Sleep(SECOND),
        Step::join("v").timeout(0),
    ];
    let heard = Stage::play([script("s", steps)]);
    let timed_out = "s error: timed out";
    assert_eq!(heard[..4], [timed_out, timed_out, "s spawn v", timed_out]);
    assert_eq!(heard.last().map(String::as_str), Some("s join v returned v"));
    assert!(!heard.iter().any(|line| line.starts_with("callee")), "{heard:?}");
    let heard = Stage::play([script("w", [Step::wait("x")]), script("s", [Step::signal_to("x", "v", 1).timeout(0)])]);
    assert_eq!(heard, ["w wait x got v", "s signal x woke 1"]);
}

#[test]
fn a_timeout_of_all_bits_is_for_ever() {
    let late = || script("late", [Step::Sleep(1000 * SECOND), Step::Return("v".into())]);
    let heard = Stage::play([script(
        "s",
        [
            Step::call(late()).timeout(u64::MAX),
            Step::spawn(late()),
            Step::join("late").timeout(u64::MAX),
            Step::spawn(script("w", [Step::Sleep(SECOND), Step::wait("x")])),
            Step::signal_to("x", "v", 1).timeout(u64::MAX),
            Step::Elapsed,
        ],
    )]);
    let heard: Vec<_> = heard.iter().filter(|line| line.starts_with("s ")).collect();
    let expected = [
        "s call script returned v",
        "s spawn late",
        "s join late returned v",
        "s spawn w",
        "s signal x woke 1",
        "s elapsed 2001000000000",
    ];
    assert_eq!(heard, expected);
}

#[test]
fn settings_out_of_their_bounds_are_refused_with_the_bounds() {
    let refused = |builder: Builder| {
        let error = builder.build().err().expect("it is refused");
        assert_eq!(error.kind(), ErrorKind::Configuration);
        error.to_string()
    };
    let builder = Engine::builder;
    assert_eq!(refused(builder().workers(0)), "`workers` is 0; 1 to 256 are allowed");
    assert_eq!(refused(builder().workers(257)), "`workers` is 257; 1 to 256 are allowed");
    let coroutines = |count| refused(builder().workers(1).max_coroutines(count));
    assert_eq!(coroutines(0), "`max-coroutines` is 0; 1 to 200000 are allowed");
    assert_eq!(coroutines(200_001), "`max-coroutines` is 200001; 1 to 200000 are allowed");
}

/// A command whose core module has these fields, and that is instantiated so many times beside.
fn command(fields: &str, main: &str, more_instances: usize) -> Program {
    let more = "(core instance (instantiate $code))".repeat(more_instances);
    let component = wat::parse_str(format!(
        r#"(component
            (core module $code {fields} (func (export "main") (result i32) {main} i32.const 0))
            (core instance $code (instantiate $code))
            {more}
            (func $main (result (result)) (canon lift (core func $code "main")))
            (instance $run (export "run" (func $main)))
            (export "wasi:cli/run@0.2.0" (instance $run)))"#
    ));
    Program::from_bytes(component.expect("it is a component"))
}

fn builds(program: Program) -> Result<Engine, String> {
    let built = Engine::builder().workers(1).max_coroutines(2).program("c", program).build();
    built.map_err(|error| error.to_string())
}

#[test]
fn a_table_may_have_131_072_elements() {
    let grows = |elements: u32| {
        let grow = format!("(drop (table.grow (ref.null func) (i32.const {})))", elements - 1);
        let mut engine = builds(command("(table 1 funcref)", &grow, 0)).expect("it is built");
        let coroutine = engine.spawn("c", "").expect("there is room");
        engine.run();
        coroutine.outcome().expect("it has ended")
    };
    assert!(grows(131_072).is_success());
    let outcome = grows(131_073);
    assert!(matches!(&outcome, Outcome::Exceeded { limit } if limit.contains("131072")), "{outcome}");
}

#[test]
fn a_component_may_have_32_core_instances_4_tables_and_1_memory() {
    let tables = |count: usize| command(&"(table 1 funcref)".repeat(count), "", 0);
    for (fits, does_not) in [
        (command("", "", 31), command("", "", 32)),
        (tables(4), tables(5)),
        (command("(memory 1)", "", 0), command("(memory 1)", "", 1)),
    ] {
        assert!(builds(fits).is_ok());
        let refusal = builds(does_not).err().expect("it is refused");
        assert!(refusal.contains("program `c`"), "{refusal}");
    }
}

#[test]
fn one_call_answers_64_kib_of_random_bytes() {
    let asks_for = |bytes: u64| {
        let component = wat::parse_str(format!(
            r#"(component
                (import "wasi:random/random@0.2.0" (instance $random
                    (export "get-random-bytes" (func (param "len" u64) (result (list u8))))))
                (core module $memory
                    (memory (export "memory") 3)
                    (func (export "realloc") (param i32 i32 i32 i32) (result i32) i32.const 0))
                (core instance $memory (instantiate $memory))
                (core func $get (canon lower (func $random "get-random-bytes")
                    (memory (core memory $memory "memory")) (realloc (core func $memory "realloc"))))
                (core module $code
                    (import "random" "get" (func $get (param i64 i32)))
                    (func (export "main") (result i32)
                        (call $get (i64.const {bytes}) (i32.const 131072)) i32.const 0))
                (core instance $code (instantiate $code
                    (with "random" (instance (export "get" (func $get))))))
                (func $main (result (result)) (canon lift (core func $code "main")))
                (instance $run (export "run" (func $main)))
                (export "wasi:cli/run@0.2.0" (instance $run)))"#
        ));
        let mut engine = builds(Program::from_bytes(component.expect("it is a component"))).expect("it is built");
        let coroutine = engine.spawn("c", "").expect("there is room");
        engine.run();
        coroutine.outcome().expect("it has ended")
    };
    assert!(asks_for(65_536).is_success());
    assert!(matches!(asks_for(65_537), Outcome::Trapped { .. }));
}
