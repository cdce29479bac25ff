//! C, by clang with the C library of WASI.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use super::{Compiler, Language, Missing, Work, files, template, tools};

pub(super) static LANGUAGE: Language = Language {
    name: "c",
    title: "C",
    known_by: "a file *.c",
    is_known: |folder| sources(folder).is_ok_and(|sources| !sources.is_empty()),
    sdk: files::C,
    beside: &[],
    knows_changes: false,
    template: template!("c": ".gitignore", "NAME.c", "compile_flags.txt"),
    find: || Ok(Box::new(Clang::find()?)),
};

const TARGET: &str = "wasm32-wasip2";

/// Flags of the project, one a line, as editors read them, too.
const FLAGS: &str = "compile_flags.txt";

/// What to type where there is nothing.
const INSTALL: &str = "apt-get install clang-22 libclang-rt-22-dev-wasm32 wasi-libc (Debian; the linker comes with Rust); or set \
                       WASI_SDK_PATH to where https://github.com/WebAssembly/wasi-sdk/releases is unpacked";

/// A clang that has made a component.
struct Clang {
    program: PathBuf,
    sysroot: Option<PathBuf>,
    path: std::ffi::OsString,
    version: String,
}

impl Clang {
    fn find() -> Result<Self, Missing> {
        let of_wasi = std::env::var_os("WASI_SDK_PATH").filter(|folder| !folder.is_empty());
        let of_wasi = of_wasi.and_then(|folder| Some((std::path::absolute(folder).ok()?.join("bin/clang"), None)));
        let of_system = ["clang", "clang-22"].map(|name| (name.into(), sysroot_of_system()));
        let folder = tools::folder();
        let own = (folder.join("bin/clang-22"), Some(folder.join("c/sysroot")));
        let path = tools::path_after(&linkers());
        let candidates = of_wasi.into_iter().chain(of_system).chain([own]);
        let found =
            candidates.map(|(program, sysroot)| Clang { program, sysroot, path: path.clone(), version: String::new() });
        found.filter_map(Clang::tried).next().ok_or_else(|| {
            Missing::new(
                format!("no clang on the PATH makes components: one that knows {TARGET}, with wasi-libc and wasm-component-ld"),
                INSTALL,
            )
        })
    }

    /// Itself, if it can compile and link: that takes a program, headers, a library and two linkers, any of which may be missing.
    fn tried(mut self) -> Option<Self> {
        let said = tools::says(Command::new(&self.program).arg("--version"))?;
        self.version = said.lines().next()?.to_owned();
        let folder = tempfile::tempdir().ok()?;
        let (source, made) = (folder.path().join("probe.c"), folder.path().join("probe.wasm"));
        std::fs::write(&source, "#include <stdio.h>\nint main(void) { return puts(\"\"); }\n").ok()?;
        tools::says(self.command().arg(&source).arg("-o").arg(&made))?;
        made.is_file().then_some(self)
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.arg(format!("--target={TARGET}")).env("PATH", &self.path);
        if let Some(sysroot) = &self.sysroot {
            command.arg(format!("--sysroot={}", sysroot.display()));
        }
        command
    }
}

/// Folders of the compiler of Rust, which brings what links components.
fn linkers() -> Vec<PathBuf> {
    let library = tools::says(Command::new("rustc").args(["--print", "target-libdir"])).map(PathBuf::from);
    let folder = library.and_then(|library| library.parent().map(|folder| folder.join("bin")));
    folder.into_iter().flat_map(|bin| [bin.join("gcc-ld"), bin]).collect()
}

/// Where Debian puts the C library: among what is the machine's own, told apart by the name of the target.
fn sysroot_of_system() -> Option<PathBuf> {
    let usr = Path::new("/usr");
    usr.join("include").join(TARGET).is_dir().then(|| usr.to_owned())
}

impl Compiler for Clang {
    fn version(&self) -> &str {
        &self.version
    }

    fn compile(&self, work: &Work) -> Result<()> {
        let sdk = work.kept.join("guest-sdk/c");
        let mut build = self.command();
        build.args(["-mexec-model=reactor", "-O2", "-g"]).arg("-I").arg(&sdk).arg("-I").arg(&work.source);
        build.args(flags(&work.source)?).args(sources(&work.source)?).arg(sdk.join("cogen.c"));
        build.arg("-o").arg(&work.component).current_dir(&work.source).stdin(Stdio::null());
        tools::run(&mut build)
    }
}

/// The project's own flags.
fn flags(source: &Path) -> Result<Vec<String>> {
    let file = source.join(FLAGS);
    if !file.exists() {
        return Ok(Vec::new());
    }
    let text = std::fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
    Ok(text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect())
}

/// The files of C in the folder and in its `src`, in order.
fn sources(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut sources = Vec::new();
    for folder in [folder.to_owned(), folder.join("src")].iter().filter(|folder| folder.is_dir()) {
        for entry in std::fs::read_dir(folder)? {
            sources.push(entry?.path());
        }
    }
    sources.retain(|path| path.extension().is_some_and(|extension| extension == "c"));
    sources.sort();
    Ok(sources)
}
