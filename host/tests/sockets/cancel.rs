//! What a coroutine that was cancelled may still do with its sockets.

use crate::stage::*;

#[test]
fn each_wait_of_a_cancelled_coroutine_says_so_and_what_does_not_wait_goes_on() {
    let steps = [
        net::bind("u", "127.0.0.1:0"),
        net::write_all("here", "there is something\n"),
        Step::CancelSelf,
        // Also what would have been ready.
        net::read("there", 1),
        net::read_exact("there", 1),
        net::read_line("there", 100),
        net::write("here", "x"),
        net::write_all("here", "x"),
        net::accept("srv", "c"),
        net::connect("c", "@srv"),
        net::resolve("127.0.0.1"),
        net::send_to("u", "@u", "x"),
        net::receive("u", 1),
        net::receive_from("u", 1).timeout(0),
        Step::Select(vec![Wait::Reading("here".into())]),
        net::spawn_with(script("r", []), &["u"]),
        net::serve("srv", script("h", []), "serving"),
        net::counts("here"),
        net::local_address("here"),
        net::shutdown("here", Direction::Both),
        net::share("there", "copy"),
        net::close("there"),
    ];
    let mut expected = vec!["bind u ok", "write-all here ok", "cancel-self ok"];
    expected.extend(["error: cancelled"; 11]);
    // It is ready, so that what is asked for next can say why.
    expected.extend(["select 0", "error: cancelled", "error: cancelled"]);
    expected.extend([
        "counts here read 0 written 19",
        "local-address here 127.0.0.1:PORT",
        "shutdown here both",
        "share copy ok",
        "close there",
    ]);
    at_each_reactor(|mut stage| {
        let heard = played(&mut stage, &[script("s", both_ends()).steps(steps.clone())]);
        assert_eq!(said_by("s", &heard)[3..], expected);
    });
}

#[test]
fn whoever_waits_is_told_at_once() {
    let waits = [
        net::read("c", 1),
        net::read_exact("c", 9).timeout(100 * SECOND),
        net::read_line("c", 9),
        net::accept("srv", "d"),
        Step::Select(vec![Wait::Reading("c".into()), Wait::Accepting("srv".into())]),
    ];
    for wait in waits {
        let victim = script("v", [net::received(&["c", "srv"]), wait.clone(), Step::Elapsed, net::read("c", 1)]);
        let steps = [
            net::spawn_with(victim, &["there", "srv"]),
            Step::Sleep(SECOND),
            Step::Cancel("v".into()),
            net::read("here", 1),
        ];
        at_each_reactor(|mut stage| {
            let heard = played(&mut stage, &[script("s", both_ends()).steps(steps.clone())]);
            let first = if matches!(wait, Step::Select(_)) { "select 0" } else { "error: cancelled" };
            assert_eq!(said_by("v", &heard)[1..], [first, "elapsed 1000000000", "error: cancelled"]);
            assert_eq!(heard.last().map(String::as_str), Some(r#"s read here got """#));
        });
    }
}

#[test]
fn one_who_waits_keeps_a_run_alive_and_one_who_only_holds_a_socket_does_not() {
    let holds = script("h", both_ends()).step(Step::wait("never"));
    // In the simulated network there is nobody else.
    for reactor in cogen::ReactorKind::ALL {
        let mut stage = stage_at(reactor, |builder| builder);
        stage.spawn(holds.clone());
        assert_eq!(run(&mut stage).parked.len(), 1);
        // Now somebody waits for one who never comes, from outside for all that the engine knows.
        let waits = stage.spawn(script("w", [net::listen("srv", "127.0.0.1:0"), net::accept("srv", "c")]));
        turn_until(&mut stage, |_, turn| turn == cogen::Turn::Idle);
        waits.kill();
        assert_eq!(run(&mut stage).parked.len(), 1);
    }
}

#[test]
fn what_goes_through_sockets_is_charged_while_the_host_keeps_it() {
    const MOST: usize = 100_000;
    let refused = "error: limit reached: payloads: 87500 bytes are kept for `script` at most; raise `payloads` in \
                   [program.script.limits]";
    // The program leaves an eighth to the other one.
    const FITS: usize = 80_000;
    let steps = [
        net::write_all("here", Pattern::new(FITS as u64)),
        net::read_exact("there", FITS),
        net::write_all("here", Pattern::new(MOST as u64 + 1)),
        net::write("here", Pattern::new(MOST as u64 + 1)),
        net::read_exact("there", MOST + 1),
        net::read_line("there", MOST),
        net::write_all("here", "still fine\n"),
        net::read_line("there", 1000),
    ];
    for reactor in reactors() {
        let mut stage = stage_at(&reactor, |builder| builder.max_payloads(MOST));
        let heard = played(&mut stage, &[script("s", both_ends()).steps(steps.clone())]);
        let said = &said_by("s", &heard)[3..];
        assert_eq!(said[0], "write-all here ok");
        assert!(said[1].starts_with("read-exact there got 80000 bytes, "), "{}", said[1]);
        // A line may need what is read beyond it as well.
        assert_eq!(said[2..6], [refused; 4]);
        assert_eq!(said[6..], ["write-all here ok", r#"read-line there got "still fine\n""#]);
    }
}
