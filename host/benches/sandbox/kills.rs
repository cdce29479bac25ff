//! How long it is from a kill to the end, as another thread sees it.

use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use cogen::{Coroutine, Handle, Outcome, State};

use crate::ours::{Ours, work};
use crate::percentile;

const KILLS: usize = 300;

/// Prints a row for each place in which one may be killed.
pub(crate) fn measure(component: &[u8]) {
    println!("| killed, microseconds to the end | median | 99 of 100 | most |\n|---|---|---|---|");
    row("parked", component, 0, &work("wait", 1), State::Parked);
    row("parked, beside one that spins", component, 1, &work("wait", 1), State::Parked);
    row("spinning", component, 0, &work("noop", u64::MAX), State::Running);
    row("spinning, beside ten others", component, 10, &work("noop", u64::MAX), State::Ready);
}

fn row(name: &str, component: &[u8], others: usize, victim: &str, state: State) {
    let (send, receive) = mpsc::channel();
    let (stop, stopped) = mpsc::channel::<()>();
    let component = component.to_vec();
    let runs = thread::spawn(move || {
        let mut ours = Ours::new(&component, 1);
        let others = crate::spinners(&ours, others);
        send.send(ours.0.handle()).expect("somebody measures");
        while stopped.try_recv().is_err() {
            ours.0.turn(Duration::from_millis(1));
        }
        others.iter().for_each(Coroutine::kill);
        ours.0.run();
    });
    let handle: Handle = receive.recv().expect("the engine runs");
    let mut times: Vec<_> = (0..KILLS).map(|_| kill(&handle, victim, state)).collect();
    stop.send(()).expect("it runs still");
    runs.join().expect("it ends");
    let [median, most_of, most] = [0.5, 0.99, 1.0].map(|part| percentile(&mut times, part).as_secs_f64() * 1e6);
    println!("| {name} | {median:.0} | {most_of:.0} | {most:.0} |");
}

/// Starts one, waits until it is where it is to be killed, and kills it.
fn kill(handle: &Handle, victim: &str, state: State) -> Duration {
    let victim = handle.spawn("bench", victim).expect("there is room");
    while victim.state() != state {
        thread::sleep(Duration::from_micros(50));
    }
    let began = Instant::now();
    victim.kill();
    while victim.state() != State::Ended {
        std::hint::spin_loop();
    }
    let took = began.elapsed();
    assert_eq!(victim.outcome(), Some(Outcome::Killed));
    took
}
