//! How connections end, and what they say when there is none.

use cogen::ReactorKind;

use crate::stage::*;

/// Nobody listens there.
const NOBODY: &str = "127.0.0.1:1";

#[test]
fn a_refused_connection_is_told_with_its_cause() {
    let begun = Wait::Connecting { address: NOBODY.into(), save_as: "c".into() };
    let steps = [
        net::connect("c", NOBODY),
        net::connect("c", NOBODY).timeout(SECOND),
        net::connect("c", NOBODY).timeout(0),
        Step::Select(vec![begun]),
        Step::Elapsed,
    ];
    let refused = "s error: cannot connect to 127.0.0.1:PORT: connection refused";
    assert_heard(&[script("s", steps)], &[refused, refused, refused, refused, "s elapsed 0"]);
}

#[test]
fn the_last_line_may_lack_its_newline() {
    let read = || net::read_line("there", 100);
    assert_said(
        [
            net::write_all("here", "one\nand a ha"),
            net::shutdown("here", Direction::Write),
            read(),
            read(),
            read(),
            read(),
        ],
        &[
            "write-all here ok",
            "shutdown here write",
            r#"read-line there got "one\n""#,
            r#"read-line there got "and a ha""#,
            r#"read-line there got """#,
            r#"read-line there got """#,
        ],
    );
}

