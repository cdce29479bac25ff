//! Asks the clocks of WASI, and says what it observes.

use std::time::{Duration, Instant, SystemTime};

use wasip2::clocks::{monotonic_clock, wall_clock};

/// The beginning of 2020, in seconds since 1970.
const BEGINNING_OF_2020: u64 = 1_577_836_800;

fn main() {
    let (before, after) = (monotonic_clock::now(), monotonic_clock::now());
    println!("{} {}", before <= after, monotonic_clock::resolution() > 0);
    let (now, resolution) = (wall_clock::now(), wall_clock::resolution());
    println!("{} {}", now.seconds > BEGINNING_OF_2020, now.nanoseconds < 1_000_000_000);
    println!("{}", resolution.seconds > 0 || resolution.nanoseconds > 0);
    let (began, began_at) = (Instant::now(), SystemTime::now());
    std::thread::sleep(Duration::from_millis(2));
    println!("{}", began.elapsed() >= Duration::from_millis(2));
    println!("{}", began_at.elapsed().is_ok_and(|passed| passed >= Duration::from_millis(1)));
}
