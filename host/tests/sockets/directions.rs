//! Several who wait for one socket, and one who waits for several.

use crate::stage::*;

const LARGE: u64 = 8 << 20;

#[test]
fn one_coroutine_waits_for_both_directions_of_a_connection_at_once() {
    let both = || Step::Select(vec![Wait::Reading("c".into()), Wait::Writing("c".into())]);
    let peer = script(
        "p",
        [
            net::connect("c", "@srv"),
            Step::Sleep(SECOND),
            net::write_all("c", "hello"),
            Step::Sleep(SECOND),
            // All that fits into the buffers of both ends.
            Step::Repeat { n: 100, steps: vec![net::read("c", 1 << 18).timeout(0)] },
            Step::signal_to("end", "", 1),
        ],
    );
    let waits = [
        net::listen("srv", "127.0.0.1:0"),
        Step::spawn(peer),
        net::accept("srv", "c"),
        both(),
        net::fill("c"),
        both(),
        Step::Elapsed,
        net::read("c", 100),
        both(),
        Step::Elapsed,
        net::write_all("c", "there is room"),
        Step::wait("end"),
    ];
    at_each_reactor(|mut stage| {
        let heard = played(&mut stage, &[script("s", waits.clone())]);
        let expected = [
            "accept c ok",
            "select 1",
            "fill c ok",
            "select 0",
            "elapsed 1000000000",
            r#"read c got "hello""#,
            "select 1",
            "elapsed 2000000000",
            "write-all c ok",
            "wait end got ",
        ];
        assert_eq!(said_by("s", &heard)[2..], expected);
    });
}

#[test]
fn two_coroutines_wait_for_the_two_directions_of_a_connection_at_once() {
    let all = Pattern::new(LARGE);
    let peer = script(
        "p",
        [net::connect("c", "@srv"), Step::Sleep(SECOND), net::write_all("c", "hello"), Step::Sleep(SECOND)],
    )
    .step(net::read_pattern("c", all, 1 << 18));
    let reads = script("r", [net::received(&["c"]), net::read("c", 100), Step::Elapsed, net::read("c", 100)]);
    let writes = [
        net::listen("srv", "127.0.0.1:0"),
        Step::spawn(peer),
        net::accept("srv", "c"),
        net::share("c", "other"),
        net::spawn_with(reads, &["other"]),
        net::write_pattern("c", all, LARGE),
        net::shutdown("c", Direction::Write),
    ];
    assert_each_heard(
        &[script("w", writes)],
        &[
            "w listen srv ok",
            "w spawn p",
            "w accept c ok",
            "w share other ok",
            "w spawn-with r",
            "w write-pattern c ok",
            "w shutdown c write",
            "p connect c ok",
            "p sleep ok",
            "p write-all c ok",
            "p sleep ok",
            "p read-pattern c ok",
            "r received a connection",
            r#"r read c got "hello""#,
            "r elapsed 1000000000",
            r#"r read c got """#,
        ],
    );
}

