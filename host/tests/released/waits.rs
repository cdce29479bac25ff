//! Every wait for a socket, and everything that may become of one who waits.

use std::time::Duration;

use script_steps::ListenHow;

use crate::stage::*;
use crate::{alone, assert_open, assert_released, descriptors};

/// Long enough to be counted as a payload.
const LONG: usize = 100_000;

/// Every way to wait for a socket, or for what has to do with one: how somebody makes a coroutine `v` that does.
fn waits(unix: &str) -> Vec<(&'static str, Vec<Step>)> {
    let with = |steps: Vec<Step>| [both_ends(), steps].concat();
    let long = |step: Step| step.timeout(10 * SECOND);
    let full = || net::fill("here");
    let idle = || net::set_idle_timeout("there", 10 * SECOND);
    let behind = |address: &str| {
        let how = ListenHow { backlog: 1, ..Default::default() };
        let listen = Net::Listen { address: address.into(), save_as: "srv".into(), how };
        let connect = |name| net::connect(name, "@srv").timeout(MILLISECOND);
        vec![listen.into(), connect("a"), connect("b"), connect("c")]
    };
    let connecting = || Wait::Connecting { address: "@srv".into(), save_as: "d".into() };
    let everything = vec![
        Wait::Sleep(10 * SECOND),
        Wait::Reading("there".into()),
        Wait::Writing("here".into()),
        Wait::Accepting("srv".into()),
        Wait::Receiving("u".into()),
        Wait::Signal("never".into()),
    ];
    let waits = || script("child", [net::received(&["c", "srv"]), net::read("c", 1)]);
    let holds = || script("child", [Step::wait("never")]);
    let handler = || script("handler", [net::received(&["c"]), net::read("c", 1)]);
    let serve = |most| {
        let (program, args) = ("script".into(), Args::Script(handler()));
        Net::Serve { listener: "srv".into(), program, args, most, save_as: "v".into() }.into()
    };
    let serving = |most| {
        vec![net::listen("srv", "127.0.0.1:0"), serve(most), net::connect("a", "@srv"), net::connect("b", "@srv")]
    };
    let waits = vec![
        ("accept", with(vec![net::accept("srv", "c")])),
        ("accept with a timeout", with(vec![long(net::accept("srv", "c"))])),
        ("read", with(vec![net::read("there", LONG)])),
        ("read with timeouts", with(vec![idle(), long(net::read("there", LONG))])),
        ("read-exact", with(vec![net::write_all("here", Pattern::new(5000)), net::read_exact("there", LONG)])),
        ("read-exact with timeouts", with(vec![idle(), long(net::read_exact("there", LONG))])),
        ("read-line", with(vec![net::write_all("here", "begun"), net::read_line("there", LONG)])),
        ("read-line with timeouts", with(vec![idle(), long(net::read_line("there", LONG))])),
        ("write", with(vec![full(), net::write("here", Pattern::new(LONG as u64))])),
        ("write-all", with(vec![full(), long(net::write_all("here", Pattern::new(LONG as u64)))])),
        ("send-file", with(vec![full(), net::send_file("here", "data/file", 0, u64::MAX)])),
        ("connect", [behind("127.0.0.1:0"), vec![net::connect("d", "@srv")]].concat()),
        ("connect with a timeout", [behind("127.0.0.1:0"), vec![long(net::connect("d", "@srv"))]].concat()),
        ("connect to a path", [behind(unix), vec![net::connect("d", "@srv")]].concat()),
        ("start-connect", [behind("127.0.0.1:0"), vec![Step::Select(vec![connecting()])]].concat()),
        (
            "start-connect to a path",
            [behind(unix), vec![Step::Select(vec![connecting(), Wait::Sleep(10 * SECOND)])]].concat(),
        ),
        (
            "start-connect that is dropped",
            [behind("127.0.0.1:0"), vec![Net::StartConnectDrop { address: "@srv".into() }.into(), Step::wait("never")]]
                .concat(),
        ),
        ("resolve", vec![net::resolve("localhost"), net::resolve(UNKNOWN), Step::wait("never")]),
        (
            "start-resolve",
            vec![Step::Select(vec![Wait::Sleep(0), Wait::Resolving("localhost".into())]), Step::wait("never")],
        ),
        ("receive", vec![net::bind("u", "127.0.0.1:0"), net::receive("u", LONG)]),
        ("receive-from with a timeout", vec![net::bind("u", "127.0.0.1:0"), long(net::receive_from("u", LONG))]),
        ("select of everything", with(vec![full(), net::bind("u", "127.0.0.1:0"), Step::Select(everything)])),
        ("pollables of the same", with(vec![Step::Select(vec![Wait::Reading("there".into()); 3])])),
        (
            "a connection and a listener given away",
            with(vec![net::spawn_with(waits(), &["there", "srv"]), Step::join("child")]),
        ),
        (
            "things that are not taken",
            with(vec![
                net::bind("u", "127.0.0.1:0"),
                net::spawn_with(holds(), &["there", "srv", "u"]),
                Step::join("child"),
            ]),
        ),
        (
            "things that are held",
            with(vec![net::share("there", "copy"), net::hold("there"), net::hold("srv"), Step::wait("never")]),
        ),
    ];
    let mut begins: Vec<_> =
        waits.into_iter().map(|(wait, steps)| (wait, vec![Step::spawn(script("v", steps))])).collect();
    begins.extend([("serve", serving(0)), ("serve without a place", serving(1))]);
    begins
}

