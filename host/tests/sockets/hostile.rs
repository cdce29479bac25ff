//! Numbers and texts that no honest guest would ask for: each is refused or means something, and nobody else is hurt.

use script_steps::ListenHow;

use crate::stage::*;

/// More than any address has, and less than a fourth of what a script may have.
const VERY_LONG: usize = 3 << 20;

/// What a script of these steps says beside another one, which must end well.
fn said_beside(steps: &[Step]) -> Vec<Vec<String>> {
    let other = script("other", [Step::Sleep(SECOND), Step::Return("fine".into())]);
    let play = |reactor| {
        let mut stage = stage_at(reactor, |builder| builder);
        let other = stage.spawn(other.clone());
        let heard = played(&mut stage, &[script("s", both_ends()).steps(steps.to_vec())]);
        assert_eq!(other.outcome(), returned("fine"));
        said_by("s", &heard)[3..].iter().map(|&line| line.to_owned()).collect()
    };
    reactors().iter().map(play).collect()
}

fn assert_said_beside(steps: &[Step], expected: &[&str]) {
    for said in said_beside(steps) {
        assert_eq!(said, expected);
    }
}

#[test]
fn reads_of_nothing_and_of_too_much() {
    const MOST: usize = u32::MAX as usize;
    assert_said_beside(
        &[
            net::write_all("here", "0123456789\n"),
            net::read("there", 0),
            net::read_exact("there", 0),
            net::read_exact("there", (16 << 20) + 1),
            net::read_exact("there", MOST),
            net::read_line("there", 0),
            net::read_line("there", (1 << 20) + 1),
            net::read_line("there", MOST),
            net::read_exact("there", 16 << 20).timeout(SECOND),
            net::read_line("there", 1 << 20),
            net::write_all("here", "more"),
            net::read("there", MOST),
        ],
        &[
            "write-all here ok",
            "error: invalid argument: zero bytes to read; at least 1 is needed",
            r#"read-exact there got """#,
            "error: invalid argument: 16777217 bytes to read; at most 16777216 are allowed",
            "error: invalid argument: 4294967295 bytes to read; at most 16777216 are allowed",
            "error: invalid argument: a line of 0 bytes; 1 to 1048576 are allowed",
            "error: invalid argument: a line of 1048577 bytes; 1 to 1048576 are allowed",
            "error: invalid argument: a line of 4294967295 bytes; 1 to 1048576 are allowed",
            "error: timed out",
            r#"read-line there got "0123456789\n""#,
            "write-all here ok",
            r#"read there got "more""#,
        ],
    );
}

#[test]
fn writes_of_nothing_and_of_too_much() {
    let too_much = || Pattern::new((16 << 20) + 1);
    let refused = "error: invalid argument: bytes to write of 16777217 bytes; at most 16777216 are allowed";
    assert_said_beside(
        &[
            net::write("here", ""),
            net::write_all("here", ""),
            net::write("here", too_much()),
            net::write_all("here", too_much()),
            net::close("there"),
            net::write("here", ""),
            net::counts("here"),
        ],
        &[
            "write here took 0",
            "write-all here ok",
            refused,
            refused,
            "close there",
            "write here took 0",
            "counts here read 0 written 0",
        ],
    );
}

#[test]
fn texts_that_are_no_addresses() {
    let long = "x".repeat(VERY_LONG);
    let garbage = [
        "",
        ":",
        ":80",
        "127.0.0.1",
        "127.0.0.1:",
        "127.0.0.1:65536",
        "127.0.0.1:-1",
        "127.0.0.1:80x",
        "[::1]",
        "[::1",
        "::1:80",
        "[127.0.0.1]:80",
        "a:b:80",
        "\0",
        "a\0:80",
        "a b:80000",
        &long,
    ];
    let begun = |text: &str| Step::Select(vec![Wait::Connecting { address: text.into(), save_as: "a".into() }]);
    let makers = |text: &&str| [net::listen("a", text), net::bind("a", text), net::connect("a", text), begun(text)];
    for said in said_beside(&garbage.iter().flat_map(makers).collect::<Vec<_>>()) {
        assert_eq!(said.len(), garbage.len() * 4);
        for (number, line) in said.iter().enumerate() {
            let is_refused = line.starts_with("error: invalid argument: ") && line.len() < 400;
            assert!(is_refused, "{:.20}: {line:.500}", garbage[number / 4]);
        }
    }
    // These may be names.
    let names = ["256.256.256.256:80", "a b:80", "..:80", "ü.invalid:80", "127.1.:80"];
    let makers = |text: &&str| [net::connect("a", text), net::listen("a", text)];
    for said in said_beside(&names.iter().flat_map(makers).collect::<Vec<_>>()) {
        for pair in said.chunks(2) {
            assert!(pair[0].starts_with("error: "), "{pair:?}");
            assert!(pair[1].starts_with("error: invalid argument: "), "{pair:?}");
        }
    }
    let makers = |text: &&str| {
        let from = Net::Connect { address: "@srv".into(), local: format!("{text} "), save_as: "c".into() };
        [net::send_to("u", text, "x"), net::connect_udp("u", text), from.into()]
    };
    let steps = ["", "nowhere", "127.0.0.1:70000"].iter().flat_map(makers);
    for said in said_beside(&[net::bind("u", "127.0.0.1:0")].into_iter().chain(steps).collect::<Vec<_>>()) {
        assert!(said[1..].iter().all(|line| line.starts_with("error: invalid argument: ")), "{said:?}");
    }
}

