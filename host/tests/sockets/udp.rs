//! Datagrams.

use crate::stage::*;

/// Two sockets, `a` and `b`.
fn two() -> [Step; 2] {
    [net::bind("a", "127.0.0.1:0"), net::bind("b", "127.0.0.1:0")]
}

const TWO: [&str; 2] = ["s bind a ok", "s bind b ok"];

/// One script that has two sockets, and says this when it does these steps.
fn assert_said(steps: impl IntoIterator<Item = Step>, expected: &[&str]) {
    let expected: Vec<_> = expected.iter().map(|line| format!("s {line}")).collect();
    let expected: Vec<_> = TWO.into_iter().chain(expected.iter().map(String::as_str)).collect();
    assert_heard(&[script("s", two()).steps(steps)], &expected);
}

#[test]
fn each_datagram_is_received_whole_with_whom_it_is_from() {
    assert_said(
        [
            net::send_to("a", "@b", "one"),
            net::send_to("a", "@b", ""),
            net::send_to("a", "@b", "three"),
            net::receive_from("b", 100),
            net::receive_from("b", 100),
            net::receive("b", 100),
            net::send_to("b", "@b.peer", "back"),
            net::receive_from("a", 100),
        ],
        &[
            "send-to a ok",
            "send-to a ok",
            "send-to a ok",
            r#"receive-from b got "one""#,
            r#"receive-from b got """#,
            r#"receive b got "three""#,
            "send-to b ok",
            r#"receive-from a got "back""#,
        ],
    );
}

#[test]
fn what_does_not_fit_of_a_datagram_is_lost() {
    assert_said(
        [
            net::send_to("a", "@b", "0123456789"),
            net::send_to("a", "@b", "next"),
            net::receive("b", 4),
            net::receive("b", 0),
            net::receive("b", 4).timeout(0),
        ],
        &["send-to a ok", "send-to a ok", r#"receive b got "0123""#, r#"receive b got """#, "error: timed out"],
    );
}

#[test]
fn a_datagram_of_65507_bytes_is_the_longest() {
    let noise = |bytes| Pattern::new(bytes);
    let sum = script_steps::pattern::checksum(&noise(65_507).to_vec());
    assert_said(
        [net::send_to("a", "@b", noise(65_507)), net::send_to("a", "@b", noise(65_508)), net::receive("b", 1 << 20)],
        &[
            "send-to a ok",
            "error: invalid argument: a datagram of 65508 bytes; at most 65507 are allowed",
            &format!("receive b got 65507 bytes, {sum:016x}"),
        ],
    );
}

#[test]
fn one_who_receives_is_woken_by_a_datagram() {
    let sender = script("p", [Step::Sleep(SECOND), net::bind("c", "127.0.0.1:0"), net::send_to("c", "@a", "late")]);
    let steps = [
        net::receive("a", 10).timeout(SECOND / 2),
        Step::spawn(sender.clone()),
        net::receive("a", 10),
        Step::Elapsed,
        Step::spawn(sender),
        Step::Select(vec![Wait::Receiving("a".into()), Wait::Sending("b".into())]),
        Step::Select(vec![Wait::Receiving("a".into()), Wait::Sleep(10 * SECOND)]),
        net::receive("a", 10).timeout(0),
        Step::Elapsed,
    ];
    at_each_reactor(|mut stage| {
        let heard = played(&mut stage, &[script("s", two()).steps(steps.clone())]);
        let expected = [
            "error: timed out",
            "spawn p",
            r#"receive a got "late""#,
            "elapsed 1500000000",
            "spawn p",
            "select 1",
            "select 0",
            r#"receive a got "late""#,
            "elapsed 2500000000",
        ];
        assert_eq!(said_by("s", &heard)[2..], expected);
    });
}

#[test]
fn a_connected_socket_hears_of_nobody_else() {
    assert_said(
        [
            net::send("a", "to whom?"),
            net::peer_address("a"),
            net::connect_udp("a", "@b"),
            net::send("a", "to b"),
            net::receive_from("b", 100),
            net::bind("c", "127.0.0.1:0"),
            net::send_to("c", "@a", "from another"),
            net::send_to("b", "@a", "from b"),
            net::receive_from("a", 100),
            net::receive_from("a", 100).timeout(0),
        ],
        &[
            "error: cannot send from 127.0.0.1:PORT: not connected",
            "error: cannot tell the peer of 127.0.0.1:PORT: not connected",
            "connect-udp a ok",
            "send a ok",
            r#"receive-from b got "to b""#,
            "bind c ok",
            "send-to c ok",
            "send-to b ok",
            r#"receive-from a got "from b""#,
            "error: timed out",
        ],
    );
}

#[test]
fn one_who_sends_to_nobody_is_told_so_by_the_next_operation_and_can_go_on() {
    let nobody = [net::connect_udp("a", "@b"), net::close("b")];
    let refused = "connection refused";
    for next in [net::send("a", "two"), net::receive("a", 10)] {
        at_each_reactor(|mut stage| {
            let steps = [
                nobody.to_vec(),
                vec![
                    net::send("a", "one"),
                    next.clone(),
                    net::bind("b", "@b"),
                    net::send("a", "three"),
                    net::receive("b", 9),
                ],
            ];
            let heard = played(&mut stage, &[script("s", two()).steps(steps.concat())]);
            assert_eq!(heard[4], "s send a ok");
            assert!(heard[5].starts_with("s error: cannot ") && heard[5].ends_with(refused), "{}", heard[5]);
            assert_eq!(heard[6..], ["s bind b ok", "s send a ok", r#"s receive b got "three""#]);
        });
    }
}

#[test]
fn a_socket_has_an_address_options_and_a_timeout_of_its_own() {
    let broadcast = |on| Net::SetBroadcast { name: "a".into(), on };
    let sizes = |receive, send| Net::SetBufferSizes { name: "a".into(), receive, send };
    assert_said(
        [
            net::local_address("a"),
            broadcast(true).into(),
            broadcast(false).into(),
            sizes(10_000, 10_000).into(),
            sizes(0, 0).into(),
            net::set_timeout("a", Timeout::Within(SECOND)),
            net::receive("a", 1),
            net::receive_from("a", 1).timeout(SECOND),
            Step::Elapsed,
            net::bind("c", "@a"),
        ],
        &[
            "local-address a 127.0.0.1:PORT",
            "set-broadcast a true",
            "set-broadcast a false",
            "set-buffer-sizes a",
            "set-buffer-sizes a",
            "set-timeout a",
            "error: timed out",
            "error: timed out",
            "elapsed 2000000000",
            "error: cannot bind to 127.0.0.1:PORT: address in use",
        ],
    );
}

#[test]
fn datagrams_go_over_ipv6_too_and_never_from_one_to_the_other() {
    assert_said(
        [
            net::bind("six", "[::1]:0"),
            net::bind("seven", "[::1]:0"),
            net::send_to("six", "@seven", "six"),
            net::receive_from("seven", 10),
            net::send_to("seven", "@seven.peer", "seven"),
            net::receive("six", 10),
        ],
        &[
            "bind six ok",
            "bind seven ok",
            "send-to six ok",
            r#"receive-from seven got "six""#,
            "send-to seven ok",
            r#"receive six got "seven""#,
        ],
    );
    at_each_reactor(|mut stage| {
        let heard = played(&mut stage, &[script("s", two()).step(net::send_to("a", "[::1]:9", "x"))]);
        assert!(heard[2].starts_with("s error: cannot send to [::1]:PORT: "), "{heard:?}");
    });
}
