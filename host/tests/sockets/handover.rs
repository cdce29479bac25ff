//! Connections, listeners, sockets and handles of coroutines that are given to another coroutine.

use crate::stage::*;

/// Spawns `script` with these things, and waits for its end.
fn give(script: Script, things: &[&str]) -> [Step; 2] {
    let name = script.name.clone();
    [net::spawn_with(script, things), Step::join(&name)]
}

#[test]
fn what_was_read_ahead_goes_with_the_connection() {
    let takes = script(
        "r",
        [
            net::received(&["c"]),
            Step::Select(vec![Wait::Sleep(SECOND), Wait::Reading("c".into())]),
            net::read_line("c", 100),
            net::read_exact("c", 5),
            net::write_all("c", "thanks"),
            net::counts("c"),
        ],
    );
    let steps = [net::write_all("here", "one\ntwo\nthree"), net::read_line("there", 100)];
    let steps = [&steps[..], &give(takes, &["there"]), &[net::read("there", 1), net::read("here", 100), Step::Elapsed]];
    assert_each_heard(
        &[script("s", both_ends()).steps(steps.concat())],
        &[
            BOTH_ENDS[0],
            BOTH_ENDS[1],
            BOTH_ENDS[2],
            "s write-all here ok",
            r#"s read-line there got "one\n""#,
            "s spawn-with r",
            "s join r returned ",
            "s error: the script keeps nothing as `there`",
            r#"s read here got "thanks""#,
            "s elapsed 0",
            "r received a connection",
            "r select 1",
            r#"r read-line c got "two\n""#,
            r#"r read-exact c got "three""#,
            "r write-all c ok",
            // What the giver has read counts as well: it is the same handle.
            "r counts c read 13 written 6",
        ],
    );
}

