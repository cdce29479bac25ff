//! The programs from outside that tests run: real servers for our clients, and real clients for our servers.
//!
//! Each is the machine's own if it has one. What is missing comes from Debian, as the machine's apt is set, into
//! `.cogen/tools/debian`; a script in `.cogen/tools/bin` starts it with the libraries that came with it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

use anyhow::{Context, Result, anyhow, ensure};

use crate::apt::Apt;
use crate::shell::{run_silently, tools};

/// A program from outside.
struct Program {
    /// What tests know it as: they find `nginx` by `COGEN_NGINX`, or as `.cogen/tools/bin/nginx`.
    name: &'static str,
    /// What its file may be called, the surest first.
    files: &'static [&'static str],
    packages: &'static [&'static str],
    /// What to ask it, and what its answer says: a file of the right name may be another program, or lack a library.
    ask: &'static str,
    says: &'static str,
}

const PROGRAMS: [Program; 5] = [
    Program { name: "nginx", files: &["nginx"], packages: &["nginx"], ask: "-v", says: "nginx" },
    Program {
        name: "redis-server",
        files: &["redis-server"],
        packages: &["redis-server"],
        ask: "--version",
        says: "Redis server",
    },
    Program { name: "nc", files: &["nc.openbsd", "nc"], packages: &["netcat-openbsd"], ask: "-h", says: "OpenBSD" },
    Program { name: "curl", files: &["curl"], packages: &["curl"], ask: "--version", says: "libcurl" },
    Program { name: "python", files: &["python3"], packages: &["python3"], ask: "--version", says: "Python 3" },
];

/// The compiler of guests in C. Older ones do not know the target.
const CLANG: Program = Program {
    name: "clang-22",
    files: &["clang-22"],
    packages: &["clang-22", "libclang-rt-22-dev-wasm32"],
    ask: "--print-targets",
    says: "wasm32",
};

/// Folders for servers, which the `PATH` of a user who is not root may lack.
const SERVERS_FOLDERS: [&str; 3] = ["/usr/local/sbin", "/usr/sbin", "/sbin"];

