//! Whatever becomes of a coroutine, the engine holds nothing for it afterwards.

use crate::common::*;

/// More than what is kept without being counted.
const LONG: usize = 2000;

fn long_text() -> String {
    "v".repeat(LONG)
}

/// A script that is long itself, and hands a long context down.
fn long(name: &str, steps: impl IntoIterator<Item = Step>) -> Script {
    script(name, [Step::ContextSet("k".into(), long_text())].into_iter().chain(steps))
}

/// Every way to be parked. What waits, waits for a signal `never` or for 100 seconds.
fn waits() -> Vec<Vec<Step>> {
    let sleeper = || long("sleeper", [Step::Sleep(100 * SECOND)]);
    let give = || Wait::Give { name: "never".into(), value: long_text(), recipients: 1000 };
    let call = || Wait::Call { program: "script".into(), args: Args::Script(sleeper()) };
    vec![
        vec![Step::Sleep(100 * SECOND)],
        vec![Step::StdSleep(100 * SECOND)],
        vec![Step::wait("never")],
        vec![Step::wait("never").timeout(100 * SECOND)],
        vec![Step::signal_to("never", &long_text(), 1000)],
        vec![Step::signal_to("never", &long_text(), 1000).timeout(100 * SECOND)],
        vec![Step::call(sleeper())],
        vec![Step::call(sleeper()).timeout(200 * SECOND)],
        vec![Step::call(long("outer", [Step::call(sleeper())]))],
        vec![Step::spawn(long("waits", [Step::wait("never")])), Step::join("waits")],
        vec![Step::spawn(sleeper()), Step::join("sleeper").timeout(200 * SECOND)],
        vec![
            Step::Hoard(100),
            Step::Select(vec![Wait::Sleep(100 * SECOND), Wait::Signal("never".into()), give(), call()]),
        ],
        vec![Step::Return(long_text())],
        vec![Step::Fail(long_text())],
    ]
}

/// Those that never wait: no clock moves beside them.
fn restless() -> Vec<Vec<Step>> {
    vec![vec![for_ever([Step::Yield])], vec![for_ever([Step::call(long("n", []))])], vec![Step::Spin]]
}

/// What is done to a victim once it had the time to park, or at once.
fn fates() -> Vec<(&'static str, Vec<Step>)> {
    let victim = || "v".to_owned();
    let let_it_park = Step::Sleep(MILLISECOND);
    vec![
        ("killed", vec![let_it_park.clone(), Step::Kill(victim())]),
        ("killed at once", vec![Step::Kill(victim())]),
        ("cancelled", vec![let_it_park.clone(), Step::Cancel(victim())]),
        ("cancelled at once", vec![Step::Cancel(victim())]),
        ("signalled", vec![let_it_park.clone(), Step::signal("never", &long_text())]),
        ("left alone", vec![let_it_park, Step::join("v").timeout(1000 * SECOND)]),
    ]
}

/// Spawns a victim, lets `fate` happen to it, then ends whoever is left.
fn assert_nothing_is_left(victim: &[Step], fate: &[Step], what: &str) {
    for workers in [1, 2] {
        // Simulated time passes when everybody rests: a child on another worker waits by then.
        let end = [Step::Kill("v".into()), Step::join("v"), Step::Sleep(1), Step::signal("never", "")];
        let steps = [vec![Step::spawn(long("v", victim.to_vec()))], fate.to_vec(), end.into()].concat();
        let mut stage = Stage::with(|builder| builder.workers(workers));
        stage.spawn(script("d", steps));
        let parked = stage.run().parked;
        assert!(parked.is_empty(), "{what}, {workers} workers: {parked:?}");
        assert_eq!(stage.held(), [0; 4], "{what}, {workers} workers");
    }
}

#[test]
fn nothing_is_left_of_those_that_wait() {
    for (number, victim) in waits().iter().enumerate() {
        for (name, fate) in fates() {
            assert_nothing_is_left(victim, &fate, &format!("wait {number} {name}"));
        }
    }
}

#[test]
fn nothing_is_left_of_those_that_never_wait() {
    for (number, victim) in restless().iter().enumerate() {
        assert_nothing_is_left(victim, &[], &format!("restless {number}"));
    }
}
