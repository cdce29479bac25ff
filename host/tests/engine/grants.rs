//! What a program may do with others: start, call and end them, and talk to them by signals; and what is told of what it may not.

use cogen::Refused;

use crate::common::*;

/// A stage whose `script` is allowed this, and whose `free` everything.
fn stage(rules: &[&str]) -> Stage {
    let script = guest("script").allow(allowed(rules));
    Stage::with(|builder| builder.program("script", script).program("free", guest("script")))
}

/// What `script` is told that is not granted this.
fn denied(attempted: &str, key: &str, name: &str) -> String {
    format!(
        "s error: denied: program `script` is not granted to {attempted} \"{name}\"; write `{key} = [\"{name}\"]` in \
         [program.script.allow], or run with --allow '{key}={name}'"
    )
}

/// What the operator is told of the same.
fn refused(attempted: &str, key: &str, name: &str) -> String {
    format!("refused script#1 {attempted} \"{name}\"; script: {key} = [\"{name}\"]")
}

fn spawn(program: &str, save_as: &str, steps: impl IntoIterator<Item = Step>) -> Step {
    let args = Args::Script(script(save_as, steps));
    Step::Spawn { program: program.into(), args, save_as: save_as.into(), opts: Default::default() }
}

fn call(program: &str) -> Step {
    let args = Args::Script(script("c", [Step::Return("called".into())]));
    Step::Call { program: program.into(), args, opts: Default::default() }
}

#[test]
fn nothing_may_be_done_with_others_that_is_not_granted() {
    let begun = |wait| Step::Select(vec![wait]);
    let give = Wait::Give { name: "x".into(), value: "v".into(), recipients: 0 };
    let called = Wait::Call { program: "free".into(), args: Args::Text(String::new()) };
    let cases = [
        (Step::signal("x", "v"), denied("send signal", "send", "x")),
        (begun(give), denied("send signal", "send", "x")),
        (Step::wait("x"), denied("wait for signal", "wait", "x")),
        (begun(Wait::Signal("x".into())), denied("wait for signal", "wait", "x")),
        (spawn("free", "f", []), denied("spawn program", "spawn", "free")),
        (call("free"), denied("call program", "call", "free")),
        (begun(called), denied("call program", "call", "free")),
        // Whether there is such a program is nobody's business.
        (spawn("nowhere", "f", []), denied("spawn program", "spawn", "nowhere")),
        (call("nowhere"), denied("call program", "call", "nowhere")),
    ];
    let (steps, expected): (Vec<_>, Vec<_>) = cases.into_iter().unzip();
    let mut stage = stage(&[]);
    stage.spawn(script("s", steps));
    assert_eq!(stage.run().failed, 0);
    let (told, said): (Vec<_>, Vec<_>) = stage.heard().into_iter().partition(|line| line.starts_with("refused "));
    assert_eq!(said, expected);
    // Each line once; how often is in the table.
    assert_eq!(
        told,
        [
            refused("send signal", "send", "x"),
            refused("wait for signal", "wait", "x"),
            refused("spawn program", "spawn", "free"),
            refused("call program", "call", "free"),
            refused("spawn program", "spawn", "nowhere"),
            refused("call program", "call", "nowhere"),
        ]
    );
    let table = stage.engine.refusals();
    let lines: Vec<_> = table.lines.iter().map(|Refused { line, count, .. }| (line.as_str(), *count)).collect();
    let expected = [
        (r#"call = ["free"]"#, 2),
        (r#"call = ["nowhere"]"#, 1),
        (r#"send = ["x"]"#, 2),
        (r#"spawn = ["free"]"#, 1),
        (r#"spawn = ["nowhere"]"#, 1),
        (r#"wait = ["x"]"#, 2),
    ];
    assert_eq!((lines, table.others), (expected.to_vec(), 0));
    assert_eq!((stage.engine.stats().refused, stage.engine.handle().refusals()), (9, table));
    assert_eq!(stage.held(), [0; 4]);
}

#[test]
fn what_matches_a_pattern_may_be_done_and_nothing_beside_it() {
    let mut stage = stage(&["send=chat.*", "wait=chat.*", "spawn=f*", "call=free", "spawn=nowhere"]);
    stage.spawn(script(
        "s",
        [
            spawn("free", "f", [Step::wait("chat.1"), Step::signal_to("chat.2", "back", 1)]),
            Step::signal_to("chat.1", "there", 1),
            Step::wait("chat.2"),
            call("free"),
            Step::signal("chat", ""),
            Step::wait("x.chat.1").timeout(0),
            spawn("script", "s2", []),
            call("script"),
            // A pattern that holds tells what there is.
            spawn("nowhere", "n", []),
        ],
    ));
    assert_eq!(stage.run().failed, 0);
    let mut said = stage.heard();
    said.retain(|line| line.starts_with("s "));
    let expected = [
        "s spawn f".to_owned(),
        "s signal chat.1 woke 1".to_owned(),
        "s wait chat.2 got back".to_owned(),
        "s call free returned called".to_owned(),
        denied("send signal", "send", "chat"),
        denied("wait for signal", "wait", "x.chat.1"),
        denied("spawn program", "spawn", "script"),
        denied("call program", "call", "script"),
        "s error: there is no program `nowhere`".to_owned(),
    ];
    assert_eq!(said, expected);
}

#[test]
fn one_ends_itself_and_those_it_has_started_and_others_only_if_that_is_granted() {
    let victim = || spawn("free", "v", [Step::wait("never")]);
    for ending in [Step::Cancel("v".into()), Step::Kill("v".into())] {
        let mut stage = stage(&["spawn=*"]);
        stage.spawn(script("s", [victim(), ending, Step::join("v"), Step::CancelSelf, Step::Sleep(1)]));
        let report = stage.run();
        assert_eq!(
            (report.failed, report.parked.len(), stage.engine.stats().refused),
            (0, 0, 0),
            "{:?}",
            stage.heard()
        );
    }
    // One that is given a handle has not started it.
    let given = |rules: &[&str], ending: Step| {
        let mut stage = stage(rules);
        let takes = script("s", [script_steps::net::received(&["v"]), ending, Step::Return("done".into())]);
        let gives = [victim(), script_steps::net::spawn_with(takes, &["v"]), Step::join("s")];
        stage.engine.spawn("free", script("d", gives)).expect("there is room and a program");
        let parked = stage.run().parked.len();
        (parked, stage.heard())
    };
    for (verb, ending) in [("cancel", Step::Cancel("v".into())), ("kill", Step::Kill("v".into()))] {
        let (parked, heard) = given(&[], ending.clone());
        let line = denied("cancel or kill coroutines of program", "cancel", "free");
        assert!(parked == 1 && heard.contains(&line), "{heard:#?}");
        let (parked, heard) = given(&["cancel=fr*"], ending);
        assert!(parked == 0 && heard.contains(&format!("s {verb} v")), "{heard:#?}");
    }
}

#[test]
fn nothing_that_a_guest_makes_up_grants_more_than_it_asked_for() {
    let mut stage = stage(&[]);
    stage.spawn(script("s", [Step::signal("*", ""), Step::signal("a\"]\nspawn = [\"*", "")]));
    stage.run();
    let lines: Vec<_> = stage.engine.refusals().lines.into_iter().map(|refused| refused.line).collect();
    assert_eq!(lines, [r#"send = ["\\*"]"#, r#"send = ["a\"]\nspawn = [\"\\*"]"#]);
}
