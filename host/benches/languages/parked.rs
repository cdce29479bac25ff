//! Crowds of parked coroutines, each in a process of its own: what others have used and given back would be used again.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use cogen::{Engine, State, Turn};

use super::{builder, timed};

/// The first argument of a process that was started for this; the others are the folder with compiled code and the programs.
pub(crate) const COMMAND: &str = "parked";

/// How many of each program there are.
pub(crate) const CROWD: usize = 1_000;

/// What had been used when a crowd was there.
pub(crate) struct Moment {
    /// How long it took to spawn the last crowd, and to have all of it parked.
    pub(crate) seconds: f64,
    /// KiB of memory of the process. Pages that many have mapped count once, among them those of an image which nobody has
    /// written to.
    pub(crate) memory: f64,
    /// KiB of page tables.
    pub(crate) tables: f64,
    /// KiB that are resident, where a page counts for each who has it mapped.
    pub(crate) resident: f64,
}

/// KiB of memory that one of a crowd takes, and KiB of page tables.
pub(crate) fn memory_of_one(cache: &Path, program: &str) -> (f64, f64) {
    let moments = moments(cache, &[program]);
    let [first, all] = &moments[..] else { panic!("there are two moments of one program") };
    let each = |first, all| (all - first) / CROWD as f64;
    (each(first.memory, all.memory), each(first.tables, all.tables))
}

/// How it was when there was one of each program, and then after the crowd of each.
pub(crate) fn moments(cache: &Path, programs: &[&str]) -> Vec<Moment> {
    let mut process = Command::new(std::env::current_exe().expect("Linux knows it"));
    process.arg(COMMAND).arg(cache).args(programs).stderr(Stdio::inherit());
    let output = process.output().expect("it starts");
    assert!(output.status.success(), "{process:?}: {}", output.status);
    let text = String::from_utf8(output.stdout).expect("it prints text");
    text.lines().map(Moment::parse).collect()
}

/// Prints the moments, in the process that was started for this.
pub(crate) fn measure(cache: &Path, programs: &[&str]) {
    let builder = builder(programs).max_coroutines((CROWD + 1) * programs.len()).cache_dir(cache);
    let mut engine = builder.build().expect("an engine");
    // The first of each makes its image, which is no memory of those that follow.
    programs.iter().for_each(|program| park(&mut engine, program, 1));
    println!("{}", Moment::now(0.0));
    for program in programs {
        let (seconds, ()) = timed(|| park(&mut engine, program, CROWD));
        println!("{}", Moment::now(seconds));
    }
}

/// Spawns so many, each of which sleeps for an hour.
fn park(engine: &mut Engine, program: &str, count: usize) {
    let there = engine.stats().coroutines;
    (0..count).for_each(|_| drop(engine.spawn(program, "sleep-long").expect("there is room")));
    while engine.turn(Duration::ZERO) == Turn::Worked {}
    let parked = engine.snapshot().iter().filter(|info| info.state == State::Parked).count();
    assert_eq!(parked, there + count);
}

impl Moment {
    fn now(seconds: f64) -> Self {
        Moment {
            seconds,
            memory: kib("/proc/self/smaps_rollup", "Pss:"),
            tables: kib("/proc/self/status", "VmPTE:"),
            resident: kib("/proc/self/smaps_rollup", "Rss:"),
        }
    }

    fn parse(line: &str) -> Self {
        let numbers: Vec<f64> = line.split(' ').map(|number| number.parse().expect("a number")).collect();
        let [seconds, memory, tables, resident] = numbers[..] else { panic!("{line:?} is no moment") };
        Moment { seconds, memory, tables, resident }
    }
}

impl std::fmt::Display for Moment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} {} {}", self.seconds, self.memory, self.tables, self.resident)
    }
}

fn kib(file: &str, name: &str) -> f64 {
    let text = std::fs::read_to_string(file).expect("Linux has it");
    let line = text.lines().find_map(|line| line.strip_prefix(name)).expect("it is listed");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}