#[test]
fn timeouts_go_with_the_connection() {
    let takes = script("r", [net::received(&["c"]), net::read("c", 1), Step::Elapsed, net::read("c", 1).never()]);
    let steps = [net::set_timeout("there", Timeout::Within(SECOND)), net::spawn_with(takes, &["there"])];
    let steps = [&steps[..], &[Step::Sleep(5 * SECOND), net::close("here")]].concat();
    at_each_reactor(|mut stage| {
        let heard = played(&mut stage, &[script("s", both_ends()).steps(steps.clone())]);
        let expected = ["received a connection", "error: timed out", "elapsed 1000000000", r#"read c got """#];
        assert_eq!(said_by("r", &heard), expected);
    });
}

#[test]
fn everything_comes_in_the_order_in_which_it_was_given_and_once() {
    let takes = script(
        "r",
        [
            net::received(&["c", "srv", "u", "co"]),
            net::received(&["c2"]),
            net::read("c", 100),
            net::accept("srv", "d"),
            net::read("d", 100),
            net::receive("u", 100),
            Step::join("co"),
        ],
    );
    let one = script("one", [Step::Sleep(SECOND), Step::Return("one's value".into())]);
    let steps = [
        net::bind("u", "127.0.0.1:0"),
        net::bind("v", "127.0.0.1:0"),
        Step::spawn(one),
        net::write_all("here", "over the connection"),
        net::send_to("v", "@u", "a datagram"),
        net::connect("second", "@srv"),
        net::write_all("second", "over the listener"),
    ];
    let steps = [&steps[..], &give(takes, &["there", "srv", "u", "one"])].concat();
    at_each_reactor(|mut stage| {
        let heard = played(&mut stage, &[script("s", both_ends()).steps(steps.clone())]);
        let expected = [
            "received a connection, a listener, a UDP socket, a coroutine",
            "received nothing",
            r#"read c got "over the connection""#,
            "accept d ok",
            r#"read d got "over the listener""#,
            r#"receive u got "a datagram""#,
            "join co returned one's value",
        ];
        assert_eq!(said_by("r", &heard), expected);
    });
}

#[test]
fn many_may_join_a_coroutine_whose_handle_was_shared_and_given() {
    let one = script("one", [Step::Sleep(SECOND), Step::Return("v".into())]);
    let joins = |name: &str| script(name, [net::received(&["one"]), Step::join("one")]);
    let names = ["a", "b", "c"];
    let shares = names.map(|name| net::share("one", name));
    let spawns = names.map(|name| net::spawn_with(joins(name), &[name]));
    let steps = [&[Step::spawn(one)], &shares[..], &spawns[..], &[Step::join("one")]].concat();
    at_each_reactor(|mut stage| {
        let heard = played(&mut stage, &[script("s", steps.clone())]);
        for name in names {
            assert_eq!(said_by(name, &heard), ["received a coroutine", "join one returned v"]);
        }
        assert_eq!(heard.last().map(String::as_str), Some("s join one returned v"));
    });
}

#[test]
fn what_is_not_taken_is_closed_when_its_coroutine_ends() {
    // One that never asks what it was given, and a command, which cannot.
    let sleeps = net::spawn_with(script("r", [Step::Sleep(SECOND)]), &["there"]);
    let hello = Net::SpawnWith {
        program: "hello".into(),
        args: Args::Text("x".into()),
        things: vec!["there".into()],
        save_as: "h".into(),
    };
    for (spawn, end) in [(sleeps, "s elapsed 1000000000"), (hello.into(), "s elapsed 0")] {
        at_each_reactor(|mut stage| {
            let steps = [spawn.clone(), net::read("here", 100), Step::Elapsed];
            let heard = played(&mut stage, &[script("s", both_ends()).steps(steps)]);
            assert_eq!(heard[heard.len() - 2..], [r#"s read here got """#, end], "{heard:?}");
        });
    }
}

#[test]
fn what_is_given_to_one_that_is_killed_before_it_starts_is_closed() {
    let never = script("r", [log("must not be heard")]);
    let steps =
        [net::spawn_with(never, &["there"]).priority(Priority::First), Step::Kill("r".into()), net::read("here", 100)];
    let said = ["spawn-with r", "kill r", r#"read here got """#];
    assert_said(steps, &said);
}

#[test]
fn a_spawn_that_fails_drops_what_it_was_to_give() {
    let unknown = Net::SpawnWith {
        program: "nobody".into(),
        args: Args::Text(String::new()),
        things: vec!["there".into(), "srv".into()],
        save_as: "r".into(),
    };
    let too_large = Net::SpawnWith {
        program: "script".into(),
        args: Args::Padded(script("r", []), (16 << 20) + 1),
        things: vec!["there".into(), "srv".into()],
        save_as: "r".into(),
    };
    let cases = [
        (unknown, "error: there is no program `nobody`"),
        (too_large, "error: invalid argument: arguments of 16777217 bytes; at most 16777216 are allowed"),
    ];
    for (spawn, error) in cases {
        let steps = [spawn.into(), net::read("here", 100), net::connect("c", "@srv"), Step::join("r")];
        let said = [
            error,
            r#"read here got """#,
            "error: cannot connect to 127.0.0.1:PORT: connection refused",
            "error: the script keeps no handle `r`",
        ];
        assert_said(steps, &said);
    }
}

#[test]
fn sixty_four_things_can_be_given_and_sixty_five_cannot() {
    let names: Vec<_> = (0..65).map(|number| number.to_string()).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    let shares = |count: usize| names[..count].iter().map(|name| net::share("there", name)).collect::<Vec<_>>();
    let takes = || script("r", [net::received(&names), net::write_all("63", "from the last")]);
    let steps = |count: usize| {
        let give = net::spawn_with(takes(), &names[..count]);
        let close = [net::close("there"), Step::join("r"), net::read("here", 100), net::read("here", 100)];
        [both_ends(), shares(count), vec![give], close.into()].concat()
    };
    at_each_reactor(|mut stage| {
        let heard = played(&mut stage, &[script("s", steps(64))]);
        assert_eq!(heard[heard.len() - 2..], [r#"s read here got "from the last""#, r#"s read here got """#]);
        let heard = played(&mut stage, &[script("s", steps(65))]);
        let said = [
            "s error: invalid argument: 65 things to give; at most 64 are allowed",
            "s close there",
            "s error: the script keeps no handle `r`",
            r#"s read here got """#,
            r#"s read here got """#,
        ];
        assert_eq!(heard[heard.len() - 5..], said);
    });
}

#[test]
fn things_go_from_worker_to_worker() {
    const TIMES: usize = 20;
    let all = Pattern::new(1 << 20);
    let echoes = script("r", [net::received(&["c"]), net::echo("c", 1 << 16)]).strict();
    // With something read ahead, and somebody who waited for it on this worker.
    let once = [
        net::connect("here", "@srv"),
        net::accept("srv", "there"),
        net::read("there", 1).timeout(MILLISECOND),
        net::write_all("here", "a line\nand more"),
        net::read_line("there", 100),
        net::spawn_with(echoes, &["there"]),
        net::read_exact("here", 8),
        net::write_all("here", "!"),
        net::read_exact("here", 1),
        net::close("here"),
        Step::join("r"),
    ];
    let relay = script("x", [net::received(&["c"]), net::read_pattern("c", all, 1 << 16)]).strict();
    let large = [
        net::connect("here", "@srv"),
        net::accept("srv", "there"),
        net::spawn_with(relay, &["there"]),
        net::write_pattern("here", all, 1 << 16),
        Step::join("x"),
    ];
    let listen = vec![net::listen("srv", "127.0.0.1:0")];
    let steps = [listen, vec![Step::Repeat { n: TIMES as u64, steps: once.into() }], large.into()].concat();
    for reactor in reactors() {
        let mut stage = stage_at(&reactor, |builder| builder.workers(2).clock(Clock::system()));
        let heard = played(&mut stage, &[script("s", steps.clone())]);
        let count = |line: &str| heard.iter().filter(|heard| *heard == line).count();
        assert_eq!(count(r#"s read-exact here got "and more""#), TIMES, "{heard:#?}");
        assert_eq!(count("r echo c 9"), TIMES);
        assert_eq!(count("x read-pattern c ok"), 1);
    }
}