#[test]
fn all_that_came_before_the_end_is_read_before_the_end() {
    let ends = || [net::write_all("here", "abcdefg"), net::close("here")];
    let said = ["write-all here ok", "close here"];
    let reads: [(&[Step], &[&str]); 4] = [
        (
            &[net::read("there", 3), net::read("there", 100), net::read("there", 100)],
            &[r#"read there got "abc""#, r#"read there got "defg""#, r#"read there got """#],
        ),
        (
            &[net::read_exact("there", 5), net::read_exact("there", 5), net::read_exact("there", 5)],
            &[r#"read-exact there got "abcde""#, r#"read-exact there got "fg""#, r#"read-exact there got """#],
        ),
        (&[net::read_to_end("there")], &[r#"read-to-end there got "abcdefg""#]),
        (&[Net::BufLines("there".into()).into()], &["buf-lines there got abcdefg"]),
    ];
    for (steps, expected) in reads {
        assert_said([&ends(), steps].concat(), &[&said, expected].concat());
    }
}

#[test]
fn one_who_waits_gets_what_was_written_just_before_the_end() {
    let reader = script("r", [net::listen("srv", "127.0.0.1:0"), net::announce("srv", 1), net::accept("srv", "c")]);
    let reader = reader.steps([net::read("c", 100), net::read("c", 100)]);
    let writer = [Step::wait("srv"), net::connect("c", "@srv"), Step::Sleep(SECOND), net::write_all("c", "bye")];
    let writer = script("w", writer).step(net::close("c"));
    at_each_reactor(|mut stage| {
        let heard = played(&mut stage, &[reader.clone(), writer.clone()]);
        assert_eq!(said_by("r", &heard)[3..], [r#"read c got "bye""#, r#"read c got """#]);
    });
}

#[test]
fn a_reset_does_not_hide_what_came_before_it() {
    assert_said(
        [
            net::write_all("there", "never read"),
            net::write_all("here", "abc"),
            // What closes with something unread breaks the connection.
            net::close("here"),
            net::read("there", 100),
            net::read("there", 100),
            net::read("there", 100),
            net::write_all("there", "x"),
            net::shutdown("there", Direction::Both),
        ],
        &[
            "write-all there ok",
            "write-all here ok",
            "close here",
            r#"read there got "abc""#,
            "error: cannot read from 127.0.0.1:PORT: connection reset",
            r#"read there got """#,
            "error: cannot write to 127.0.0.1:PORT: broken pipe",
            "error: cannot shut down 127.0.0.1:PORT: not connected",
        ],
    );
}

#[test]
fn one_who_waits_is_told_of_a_reset() {
    for wait in [net::read("there", 1), net::read_exact("there", 9), net::read_line("there", 9)] {
        let waits = script("r", [net::received(&["there"]), wait, Step::Elapsed]);
        let resets = [
            net::write_all("there", "never read"),
            net::spawn_with(waits, &["there"]),
            Step::Sleep(SECOND),
            net::close("here"),
        ];
        at_each_reactor(|mut stage| {
            let heard = played(&mut stage, &[script("s", both_ends()).steps(resets.clone())]);
            let reset = "error: cannot read from 127.0.0.1:PORT: connection reset";
            assert_eq!(said_by("r", &heard)[1..], [reset, "elapsed 1000000000"]);
        });
    }
}

#[test]
fn each_direction_can_be_ended_by_itself() {
    assert_said(
        [
            net::write_all("here", "question"),
            net::shutdown("here", Direction::Write),
            net::write_all("here", "more"),
            net::read_to_end("there"),
            net::write_all("there", "answer"),
            net::read("here", 100),
            net::shutdown("there", Direction::Write),
            net::read("here", 100),
        ],
        &[
            "write-all here ok",
            "shutdown here write",
            "error: cannot write to 127.0.0.1:PORT: broken pipe",
            r#"read-to-end there got "question""#,
            "write-all there ok",
            r#"read here got "answer""#,
            "shutdown there write",
            r#"read here got """#,
        ],
    );
    assert_said(
        [
            net::shutdown("here", Direction::Read),
            net::read("here", 100),
            net::write_all("here", "still goes"),
            net::read("there", 100),
        ],
        &["shutdown here read", r#"read here got """#, "write-all here ok", r#"read there got "still goes""#],
    );
    assert_said(
        [
            net::shutdown("here", Direction::Both),
            net::read("here", 100),
            net::write_all("here", "x"),
            net::read("there", 100),
        ],
        &[
            "shutdown here both",
            r#"read here got """#,
            "error: cannot write to 127.0.0.1:PORT: broken pipe",
            r#"read there got """#,
        ],
    );
}

#[test]
fn whoever_waits_for_a_direction_that_another_handle_ends_is_woken() {
    let waits = script("r", [net::received(&["c"]), net::read("c", 1), Step::Elapsed]);
    let steps = [
        net::share("there", "c"),
        net::spawn_with(waits, &["c"]),
        Step::Sleep(SECOND),
        net::shutdown("there", Direction::Read),
        Step::join("r"),
    ];
    at_each_reactor(|mut stage| {
        let heard = played(&mut stage, &[script("s", both_ends()).steps(steps.clone())]);
        assert_eq!(said_by("r", &heard), ["received a connection", r#"read c got """#, "elapsed 1000000000"]);
    });
}

#[test]
fn an_address_that_is_in_use_is_told_and_is_free_once_the_listener_is_gone() {
    let shared = |name: &str, address: &str| -> Step {
        let how = script_steps::ListenHow { reuse_port: true, ..Default::default() };
        Net::Listen { address: address.into(), save_as: name.into(), how }.into()
    };
    assert_heard(
        &[script(
            "s",
            [
                net::listen("a", "127.0.0.1:0"),
                net::listen("b", "@a"),
                net::connect("c", "@a"),
                net::accept("a", "d"),
                net::close("a"),
                // The one that was accepted still has the address.
                net::listen("b", "@a"),
                net::connect("c", "@b"),
                net::accept("b", "d"),
                shared("e", "127.0.0.1:0"),
                shared("f", "@e"),
                net::listen("g", "@e"),
            ],
        )],
        &[
            "s listen a ok",
            "s error: cannot listen at 127.0.0.1:PORT: address in use",
            "s connect c ok",
            "s accept d ok",
            "s close a",
            "s listen b ok",
            "s connect c ok",
            "s accept d ok",
            "s listen e ok",
            "s listen f ok",
            "s error: cannot listen at 127.0.0.1:PORT: address in use",
        ],
    );
}

#[test]
fn what_cannot_be_reached_is_told() {
    // No connection goes to everybody.
    let everybody = "255.255.255.255";
    let steps = [net::connect("c", &format!("{everybody}:9")).timeout(SECOND), Step::Elapsed];
    for reactor in reactors_and(quick().unreachable(everybody.parse().expect("an address"))) {
        let heard = played(&mut stage_at(&reactor, |builder| builder), &[script("s", steps.clone())]);
        assert_eq!(heard[0], "s error: cannot connect to 255.255.255.255:9: host unreachable");
    }
}

#[test]
fn an_address_of_nobody_cannot_be_listened_at() {
    // The simulated network has every address.
    for reactor in ReactorKind::ALL {
        let mut stage = stage_at(reactor, |builder| builder);
        let heard =
            played(&mut stage, &[script("s", [net::listen("a", "192.0.2.1:0"), net::bind("b", "192.0.2.1:0")])]);
        let refused = ["listen at", "bind to"]
            .map(|attempt| format!("s error: cannot {attempt} 192.0.2.1:0: Cannot assign requested address"));
        assert_eq!(heard, refused);
    }
}
