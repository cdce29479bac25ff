//! What operators are told of sockets: who waits for what, and each operation with what came of it.

use cogen::{ReactorKind, Trace};
use script_steps::ListenHow;

use crate::stage::*;

#[test]
fn the_table_says_who_waits_for_which_socket() {
    let waits = |name: &str, wait: Vec<Step>| script(name, both_ends()).steps(wait);
    let full = ListenHow { backlog: 1, ..Default::default() };
    let listen = Net::Listen { address: "127.0.0.1:0".into(), save_as: "srv".into(), how: full };
    let connects = ["a", "b", "c"].map(|name| net::connect(name, "@srv"));
    let select = |waits| vec![Step::Select(waits)];
    let [reading, accepting] = [Wait::Reading("here".into()), Wait::Accepting("srv".into())];
    let serve = Net::Serve {
        listener: "srv".into(),
        program: "script".into(),
        args: Args::Script(script("h", [Step::wait("never")])),
        most: 1,
        save_as: "serving".into(),
    };
    let serving = [net::listen("srv", "127.0.0.1:0"), serve.into(), net::connect("c", "@srv"), Step::join("serving")];
    // What the kernel moves late makes room after it said that there was none: whoever then writes must be waiting again.
    let write_until_full = Step::Repeat { n: 1000, steps: vec![net::fill("here"), net::write_all("here", "x")] };
    let scripts = [
        waits("accept", vec![net::accept("srv", "c")]),
        waits("read", vec![net::read("here", 1)]),
        waits("read-line", vec![net::read_line("here", 1)]),
        waits("write", vec![write_until_full]),
        script("receive", [net::bind("u", "127.0.0.1:0"), net::receive("u", 1)]),
        waits("select", select(vec![reading.clone()])),
        waits("select of two", select(vec![reading, accepting])),
        script("connect", [listen.into()]).steps(connects),
        script("serve", serving),
    ];
    let expected = [
        (1, "somebody to connect to 127.0.0.1:PORT"),
        (2, "something to read from 127.0.0.1:PORT"),
        (3, "something to read from 127.0.0.1:PORT"),
        (4, "room to write to 127.0.0.1:PORT"),
        (5, "a datagram at 127.0.0.1:PORT"),
        (6, "a pollable"),
        (7, "any of 2 pollables"),
        (8, r#"a connection to "127.0.0.1:PORT""#),
        (9, "the end of serve script#10"),
        (10, "one of 1 handlers to end"),
        (11, r#"signal "never""#),
    ];
    at_each_reactor(|mut stage| {
        let spawned = scripts.each_ref().map(|script| stage.spawn(script.clone()));
        let first = spawned[0].id().to_string();
        assert_eq!(first, "1");
        turn_until(&mut stage, |_, turn| turn != cogen::Turn::Worked);
        let table = stage.engine.snapshot();
        let told: Vec<_> = table
            .iter()
            .map(|info| (info.id.to_string(), plain(info.waits_for.as_deref().unwrap_or_default())))
            .collect();
        let expected = expected.map(|(id, waits_for): (u64, &str)| (id.to_string(), waits_for.to_owned()));
        assert_eq!(told, expected);
    });
}

#[test]
fn a_trace_has_each_operation_of_a_socket_with_what_came_of_it() {
    let steps = [
        net::listen("srv", "127.0.0.1:0"),
        net::connect("here", "@srv"),
        net::accept("srv", "there"),
        net::write_all("here", "a line\nand more"),
        net::write("here", "!"),
        net::read_line("there", 100),
        net::read_exact("there", 4),
        net::read("there", 100).timeout(SECOND),
        net::read("there", 100).timeout(0),
        net::shutdown("here", Direction::Write),
        net::accept("srv", "none").timeout(0),
        net::connect("none", "127.0.0.1:1"),
        net::connect("none", "nonsense"),
        net::bind("u", "127.0.0.1:0"),
        net::connect_udp("u", "@u"),
        net::send("u", "to itself"),
        net::receive_from("u", 100),
        net::send_to("u", "@u", "again"),
        net::receive("u", 100),
        net::resolve("127.0.0.1"),
        net::spawn_with(script("r", []), &["there"]),
    ];
    let expected = [
        r#"tcp.listen "127.0.0.1:0" -> 127.0.0.1:PORT"#,
        r#"tcp.connect "127.0.0.1:PORT" -> 127.0.0.1:PORT"#,
        "connections.accept 127.0.0.1:PORT -> 127.0.0.1:PORT",
        "connections.write-all 127.0.0.1:PORT -> ok",
        "connections.write 127.0.0.1:PORT -> 1 bytes",
        "connections.read-line 127.0.0.1:PORT -> 7 bytes",
        "connections.read-exact 127.0.0.1:PORT -> 4 bytes",
        "connections.read 127.0.0.1:PORT -> 5 bytes",
        "connections.read 127.0.0.1:PORT -> timed out",
        "connections.shutdown 127.0.0.1:PORT -> ok",
        "connections.accept 127.0.0.1:PORT -> timed out",
        r#"tcp.connect "127.0.0.1:PORT" -> cannot connect to 127.0.0.1:PORT: connection refused"#,
        r#"tcp.connect "nonsense" -> invalid argument: "nonsense" is no address: expected host:port, as in 127.0.0.1:PORT, [::1]:PORT or example.org:80"#,
        r#"udp.bind "127.0.0.1:0" -> 127.0.0.1:PORT"#,
        r#"udp.connect "127.0.0.1:PORT" -> ok"#,
        "udp.send 127.0.0.1:PORT -> ok",
        "udp.receive-from 127.0.0.1:PORT -> 9 bytes from 127.0.0.1:PORT",
        "udp.send-to 127.0.0.1:PORT -> ok",
        "udp.receive 127.0.0.1:PORT -> 5 bytes",
        r#"names.resolve "127.0.0.1" -> 127.0.0.1"#,
        r#"handover.spawn "script" -> script#2"#,
    ]
    .map(|line| plain(&line.replace("PORT", "0")));
    at_each_reactor(|mut stage| {
        stage.engine.trace(Trace::All);
        let heard = played(&mut stage, &[script("s", steps.clone())]);
        let operations = ["tcp.", "connections.", "udp.", "names.", "handover."];
        let told = heard.into_iter().filter(|line| operations.iter().any(|interface| line.starts_with(interface)));
        assert_eq!(told.collect::<Vec<_>>(), expected);
    });
}

#[test]
fn an_error_says_what_was_attempted_on_what_and_why() {
    // As the system has it: with its own words and number.
    for reactor in ReactorKind::ALL {
        let mut stage = stage_at(reactor, |builder| builder);
        stage.spawn(script("s", [net::connect("c", "127.0.0.1:1")]).strict());
        run(&mut stage);
        let expected = "script failed: cannot connect to 127.0.0.1:1: Connection refused (os error 111)";
        assert_eq!(stage.heard(), [expected]);
    }
}
