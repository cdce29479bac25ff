//! The machine's apt with lists and a cache of the project's own: it needs no rights, and leaves no trace in the
//! system.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::shell::{output, run_silently};

/// The mirror asked when apt's own settings name none.
const MIRROR: &str = "http://deb.debian.org/debian";

/// Debian's public keys under the names that its releases give them; without either, apt uses those it trusts anyway.
const KEYRINGS: [&str; 2] =
    ["/usr/share/keyrings/debian-archive-keyring.gpg", "/usr/share/keyrings/debian-archive-keyring.pgp"];

pub(crate) struct Apt {
    folder: PathBuf,
}

impl Apt {
    /// Asks where the machine asks, and knows what is installed: dependencies that are there are not downloaded.
    pub(crate) fn of_machine(folder: PathBuf) -> Result<Self> {
        Apt::new(folder, &[])
    }

    /// Asks for one of Debian's suites and no other, as if nothing were installed.
    pub(crate) fn of_suite(folder: PathBuf, suite: &str) -> Result<Self> {
        let (sources, status) = (folder.join("sources.list"), folder.join("status"));
        let settings = [
            ("Dir::Etc::SourceList", &*sources),
            ("Dir::Etc::SourceParts", Path::new("/dev/null")),
            ("Dir::State::Status", &status),
        ];
        let apt = Apt::new(folder, &settings)?;
        let signed_by = KEYRINGS.iter().find(|keyring| Path::new(keyring).exists());
        let signed_by = signed_by.map_or(String::new(), |keyring| format!("[signed-by={keyring}] "));
        fs::write(&sources, format!("deb {signed_by}{} {suite} main\n", mirror()))?;
        fs::write(&status, "")?;
        Ok(apt)
    }

    fn new(folder: PathBuf, settings: &[(&str, &Path)]) -> Result<Self> {
        for part in ["lists", "archives"] {
            fs::create_dir_all(folder.join(part).join("partial"))?;
        }
        // All that the machine sets, such as proxies, without its hooks: those of a container's image delete what
        // root's apt has left, and fail without its rights. No option can take them away.
        let machine = output(Command::new("apt-config").arg("dump"))?;
        let mut lines: Vec<_> =
            machine.lines().filter(|line| !line.contains("-Invoke")).map(|line| format!("{line}\n")).collect();
        let own = [
            ("Dir::Etc::Main", Path::new("/dev/null")),
            ("Dir::Etc::Parts", Path::new("/dev/null")),
            ("Dir::State", &folder),
            // It is otherwise looked for in the state's folder.
            ("Dir::State::Status", Path::new("/var/lib/dpkg/status")),
            ("Dir::Cache", &folder),
            // Root's downloads are otherwise made by a user that may not enter the project's folder.
            ("APT::Sandbox::User", Path::new("")),
            // Nothing is installed, so that dpkg's lock, which is root's, is not needed.
            ("Debug::NoLocking", Path::new("true")),
        ];
        // Of two values for one setting, the later counts.
        lines.extend(own.iter().chain(settings).map(|(name, value)| format!("{name} \"{}\";\n", value.display())));
        fs::write(folder.join("apt.conf"), lines.concat())?;
        Ok(Apt { folder })
    }

    /// The folder that packages go to when they are downloaded to be installed.
    pub(crate) fn archives(&self) -> PathBuf {
        self.folder.join("archives")
    }

    /// Downloads a file of the mirror that apt uses. Whoever wants to be sure of it checks its digest.
    pub(crate) fn download(&self, file: &str, into: &Path) -> Result<()> {
        let mut helper = Command::new("/usr/lib/apt/apt-helper");
        helper.env("APT_CONFIG", self.folder.join("apt.conf")).args([
            "-o",
            "Acquire::http::Timeout=10",
            "download-file",
        ]);
        run_silently(helper.arg(format!("{}/{file}", mirror())).arg(into))
    }

    pub(crate) fn get(&self, arguments: &[&str]) -> Command {
        let mut get = Command::new("apt-get");
        get.env("APT_CONFIG", self.folder.join("apt.conf")).arg("--quiet=2").args(arguments);
        get
    }
}

/// The mirror that apt uses.
fn mirror() -> String {
    let output = output(Command::new("apt-get").args(["indextargets", "--format", "$(REPO_URI)"]));
    let found = output.ok().and_then(|uris| {
        uris.lines().map(|uri| uri.trim_end_matches('/')).find(|uri| uri.ends_with("/debian")).map(str::to_owned)
    });
    found.unwrap_or_else(|| MIRROR.to_owned())
}
