//! Guests in Python: `guests/all/python` and what it imports become the component `all-python`, beside those in Rust.
//!
//! What makes a component of Python is `componentize-py`, which brings its own interpreter: by pip, into `.cogen/tools/python`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::shell::{output, root, run_silently, tools};
use crate::sources::{guests_in, is_older};
use crate::{pip, programs};

/// The version, with the hashes of what PyPI has of it for each platform.
const REQUIREMENT: &str = "componentize-py==0.25.1 \\
    --hash=sha256:65fbc4a94df1de8acf7da50a1f5ed1711230188844e53e6332d99029be4e0afa \\
    --hash=sha256:a556991534cc496207a9d2ca733c4b0f17ed38ef56a8d6b5f1847fdf1225dd1b \\
    --hash=sha256:7b6a87c520358166843af0daa86d2312d7af4cbcbbf1e598951085cf7f2991ca \\
    --hash=sha256:8623cd8cab8453cb0cd8bf03f3c7103420d06f2f3d360186a280a70a1ca5e89f \\
    --hash=sha256:c7fd552fb0849858b0c1e8981543ed5dff4b0cc1597a8ea0bc26a495786dc0c6
";

/// What is asked to tell its version.
const VERSION: &str = "componentize-py 0.25.1";

/// Builds it if it is older than what it is made of. Without the tool, a line says that it is not there; in CI that is an error.
pub(crate) fn build(into: &Path) -> Result<()> {
    let component = into.join("all-python.wasm");
    let folders = folders()?;
    if !is_older(&component, &folders)? {
        return Ok(());
    }
    let tool = match Tool::get() {
        Ok(tool) => tool,
        Err(why) => return programs::refuse("guests in Python", &why),
    };
    let draft = component.with_extension("draft");
    let mut build = tool.command();
    build.args(["-d", "wit", "-w", "coroutine", "componentize"]);
    folders.iter().filter(|folder| !folder.ends_with("wit")).for_each(|folder| {
        build.arg("-p").arg(folder);
    });
    build.arg("cogen_entry").arg("-o").arg(&draft).current_dir(root());
    eprintln!("building the guests in Python …");
    run_silently(&mut build).context("cannot build the guests in Python")?;
    fs::rename(&draft, &component).with_context(|| format!("cannot write {}", component.display()))
}

/// Where there is something that it is made of.
fn folders() -> Result<Vec<PathBuf>> {
    let mut folders = vec![root().join("wit"), root().join("guest-sdk/python")];
    folders.extend(guests_in("python")?);
    Ok(folders)
}

/// `componentize-py`, in a folder of the project's own.
struct Tool(PathBuf);

impl Tool {
    fn get() -> Result<Self> {
        let tool = Tool(tools().join("python"));
        if tool.is_there() {
            return Ok(tool);
        }
        eprintln!("getting componentize-py by pip, into .cogen/tools/python …");
        pip::install(REQUIREMENT, &tool.0)?;
        anyhow::ensure!(tool.is_there(), "{} does not start", tool.command().get_program().display());
        Ok(tool)
    }

    fn is_there(&self) -> bool {
        output(self.command().arg("--version")).is_ok_and(|version| version == VERSION)
    }

    fn command(&self) -> Command {
        let mut command = Command::new(self.0.join("bin/componentize-py"));
        // The folders of sources stay as they are.
        command.env("PYTHONPATH", &self.0).env("PYTHONDONTWRITEBYTECODE", "1");
        command
    }
}
