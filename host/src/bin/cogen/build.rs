//! `cogen build`.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, ensure};
use cogen::component;
use cogen::manifest::Manifest;

use crate::languages::quoted;
use crate::output::{self, visible, visible_name};
use crate::{project, targets};

const NOTES: &str = "\
A program of a manifest has a `build` line, which is run in the manifest's folder, or a `source`: the folder
of a project in Rust, Python, JavaScript, Go or C, which is built by the tools of its language if it is out
of date. `cogen doctor` tells which tools there are. The first one that fails is the last one that is built,
and makes the exit code 1.";

/// Build the programs of a manifest, or make a component of a core module
#[derive(clap::Args)]
#[command(after_help = NOTES)]
pub(crate) struct Build {
    /// The manifest, or a folder with a cogen.toml; or a core module, as wasm32-wasip1 and wit-bindgen make them
    #[arg(value_name = "FILE", default_value = ".")]
    file: PathBuf,
    /// Where the component goes that is made of a core module [default: FILE with .component.wasm at its end]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl Build {
    pub(crate) fn run(self) -> Result<ExitCode> {
        if !targets::names_manifest(&self.file) {
            self.module()?;
            return Ok(ExitCode::SUCCESS);
        }
        ensure!(self.output.is_none(), "--output is for a core module; a manifest says itself what is made of what");
        self.manifest()
    }

    fn manifest(&self) -> Result<ExitCode> {
        let manifest = targets::load(&self.file)?;
        if !run_lines(&manifest)? {
            return Ok(ExitCode::FAILURE);
        }
        let built = project::build(&manifest)?;
        let with_sources = manifest.programs.values().filter(|program| program.source.is_some()).count();
        if with_sources > 0 {
            output::say(&format!("built of sources: {built}, up to date: {}", with_sources - built));
        }
        Ok(ExitCode::SUCCESS)
    }

    fn module(&self) -> Result<()> {
        let file = self.file.display();
        targets::ensure_file(&self.file)?;
        let bytes = std::fs::read(&self.file).with_context(|| format!("cannot read {file}"))?;
        let component = component::component_of(&bytes).with_context(|| format!("cannot build {file}"))?;
        ensure!(
            component::is_module(&bytes),
            "there is nothing to build: {file} is a component; type: cogen run {file}"
        );
        let made = self.output.clone().unwrap_or_else(|| self.file.with_extension("component.wasm"));
        write(&made, &component).with_context(|| format!("cannot write {}", made.display()))?;
        let (module, made) = (self.file.display().to_string(), made.display().to_string());
        output::say(&format!("made {} of the core module {}", visible_name(&made), visible_name(&module)));
        Ok(())
    }
}

/// Runs the build lines of a manifest in its folder, each of them once; answers whether all went well.
fn run_lines(manifest: &Manifest) -> Result<bool> {
    let mut done = Vec::new();
    for (name, program) in &manifest.programs {
        let Some(line) = program.build.as_ref().filter(|line| !done.contains(line)) else { continue };
        output::say(&format!("{}: {}", visible_name(name), visible(line)));
        let mut shell = Command::new("sh");
        shell.arg("-c").arg(line);
        if !manifest.folder.as_os_str().is_empty() {
            shell.current_dir(&manifest.folder);
        }
        let status = shell.status().with_context(|| format!("cannot start a shell to build `{name}`"))?;
        if !status.success() {
            let message = format!("the build line of `{name}` ended with {status}: {line}");
            let again = format!("mend what it says above, then type: cogen build {}", quoted(&manifest.file));
            output::complain(&message, Some(&again));
            return Ok(false);
        }
        done.push(line);
    }
    Ok(true)
}

/// Writes a file that is whole, or not there: whoever runs it meanwhile has the former one.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    // As any file that is made here, by what the user masks.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut draft = builder.tempfile_in(folder)?;
    draft.write_all(bytes)?;
    draft.persist(path)?;
    Ok(())
}
