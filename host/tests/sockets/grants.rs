//! What a program may do of the network: what it is granted, and what it is given.

use crate::stage::*;

/// A stage whose `script` is granted nothing, and whose `free` may use the network.
fn stage_without(reactor: &cogen::ReactorKind) -> Stage {
    let programs = |builder: Builder| {
        builder.program("script", guest("script").allow(Allow::default())).program("free", guest("script"))
    };
    stage_at(reactor, programs)
}

/// What `script` is told that is not granted this.
fn denied(attempted: &str, key: &str, rule: &str) -> String {
    format!(
        "s error: denied: program `script` is not granted to {attempted}; write `{key} = [\"{rule}\"]` in \
         [program.script.allow], or run with --allow '{key}={rule}'"
    )
}

const BY_NUMBER: &str = "(only a rule with its number reaches an address that is not public)";

#[test]
fn without_a_grant_nobody_makes_a_socket_and_the_error_says_what_to_write() {
    let begun = |address: &str| Step::Select(vec![Wait::Connecting { address: address.into(), save_as: "c".into() }]);
    let path = "unix:/tmp/never-made";
    let connect = denied(&format!("connect to 127.0.0.1:1 {BY_NUMBER}"), "connect", "127.0.0.1:1");
    let by_name = denied("connect to localhost:1", "connect", "localhost:1");
    let by_path = denied("connect to unix:/tmp/never-made", "connect", path);
    let resolve = denied("look up localhost", "resolve", "localhost");
    let makers = [
        (net::listen("a", "127.0.0.1:0"), denied("listen at 127.0.0.1:0", "listen", "127.0.0.1:0")),
        (net::connect("a", "127.0.0.1:1"), connect.clone()),
        (net::connect("a", "LOCALHOST.:1"), by_name.clone()),
        (begun("127.0.0.1:1"), connect),
        (begun("localhost:1"), by_name),
        (net::listen("a", path), denied("listen at unix:/tmp/never-made", "listen", path)),
        (net::connect("a", path), by_path.clone()),
        (begun(path), by_path),
        (net::bind("a", "127.0.0.1:0"), denied("bind to 127.0.0.1:0", "udp-bind", "127.0.0.1:0")),
        (net::resolve("localhost"), resolve.clone()),
        (Step::Select(vec![Wait::Resolving("localhost".into())]), resolve),
        // Nobody is asked for it.
        (net::resolve("127.0.0.1"), "s resolve 127.0.0.1 127.0.0.1".to_owned()),
    ];
    let (steps, expected): (Vec<_>, Vec<_>) = makers.into_iter().unzip();
    for reactor in reactors() {
        let mut heard = played(&mut stage_without(&reactor), &[script("s", steps.clone())]);
        heard.retain(|line| !line.starts_with("refused "));
        let mut expected = expected.clone();
        // Ports of the loopback are left out of what is heard.
        expected.iter_mut().for_each(|line| *line = plain(line));
        assert_eq!(heard, expected);
    }
    assert!(!std::path::Path::new("/tmp/never-made").exists());
}

#[test]
fn what_was_given_to_a_program_it_may_use_without_the_grant() {
    let takes = script(
        "r",
        [
            net::received(&["c", "srv", "u"]),
            net::read("c", 100),
            net::write_all("c", "answer"),
            net::share("c", "c2"),
            net::shutdown("c2", Direction::Write),
            net::accept("srv", "d"),
            net::read("d", 100),
            net::receive_from("u", 100),
            net::send_to("u", "@u.peer", "answer"),
            net::serve("srv", script("h", [net::received(&["c"]), net::write_all("c", "served")]), "serving"),
            Step::wait("end"),
            Step::Cancel("serving".into()),
            net::listen("more", "127.0.0.1:0"),
        ],
    );
    let steps = [
        net::bind("u", "127.0.0.1:0"),
        net::bind("v", "127.0.0.1:0"),
        net::write_all("here", "over the connection"),
        net::connect("second", "@srv"),
        net::write_all("second", "over the listener"),
        net::send_to("v", "@u", "a datagram"),
        net::spawn_with(takes, &["there", "srv", "u"]),
        net::read_to_end("here"),
        net::receive("v", 100),
        net::connect("third", "@srv"),
        net::read_to_end("third"),
        Step::signal_to("end", "", 1),
    ];
    for reactor in reactors() {
        let served = ["spawn=script", "wait=end"];
        let mut stage = stage_at(&reactor, |builder| {
            builder.program("script", guest("script").allow(allowed(&served))).program("free", guest("script"))
        });
        let free = script("s", both_ends()).steps(steps.clone());
        stage.engine.spawn("free", free).expect("there is room and a program");
        let heard = end_clean(&mut stage);
        let expected = [
            "received a connection, a listener, a UDP socket",
            r#"read c got "over the connection""#,
            "write-all c ok",
            "share c2 ok",
            "shutdown c2 write",
            "accept d ok",
            r#"read d got "over the listener""#,
            r#"receive-from u got "a datagram""#,
            "send-to u ok",
            "serve serving",
            "wait end got ",
            "cancel serving",
        ];
        let said = said_by("r", &heard);
        assert_eq!(said[..expected.len()], expected);
        assert!(said[expected.len()].starts_with("error: denied: program `script` is not granted to listen at"));
        let said = said_by("s", &heard);
        let answers =
            [r#"read-to-end here got "answer""#, r#"receive v got "answer""#, r#"read-to-end third got "served""#];
        assert!(answers.iter().all(|answer| said.contains(answer)), "{said:#?}");
    }
}
