//! The `cogen` command: a thin user of the library.

mod build;
mod inspect;
mod output;
mod run;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// What every verb may exit with.
const EXIT_CODES: &str = "Exit codes:\n  0    all went well\n  1    a coroutine failed, or with --strict was left parked\n  \
                          2    wrong usage, manifest or component\n  130  interrupted";

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
    /// Run components, a manifest, or a folder with one
    Run(run::Run),
    /// Run the build lines of a manifest
    Build(build::Build),
    /// Show what a component imports, exports and lacks here
    Inspect(inspect::Inspect),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    arguments.color.choose();
    let result = match arguments.verb {
        Verb::Run(run) => run.run(),
        Verb::Build(build) => build.run(),
        Verb::Inspect(inspect) => inspect.run(),
    };
    result.unwrap_or_else(|error| {
        output::error(&error);
        ExitCode::from(2)
    })
}
