//! Those who put one another to the front do not keep the others from running.

use std::time::{Duration, Instant};

use crate::common::*;

/// Some slices beside others are a fraction of a second; a busy machine may need a few. Unfair is for ever.
const BOUND: Duration = Duration::from_secs(20);

/// Two that wake each other, each before everybody else.
fn ping_pong() -> Vec<Script> {
    let ping = |name: &str, hits: &str, waits: &str| {
        script(name, [for_ever([Step::signal(hits, "").priority(Priority::First), Step::wait(waits)])])
    };
    vec![ping("ping", "to-pong", "to-ping"), ping("pong", "to-ping", "to-pong")]
}

/// One that calls again and again: the callee and then the caller go before everybody else.
fn calls() -> Vec<Script> {
    vec![script("calls", [for_ever([Step::call(script("n", []))])])]
}

#[test]
fn those_at_the_front_do_not_keep_one_from_the_back_from_running() {
    let at_the_back = [
        vec![Step::Yield; 20],
        vec![Step::Sleep(MILLISECOND); 20],
        vec![Step::spawn(script("child", [])).priority(Priority::Operation), Step::join("child")],
    ];
    for (front, steps) in
        [ping_pong(), calls()].iter().flat_map(|front| at_the_back.iter().map(move |steps| (front, steps)))
    {
        let mut stage = Stage::with(|builder| builder.clock(Clock::system()));
        let front: Vec<_> = front.iter().map(|script| stage.spawn(script.clone())).collect();
        let third = stage.spawn(script("third", steps.clone()));
        let began = Instant::now();
        while third.state() != State::Ended {
            stage.engine.turn(Duration::ZERO);
            stage.heard();
            assert!(began.elapsed() < BOUND, "{steps:?} beside {} others", front.len());
        }
        assert!(front.iter().all(|coroutine| coroutine.state() != State::Ended));
    }
}

/// How long each of these has run, once they have all computed for a while.
fn shares(programs: &[&str]) -> Vec<Duration> {
    const WHILE: Duration = Duration::from_secs(2);
    let mut stage = Stage::with(|builder| {
        let heavy = guest("script").weight(3);
        builder.clock(Clock::system()).program("heavy", heavy)
    });
    let spin = |program: &&str| stage.engine.spawn(program, script("spin", [Step::Spin])).expect("there is room");
    let spinners: Vec<_> = programs.iter().map(spin).collect();
    let began = Instant::now();
    while stage.engine.snapshot().iter().map(|info| info.cpu).sum::<Duration>() < WHILE {
        stage.engine.turn(Duration::ZERO);
        assert!(began.elapsed() < BOUND, "they do not run");
    }
    let table = stage.engine.snapshot();
    let share = |spinner: &Coroutine| table.iter().find(|info| info.id == spinner.id()).expect("it runs").cpu;
    spinners.iter().map(share).collect()
}

#[test]
fn those_who_compute_have_equal_shares() {
    let shares = shares(&["script"; 5]);
    let (least, most) = (shares.iter().min().expect("five"), shares.iter().max().expect("five"));
    assert!(*most < *least * 2, "{shares:?}");
}

#[test]
fn a_weight_of_three_is_three_times_the_share() {
    let shares = shares(&["heavy", "script", "script"]);
    let others = (shares[1] + shares[2]) / 2;
    assert!(shares[0] > others * 2 && shares[0] < others * 9 / 2, "{shares:?}");
}
