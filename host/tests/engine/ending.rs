//! How guests end badly, and that nobody else is hurt.

use crate::common::*;

/// Runs a script beside a well-behaved one; answers how the first ended, and what was heard.
fn ends(steps: impl IntoIterator<Item = Step>) -> (Outcome, Vec<String>) {
    let mut stage = Stage::with(|builder| builder.max_memory(16 << 20));
    let victim = stage.spawn(script("bad", steps));
    let good = stage.spawn(script("good", [Step::Sleep(SECOND), Step::Return("fine".into())]));
    stage.run();
    assert_eq!(good.outcome(), returned("fine"));
    (victim.outcome().expect("it has ended"), stage.heard())
}

#[test]
fn a_trap_is_reported_once_with_its_backtrace() {
    let (outcome, heard) = ends([Step::Sleep(1), Step::Trap]);
    let Outcome::Trapped { message, backtrace } = outcome else { panic!("{outcome:?}") };
    assert!(message.contains("unreachable"), "{message}");
    assert!(backtrace.contains("script"), "{backtrace}");
    assert_eq!(heard.iter().filter(|line| line.starts_with("script trapped")).count(), 1, "{heard:?}");
}

/// Whether these lines are frames with functions of the guest.
fn names_functions(backtrace: &str) -> bool {
    backtrace.contains("script::trap") && backtrace.contains("perform_all")
}

/// Whether one of them says in which line of its source it stands.
fn names_lines(backtrace: &str) -> bool {
    let place = "script/rust/src/lib.rs:";
    let has_line =
        |line: &str| line.split(place).nth(1).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    backtrace.lines().any(has_line)
}

#[test]
fn a_backtrace_has_files_and_lines_where_debug_information_is_read() {
    for is_read in [true, false] {
        let mut stage = Stage::with(|builder| builder.debug_info(is_read));
        let victim = stage.spawn(script("bad", [Step::Trap]));
        stage.run();
        let Some(Outcome::Trapped { backtrace, .. }) = victim.outcome() else { panic!("{:?}", victim.outcome()) };
        assert_eq!((names_functions(&backtrace), names_lines(&backtrace)), (true, is_read), "{backtrace}");
    }
}

#[test]
fn a_backtrace_goes_up_to_whoever_called() {
    let trap = || script("inner", [Step::Trap]);
    // The caller has it in the failure that it is told.
    let (outcome, heard) = ends([Step::call(trap()), Step::Return("survived".into())]);
    assert_eq!(outcome, Outcome::Returned(b"survived".to_vec()));
    assert!(heard[0].starts_with("bad error: `script` trapped: ") && names_functions(&heard[0]), "{heard:?}");
    let (_, heard) = ends([Step::spawn(trap()), Step::join("inner")]);
    let joined = heard.iter().find(|line| line.starts_with("bad error:")).expect("the join fails");
    assert!(names_functions(joined), "{joined}");

    // One that passes the error on has it in its own message, through every level.
    let middle = script("middle", [Step::call(trap())]).strict();
    let mut stage = Stage::new();
    let top = stage.spawn(script("top", [Step::call(middle)]).strict());
    stage.run();
    let Some(Outcome::Failed { message }) = top.outcome() else { panic!("{:?}", top.outcome()) };
    assert!(message.starts_with("`script` failed: `script` trapped: ") && names_functions(&message), "{message}");
    let is_reported = |line: &String| line.starts_with("script failed: `script` failed: ") && names_functions(line);
    assert_eq!(stage.heard().iter().filter(|line| is_reported(line)).count(), 1, "once, by the one that nobody called");
}

#[test]
fn a_panic_traps_and_says_why_on_standard_error() {
    let (outcome, heard) = ends([Step::Panic("at the disco".into())]);
    assert!(matches!(outcome, Outcome::Trapped { .. }), "{outcome:?}");
    assert!(heard.iter().any(|line| line.contains("at the disco")), "{heard:?}");
}

#[test]
fn an_overflow_of_the_stack_traps() {
    let (outcome, _) = ends([Step::Recurse]);
    let Outcome::Trapped { message, .. } = outcome else { panic!("{outcome:?}") };
    // The guest's stack in linear memory is full before the machine's is.
    assert!(message.contains("out of bounds") || message.contains("stack"), "{message}");
}

#[test]
fn memory_without_end_exceeds_the_limit_which_is_named() {
    let (outcome, _) = ends([Step::Grow]);
    let Outcome::Exceeded { limit } = outcome else { panic!("{outcome:?}") };
    assert!(limit.contains("16777216") && limit.contains("max-memory"), "{limit}");
}

#[test]
fn an_exit_ends_with_its_status() {
    assert_eq!(ends([Step::Exit(0)]).0, Outcome::Returned(Vec::new()));
    assert_eq!(ends([Step::Exit(7)]).0, Outcome::Exited(1));
}

#[test]
fn a_callee_that_traps_exits_or_overflows_fails_the_call_only() {
    for step in [Step::Trap, Step::Exit(1), Step::Recurse, Step::Grow, Step::KillSelf] {
        let call = Step::call(script("callee", [step.clone()]));
        let (outcome, heard) = ends([call, Step::Return("survived".into())]);
        assert_eq!(outcome, Outcome::Returned(b"survived".to_vec()), "{step:?}: {heard:?}");
        assert!(heard.iter().any(|line| line.starts_with("bad error:")), "{step:?}: {heard:?}");
    }
}
