//! What whoever starts a coroutine leaves to it, and to all that it starts.

use script_steps::{Bounds, Net, net};

use crate::common::*;

/// A stage whose `free` may do everything, and whose `script` what these rules allow.
fn stage(rules: &[&str]) -> Stage {
    let script = guest("script").allow(allowed(rules));
    Stage::with(|builder| builder.program("script", script).program("free", guest("script")))
}

fn within(program: &str, bounds: Bounds, child: Script) -> Step {
    let save_as = child.name.clone();
    Step::SpawnWithin { program: program.into(), args: Args::Script(child), things: Vec::new(), bounds, save_as }
}

fn call_within(program: &str, bounds: Bounds, child: Script) -> Step {
    Step::CallWithin { program: program.into(), args: Args::Script(child), bounds, opts: Default::default() }
}

/// What `free` is told that it was not left.
fn not_left(who: &str, attempted: &str, line: &str) -> String {
    format!("{who} error: denied: whoever started this `free` has not left it to {attempted}, as by `{line}`")
}

fn signals() -> [Step; 2] {
    [Step::signal("a", ""), Step::signal("b", "")]
}

/// Runs to the end, in which nobody fails; answers what was said, without what is told of refusals.
fn said(stage: &mut Stage) -> Vec<String> {
    assert_eq!(stage.run().failed, 0, "{:#?}", stage.heard());
    let mut heard = stage.heard();
    heard.retain(|line| !line.starts_with("refused "));
    assert_eq!(stage.held(), [0; 4]);
    heard
}