#[test]
fn numbers_of_any_size_for_what_the_system_counts() {
    let backlog = |backlog| ListenHow { backlog, ..Default::default() };
    let listen = |how| Net::Listen { address: "127.0.0.1:0".into(), save_as: "a".into(), how };
    let keep_alive = |nanoseconds| Net::SetKeepAlive { name: "here".into(), nanoseconds: Some(nanoseconds) };
    let sizes = |name: &str, size| Net::SetBufferSizes { name: name.into(), receive: size, send: size };
    let steps: Vec<Step> = vec![
        listen(backlog(u32::MAX)).into(),
        listen(backlog(1 << 31)).into(),
        keep_alive(u64::MAX).into(),
        keep_alive(1).into(),
        sizes("here", u32::MAX).into(),
        sizes("here", 1).into(),
        net::bind("u", "127.0.0.1:0"),
        sizes("u", u32::MAX).into(),
        sizes("u", 1).into(),
        net::write_all("here", "still"),
        net::read("there", 100),
    ];
    assert_said_beside(
        &steps,
        &[
            "listen a ok",
            "listen a ok",
            "set-keep-alive here",
            "set-keep-alive here",
            "set-buffer-sizes here",
            "set-buffer-sizes here",
            "bind u ok",
            "set-buffer-sizes u",
            "set-buffer-sizes u",
            "write-all here ok",
            r#"read there got "still""#,
        ],
    );
}

#[test]
fn times_that_never_come() {
    let waits = script(
        "r",
        [
            net::received(&["c"]),
            net::set_timeout("c", Timeout::Within(u64::MAX)),
            net::set_idle_timeout("c", u64::MAX),
            net::read("c", 1),
            net::read("c", 1).timeout(u64::MAX),
            net::read("c", 1).timeout(u64::MAX - 1),
            net::read("c", 1).by(u64::MAX - SECOND),
            net::set_idle_timeout("c", u64::MAX - 1),
            net::read("c", 1),
            Step::Elapsed,
        ],
    );
    let writes = Step::Repeat { n: 5, steps: vec![Step::Sleep(SECOND), net::write_all("here", "x")] };
    let at_once = Net::SetNodelay { name: "here".into(), on: true };
    let steps = [at_once.into(), net::spawn_with(waits, &["there"]), writes, Step::join("r")];
    at_each_reactor(|mut stage| {
        let heard = played(&mut stage, &[script("s", both_ends()).steps(steps.clone())]);
        let said = said_by("r", &heard);
        assert_eq!(said.iter().filter(|line| **line == r#"read c got "x""#).count(), 5, "{said:?}");
        assert_eq!(said.last(), Some(&"elapsed 5000000000"));
    });
}

#[test]
fn one_who_waits_for_what_never_comes_is_not_at_the_end_of_time() {
    // Somebody from outside may still connect or write: the clock must not jump to where nothing is.
    let waits = |name: &str, idle: Option<u64>, wait: Step| {
        script(name, both_ends()).steps([Net::SetIdleTimeout { name: "there".into(), nanoseconds: idle }.into(), wait])
    };
    for reactor in reactors() {
        let clock = Clock::simulated();
        let mut stage = stage_at(&reactor, |builder| builder.clock(clock.clone()));
        let waiting = [
            stage.spawn(waits("a", Some(u64::MAX), net::read("there", 1))),
            stage.spawn(waits("b", None, net::read("there", 1).timeout(u64::MAX))),
            stage.spawn(waits("c", None, net::accept("srv", "d").by(u64::MAX))),
        ];
        turn_until(&mut stage, |_, turn| turn != cogen::Turn::Worked);
        assert!(waiting.iter().all(|one| one.state() == State::Parked), "{:?}", stage.heard());
        assert!(clock.elapsed() < std::time::Duration::from_secs(1), "{:?}", clock.elapsed());
    }
}
