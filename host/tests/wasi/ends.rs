//! Whoever waits in a function of WASI can be killed and cancelled there, and nothing is left.

use std::time::{Duration, Instant};

use cogen::{Coroutine, Engine, Limit, Limits, Outcome, State};

use crate::case::{Case, engine};

/// Far longer than anything here takes.
const FOR_EVER: Duration = Duration::from_secs(20);

/// How each of them waits: what it is given, and what the table says of it.
fn waits() -> Vec<(Case, &'static str)> {
    vec![
        (Case::new("wasi-io", "sleep-long"), "the clock to reach "),
        (Case::new("wasi-io", "block-long"), "the clock to reach "),
        (Case::new("wasi-io", "poll-long"), "any of 2 pollables"),
        (Case::new("wasi-sockets", "wait-accept").network(), "somebody to connect to 127.0.0.1:"),
        (Case::new("wasi-sockets", "wait-read").network(), "something to read from 127.0.0.1:"),
        (Case::new("wasi-sockets", "wait-write").network(), "room to write to 127.0.0.1:"),
        (Case::new("wasi-sockets", "wait-drop").network(), "room to write to 127.0.0.1:"),
        (Case::new("wasi-sockets", "wait-receive").network(), "a datagram at 127.0.0.1:"),
        (Case::new("wasi-sockets", "wait-std-accept").network(), "somebody to connect to 127.0.0.1:"),
        (Case::new("wasi-sockets", "wait-std-read").network(), "something to read from 127.0.0.1:"),
    ]
}

/// An engine in which a case waits.
struct Stage {
    engine: Engine,
    coroutine: Coroutine,
}

impl Stage {
    fn of(case: &Case, wait: &str) -> Self {
        // Who was cancelled and goes on waiting is not waited for.
        let limits = Limits::default().with(Limit::CancelGrace, 50_000_000);
        let builder = engine().program(case.guest, case.program().limits(limits));
        let engine = builder.build().expect("an engine");
        let coroutine = engine.spawn(case.guest, case.arguments.join("\0")).expect("there is room");
        let mut stage = Stage { engine, coroutine };
        stage.turn_until(|stage| {
            let table = stage.engine.snapshot();
            table.iter().any(|info| {
                info.state == State::Parked && info.waits_for.as_ref().is_some_and(|text| text.starts_with(wait))
            })
        });
        stage
    }

    fn turn_until(&mut self, is_so: impl Fn(&Stage) -> bool) {
        let began = Instant::now();
        while !is_so(self) {
            assert!(began.elapsed() < FOR_EVER, "{:?} {:?}", self.engine.snapshot(), self.coroutine.outcome());
            self.engine.turn(Duration::from_millis(1));
        }
    }

    /// How it ended; nothing of it is left.
    fn ended(mut self) -> Outcome {
        self.turn_until(|stage| stage.coroutine.outcome().is_some());
        self.engine.run();
        let stats = self.engine.stats();
        assert_eq!([stats.coroutines, stats.timers, stats.waiters, stats.payloads], [0; 4], "{stats:?}");
        self.coroutine.outcome().expect("it has ended")
    }
}

#[test]
fn whoever_waits_can_be_killed() {
    for (case, wait) in waits() {
        let stage = Stage::of(&case, wait);
        stage.coroutine.kill();
        assert_eq!(stage.ended(), Outcome::Killed, "{case:?}");
    }
}

/// WASI knows no cancelling: the wait comes back, and what the program makes of that is its own matter. It ends in any case.
#[test]
fn whoever_waits_comes_back_when_cancelled() {
    for (case, wait) in waits() {
        let stage = Stage::of(&case, wait);
        stage.coroutine.cancel();
        assert_ne!(stage.ended(), Outcome::Killed, "{case:?}");
    }
}
