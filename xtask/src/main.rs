//! The project's chores. `cargo xtask demo` and `cargo xtask test` are the two commands of the README.

mod apt;
mod bindings;
mod c;
mod debian;
mod fuzz;
mod go;
mod js;
mod peers;
mod pip;
mod platforms;
mod programs;
mod python;
mod shell;
mod sources;
mod target;
mod toolchain;

use std::path::PathBuf;
use std::process::{Command, ExitCode};

use anyhow::Result;
use clap::{Parser, Subcommand};
use shell::{cargo, output, root, tools};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Set-up, guests, tests: the project's own chores")]
struct Arguments {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Get the target wasm32-wasip2, and the programs that tests run
    Setup,
    /// Build the guest programs
    Guests,
    /// Run the introduction's programs, calls and signals
    Demo,
    /// Run every test
    Test {
        /// What to pass on to `cargo test`
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        rest: Vec<String>,
    },
    /// Make the bindings of the SDK for C anew, after a change of the WIT
    CBindings,
    /// Make the bindings of the SDK for Go anew, after a change of the WIT
    GoBindings,
    /// Make the declarations of the SDK for JavaScript anew, after a change of the WIT
    JsDeclarations,
    /// Build the servers in other languages that `cargo bench --bench echo` measures
    Peers,
    /// Check that the project compiles for Windows and macOS
    CheckPlatforms,
    /// Run the fuzz targets for a while
    Fuzz {
        /// How long each of them may go on
        #[arg(default_value_t = 60)]
        seconds: u32,
    },
    /// Check formatting, lints and docs, run every test, and fuzz for some seconds
    Ci,
}

fn main() -> ExitCode {
    match run(&Arguments::parse().chore) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(chore: &Chore) -> Result<()> {
    match chore {
        Chore::Setup => setup(),
        Chore::Guests => guests(),
        Chore::Demo => demo(),
        Chore::Test { rest } => test(rest),
        Chore::CBindings => c::make_bindings(),
        Chore::GoBindings => go::make_bindings(),
        Chore::JsDeclarations => js::make_declarations(),
        Chore::Peers => peers::build(),
        Chore::CheckPlatforms => platforms::check(),
        Chore::Fuzz { seconds } => fuzz::fuzz(*seconds),
        Chore::Ci => ci(),
    }
}

fn setup() -> Result<()> {
    target::get()?;
    programs::get()?;
    Ok(())
}

fn guests() -> Result<()> {
    shell::run_saying("building the guests", &mut guest_cargo("build", &["--quiet", "--release"])?)?;
    let release = root().join("guests/target").join(toolchain::NAME).join("release");
    c::build(&release)?;
    python::build(&release)?;
    go::build(&release)?;
    js::build(&release)
}

/// A cargo command for the workspace of the guests, with the target that they are built for.
fn guest_cargo(verb: &str, arguments: &[&str]) -> Result<Command> {
    let sysroot = target::get()?;
    let mut command = cargo(&[verb, "--target", toolchain::NAME]);
    let guests = root().join("guests");
    command.arg("--manifest-path").arg(guests.join("Cargo.toml"));
    // Wherever the user's own builds go: manifests of examples and tests name their components.
    command.arg("--target-dir").arg(guests.join("target")).args(arguments);
    if let Some(sysroot) = sysroot {
        command.env("CARGO_ENCODED_RUSTFLAGS", format!("--sysroot={}", sysroot.display()));
    }
    Ok(command)
}

fn demo() -> Result<()> {
    guests()?;
    let cogen = build_cogen()?;
    for example in ["calls", "signals"] {
        println!("--- examples/{example}");
        let mut run = Command::new(&cogen);
        shell::run(run.current_dir(root()).args(["run", "--plain"]).arg(format!("examples/{example}")))?;
    }
    Ok(())
}

/// Builds the command, and answers where it is. It is built as for the tests, beside the smallest of them: by itself, it would
/// have dependencies with other features, and most of them would be compiled twice.
fn build_cogen() -> Result<PathBuf> {
    let mut build = cargo(&["test", "--quiet", "--workspace", "--no-run", "--test", "readme"]);
    shell::run_saying("building cogen", &mut build)?;
    let target = std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
    Ok(root().join(target).join("debug").join(format!("cogen{}", std::env::consts::EXE_SUFFIX)))
}

fn test(rest: &[String]) -> Result<()> {
    guests()?;
    let found = programs::get()?;
    let tested = shell::run(cargo(&["test", "--workspace"]).args(rest).envs(found));
    programs::tell_lost();
    tested
}

fn ci() -> Result<()> {
    shell::run(&mut cargo(&["fmt", "--all", "--check"]))?;
    shell::run(&mut cargo(&["fmt", "--all", "--check", "--manifest-path", "guests/Cargo.toml"]))?;
    shell::run(&mut cargo(&["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"]))?;
    shell::run(&mut guest_cargo("clippy", &["--workspace", "--release", "--locked", "--", "-D", "warnings"])?)?;
    shell::run(cargo(&["doc", "--workspace", "--no-deps", "--locked"]).env("RUSTDOCFLAGS", "-D warnings"))?;
    deny()?;
    // As the README says it, so that what it promises is what is checked.
    shell::run(&mut cargo(&["xtask", "test"]))?;
    fuzz::fuzz(CI_SECONDS)
}

/// How long each fuzz target goes on when a change is checked: what is easily found is found by then.
const CI_SECONDS: u32 = 15;

/// The version that `deny.toml` is written for.
const DENY: &str = "0.20.2";

/// Checks licences and sources of all that is depended on, with a tool of the project's own if there is none.
fn deny() -> Result<()> {
    let tools = tools();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths(std::iter::once(tools.join("bin")).chain(std::env::split_paths(&path)))?;
    let has_deny = output(Command::new("cargo-deny").arg("--version").env("PATH", &path)).is_ok();
    if !has_deny {
        let mut install =
            cargo(&["install", "--quiet", "--debug", "--locked", "--version", DENY, "cargo-deny", "--root"]);
        shell::run_saying("building cargo-deny", install.arg(tools))?;
    }
    for manifest in
        ["Cargo.toml", "guests/Cargo.toml", "guest-sdk/c/bindgen/Cargo.toml", "guest-sdk/go/bindgen/Cargo.toml"]
    {
        let arguments = ["--log-level", "error", "--manifest-path", manifest, "--config", "deny.toml", "check"];
        let mut check = Command::new("cargo-deny");
        check.env("PATH", &path).current_dir(root()).args(arguments).args(["bans", "licenses", "sources"]);
        shell::run(&mut check)?;
    }
    Ok(())
}
