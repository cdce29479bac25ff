//! Whole processes: `cogen run` beside `wasmtime run` of the same command, both with compiled code at hand.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use super::median;

const ROUNDS: usize = 200;

/// Prints how long each takes to start, print a line, and end.
pub(crate) fn compare(component: &Path) {
    let wasmtime = std::env::var_os("COGEN_WASMTIME").map_or_else(|| PathBuf::from("wasmtime"), PathBuf::from);
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let compiled = folder.join("println.cwasm");
    let made = Command::new(&wasmtime).arg("compile").arg(component).arg("-o").arg(&compiled).status();
    if !made.is_ok_and(|status| status.success()) {
        println!("\nThe command `wasmtime` is not to be had: whole processes are not compared.");
        return;
    }
    let mut ours = Command::new(env!("CARGO_BIN_EXE_cogen"));
    ours.arg("run").arg("--cache-dir").arg(folder.join("code")).arg(component);
    let mut theirs = Command::new(wasmtime);
    theirs.args(["run", "--allow-precompiled"]).arg(compiled);
    // The first of ours compiles.
    milliseconds(&mut ours);
    let rounds: Vec<_> = (0..ROUNDS).map(|_| (milliseconds(&mut theirs), milliseconds(&mut ours))).collect();
    println!("\n| a command that prints a line, as a process | wasmtime run, precompiled | cogen run | ratio |");
    println!("|---|---|---|---|");
    println!(
        "| start and finish, milliseconds | {:.2} | {:.2} | {:.2} |",
        median(rounds.iter().map(|round| round.0)),
        median(rounds.iter().map(|round| round.1)),
        median(rounds.iter().map(|round| round.1 / round.0)),
    );
}

fn milliseconds(command: &mut Command) -> f64 {
    let began = Instant::now();
    let output = command.stdin(Stdio::null()).stderr(Stdio::inherit()).output().expect("it starts");
    assert_eq!(output.stdout, b"hello\n", "{command:?}");
    began.elapsed().as_secs_f64() * 1000.0
}
