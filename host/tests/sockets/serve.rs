//! The accept loop of the host: one sandbox for each who connects.

use std::time::Duration;

use crate::stage::*;

/// Answers a line with another one, and goes.
fn answers() -> Script {
    script("h", [net::received(&["c"]), net::read_line("c", 100), net::write_all("c", "answer\n")]).strict()
}

/// Listens, lets `handler` serve, `most` at a time, and does these steps.
fn server(handler: Script, most: u32, steps: impl IntoIterator<Item = Step>) -> Script {
    let (program, args) = ("script".into(), Args::Script(handler));
    let serve = Net::Serve { listener: "srv".into(), program, args, most, save_as: "serving".into() };
    script("s", [net::listen("srv", "127.0.0.1:0"), serve.into()]).steps(steps)
}

/// Asks a line and reads all that comes.
fn asks() -> [Step; 3] {
    [net::connect("c", "@srv"), net::write_all("c", "question\n"), net::read_to_end("c")]
}

/// So many who ask at once; the one who starts them waits for their ends.
fn clients(count: usize) -> Vec<Step> {
    let client = |number| script(&format!("c{number}"), asks()).strict();
    let spawns = (0..count).map(|number| Step::spawn(client(number)));
    let joins = (0..count).map(|number| Step::join(&format!("c{number}")));
    spawns.chain(joins).collect()
}

fn stop() -> [Step; 2] {
    [Step::Cancel("serving".into()), Step::join("serving")]
}

const STOPPED: [&str; 2] = ["cancel serving", "error: `serve script` was cancelled"];

#[test]
fn each_who_connects_has_a_coroutine_of_its_own() {
    let handler = script("h", [Step::ContextGet("k".into())]).steps(answers().steps);
    let handler = handler.step(Step::ContextSet("k".into(), "set".into())).step(Step::ContextNames);
    let steps = [vec![Step::Describe("serving".into())], clients(3), stop().into()].concat();
    at_each_reactor(|mut stage| {
        let mut server = server(handler.clone(), 0, steps.clone());
        server.steps.insert(0, Step::ContextSet("k".into(), "of the server".into()));
        let heard = played(&mut stage, &[server]);
        let said = said_by("s", &heard);
        assert_eq!(said[2..5], ["serve serving", "describe serving serve script#2 of 1 created", "spawn c0"]);
        assert_eq!(said[said.len() - 2..], STOPPED);
        // Nothing of one is left for the next: each finds an empty context, and has but what it sets itself.
        let expected = [
            "error: not found",
            "received a connection",
            r#"read-line c got "question\n""#,
            "write-all c ok",
            "context-set k",
            "context-names k",
        ];
        let mut handled = said_by("h", &heard);
        handled.sort_unstable();
        let mut expected = expected.map(|line| vec![line; 3]).concat();
        expected.sort_unstable();
        assert_eq!(handled, expected);
        // Three clients, three handlers, the accept loop and the one who began it.
        assert_eq!(stage.engine.stats().ended, 8);
    });
}

