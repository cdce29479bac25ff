//! Unix sockets. Those of the simulated network are names, and no files.

use std::os::unix::net::UnixListener;
use std::path::Path;

use cogen::ReactorKind;

use crate::stage::*;

/// A folder, and the address of a socket in it.
fn somewhere() -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let address = format!("unix:{}/s", folder.path().display());
    (folder, address)
}

fn path(address: &str) -> &Path {
    Path::new(address.strip_prefix("unix:").expect("it is an address"))
}

fn both_ends(address: &str) -> Vec<Step> {
    vec![net::listen("srv", address), net::connect("here", address), net::accept("srv", "there")]
}

/// Plays a script at a fresh address at each reactor of the operating system; answers what was heard, with `PATH` in its place.
fn at_each_system(steps: impl Fn(&str) -> Vec<Step>, check: impl Fn(&[String], &str)) {
    for reactor in ReactorKind::ALL {
        let (_folder, address) = somewhere();
        let heard = played(&mut stage_at(reactor, |builder| builder), &[script("s", steps(&address))]);
        let path = path(&address).display().to_string();
        let heard: Vec<_> = heard.iter().map(|line| line.replace(&path, "PATH")).collect();
        check(&heard, &address);
    }
}

#[test]
fn bytes_lines_and_ends_go_as_over_tcp() {
    let all = Pattern::new(1 << 20);
    let reads = script("r", [net::received(&["c"]), net::read_pattern("c", all, 1 << 16), net::read("c", 1)]);
    let steps = [
        net::write_all("here", "one\ntwo\nrest"),
        net::read_line("there", 100),
        net::read_line("there", 100),
        net::read("there", 100),
        net::read("there", 100).timeout(SECOND),
        net::spawn_with(reads, &["there"]),
        net::write_all("here", all),
        net::shutdown("here", Direction::Write),
        Step::join("r"),
    ];
    at_each_reactor(|mut stage| {
        let (_folder, address) = somewhere();
        let heard = played(&mut stage, &[script("s", both_ends(&address)).steps(steps.clone())]);
        let expected = [
            r#"read-line there got "one\n""#,
            r#"read-line there got "two\n""#,
            r#"read there got "rest""#,
            "error: timed out",
            "spawn-with r",
            "write-all here ok",
            "shutdown here write",
            "join r returned ",
        ];
        assert_eq!(said_by("s", &heard)[4..], expected);
        assert_eq!(said_by("r", &heard), ["received a connection", "read-pattern c ok", r#"read c got """#]);
    });
}

#[test]
fn the_address_is_the_path_and_one_without_a_name_has_none() {
    let look = [
        net::local_address("srv"),
        net::local_address("here"),
        net::peer_address("here"),
        net::local_address("there"),
        net::peer_address("there"),
    ];
    at_each_reactor(|mut stage| {
        let (_folder, address) = somewhere();
        let heard = played(&mut stage, &[script("s", both_ends(&address)).steps(look.clone())]);
        let path = path(&address).display();
        let expected = [
            format!("s local-address srv {path}"),
            "s local-address here ".to_owned(),
            format!("s peer-address here {path}"),
            format!("s local-address there {path}"),
            "s peer-address there ".to_owned(),
        ];
        assert_eq!(heard[3..], expected);
    });
}

#[test]
fn a_socket_that_nobody_listens_to_any_more_is_replaced() {
    let steps = |address: &str| {
        // Its file stays.
        drop(UnixListener::bind(path(address)).expect("a socket"));
        vec![net::connect("c", address), net::listen("srv", address), net::connect("c", address)]
    };
    at_each_system(steps, |heard, address| {
        let refused = "s error: cannot connect to PATH: connection refused";
        assert_eq!(heard, [refused, "s listen srv ok", "s connect c ok"]);
        assert!(!path(address).exists(), "the file goes with the listener");
    });
}

#[test]
fn what_somebody_uses_is_not_replaced() {
    let refused = "s error: cannot listen at PATH: address in use";
    let steps = |address: &str| vec![net::listen("a", address), net::listen("b", address), net::connect("c", address)];
    at_each_system(steps, |heard, _| assert_eq!(heard, ["s listen a ok", refused, "s connect c ok"]));
    let steps = |address: &str| {
        std::fs::write(path(address), "no socket").expect("a file");
        vec![net::listen("b", address), net::connect("c", address)]
    };
    at_each_system(steps, |heard, address| {
        assert_eq!(heard, [refused, "s error: cannot connect to PATH: connection refused"]);
        assert_eq!(std::fs::read_to_string(path(address)).expect("it is there"), "no socket");
    });
}

#[test]
fn the_file_is_removed_with_the_last_handle_of_the_listener() {
    let steps = |address: &str| {
        vec![
            net::listen("a", address),
            net::share("a", "b"),
            net::close("a"),
            net::connect("c", address),
            net::accept("b", "d"),
            net::close("b"),
            net::connect("c", address),
        ]
    };
    at_each_system(steps, |heard, address| {
        assert_eq!(heard[3..5], ["s connect c ok", "s accept d ok"]);
        assert_eq!(heard[6], "s error: cannot connect to PATH: entity not found");
        assert!(!path(address).exists());
    });
    // Also when the engine goes while somebody waits.
    for reactor in ReactorKind::ALL {
        let (_folder, address) = somewhere();
        let mut stage = stage_at(reactor, |builder| builder);
        let waits = stage.spawn(script("s", [net::listen("a", &address), net::accept("a", "c")]));
        turn_until(&mut stage, |_, _| waits.state() == State::Parked);
        assert!(path(&address).exists());
        drop(stage);
        assert!(!path(&address).exists());
    }
}

#[test]
fn one_who_connects_to_a_full_listener_waits_for_room() {
    let how = script_steps::ListenHow { backlog: 1, ..Default::default() };
    let listen = |address: &str| Net::Listen { address: address.into(), save_as: "srv".into(), how }.into();
    let connects = |name: &str, address: &str| script(name, [net::connect("c", address), Step::Elapsed]).strict();
    at_each_reactor(|mut stage| {
        let (_folder, address) = somewhere();
        let spawns = ["a", "b", "c", "d"].map(|name| Step::spawn(connects(name, &address)));
        let accepts = ["a", "b", "c", "d"].map(|name| net::accept("srv", name));
        let full = [net::connect("e", &address).timeout(0), net::connect("e", &address).timeout(SECOND / 2)];
        let steps = [&[listen(&address)], &spawns[..], &full, &[Step::Sleep(SECOND / 2)], &accepts].concat();
        let heard = played(&mut stage, &[script("s", steps)]);
        let said = said_by("s", &heard);
        assert_eq!(said[5..7], ["error: timed out", "error: timed out"]);
        for name in ["a", "b", "c", "d"] {
            assert_eq!(said_by(name, &heard)[0], "connect c ok");
        }
        // The last of them after the first was accepted, at the end of a second, by a few tries.
        let last = heard.iter().filter_map(|line| line.split_once(" elapsed ")?.1.parse::<u64>().ok()).max();
        assert!(last.is_some_and(|last| (SECOND..SECOND + SECOND / 10).contains(&last)), "{heard:#?}");
    });
}

#[test]
fn paths_that_are_none_are_refused() {
    let long = |bytes: usize| format!("unix:/{}", "x".repeat(bytes - 1));
    let refused =
        |bytes: usize| format!("s error: invalid argument: a path of {bytes} bytes; 1 to 100 without NUL are allowed");
    let makers = |address: &str| {
        let begun = Wait::Connecting { address: address.into(), save_as: "c".into() };
        [net::listen("a", address), net::connect("c", address), Step::Select(vec![begun])]
    };
    for (address, bytes) in
        [("unix:".to_owned(), 0), (long(101), 101), (long(1 << 20), 1 << 20), ("unix:a\0b".into(), 3)]
    {
        at_each_reactor(|mut stage| {
            let heard = played(&mut stage, &[script("s", makers(&address))]);
            assert_eq!(heard, [refused(bytes), refused(bytes), refused(bytes)]);
        });
    }
    // One that is just short enough is no path of any folder.
    at_each_reactor(|mut stage| {
        let heard = played(&mut stage, &[script("s", [net::connect("c", &long(100))])]);
        assert!(heard[0].ends_with("entity not found"), "{heard:?}");
    });
}

#[test]
fn a_listener_is_given_and_serves_as_over_tcp() {
    let handler = script("h", [net::received(&["c"]), net::read_line("c", 100), net::write_all("c", "answer")]);
    let serves = script("t", [net::received(&["srv"]), net::serve("srv", handler, "serving"), Step::wait("end")]);
    let serves = serves.steps([Step::Cancel("serving".into())]);
    let asks = |address: &str| [net::connect("c", address), net::write_all("c", "question\n"), net::read_to_end("c")];
    at_each_reactor(|mut stage| {
        let (_folder, address) = somewhere();
        let steps = [&[net::listen("srv", &address), net::spawn_with(serves.clone(), &["srv"])], &asks(&address)[..]];
        let steps = [&steps.concat()[..], &asks(&address), &[Step::signal_to("end", "", 1)]].concat();
        let heard = played(&mut stage, &[script("s", steps)]);
        assert_eq!(heard.iter().filter(|line| *line == r#"s read-to-end c got "answer""#).count(), 2, "{heard:#?}");
    });
}
