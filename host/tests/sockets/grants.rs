//! What a program may do that was not granted the network.

use crate::stage::*;

/// A stage whose `script` is granted nothing, and whose `free` may use the network.
fn stage_without(reactor: &cogen::ReactorKind) -> Stage {
    let programs =
        |builder: Builder| builder.program("script", guest("script")).program("free", guest("script").allow_network());
    stage_at(reactor, programs)
}

#[test]
fn without_the_grant_nobody_makes_a_socket_and_the_error_says_what_to_write() {
    let begun = |address: &str| Step::Select(vec![Wait::Connecting { address: address.into(), save_as: "c".into() }]);
    let makers = [
        net::listen("a", "127.0.0.1:0"),
        net::connect("a", "127.0.0.1:1"),
        net::connect("a", "localhost:1"),
        begun("127.0.0.1:1"),
        net::listen("a", "unix:/tmp/never-made"),
        net::connect("a", "unix:/tmp/never-made"),
        begun("unix:/tmp/never-made"),
        net::bind("a", "127.0.0.1:0"),
        net::resolve("localhost"),
        net::resolve("127.0.0.1"),
        Step::Select(vec![Wait::Resolving("localhost".into())]),
        // Whatever else is wrong with what was asked for.
        net::connect("a", "nonsense"),
        net::resolve(""),
    ];
    let denied = "s error: denied: program `script` is not granted the network; write `network = true` in \
                  [program.script.allow], or run with --allow-network";
    for reactor in reactors() {
        let heard = played(&mut stage_without(&reactor), &[script("s", makers.clone())]);
        assert_eq!(heard, vec![denied; makers.len()]);
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
        let mut stage = stage_without(&reactor);
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
        assert!(said[expected.len()].starts_with("error: denied: program `script` is not granted the network"));
        let said = said_by("s", &heard);
        let answers =
            [r#"read-to-end here got "answer""#, r#"receive v got "answer""#, r#"read-to-end third got "served""#];
        assert!(answers.iter().all(|answer| said.contains(answer)), "{said:#?}");
    }
}