#[test]
fn as_many_live_at_a_time_as_are_allowed_and_nobody_is_turned_away() {
    const CLIENTS: usize = 50;
    const MOST: usize = 3;
    let handler =
        script("h", [net::received(&["c"]), log("begins"), net::read_line("c", 100), Step::Sleep(MILLISECOND)]);
    let handler = handler.steps([net::write_all("c", "answer\n"), log("ends")]).strict();
    at_each_reactor(|mut stage| {
        let steps = [clients(CLIENTS), stop().into()].concat();
        let heard = played(&mut stage, &[server(handler.clone(), MOST as u32, steps)]);
        let answered =
            heard.iter().filter(|line| line.starts_with('c') && line.ends_with(r#" read-to-end c got "answer\n""#));
        assert_eq!(answered.count(), CLIENTS);
        let (mut living, mut most) = (0_usize, 0);
        for line in heard.iter().filter_map(|line| line.strip_prefix("h ")) {
            match line {
                "begins" => living += 1,
                "ends" => living -= 1,
                _ => {}
            }
            most = most.max(living);
        }
        assert_eq!(most, MOST);
    });
}

#[test]
fn those_who_wait_for_a_place_are_served_when_one_is_free() {
    let steps = [
        vec![net::connect("first", "@srv"), net::connect("second", "@srv"), net::write_all("second", "question\n")],
        vec![
            net::read("second", 100).timeout(SECOND),
            net::write_all("first", "question\n"),
            net::read_to_end("first"),
        ],
        vec![net::read_to_end("second"), Step::Elapsed],
        stop().into(),
    ];
    at_each_reactor(|mut stage| {
        let heard = played(&mut stage, &[server(answers(), 1, steps.concat())]);
        let expected = [
            "error: timed out",
            "write-all first ok",
            r#"read-to-end first got "answer\n""#,
            r#"read-to-end second got "answer\n""#,
            "elapsed 1000000000",
        ];
        assert_eq!(said_by("s", &heard)[5..10], expected);
    });
}

#[test]
fn a_cancelled_or_killed_accept_loop_takes_in_nobody_and_leaves_alone_whom_it_started() {
    for (end, ended) in [
        (Step::Cancel("serving".into()), "error: `serve script` was cancelled"),
        (Step::Kill("serving".into()), "error: `serve script` was killed"),
    ] {
        // It accepts, or waits for a place.
        for most in [0, 1] {
            let steps = [
                net::connect("c", "@srv"),
                Step::Sleep(MILLISECOND),
                end.clone(),
                Step::join("serving"),
                net::connect("d", "@srv"),
                net::write_all("c", "question\n"),
                net::read_to_end("c"),
            ];
            at_each_reactor(|mut stage| {
                let heard = played(&mut stage, &[server(answers(), most, steps.clone())]);
                let expected = [
                    ended,
                    "error: cannot connect to 127.0.0.1:PORT: connection refused",
                    "write-all c ok",
                    r#"read-to-end c got "answer\n""#,
                ];
                assert_eq!(said_by("s", &heard)[5..], expected);
            });
        }
    }
}

#[test]
fn a_handler_that_fails_or_traps_is_reported_and_nobody_else_is_hurt() {
    for (end, report) in [(Step::Fail("boom".into()), "script failed: boom"), (Step::Trap, "script trapped")] {
        let handler = script("h", [net::received(&["c"]), net::read_line("c", 100), end]);
        at_each_reactor(|mut stage| {
            let steps = [(0..5).flat_map(|_| asks()).collect(), stop().to_vec()].concat();
            stage.spawn(server(handler.clone(), 1, steps));
            let ended = run(&mut stage);
            let heard = stage.heard();
            assert_eq!((ended.parked.len(), ended.failed, stage.held()), (0, 5, [0; 4]), "{heard:?}");
            assert_eq!(heard.iter().filter(|line| line.starts_with(report)).count(), 5, "{heard:?}");
            assert_eq!(heard.iter().filter(|line| *line == r#"s read-to-end c got """#).count(), 5, "{heard:?}");
            let said = said_by("s", &heard);
            assert_eq!(said[said.len() - 2..], STOPPED);
        });
    }
}

#[test]
fn a_serve_that_is_refused_drops_the_listener() {
    let serve = |program: &str, args| Net::Serve {
        listener: "srv".into(),
        program: program.into(),
        args,
        most: 0,
        save_as: "serving".into(),
    };
    let cases = [
        (serve("nobody", Args::Text(String::new())), "s error: there is no program `nobody`"),
        (
            serve("script", Args::Padded(answers(), (16 << 20) + 1)),
            "s error: invalid argument: arguments of 16777217 bytes; at most 16777216 are allowed",
        ),
    ];
    for (serve, error) in cases {
        let steps = [net::listen("srv", "127.0.0.1:0"), serve.into(), net::connect("c", "@srv")];
        let refused = "s error: cannot connect to 127.0.0.1:PORT: connection refused";
        assert_heard(&[script("s", steps)], &["s listen srv ok", error, refused]);
    }
}

#[test]
fn the_engine_chooses_a_worker_for_each() {
    const CLIENTS: usize = 10;
    let handler = script("h", [net::received(&["c"]), Step::wait("release")]).strict();
    let connect = (0..CLIENTS).map(|number| net::connect(&number.to_string(), "@srv"));
    let close = (0..CLIENTS).map(|number| net::read(&number.to_string(), 1));
    let steps: Vec<_> = connect.chain(close).chain(stop()).collect();
    for reactor in reactors() {
        let mut stage = stage_at(&reactor, |builder| builder.workers(2).clock(Clock::system()));
        stage.spawn(server(handler.clone(), 0, steps.clone()));
        let mut handlers = Vec::new();
        turn_until(&mut stage, |stage, _| {
            handlers = stage.engine.snapshot();
            handlers.retain(|info| info.waits_for.as_deref() == Some(r#"signal "release""#));
            handlers.len() == CLIENTS
        });
        stage.spawn(script("k", [Step::signal("release", "")]));
        end_clean(&mut stage);
        // The server and its accept loop are on one of the two.
        let of_the_first = handlers.iter().filter(|info| info.worker == 0).count();
        assert!((CLIENTS / 2 - 2..=CLIENTS / 2 + 2).contains(&of_the_first), "{of_the_first} of {CLIENTS}");
    }
}

#[test]
fn a_shutdown_ends_the_accept_loop_and_its_handlers() {
    let steps = [net::connect("c", "@srv"), net::read("c", 1)];
    at_each_reactor(|mut stage| {
        stage.spawn(server(answers(), 0, steps.clone()));
        turn_until(&mut stage, |stage, _| stage.engine.stats().coroutines == 3);
        let report = stage.engine.shutdown(Duration::from_secs(10));
        assert!(report.interrupted && report.parked.is_empty(), "{report:?}");
        assert_eq!(stage.held(), [0; 4]);
    });
}
