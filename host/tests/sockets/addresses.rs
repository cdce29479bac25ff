//! Where sockets are, and what can be set of them.

use script_steps::ListenHow;

use crate::stage::*;

/// What this script says after these steps, at each reactor, with the ports in it.
fn each_says(steps: impl IntoIterator<Item = Step>, check: impl Fn(&[&str])) {
    let steps: Vec<_> = steps.into_iter().collect();
    at_each_reactor(|mut stage| {
        stage.spawn(script("s", steps.clone()).strict());
        let report = run(&mut stage);
        let heard = stage.heard();
        assert_eq!((report.parked.len(), report.failed, stage.held()), (0, 0, [0; 4]), "{heard:?}");
        check(&said_by("s", &heard));
    });
}

/// The last word of a line.
fn last(line: &str) -> &str {
    line.rsplit(' ').next().unwrap_or_default()
}

#[test]
fn both_ends_know_where_they_are_and_where_the_other_is() {
    for host in ["127.0.0.1", "[::1]"] {
        let steps = [
            net::listen("srv", &format!("{host}:0")),
            net::connect("here", "@srv"),
            net::accept("srv", "there"),
            net::local_address("srv"),
            net::local_address("here"),
            net::peer_address("here"),
            net::local_address("there"),
            net::peer_address("there"),
        ];
        each_says(steps, |said| {
            let addresses: Vec<_> = said[3..].iter().map(|line| last(line)).collect();
            let [srv, here, to, there, from] = addresses[..] else { panic!("{said:?}") };
            assert!(srv.starts_with(&format!("{host}:")) && !srv.ends_with(":0"), "the system chooses a port: {srv}");
            assert!(here.starts_with(&format!("{host}:")) && here != srv, "{here}");
            assert_eq!((to, there, from), (srv, srv, here));
        });
    }
}

#[test]
fn a_listener_for_ipv6_takes_ipv4_too_unless_it_is_told_not_to() {
    let listen = |name: &str, only_v6| -> Step {
        let how = ListenHow { only_v6, ..Default::default() };
        Net::Listen { address: "[::]:0".into(), save_as: name.into(), how }.into()
    };
    let steps = [
        listen("both", false),
        net::connect("c", "127.0.0.1:@both"),
        net::accept("both", "d"),
        net::peer_address("d"),
        listen("six", true),
        net::connect("c", "127.0.0.1:@six"),
        net::connect("c", "[::1]:@six"),
        net::accept("six", "d"),
    ];
    at_each_reactor(|mut stage| {
        let heard = played(&mut stage, &[script("s", steps.clone())]);
        assert!(heard[3].starts_with("s peer-address d [::ffff:127.0.0.1]:"), "{}", heard[3]);
        assert_eq!(heard[5], "s error: cannot connect to 127.0.0.1:PORT: connection refused");
        assert_eq!(heard[6..], ["s connect c ok", "s accept d ok"]);
    });
}

#[test]
fn one_who_connects_may_say_from_where() {
    let from = |local: &str| -> Step {
        Net::Connect { address: "@srv".into(), local: local.into(), save_as: "c".into() }.into()
    };
    let steps =
        [net::listen("srv", "127.0.0.1:0"), from("127.0.0.2:0"), net::accept("srv", "d"), net::peer_address("d")];
    each_says(steps, |said| assert!(said[3].starts_with("peer-address d 127.0.0.2:"), "{said:?}"));
    // An address of another family leads nowhere.
    at_each_reactor(|mut stage| {
        let heard =
            played(&mut stage, &[script("s", [net::listen("srv", "127.0.0.1:0"), from("[::1]:0"), from("here")])]);
        assert!(heard[1].starts_with("s error: cannot connect to 127.0.0.1:PORT"), "{heard:?}");
        assert!(heard[2].starts_with("s error: invalid argument: \"here\" is no address"), "{heard:?}");
    });
}

#[test]
fn what_is_set_of_a_connection_can_be_looked_at() {
    let set = |on| Net::SetNodelay { name: "here".into(), on };
    let sizes = |receive, send| Net::SetBufferSizes { name: "here".into(), receive, send };
    let look = || Net::BufferSizes("here".into());
    let keep_alive = |nanoseconds| Net::SetKeepAlive { name: "here".into(), nanoseconds };
    let steps = [
        Net::Nodelay("here".into()),
        set(true),
        Net::Nodelay("here".into()),
        set(false),
        Net::Nodelay("here".into()),
        sizes(20_000, 30_000),
        look(),
        sizes(0, 0),
        look(),
        keep_alive(Some(SECOND)),
        keep_alive(Some(1)),
        keep_alive(None),
    ];
    each_says(both_ends().into_iter().chain(steps.map(Step::from)), |said| {
        let said = &said[3..];
        assert_eq!((said[0], said[2], said[4]), ("nodelay here false", "nodelay here true", "nodelay here false"));
        let sizes: Vec<u32> = said[6].split(' ').skip(2).map(|size| size.parse().expect("a number")).collect();
        assert!(sizes[0] >= 20_000 && sizes[1] >= 30_000, "{sizes:?}");
        assert_eq!(said[6], said[8], "zero leaves a size as it is");
    });
}

#[test]
fn what_only_tcp_has_is_refused_of_a_unix_socket() {
    let folder = tempfile::tempdir().expect("a folder");
    let address = format!("unix:{}/s", folder.path().display());
    let steps = [
        net::listen("srv", &address),
        net::connect("c", &address),
        Net::SetNodelay { name: "c".into(), on: true }.into(),
        net::write_all("c", "still fine"),
    ];
    for reactor in cogen::ReactorKind::ALL {
        let heard = played(&mut stage_at(reactor, |builder| builder), &[script("s", steps.clone())]);
        assert!(heard[2].starts_with("s error: cannot choose whether small writes are gathered for"), "{heard:?}");
        assert_eq!(heard[3], "s write-all c ok");
    }
}