/// What is done to a victim once it had the time to park, or at once.
fn fates() -> [(&'static str, Vec<Step>); 5] {
    let victim = || "v".to_owned();
    let let_it_park = || Step::Sleep(10 * MILLISECOND);
    [
        ("killed", vec![let_it_park(), Step::Kill(victim())]),
        ("killed at once", vec![Step::Kill(victim())]),
        ("cancelled", vec![let_it_park(), Step::Cancel(victim())]),
        ("cancelled at once", vec![Step::Cancel(victim())]),
        ("left alone", vec![let_it_park(), Step::join("v").timeout(20 * SECOND)]),
    ]
}

#[test]
fn nothing_is_left_of_those_that_wait_for_sockets() {
    let _alone = alone();
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("file"), Pattern::new(LONG as u64).to_vec()).expect("a file");
    let unix = format!("unix:{}", folder.path().join("socket").display());
    let program = guest("script").allow(Allow::all().directory("data", folder.path(), false));
    for reactor in reactors() {
        for workers in [1, 2] {
            let change = |builder: Builder| builder.workers(workers).program("script", program.clone());
            assert_released(reactor.name(), || {
                let mut stage = stage_at(&reactor, change);
                // An engine keeps a program's memory as it is at first, once it has run.
                played(&mut stage, &[script("first", [])]);
                let of_the_engine = descriptors();
                for (wait, begin) in waits(&unix) {
                    for (name, fate) in fates() {
                        let what = format!("{wait}, {name}, {workers} workers, {}", reactor.name());
                        // Others that it has begun wait for a signal, or for one of these who ends.
                        let end = [Step::Kill("v".into()), Step::join("v"), Step::Sleep(1), Step::signal("never", "")];
                        let steps = [&begin[..], &fate, &end].concat();
                        stage.spawn(script("d", steps));
                        run(&mut stage);
                        assert_eq!(stage.held(), [0; 4], "{what}: {:#?}", stage.heard());
                        assert_open(&of_the_engine, &what);
                        stage.heard();
                    }
                }
            });
        }
    }
}

#[test]
fn an_engine_that_is_dropped_with_everybody_waiting_leaves_nothing() {
    let _alone = alone();
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("file"), Pattern::new(LONG as u64).to_vec()).expect("a file");
    let program = guest("script").allow(Allow::all().directory("data", folder.path(), false));
    for reactor in reactors() {
        for workers in [1, 2] {
            assert_released(reactor.name(), || {
                let change = |builder: Builder| builder.workers(workers).program("script", program.clone());
                let mut stage = stage_at(&reactor, change);
                for number in 0..waits("unix:").len() {
                    let unix = format!("unix:{}", folder.path().join(number.to_string()).display());
                    let (_, begin) = waits(&unix).swap_remove(number);
                    stage.spawn(script("d", begin).step(Step::wait("never")));
                }
                // Enough for all to come to where they wait. (Some try again and again, which moves a simulated clock.)
                for _ in 0..200 {
                    stage.engine.turn(Duration::ZERO);
                }
            });
        }
    }
}
