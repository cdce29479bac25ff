//! Connections that come and go, one after the other and at random.

use crate::stage::*;
use crate::{alone, assert_released};

/// Uses a connection, closes it, and makes the next one with the same descriptors.
#[test]
fn descriptors_are_used_again_at_once_thousands_of_times() {
    const TIMES: u64 = 2000;
    let _alone = alone();
    let once = [
        net::connect("here", "@srv").timeout(100 * MILLISECOND),
        net::accept("srv", "there").timeout(100 * MILLISECOND),
        net::read("there", 100).timeout(0),
        net::read("here", 100).timeout(0),
        net::write_all("here", "question"),
        net::read_exact("there", 8),
        net::write_all("there", "answer"),
        net::close("there"),
        net::read_exact("here", 100),
        // There is somebody who writes to one that is closed, and then the next connection.
        net::write_all("here", "too late"),
        net::close("here"),
    ];
    let steps = [net::listen("srv", "127.0.0.1:0"), Step::Repeat { n: TIMES, steps: once.into() }, Step::Elapsed];
    for reactor in reactors() {
        assert_released(reactor.name(), || {
            let mut stage = stage_at(&reactor, |builder| builder);
            let heard = played(&mut stage, &[script("s", steps.clone())]);
            let count = |line: &str| heard.iter().filter(|heard| *heard == line).count() as u64;
            assert_eq!(count("s error: timed out"), 2 * TIMES);
            assert_eq!(count(r#"s read-exact there got "question""#), TIMES);
            assert_eq!(count(r#"s read-exact here got "answer""#), TIMES);
            assert_eq!(heard.last().map(String::as_str), Some("s elapsed 0"), "no time was up");
        });
    }
}

/// What one of many clients does; and whether it is killed or cancelled meanwhile.
fn client(name: &str, random: &mut fastrand::Rng) -> (Script, Option<Step>) {
    let size = 1 << random.u32(0..18);
    let bytes = Pattern::new(size).seed(random.u64(..));
    let connect = [net::connect("c", "@srv").timeout(10 * SECOND), Step::Sleep(random.u64(..SECOND))];
    let echoed = net::read_pattern("c", bytes, size);
    let rest = match random.u32(0..8) {
        // Polite, in two ways.
        0 => vec![net::write_all("c", bytes), echoed, net::close("c")],
        1 => vec![net::write_all("c", bytes), net::shutdown("c", Direction::Write), net::read_to_end("c")],
        // Gone with something unread.
        2 => vec![net::write_all("c", bytes), Step::Sleep(random.u64(..SECOND)), net::close("c")],
        3 => vec![net::write_all("c", bytes), net::read("c", 10).timeout(0)],
        // Silent.
        4 => vec![Step::Sleep(random.u64(..SECOND)), net::close("c")],
        5 => vec![net::read("c", 10).timeout(random.u64(..SECOND)), net::shutdown("c", Direction::Both)],
        // Busy with several things.
        6 => {
            vec![net::share("c", "d"), net::close("c"), net::write_all("d", bytes), net::read_exact("d", size as usize)]
        }
        _ => vec![
            Step::Select(vec![Wait::Sleep(random.u64(..SECOND)), Wait::Reading("c".into())]),
            net::write("c", bytes),
        ],
    };
    let fate = match random.u32(0..5) {
        0 => Some(Step::Kill(name.into())),
        1 => Some(Step::Cancel(name.into())),
        _ => None,
    };
    (script(name, connect).steps(rest), fate)
}

#[test]
fn a_thousand_connections_that_come_and_go_at_random_leave_nothing() {
    const AT_ONCE: usize = 50;
    let _alone = alone();
    for (seed, reactor) in (1..).zip(reactors()) {
        println!("seed {seed}");
        let mut random = fastrand::Rng::with_seed(seed);
        let handler =
            script("h", [net::received(&["c"]), net::set_idle_timeout("c", 5 * SECOND), net::echo("c", 10_000)]);
        let mut steps = vec![net::listen("srv", "127.0.0.1:0"), net::serve("srv", handler, "serving")];
        for _ in 0..1000 / AT_ONCE {
            let clients = (0..AT_ONCE).map(|number| client(&number.to_string(), &mut random));
            let (clients, fates): (Vec<_>, Vec<_>) = clients.unzip();
            steps.extend(clients.into_iter().map(Step::spawn));
            steps.push(Step::Sleep(random.u64(..SECOND)));
            steps.extend(fates.into_iter().flatten());
            steps.extend((0..AT_ONCE).map(|number| Step::join(&number.to_string())));
        }
        steps.extend([Step::Cancel("serving".into()), Step::join("serving")]);
        assert_released(reactor.name(), || {
            let mut stage = stage_at(&reactor, |builder| builder.max_coroutines(2 * AT_ONCE + 10));
            let heard = played(&mut stage, &[script("s", steps)]);
            let count = |what: &str| heard.iter().filter(|line| line.contains(what)).count();
            assert!(count(" read-pattern c ok") > 20 && count(" wrong at ") == 0, "{heard:#?}");
        });
    }
}
