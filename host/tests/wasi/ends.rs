//! Whoever waits in a function of WASI can be killed and cancelled there, and nothing is left.

use std::time::{Duration, Instant};

use cogen::{Builder, Coroutine, Engine, Limit, Limits, Outcome, Program, ReactorKind, State, Stdin};

use crate::case::{Case, engine};

/// Far longer than anything here takes.
const FOR_EVER: Duration = Duration::from_secs(20);

/// Somebody who waits: what they are given, which programs there are, and what the table says of them.
struct Wait {
    case: Case,
    builder: Builder,
    says: &'static str,
}

impl Wait {
    fn alone(case: Case, says: &'static str) -> Self {
        Wait { builder: engine().program(case.guest, program(&case)), case, says }
    }

    /// Who uses all of the network.
    fn at_a_socket(case: &str, says: &'static str) -> Self {
        Wait::alone(Case::new("wasi-sockets", case).network(), says)
    }

    /// Who reads what another program writes, of which nobody is there.
    fn reader(case: &str, says: &'static str) -> Self {
        let case = Case::new("wasi-stdio", case);
        let reader = program(&case).stdin(Stdin::Program("other".to_owned()));
        Wait { builder: engine().program(case.guest, reader).program("other", case.program()), case, says }
    }

    /// Who writes what another program reads, of which nobody is there.
    fn writer(case: &str, says: &'static str) -> Self {
        let case = Case::new("wasi-stdio", case);
        let other = case.program().stdin(Stdin::Program(case.guest.to_owned()));
        Wait { builder: engine().program(case.guest, program(&case)).program("other", other), case, says }
    }
}

/// Who was cancelled and goes on waiting is not waited for.
fn program(case: &Case) -> Program {
    case.program().limits(Limits::default().with(Limit::CancelGrace, 50_000_000))
}

fn waits() -> Vec<Wait> {
    let (input, room) = ("something to read from the pipe of `other`", "room to write to the pipe to `other`");
    vec![
        Wait::alone(Case::new("wasi-io", "sleep-long"), "the clock to reach "),
        Wait::alone(Case::new("wasi-io", "block-long"), "the clock to reach "),
        Wait::alone(Case::new("wasi-io", "poll-long"), "any of 2 pollables"),
        Wait::at_a_socket("wait-accept", "somebody to connect to 127.0.0.1:"),
        Wait::at_a_socket("wait-connect", "a connection from 127.0.0.1:"),
        Wait::at_a_socket("wait-read", "something to read from 127.0.0.1:"),
        Wait::at_a_socket("wait-write", "room to write to 127.0.0.1:"),
        Wait::at_a_socket("wait-drop", "room to write to 127.0.0.1:"),
        Wait::at_a_socket("wait-receive", "a datagram at 127.0.0.1:"),
        Wait::at_a_socket("wait-std-accept", "somebody to connect to 127.0.0.1:"),
        Wait::at_a_socket("wait-std-connect", "a connection from 127.0.0.1:"),
        Wait::at_a_socket("wait-std-read", "something to read from 127.0.0.1:"),
        Wait::reader("blocking-read", input),
        Wait::reader("blocking-skip", input),
        Wait::reader("blocking-splice", input),
        Wait::reader("block", input),
        Wait::reader("upper", input),
        Wait::writer("fill-block", room),
        Wait::writer("fill-write", room),
        Wait::writer("fill-flush", room),
        Wait::writer("until-closed", room),
    ]
}

/// An engine in which somebody waits.
struct Stage {
    engine: Engine,
    coroutine: Coroutine,
}

impl Stage {
    fn of(wait: Wait, reactor: &ReactorKind) -> Self {
        let Wait { case, builder, says } = wait;
        let engine = builder.reactor(reactor.clone()).build().expect("an engine");
        let coroutine = engine.spawn(case.guest, case.arguments.join("\0")).expect("there is room");
        let mut stage = Stage { engine, coroutine };
        stage.turn_until(|stage| {
            let table = stage.engine.snapshot();
            table.iter().any(|info| {
                info.state == State::Parked && info.waits_for.as_ref().is_some_and(|text| text.starts_with(says))
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
        let outcome = self.coroutine.outcome().expect("it has ended");
        // What it said at its end is kept for as long as somebody could ask for it.
        drop(self.coroutine);
        self.engine.run();
        let stats = self.engine.stats();
        assert_eq!([stats.coroutines, stats.timers, stats.waiters, stats.payloads], [0; 4], "{stats:?}");
        outcome
    }
}

/// Has each of those who wait end in a way, at each reactor.
fn each_ends(end: impl Fn(&Coroutine), is_right: impl Fn(&Outcome) -> bool) {
    for reactor in ReactorKind::ALL {
        for wait in waits() {
            let case = wait.case.clone();
            let stage = Stage::of(wait, reactor);
            end(&stage.coroutine);
            let outcome = stage.ended();
            assert!(is_right(&outcome), "{case:?} at {}: {outcome:?}", reactor.name());
        }
    }
}

#[test]
fn whoever_waits_can_be_killed() {
    each_ends(Coroutine::kill, |outcome| *outcome == Outcome::Killed);
}

/// WASI knows no cancelling: the wait comes back, and what the program makes of that is its own matter. It ends in any case.
#[test]
fn whoever_waits_comes_back_when_cancelled() {
    each_ends(Coroutine::cancel, |outcome| *outcome != Outcome::Killed);
}
