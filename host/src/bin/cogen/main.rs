//! The `cogen` command: a thin user of the library.

// These panic when nobody listens; see `output`.
#![deny(clippy::print_stdout, clippy::print_stderr)]

mod build;
mod cache;
mod check;
mod doctor;
mod grants;
mod inspect;
mod languages;
mod new;
mod output;
mod printer;
mod project;
mod run;
mod signals;
mod targets;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// What every verb may exit with.
const EXIT_CODES: &str = "Exit codes:
  0    all went well
  1    a coroutine failed, or a build did; with --strict: one was left parked.
       Failures do not count that were followed by a restart which ended well.
       A manifest grants too little or too much (cogen check); a language that was asked for
       cannot be built (cogen doctor)
  2    wrong usage, manifest or component
  130  interrupted
  134  the one program of a run has trapped
If a run starts one program, and that exits with a status, this is the exit code.";

/// Run coroutines as sandboxed WebAssembly components
#[derive(Parser)]
#[command(name = "cogen", version, after_help = EXIT_CODES)]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,
    /// When to colour errors and traces; `auto`: on a terminal, unless NO_COLOR is set
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    color: output::Color,
}

#[derive(Subcommand)]
enum Verb {
    /// Begin a project in a language of your choice
    New(new::New),
    /// Run components, a manifest, or a folder with one
    Run(Box<run::Run>),
    /// Build the programs of a manifest, or make a component of a core module
    Build(build::Build),
    /// Compare what a manifest grants with what its components can use
    Check(check::Check),
    /// Show what a component imports, exports, lacks here and can be granted
    Inspect(inspect::Inspect),
    /// Tell in which languages programs can be built on this machine
    Doctor(doctor::Doctor),
}

fn main() -> ExitCode {
    let given: Vec<OsString> = std::env::args_os().collect();
    output::Color::of(&given).choose();
    let arguments = match Arguments::try_parse_from(given) {
        Ok(arguments) => arguments,
        Err(error) => return output::usage(&error),
    };
    arguments.color.choose();
    let result = match arguments.verb {
        Verb::New(new) => new.run(),
        Verb::Run(run) => run.run(),
        Verb::Build(build) => build.run(),
        Verb::Check(check) => check.run(),
        Verb::Inspect(inspect) => inspect.run(),
        Verb::Doctor(doctor) => doctor.run(),
    };
    result.unwrap_or_else(|error| {
        output::error(&error);
        if error.is::<project::Failed>() { ExitCode::FAILURE } else { ExitCode::from(2) }
    })
}