/// What starts a program in the tree that its packages are unpacked to. It finds its paths then, as the project may be
/// moved.
const SCRIPT: &str = r#"#!/bin/sh
debian=$(cd "$(dirname -- "$0")/../debian" && pwd)
libraries=$(printf '%s:' "$debian"/usr/lib/*-linux-* "$debian"/lib/*-linux-*)
LD_LIBRARY_PATH=${libraries%:} exec "$debian/FILE" "$@"
"#;

/// Gets what is missing; answers the variables that tell tests where the programs are. If one cannot be had, a line
/// says which tests that costs; in CI it is an error.
pub(crate) fn get() -> Result<Vec<(String, PathBuf)>> {
    let mut paths = PROGRAMS.each_ref().map(Program::find);
    if paths.contains(&None) {
        let why = fetch_missing(&PROGRAMS, &mut paths);
        let lost: Vec<_> = PROGRAMS.iter().zip(&paths).filter(|(_, path)| path.is_none()).collect();
        if let Some(why) = why.filter(|_| !lost.is_empty()) {
            let lost: Vec<_> = lost.iter().map(|(program, _)| program.name).collect();
            refuse(&lost.join(", "), &why)?;
        }
    }
    let named = PROGRAMS.iter().zip(paths);
    Ok(named.filter_map(|(program, path)| Some((program.variable(), path?))).collect())
}

/// The compiler of guests in C, fetched if it is not there.
pub(crate) fn clang() -> Result<PathBuf> {
    let mut paths = [CLANG.find()];
    let why = if paths == [None] { fetch_missing(&[CLANG], &mut paths) } else { None };
    let [path] = paths;
    path.ok_or_else(|| why.unwrap_or_else(|| anyhow!("it is not there")))
}

/// What cannot be tested on this machine, and why.
static LOST: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Says which tests are lost, and why; in CI it is an error.
pub(crate) fn refuse(lost: &str, why: &anyhow::Error) -> Result<()> {
    let what = format!("tests that need {lost} ({why:#})");
    ensure!(std::env::var_os("CI").is_none(), "CI skips no test, and cannot run {what}");
    eprintln!("SKIPPING {what}");
    LOST.lock().expect("nobody panics with it").push(what);
    Ok(())
}

/// Says once more which tests were lost, below what the others have said.
pub(crate) fn tell_lost() {
    for what in LOST.lock().expect("nobody panics with it").drain(..) {
        eprintln!("SKIPPED {what}");
    }
}

/// Fetches each program that has no path yet; answers the first thing that went wrong. One may fail, and others not.
fn fetch_missing(programs: &[Program], paths: &mut [Option<PathBuf>]) -> Option<anyhow::Error> {
    eprintln!("getting programs that tests run from Debian, into .cogen/tools …");
    let apt = match Apt::of_machine(tools().join("apt")) {
        Ok(apt) => apt,
        Err(error) => return Some(error),
    };
    let mut why = run_silently(&mut get_soon(&apt, &["-o", "APT::Update::Error-Mode=any", "update"])).err();
    for (program, path) in programs.iter().zip(paths).filter(|(_, path)| path.is_none()) {
        match program.fetch(&apt) {
            Ok(fetched) => *path = Some(fetched),
            Err(error) => why = why.or(Some(error)),
        }
    }
    why
}

/// Whoever is offline is to wait for the tests, not for apt.
fn get_soon(apt: &Apt, arguments: &[&str]) -> Command {
    apt.get(&[&["-o", "Acquire::Retries=0", "-o", "Acquire::http::Timeout=10"], arguments].concat())
}

impl Program {
    fn variable(&self) -> String {
        format!("COGEN_{}", self.name.to_uppercase().replace('-', "_"))
    }

    /// Where it is: as the user says, on the machine, or as it was fetched before.
    fn find(&self) -> Option<PathBuf> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders = std::env::split_paths(&path).chain(SERVERS_FOLDERS.map(PathBuf::from));
        let on_machine = folders.flat_map(|folder| self.files.iter().map(move |file| folder.join(file)));
        let said = std::env::var_os(self.variable()).map(PathBuf::from);
        said.into_iter().chain(on_machine).chain([self.script()]).find(|path| self.is(path))
    }

    fn is(&self, path: &Path) -> bool {
        let answer = Command::new(path).arg(self.ask).output();
        answer.is_ok_and(|answer| {
            let said = [answer.stdout, answer.stderr].concat();
            String::from_utf8_lossy(&said).contains(self.says)
        })
    }

    fn script(&self) -> PathBuf {
        tools().join("bin").join(self.name)
    }

    /// Downloads and unpacks what it needs and the machine lacks, and answers what starts it.
    fn fetch(&self, apt: &Apt) -> Result<PathBuf> {
        let (archives, unpacked) = (apt.archives(), tools().join("debian"));
        let _ = fs::remove_dir_all(&archives);
        fs::create_dir_all(archives.join("partial"))?;
        let arguments = ["install", "--yes", "--download-only", "--no-install-recommends"];
        run_silently(&mut get_soon(apt, &[&arguments, self.packages].concat()))?;
        for entry in fs::read_dir(archives)? {
            let archive = entry?.path();
            if archive.extension().is_some_and(|extension| extension == "deb") {
                run_silently(Command::new("dpkg").arg("-x").arg(archive).arg(&unpacked))?;
            }
        }
        self.write_script(&unpacked)?;
        ensure!(self.is(&self.script()), "{} does not start", self.script().display());
        Ok(self.script())
    }

    fn write_script(&self, unpacked: &Path) -> Result<()> {
        let folders = ["usr/sbin", "usr/bin", "sbin", "bin"];
        let mut files = folders.iter().flat_map(|folder| self.files.iter().map(move |file| format!("{folder}/{file}")));
        let file = files.find(|file| unpacked.join(file).exists());
        let file = file.with_context(|| format!("the package {} has no {}", self.packages[0], self.files[0]))?;
        fs::create_dir_all(tools().join("bin"))?;
        write_executable(&self.script(), &SCRIPT.replace("FILE", &file))
    }
}

fn write_executable(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text)?;
    #[cfg(unix)]
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o755))?;
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    /// As it is written for a program that was fetched; on most machines, all are found without.
    #[test]
    fn the_script_starts_the_program_beside_it_with_the_libraries_beside_it() {
        let tools = tempfile::tempdir().expect("a folder");
        let (bin, debian) = (tools.path().join("bin"), tools.path().join("debian"));
        let libraries = debian.join("usr/lib/x86_64-linux-gnu");
        for folder in [&bin, &libraries, &debian.join("usr/bin")] {
            fs::create_dir_all(folder).expect("a folder in it");
        }
        write_executable(&debian.join("usr/bin/echo"), "#!/bin/sh\necho \"$1 with $LD_LIBRARY_PATH\"\n")
            .expect("it is new");
        write_executable(&bin.join("echo"), &SCRIPT.replace("FILE", "usr/bin/echo")).expect("it is new");

        let said = crate::shell::output(Command::new(bin.join("echo")).arg("two words")).expect("it starts");
        let libraries = libraries.canonicalize().expect("it is there");
        let (words, first) = said.split_once(" with ").expect("both");
        assert_eq!((words, first.split(':').next()), ("two words", libraries.to_str()));
    }
}
