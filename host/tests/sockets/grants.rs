//! What a program may do of the network: what it is granted, and what it is given.

use std::net::IpAddr;

use cogen::{ReactorKind, SimulatedNetwork};

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

fn ip(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

/// A stage with one network in memory, whose `script` is allowed this, and whose `free` everything.
fn allowed_in(network: SimulatedNetwork, rules: &[&str]) -> Stage {
    let script = guest("script").allow(allowed(rules));
    stage_at(&ReactorKind::Simulated(network), |builder| {
        builder.program("script", script).program("free", guest("script"))
    })
}

/// What `script` says, beside whom somebody listens at each of these addresses for as long as it needs.
fn said_beside(mut stage: Stage, listeners: &[&str], steps: impl IntoIterator<Item = Step>) -> (Vec<String>, Stage) {
    let listen = listeners.iter().map(|address| net::listen(address, address));
    let everybody = script("l", listen).step(Step::Sleep(SECOND));
    stage.engine.spawn("free", everybody).expect("there is room and a program");
    stage.spawn(script("s", steps));
    let heard = end_clean(&mut stage);
    (said_by("s", &heard).into_iter().map(str::to_owned).collect(), stage)
}

fn refusals(stage: &Stage) -> Vec<(String, u64)> {
    stage.engine.refusals().lines.into_iter().map(|refused| (refused.line, refused.count)).collect()
}

#[test]
fn a_granted_name_leads_to_public_addresses_and_to_private_ones_only_by_number() {
    let network = quick()
        .name("public.example", [ip("8.8.8.8")])
        .name("private.example", [ip("10.0.0.7")])
        .name("both.example", [ip("127.0.0.1"), ip("169.254.169.254"), ip("8.8.8.8")])
        .name("metadata.example", [ip("169.254.169.254"), ip("::1"), ip("::ffff:127.0.0.1")]);
    let rules = ["connect=*.example:80", "connect=10.0.0.0/8:81"];
    let to = ["public", "private", "both", "metadata"].map(|name| net::connect(name, &format!("{name}.example:80")));
    let steps = to.into_iter().chain([
        net::peer_address("both"),
        net::connect("private", "PRIVATE.example.:81"),
        net::connect("private", "private.example:81"),
        net::connect("public", "public.example:81"),
    ]);
    let listeners = ["8.8.8.8:80", "8.8.8.8:81", "10.0.0.7:80", "10.0.0.7:81", "127.0.0.1:80", "169.254.169.254:80"];
    let (said, stage) = said_beside(allowed_in(network, &rules), &listeners, steps);
    let by_number = |address: &str, name: &str, port: u16| {
        let attempted = format!("connect to {address}:{port}, which {name} leads to {BY_NUMBER}");
        denied(&attempted, "connect", &format!("{address}:{port}"))[2..].to_owned()
    };
    let by_port = denied("connect to 8.8.8.8:81, which public.example leads to", "connect", "public.example:81");
    let expected = [
        "connect public ok".to_owned(),
        by_number("10.0.0.7", "private.example", 80),
        "connect both ok".to_owned(),
        by_number("169.254.169.254", "metadata.example", 80),
        "peer-address both 8.8.8.8:80".to_owned(),
        // The network in memory does not know names with a last dot; that the engine does is all that is asked here.
        r#"error: cannot look up "PRIVATE.example.": the simulated network knows no such name"#.to_owned(),
        "connect private ok".to_owned(),
        by_port[2..].to_owned(),
    ];
    assert_eq!(said, expected);
    let lines = ["10.0.0.7:80", "169.254.169.254:80", "public.example:81"];
    assert_eq!(refusals(&stage), lines.map(|rule| (format!("connect = [\"{rule}\"]"), 1)));
}

#[test]
fn a_name_that_leads_elsewhere_the_second_time_is_looked_at_anew() {
    let rebinding = || {
        let network = quick().name("evil.example", [ip("8.8.8.8")]).name_then("evil.example", [ip("127.0.0.1")]);
        allowed_in(network, &["connect=evil.example:*"])
    };
    let listeners = ["8.8.8.8:80", "127.0.0.1:80"];
    let denied =
        denied(&format!("connect to 127.0.0.1:80, which evil.example leads to {BY_NUMBER}"), "connect", "127.0.0.1:80");
    let steps = [net::connect("a", "evil.example:80"), net::connect("b", "evil.example:80")];
    let (said, _) = said_beside(rebinding(), &listeners, steps);
    assert_eq!(said, ["connect a ok", plain(&denied[2..]).as_str()]);
    // Looked up by itself first, and told a private address: that the name is granted makes nothing of it.
    let steps = [
        net::resolve("evil.example"),
        net::resolve("evil.example"),
        net::connect("a", "127.0.0.1:80"),
        net::connect("b", "8.8.8.8:80"),
    ];
    let (said, _) = said_beside(rebinding(), &listeners, steps);
    assert_eq!(said[..2], ["resolve evil.example 8.8.8.8", "resolve evil.example 127.0.0.1"]);
    assert!(said[2].starts_with("error: denied: ") && said[2].contains(BY_NUMBER), "{said:?}");
    assert_eq!(said[3], "connect b ok", "what it was told once it may use");
}

#[test]
fn the_number_that_was_told_for_a_granted_name_is_that_name() {
    let network = || quick().name("a.example", [ip("8.8.8.8")]).name("b.example", [ip("9.9.9.9")]);
    let listeners = ["8.8.8.8:80", "8.8.8.8:81", "9.9.9.9:80"];
    let rules = ["connect=a.example:80", "resolve=b.example", "udp=a.example:53"];
    let steps = [
        net::connect("early", "8.8.8.8:80"),
        net::resolve("a.example"),
        net::connect("a", "8.8.8.8:80"),
        net::connect("port", "8.8.8.8:81"),
        // To look up is not to connect.
        net::resolve("b.example"),
        net::connect("b", "9.9.9.9:80"),
        net::resolve("c.example"),
        net::bind("u", "0.0.0.0:0"),
        net::send_to("u", "8.8.8.8:53", "x"),
        net::send_to("u", "9.9.9.9:53", "x"),
        net::send_to("u", "8.8.8.8:54", "x"),
    ];
    let (said, _) = said_beside(allowed_in(network(), &rules), &listeners, steps.clone());
    let no = |attempted: &str, key: &str, rule: &str| denied(attempted, key, rule)[2..].to_owned();
    let expected = [
        no("connect to 8.8.8.8:80", "connect", "8.8.8.8:80"),
        "resolve a.example 8.8.8.8".to_owned(),
        "connect a ok".to_owned(),
        no("connect to 8.8.8.8:81", "connect", "8.8.8.8:81"),
        "resolve b.example 9.9.9.9".to_owned(),
        no("connect to 9.9.9.9:80", "connect", "9.9.9.9:80"),
        no("look up c.example", "resolve", "c.example"),
        "bind u ok".to_owned(),
        "send-to u ok".to_owned(),
        no("send to 9.9.9.9:53", "udp", "9.9.9.9:53"),
        no("send to 8.8.8.8:54", "udp", "8.8.8.8:54"),
    ];
    assert_eq!(said, expected);
    // With the whole network nothing of this matters.
    let (said, stage) = said_beside(allowed_in(network(), &["network"]), &listeners, steps);
    assert!(said.iter().all(|line| !line.contains("denied")), "{said:?}");
    assert_eq!(stage.engine.stats().refused, 0);
}

#[test]
fn each_key_of_the_network_grants_what_it_says_and_nothing_beside_it() {
    let network = quick().name("a.example", [ip("8.8.8.8")]);
    let rules = [
        "connect=127.0.0.1:7000-7009",
        "connect=unix:/run/app/*.sock",
        "connect=[::1]:*",
        "listen=127.0.0.1:7000",
        "listen=unix:/run/app/x.sock",
        "udp=127.0.0.0/8:53",
        "udp-bind=127.0.0.1:5353",
        "resolve=*.example",
    ];
    let refused =
        |step: Step, attempted: &str, key: &str, rule: &str| (step, denied(attempted, key, rule)[2..].to_owned());
    let granted = |step: Step, said: &str| (step, said.to_owned());
    let cases = [
        granted(net::listen("a", "127.0.0.1:7000"), "listen a ok"),
        refused(net::listen("b", "127.0.0.1:7001"), "listen at 127.0.0.1:7001", "listen", "127.0.0.1:7001"),
        refused(net::listen("b", "0.0.0.0:7000"), "listen at 0.0.0.0:7000", "listen", "0.0.0.0:7000"),
        granted(net::connect("c", "127.0.0.1:7000"), "connect c ok"),
        granted(
            net::connect("c", "[::ffff:127.0.0.1]:7009"),
            "error: cannot connect to [::ffff:127.0.0.1]:7009: connection refused",
        ),
        granted(net::connect("c", "[::1]:1"), "error: cannot connect to [::1]:1: connection refused"),
        refused(
            net::connect("d", "127.0.0.1:7010"),
            &format!("connect to 127.0.0.1:7010 {BY_NUMBER}"),
            "connect",
            "127.0.0.1:7010",
        ),
        granted(net::listen("u", "unix:/run/app/x.sock"), "listen u ok"),
        refused(
            net::listen("v", "unix:/run/app/y.sock"),
            "listen at unix:/run/app/y.sock",
            "listen",
            "unix:/run/app/y.sock",
        ),
        granted(net::connect("w", "unix:/run/app/./x.sock"), "connect w ok"),
        refused(
            net::connect("w", "unix:/run/app/../app/x.sock"),
            "connect to unix:/run/app/../app/x.sock",
            "connect",
            "unix:/run/app/../app/x.sock",
        ),
        refused(
            net::connect("w", "unix:/run/docker.sock"),
            "connect to unix:/run/docker.sock",
            "connect",
            "unix:/run/docker.sock",
        ),
        granted(net::bind("x", "127.0.0.1:5353"), "bind x ok"),
        granted(net::bind("y", "127.0.0.1:0"), "bind y ok"),
        refused(net::bind("z", "127.0.0.1:5354"), "bind to 127.0.0.1:5354", "udp-bind", "127.0.0.1:5354"),
        granted(net::send_to("y", "127.0.0.9:53", "x"), "send-to y ok"),
        refused(
            net::send_to("y", "127.0.0.9:54", "x"),
            &format!("send to 127.0.0.9:54 {BY_NUMBER}"),
            "udp",
            "127.0.0.9:54",
        ),
        refused(
            net::connect_udp("y", "10.0.0.1:53"),
            &format!("send to 10.0.0.1:53 {BY_NUMBER}"),
            "udp",
            "10.0.0.1:53",
        ),
        granted(net::resolve("a.example"), "resolve a.example 8.8.8.8"),
        refused(net::resolve("example"), "look up example", "resolve", "example"),
    ];
    let (steps, expected): (Vec<_>, Vec<_>) = cases.into_iter().unzip();
    let (said, _) = said_beside(allowed_in(network, &rules), &[], steps);
    let expected: Vec<_> = expected.iter().map(|line| plain(line)).collect();
    assert_eq!(said, expected);
}

#[test]
fn a_socket_for_datagrams_sends_as_the_one_who_bound_it_may_whoever_has_it() {
    let sends = |name: &str| [net::send_to(name, "127.0.0.1:53", "x"), net::send_to(name, "127.0.0.1:54", "x")];
    // Given by one who may do this to one who may do nothing, and by one who may do everything.
    let takes = |name: &str| script(name, [net::received(&["u"])]).steps(sends("u"));
    let mut stage = allowed_in(quick(), &["udp=127.0.0.1:53", "spawn=*"]);
    let gives = |who: &str, to: &str| {
        let args = Args::Script(takes(to));
        let give = Net::SpawnWith { program: "script".into(), args, things: vec!["u".into()], save_as: to.into() };
        script(who, [net::bind("u", "127.0.0.1:0"), give.into(), Step::join(to)])
    };
    stage.spawn(gives("s", "t"));
    stage.engine.spawn("free", gives("f", "g")).expect("there is room and a program");
    let heard = end_clean(&mut stage);
    let said = said_by("t", &heard);
    assert_eq!(said[1], "send-to u ok");
    assert!(said[2].starts_with("error: denied: program `script` is not granted to send to 127.0.0.1:"), "{said:?}");
    assert_eq!(said_by("g", &heard)[1..], ["send-to u ok"; 2]);
}

#[test]
fn nobody_is_asked_for_a_name_that_is_not_granted() {
    // One that is not there would be told as such by whoever was asked.
    let (said, _) = said_beside(
        allowed_in(quick(), &["connect=a.example:80"]),
        &[],
        [net::resolve("secret.evil.example"), net::connect("c", "secret.evil.example:80"), net::resolve("a.example")],
    );
    assert!(said[..2].iter().all(|line| line.starts_with("error: denied: ")), "{said:?}");
    assert!(said[2].starts_with("error: cannot look up "), "{said:?}");
}

#[cfg(unix)]
#[test]
fn no_link_leads_to_a_socket_that_no_rule_means() {
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = |name: &str| folder.path().join(name).to_str().expect("it is text").to_owned();
    for name in ["app", "elsewhere"] {
        std::fs::create_dir(path(name)).expect("a folder");
    }
    let _listeners = ["app/a.sock", "secret.sock", "elsewhere/b.sock"].map(|name| UnixListener::bind(path(name)));
    // As a guest may have made them that may write there.
    symlink("../secret.sock", path("app/out.sock")).expect("a link");
    symlink("../elsewhere", path("app/folder.sock")).expect("a link");
    symlink("a.sock", path("app/in.sock")).expect("a link");
    // As an operator may have made it before.
    symlink("app", path("link")).expect("a link");
    let rules = [
        format!("connect=unix:{}/*.sock", path("app")),
        format!("connect=unix:{}/*/*.sock", path("app")),
        format!("connect=unix:{}/*.sock", path("link")),
        format!("listen=unix:{}/*.sock", path("app")),
        format!("listen=unix:{}/*/*.sock", path("app")),
    ];
    let rules: Vec<_> = rules.iter().map(String::as_str).collect();
    let to = |name: &str| net::connect("c", &format!("unix:{}", path(name)));
    let at = |name: &str| net::listen("l", &format!("unix:{}", path(name)));
    let granted = [to("app/a.sock"), to("app/in.sock"), to("link/a.sock"), at("app/new.sock")];
    let refused = [to("app/out.sock"), to("app/folder.sock/b.sock"), to("link/out.sock"), at("app/folder.sock/n.sock")];
    for reactor in ReactorKind::ALL {
        let program = guest("script").allow(allowed(&rules));
        let mut stage = stage_at(reactor, |builder| builder.program("script", program));
        let heard = played(&mut stage, &[script("s", granted.clone().into_iter().chain(refused.clone()))]);
        let said = said_by("s", &heard);
        assert_eq!(said[..4], ["connect c ok", "connect c ok", "connect c ok", "listen l ok"]);
        assert!(said[4..].iter().all(|line| line.starts_with("error: denied: ")), "{said:#?}");
    }
}
