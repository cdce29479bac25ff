//! How often coroutines run and are woken because of sockets: work that nobody asked for shows in no answer, but here.

use crate::stage::*;

/// What is done, how many slices and wakes it takes, and how many operations of it a system that is handed operations is
/// handed: each of those takes a slice and a wake more.
type Row = (&'static str, Vec<Step>, (u64, u64), u64);

/// Lives of one who has both ends of a connection.
fn lives() -> Vec<Row> {
    let read = |name| net::read(name, 100);
    let at_once = vec![
        net::accept("srv", "none").timeout(0),
        net::write_all("here", "a line\nand more"),
        net::read_line("there", 100),
        net::read_exact("there", 4),
        read("there"),
        Step::Select(vec![Wait::Reading("there".into()), Wait::Writing("there".into())]),
        read("here").timeout(0),
    ];
    // To fill what is small takes no longer than a slice.
    let fill = |name: &str| -> [Step; 2] {
        [Net::SetBufferSizes { name: name.into(), receive: 0, send: 1 }.into(), net::fill(name)]
    };
    let reader = |wait: &[Step]| script("r", [net::received(&["c"])]).steps(wait.to_vec()).step(net::read("c", 100));
    // The new one goes first, and parks; the sleep lets it.
    let beside = |reader, then: Step| vec![net::spawn_with(reader, &["there"]), Step::Sleep(MILLISECOND), then];
    let waits = || reader(&[]);
    let write = || net::write_all("here", "now");
    let select = || Step::Select(vec![Wait::Sleep(SECOND), Wait::Reading("c".into())]);
    let idle = || net::set_idle_timeout("c", SECOND);
    let both = || Step::Select(vec![Wait::Reading("c".into()), Wait::Writing("c".into())]);
    let write_in_vain = [&fill("here")[..], &[net::write("here", "x").timeout(MILLISECOND)]].concat();
    let both = [&fill("c")[..], &[both()]].concat();
    vec![
        ("what is ready at once adds nothing", at_once, (0, 0), 2),
        ("a read that times out", vec![read("there").timeout(MILLISECOND)], (1, 1), 0),
        ("an accept that times out", vec![net::accept("srv", "none").timeout(MILLISECOND)], (1, 1), 0),
        ("a write that times out", write_in_vain, (1, 1), 0),
        ("a read that waits", beside(waits(), write()), (4, 3), 1),
        ("a read that waits, with an idle timeout", beside(reader(&[idle()]), write()), (4, 3), 1),
        ("a select that waits", beside(reader(&[select()]), write()), (4, 3), 2),
        ("a select for both directions", beside(reader(&both), write()), (4, 3), 2),
        ("a read that waits for the end", beside(waits(), net::close("here")), (4, 3), 0),
        ("a reader that is killed", beside(waits(), Step::Kill("r".into())), (3, 3), 0),
        ("a reader that is cancelled", beside(waits(), Step::Cancel("r".into())), (4, 3), 0),
    ]
}

#[test]
fn nobody_runs_or_is_woken_more_often_than_it_must() {
    for reactor in reactors() {
        let count = |steps: &[Step]| {
            let run = || {
                let mut stage = stage_at(&reactor, |builder| builder);
                played(&mut stage, &[script("s", both_ends()).steps(steps.to_vec())]);
                let stats = stage.engine.stats();
                (stats.slices, stats.wakes)
            };
            // A machine that is very busy may let a tick fall into a slice, which is then cut in two.
            (0..3).map(|_| run()).min().expect("there are some")
        };
        // To make the connection takes a slice and a wake or two.
        let (slices, wakes) = count(&[]);
        let beyond = |(all_slices, all_wakes)| (all_slices - slices, all_wakes - wakes);
        let counts: Vec<_> = lives().iter().map(|(life, steps, ..)| (*life, beyond(count(steps)))).collect();
        let is_handed = u64::from(reactor.name() == "io-uring");
        let more = |(slices, wakes), handed| (slices + is_handed * handed, wakes + is_handed * handed);
        let expected: Vec<_> =
            lives().iter().map(|&(life, _, expected, handed)| (life, more(expected, handed))).collect();
        assert_eq!(counts, expected, "{}", reactor.name());
    }
}
