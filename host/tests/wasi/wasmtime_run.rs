//! The command `wasmtime`, where the machine has it: what a person would compare with. It is looked for on the `PATH`, or where
//! `COGEN_WASMTIME` says.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use crate::case::{Case, Directory, End, Observed};
use crate::guests;

/// What `wasmtime run` exits with when the guest traps.
const TRAPPED: i32 = 134;

static COMMAND: LazyLock<Option<PathBuf>> = LazyLock::new(|| {
    let command = std::env::var_os("COGEN_WASMTIME").map_or_else(|| PathBuf::from("wasmtime"), PathBuf::from);
    Command::new(&command).arg("--version").output().is_ok_and(|answer| answer.status.success()).then_some(command)
});

/// Runs a case there, if it can be had and can allow what the case does: it has no folders that can only be read.
pub(crate) fn run(case: &Case) -> Option<Observed> {
    let mut command = Command::new(COMMAND.as_ref()?);
    command.arg("run");
    if case.stdin.is_empty() {
        command.stdin(Stdio::null());
    } else {
        let (reader, mut writer) = std::io::pipe().expect("a pipe");
        // Far less than a pipe holds.
        writer.write_all(case.stdin.as_bytes()).expect("it is written");
        command.stdin(reader);
    }
    if case.network {
        command.args(["-S", "inherit-network,allow-ip-name-lookup,network-error-code"]);
    }
    for (name, value) in &case.environment {
        command.arg("--env").arg(format!("{name}={value}"));
    }
    for Directory { name, path, write } in &case.directories {
        if !write {
            return None;
        }
        command.arg("--dir").arg(format!("{}::/{name}", path.display()));
    }
    let output = command.arg(guests::path(case.guest)).args(&case.arguments).output().expect("it starts");
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    let end = match output.status.code() {
        Some(0) => End::Success,
        Some(TRAPPED) | None => End::Trap,
        Some(status) => End::Failure(u8::try_from(status).expect("a status is a byte")),
    };
    Some(Observed { stdout: text(output.stdout), stderr: text(output.stderr), end })
}