#[test]
fn a_handle_that_is_closed_takes_nothing_from_one_that_waits_at_another() {
    let waits = script("r", [net::received(&["c"]), net::read("c", 100), net::read("c", 100)]);
    let steps = [
        net::share("there", "c"),
        net::spawn_with(waits, &["c"]),
        Step::Sleep(SECOND),
        net::close("there"),
        Step::Sleep(SECOND),
        net::write_all("here", "still here"),
        net::close("here"),
        Step::join("r"),
    ];
    at_each_reactor(|mut stage| {
        let heard = played(&mut stage, &[script("s", both_ends()).steps(steps.clone())]);
        let expected = ["received a connection", r#"read c got "still here""#, r#"read c got """#];
        assert_eq!(said_by("r", &heard), expected);
    });
}

#[test]
fn a_peer_that_closes_while_both_directions_are_waited_for_ends_both() {
    let reads = script("r", [net::received(&["c"]), net::read("c", 100), Step::Elapsed]);
    let writes = script("w", [net::received(&["c"]), net::fill("c"), net::write("c", "more"), Step::Elapsed]);
    let steps = [
        net::share("there", "other"),
        net::spawn_with(reads, &["there"]),
        net::spawn_with(writes, &["other"]),
        Step::Sleep(SECOND),
        net::close("here"),
    ];
    at_each_reactor(|mut stage| {
        let heard = played(&mut stage, &[script("s", both_ends()).steps(steps.clone())]);
        let (reader, writer) = (said_by("r", &heard), said_by("w", &heard));
        assert_eq!((reader[2], writer[3]), ("elapsed 1000000000", "elapsed 1000000000"));
        // The peer had not read everything: the connection is broken, and whoever looks first is told by what.
        let problems = ["connection reset", "broken pipe"];
        assert!(problems.iter().any(|problem| writer[2].ends_with(problem)), "{writer:?}");
        assert!(reader[1] == r#"read c got """# || reader[1].ends_with("connection reset"), "{reader:?}");
    });
}

#[test]
fn those_who_connect_before_anybody_accepts_are_accepted_in_order() {
    let connect =
        |number: u64| [net::connect("c", "@srv"), net::write_all("c", number.to_string().as_str()), net::hold("c")];
    let accept = || [net::accept("srv", "d"), net::read("d", 100)];
    let connects = (0..5).flat_map(connect);
    let accepts = (0..5).flat_map(|_| accept());
    let steps: Vec<_> = [net::listen("srv", "127.0.0.1:0")].into_iter().chain(connects).chain(accepts).collect();
    at_each_reactor(|mut stage| {
        let heard = played(&mut stage, &[script("s", steps.clone())]);
        let numbers: Vec<_> = heard.iter().filter_map(|line| line.strip_prefix("s read d got ")).collect();
        assert_eq!(numbers, [r#""0""#, r#""1""#, r#""2""#, r#""3""#, r#""4""#]);
    });
}

#[test]
fn each_who_connects_to_a_shared_listener_is_accepted_by_one() {
    const CLIENTS: usize = 12;
    let accepts = |name: &str| {
        let one = vec![net::accept("srv", "c"), net::read("c", 100), net::write_all("c", name), net::close("c")];
        script(name, [net::received(&["srv"]), for_ever(one)]).strict()
    };
    let share = |name: &str| [net::share("srv", name), net::spawn_with(accepts(name), &[name])];
    let talks = script("t", [net::connect("c", "@srv"), net::write_all("c", "who?"), net::read_to_end("c")]);
    let clients = (0..CLIENTS).map(|number| Step::spawn(Script { name: format!("t{number}"), ..talks.clone() }));
    let joins = (0..CLIENTS).map(|number| Step::join(&format!("t{number}")));
    let cancels = ["a", "b", "c"].map(|name| Step::Cancel(name.into()));
    // One after the other, so that all three wait for each.
    let clients = clients.zip(joins).flat_map(|(spawn, join)| [spawn, join]);
    let listen = [net::listen("srv", "127.0.0.1:0")];
    let steps: Vec<_> = listen
        .into_iter()
        .chain(["a", "b", "c"].iter().flat_map(|name| share(name)))
        .chain(clients)
        .chain(cancels)
        .collect();
    at_each_reactor(|mut stage| {
        let heard = played(&mut stage, &[script("s", steps.clone())]);
        let served = heard.iter().filter(|line| line.contains("read c got \"who?\"")).count();
        let answered = heard.iter().filter(|line| line.starts_with('t') && line.contains("read-to-end c got"));
        let answers: Vec<_> =
            answered.filter(|line| ["\"a\"", "\"b\"", "\"c\""].iter().any(|by| line.ends_with(by))).collect();
        assert_eq!((served, answers.len()), (CLIENTS, CLIENTS), "{heard:#?}");
    });
}

#[test]
fn a_listener_and_a_connection_that_is_being_made_are_waited_for_like_anything_else() {
    let accepting = |first| Step::Select(vec![first, Wait::Accepting("srv".into())]);
    let connecting = Wait::Connecting { address: "@srv".into(), save_as: "here".into() };
    let steps = [
        net::listen("srv", "127.0.0.1:0"),
        accepting(Wait::Sleep(SECOND)),
        Step::Elapsed,
        Step::Select(vec![connecting, Wait::Sleep(SECOND)]),
        accepting(Wait::Sleep(SECOND)),
        net::accept("srv", "there").timeout(0),
        net::write_all("here", "hello"),
        net::read("there", 100),
        Step::Elapsed,
    ];
    let expected = [
        "s listen srv ok",
        "s select 0",
        "s elapsed 1000000000",
        "s select 0",
        "s select 1",
        "s accept there ok",
        "s write-all here ok",
        r#"s read there got "hello""#,
        "s elapsed 1000000000",
    ];
    assert_heard(&[script("s", steps)], &expected);
}

#[test]
fn what_was_read_ahead_makes_a_connection_ready() {
    let ready = || Step::Select(vec![Wait::Sleep(SECOND), Wait::Reading("there".into())]);
    assert_said(
        [
            net::write_all("here", "one\ntwo\n"),
            ready(),
            net::read_line("there", 100),
            ready(),
            net::read_line("there", 100),
            ready(),
            net::close("here"),
            ready(),
            net::read("there", 1),
            ready(),
        ],
        &[
            "write-all here ok",
            "select 1",
            r#"read-line there got "one\n""#,
            "select 1",
            r#"read-line there got "two\n""#,
            "select 0",
            "close here",
            "select 1",
            r#"read there got """#,
            "select 1",
        ],
    );
}