#[test]
fn only_what_was_left_may_be_done_by_the_child_and_by_all_below_it() {
    let send_b = not_left("c", r#"send signal "b""#, r#"send = ["b"]"#);
    let below = |name: &str| script(name, signals());
    let child = script("c", signals()).steps([
        Step::Call { program: "free".into(), args: Args::Script(below("d")), opts: Default::default() },
        call_within("free", Bounds::default(), below("e")),
        // To leave what one was not left is to leave nothing.
        call_within("free", Bounds::only(["send=*"]), below("f")),
        call_within("free", Bounds::within_mine(), below("g")),
        Step::Call { program: "script".into(), args: Args::Text("{}".into()), opts: Default::default() },
    ]);
    let mut stage = stage(&[]);
    let bounds = Bounds::only(["send=a", "call=fr*"]);
    stage.engine.spawn("free", script("s", [call_within("free", bounds, child)])).expect("there is room");
    let heard = said(&mut stage);
    let mut expected = vec!["c signal a woke 0".to_owned(), send_b.clone()];
    for name in ["d", "e", "f", "g"] {
        let call = if name == "d" { "call" } else { "call-within" };
        expected.push(format!("{name} signal a woke 0"));
        expected.push(send_b.replacen('c', name, 1));
        expected.push(format!("c {call} free returned "));
    }
    expected.push(not_left("c", r#"call program "script""#, r#"call = ["script"]"#));
    expected.push("s call-within free returned ".to_owned());
    assert_eq!(heard, expected);
    let table = stage.engine.refusals();
    let lines: Vec<_> = table.lines.iter().map(|it| (it.program.as_str(), it.line.as_str(), it.count)).collect();
    assert_eq!(lines, [("free", r#"call = ["script"]"#, 1), ("free", r#"send = ["b"]"#, 5)]);
    assert!(table.lines.iter().all(|line| line.is_narrowed));
}

#[test]
fn nothing_is_left_that_the_program_itself_is_not_granted() {
    let mut stage = stage(&["send=a"]);
    let starts = [
        call_within("script", Bounds::only(["send=*"]), script("c", signals())),
        call_within("script", Bounds::default(), script("d", signals())),
    ];
    stage.engine.spawn("free", script("s", starts)).expect("there is room");
    let heard = said(&mut stage);
    let denied = |who: &str| {
        format!(
            "{who} error: denied: program `script` is not granted to send signal \"b\"; write `send = [\"b\"]` in \
             [program.script.allow], or run with --allow 'send=b'"
        )
    };
    let expected = [
        "c signal a woke 0",
        &denied("c"),
        "s call-within script returned ",
        "d signal a woke 0",
        &denied("d"),
        "s call-within script returned ",
    ];
    assert_eq!(heard, expected);
}

#[test]
fn what_is_within_mine_is_what_i_may_do_myself() {
    let child = |name: &str| script(name, signals()).step(Step::Environment);
    let grand = within("free", Bounds::default(), child("d"));
    let child = child("c").steps([grand, Step::join("d")]);
    let script = guest("script").allow(allowed(&["send=a", "spawn=free", "environment=A=mine"]));
    let free = guest("script").allow({
        let mut allow = Allow::all();
        allow.add(allowed(&["environment=A=its own", "environment=B=secret"]));
        allow
    });
    let mut stage = Stage::with(|builder| builder.program("script", script).program("free", free));
    stage.spawn(Script::new("s").steps([within("free", Bounds::within_mine(), child), Step::join("c")]));
    let expected = [
        "s spawn-within c".to_owned(),
        "c signal a woke 0".to_owned(),
        not_left("c", r#"send signal "b""#, r#"send = ["b"]"#),
        // Whose a value is says the program that has it.
        "c environment A=its own".to_owned(),
        "c spawn-within d".to_owned(),
        "d signal a woke 0".to_owned(),
        not_left("d", r#"send signal "b""#, r#"send = ["b"]"#),
        "d environment A=its own".to_owned(),
        "c join d returned ".to_owned(),
        "s join c returned ".to_owned(),
    ];
    assert_eq!(said(&mut stage), expected);
}

#[test]
fn what_one_is_given_and_those_it_has_started_are_its_own_whatever_is_left() {
    let victim = Step::Spawn {
        program: "free".into(),
        args: Args::Script(script("v", [Step::Sleep(9 * SECOND)])),
        save_as: "v".into(),
        opts: Default::default(),
    };
    let child = script("c", [net::received(&["given"]), victim, Step::Kill("v".into()), Step::Cancel("given".into())]);
    let steps = [
        within("free", Bounds::default(), script("w", [Step::Sleep(9 * SECOND)])),
        Step::SpawnWithin {
            program: "free".into(),
            args: Args::Script(child.step(Step::Info("given".into()))),
            things: vec!["w".into()],
            bounds: Bounds::only(["spawn=free"]),
            save_as: "c".into(),
        },
        Step::join("c"),
    ];
    let mut stage = stage(&[]);
    stage.engine.spawn("free", script("s", steps)).expect("there is room");
    let mut heard = said(&mut stage);
    heard.retain(|line| line.starts_with("c "));
    let expected = [
        "c received a coroutine".to_owned(),
        "c spawn v".to_owned(),
        "c kill v".to_owned(),
        not_left("c", r#"cancel or kill coroutines of program "free""#, r#"cancel = ["free"]"#),
        "c info given free parked".to_owned(),
    ];
    assert_eq!(heard, expected);
}

#[test]
fn an_accept_loop_leaves_no_more_than_was_left_to_the_one_that_started_it() {
    let handler = script("h", signals());
    let serve = Net::Serve {
        listener: "srv".into(),
        program: "free".into(),
        args: Args::Script(handler),
        most: 1,
        save_as: "serving".into(),
    };
    let child = script("c", [net::listen("srv", "127.0.0.1:7"), serve.into(), net::connect("c", "127.0.0.1:7")])
        .steps([net::read_to_end("c"), Step::Cancel("serving".into())]);
    let bounds = Bounds::only(["listen=127.0.0.1:*", "connect=127.0.0.1:*", "spawn=free", "send=a"]);
    let network = cogen::ReactorKind::Simulated(cogen::SimulatedNetwork::new(1));
    let mut stage = Stage::with(|builder| builder.reactor(network).program("free", guest("script")));
    stage.engine.spawn("free", script("s", [call_within("free", bounds, child)])).expect("there is room");
    let mut heard = said(&mut stage);
    heard.retain(|line| line.starts_with("h "));
    assert_eq!(heard, ["h signal a woke 0".to_owned(), not_left("h", r#"send signal "b""#, r#"send = ["b"]"#)]);
}

#[cfg(unix)]
#[test]
fn a_directory_is_within_mine_if_it_is_or_is_below_one_of_mine_and_is_written_if_that_may_be() {
    use script_steps::Files;
    let disk = tempfile::tempdir().expect("a temporary folder");
    let path = |name: &str| disk.path().join(name);
    for name in ["a/below", "b"] {
        std::fs::create_dir_all(path(name)).expect("a folder");
        std::fs::write(path(name).join("text"), name).expect("a file");
    }
    std::os::unix::fs::symlink(path("b"), path("a/link")).expect("a link");
    // The same names, but of other folders: the paths count.
    let free = Allow::all()
        .directory("x", path("b"), true)
        .directory("y", path("a/below"), true)
        .directory("z", path("a/link"), true)
        .directory("own", path("a"), false);
    let child = |name: &str| {
        let steps = ["x", "y", "z"].map(|name| Step::Files(Files::Read(format!("/{name}/text"))));
        script(name, steps).steps([
            Step::Files(Files::List("/own".into())),
            Step::Files(Files::Write("/y/new".into(), "new".into())),
            Step::Files(Files::Write("/own/new".into(), "new".into())),
        ])
    };
    for write in [false, true] {
        let mine = Allow::all().directory("x", path("a"), write);
        let mut stage = Stage::with(|builder| {
            builder.program("script", guest("script").allow(mine)).program("free", guest("script").allow(free.clone()))
        });
        let named = Bounds::only(["directory=y", "directory=none"]);
        stage.spawn(script(
            "s",
            [
                call_within("free", Bounds::within_mine(), child("c")),
                call_within("free", named, child("d")),
                call_within("free", Bounds::only([]), child("e")),
            ],
        ));
        let ok: Vec<_> = said(&mut stage).into_iter().filter(|line| !line.contains(" error: ")).collect();
        let mut expected = vec![r#"c read-file /y/text got "a/below""#, "c list /own below,link"];
        expected.extend(write.then_some("c write-file /y/new ok"));
        expected.push("s call-within free returned ");
        expected.extend([r#"d read-file /y/text got "a/below""#, "d write-file /y/new ok"]);
        expected.extend(["s call-within free returned "; 2]);
        assert_eq!(ok, expected);
        let _ = std::fs::remove_file(path("a/below/new"));
    }
}

#[test]
fn what_is_no_grant_or_limit_is_an_invalid_argument_and_narrowing_has_an_end() {
    let invalid = |bounds: Bounds, why: &str| {
        let mut stage = stage(&[]);
        stage.engine.spawn("free", script("s", [within("free", bounds, script("c", []))])).expect("there is room");
        assert_eq!(said(&mut stage), [format!("s error: invalid argument: {why}")]);
    };
    invalid(Bounds::only(["connect=example.org"]), "\"example.org\" has no port: write example.org:*");
    invalid(Bounds::only(["directory=../x"]), "\"../x\" is no name of a directory");
    invalid(Bounds::only(vec!["send=x"; 65]), "more than 64 grants to leave");
    let long = format!("send={}", "x".repeat(513));
    invalid(Bounds::only([&*long]), "a grant of 513 bytes; at most 512 are allowed");
    invalid(Bounds::default().limit("timerz", 1), "\"timerz\" is no limit of a coroutine");
    invalid(Bounds::default().limit("payloads", 1 << 20), "\"payloads\" is no limit of a coroutine");
    invalid(Bounds::default().limit("timers", 0), "timers: 0 is no number that it can have: 1 to 1000000");

    // Each starts the next one with fewer grants, until no more are looked at.
    let nested = (0..20).rev().fold(script("x", []), |child, depth| {
        script(&depth.to_string(), [call_within("free", Bounds::only(["call=free"]), child)])
    });
    let mut stage = stage(&[]);
    stage.engine.spawn("free", nested).expect("there is room");
    let heard = said(&mut stage);
    let end = "16 error: limit reached: grants have been narrowed 16 times above one another; no more are looked at";
    assert_eq!((heard.len(), &*heard[0]), (17, end));
    // A program that leaves its own grants to itself does not narrow them.
    let nested = (0..20).rev().fold(script("x", [log("there")]), |child, depth| {
        script(&depth.to_string(), [call_within("free", Bounds::within_mine(), child)])
    });
    stage.engine.spawn("free", nested).expect("there is room");
    assert_eq!(said(&mut stage)[0], "x there");
}

#[test]
fn limits_hold_for_the_child_and_for_all_below_it() {
    let hoards = |name: &str, steps: Vec<Step>| script(name, [Step::Hoard(6)]).steps(steps);
    let call =
        |child: Script| Step::Call { program: "free".into(), args: Args::Script(child), opts: Default::default() };
    let more = call_within("free", Bounds::default().limit("pending", 100), hoards("e", vec![]));
    let child = hoards("c", vec![call(hoards("d", vec![])), more]);
    let mut stage = stage(&[]);
    let bounds = Bounds::default().limit("pending", 5);
    stage.engine.spawn("free", script("s", [call_within("free", bounds, child)])).expect("there is room");
    let heard = said(&mut stage);
    for (name, id) in [("c", 2), ("d", 3), ("e", 4)] {
        let met = format!(
            "{name} error: limit reached: pending: 6 at a time; 5 allowed to free#{id}; the one who started it leaves it no more"
        );
        assert!(heard.contains(&met), "{heard:#?}");
    }
}
