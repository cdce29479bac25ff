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
