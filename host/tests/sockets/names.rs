//! Names: looked up, and connected to.

use cogen::ReactorKind;

use crate::stage::*;

#[test]
fn the_machine_knows_itself_by_name() {
    at_each_reactor(|mut stage| {
        let heard = played(&mut stage, &[script("s", [net::resolve("localhost"), net::resolve("LOCALHOST")])]);
        for line in heard {
            let addresses: Vec<_> = line.strip_prefix("s resolve ").expect("it is known").split([' ', ',']).collect();
            assert!(["127.0.0.1", "::1"].contains(&addresses[1]), "{addresses:?}");
        }
    });
}

#[test]
fn an_address_is_its_own_answer() {
    let steps = ["127.0.0.1", "192.0.2.7", "::1", "2001:db8::1"].map(net::resolve);
    let expected = [
        "s resolve 127.0.0.1 127.0.0.1",
        "s resolve 192.0.2.7 192.0.2.7",
        "s resolve ::1 ::1",
        "s resolve 2001:db8::1 2001:db8::1",
    ];
    assert_heard(&[script("s", steps)], &expected);
}

#[test]
fn a_name_that_nobody_has_is_told() {
    let pending = Wait::Resolving(UNKNOWN.into());
    let begun = Wait::Connecting { address: format!("{UNKNOWN}:80"), save_as: "c".into() };
    let steps = [
        net::resolve(UNKNOWN),
        net::connect("c", &format!("{UNKNOWN}:80")),
        Step::Select(vec![pending]),
        Step::Select(vec![begun]),
    ];
    at_each_reactor(|mut stage| {
        for line in played(&mut stage, &[script("s", steps.clone())]) {
            // Of a long name, the beginning is shown.
            assert!(line.starts_with(&format!("s error: cannot look up {:?}…: ", &UNKNOWN[..80])), "{line}");
        }
    });
    // One that the system may ask others for, who may be slow.
    let mut stage = stage_at(&ReactorKind::default(), |builder| builder);
    let heard = played(&mut stage, &[script("s", [net::resolve("no-such-host.invalid")])]);
    assert!(heard[0].starts_with(r#"s error: cannot look up "no-such-host.invalid": "#), "{heard:?}");
}

#[test]
fn names_that_are_none_are_refused() {
    let long = "x".repeat(254);
    let refused = |shown: &str| {
        format!(
            "s error: invalid argument: {shown} is no name of a host: expected at most 253 bytes of letters, digits, `-` and \
             `_`, with dots between"
        )
    };
    let shortened = format!("{:?}…", &long[..80]);
    for (name, shown) in [("", r#""""#), (&*long, &*shortened), ("a\0b", r#""a\0b""#), ("*.example", r#""*.example""#)]
    {
        let begun = Wait::Connecting { address: format!("{name}:80"), save_as: "c".into() };
        let steps = [
            net::resolve(name),
            net::connect("c", &format!("{name}:80")),
            Step::Select(vec![Wait::Resolving(name.into())]),
            Step::Select(vec![begun]),
        ];
        at_each_reactor(|mut stage| {
            assert_eq!(played(&mut stage, &[script("s", steps.clone())]), vec![refused(shown); 4]);
        });
    }
}

#[test]
fn a_lookup_may_time_out_or_be_dropped_and_others_go_on() {
    let first = |name: &str| Step::Select(vec![Wait::Sleep(0), Wait::Resolving(name.into())]);
    let steps = [
        net::resolve("localhost").timeout(0),
        first("localhost"),
        first(UNKNOWN),
        // The pollable of one that is kept becomes ready.
        Step::Select(vec![Wait::Resolving("127.0.0.1".into()), Wait::Sleep(SECOND)]),
        net::resolve("192.0.2.7"),
        Step::Elapsed,
    ];
    let expected = [
        "s error: timed out",
        "s select 0",
        "s select 0",
        "s select 0 got 127.0.0.1",
        "s resolve 192.0.2.7 192.0.2.7",
        "s elapsed 0",
    ];
    assert_heard(&[script("s", steps)], &expected);
}

#[test]
fn more_lookups_than_threads_wait_for_one_another() {
    let one = |number: usize| script(&number.to_string(), [net::resolve("localhost"), net::resolve(UNKNOWN)]);
    at_each_reactor(|mut stage| {
        let heard = played(&mut stage, &(0..40).map(one).collect::<Vec<_>>());
        let count = |what: &str| heard.iter().filter(|line| line.contains(what)).count();
        assert_eq!((count(" resolve localhost "), count(" error: cannot look up ")), (40, 40));
    });
}

#[test]
fn the_addresses_of_a_name_are_tried_in_turn() {
    let two = ["::1".parse().expect("an address"), "127.0.0.1".parse().expect("an address")];
    let reactor = ReactorKind::Simulated(quick().name("two.example", two));
    let begun = |save_as: &str| {
        Step::Select(vec![Wait::Connecting { address: "two.example:@srv".into(), save_as: save_as.into() }])
    };
    let to = |address: &str| {
        [
            net::listen("srv", address),
            net::connect("a", "two.example:@srv"),
            net::accept("srv", "b"),
            begun("c"),
            net::accept("srv", "d"),
            net::peer_address("a"),
            net::peer_address("c"),
            net::close("srv"),
            net::connect("a", "two.example:@srv"),
        ]
    };
    for host in ["127.0.0.1", "[::1]"] {
        let mut stage = stage_at(&reactor, |builder| builder);
        let heard = played(&mut stage, &[script("s", to(&format!("{host}:0")))]);
        let peers = ["a", "c"].map(|name| format!("s peer-address {name} {host}:PORT"));
        assert_eq!(heard[5..7], peers, "{heard:?}");
        // Of two that refuse, the last is told.
        assert_eq!(heard[8], "s error: cannot connect to 127.0.0.1:PORT: connection refused");
    }
}

#[test]
fn one_may_connect_by_name() {
    let steps = [
        net::listen("srv", "127.0.0.1:0"),
        net::connect("here", "localhost:@srv"),
        net::accept("srv", "there"),
        net::peer_address("here"),
    ];
    let expected = ["s listen srv ok", "s connect here ok", "s accept there ok", "s peer-address here 127.0.0.1:PORT"];
    assert_heard(&[script("s", steps)], &expected);
}
