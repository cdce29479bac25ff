//! What goes well, or as the guests would have it.

use std::process::Stdio;

use super::{Folder, HELLO, SCRIPT, cogen, run};

#[test]
fn the_calls_of_the_introduction() {
    let (code, stdout, stderr) = run(&["run", "--plain", "examples/calls"]);
    assert_eq!((code, stdout.as_str(), stderr.as_str()), (Some(0), "foo\nbar\nspam, ham and eggs\n", ""));
}

#[test]
fn the_signals_of_the_introduction() {
    let (code, stdout, stderr) = run(&["run", "--plain", "examples/signals"]);
    assert_eq!((code, stdout.as_str(), stderr.as_str()), (Some(0), "spam\nham\neggs\nNo more stuff!\n", ""));
}

#[test]
fn a_failed_coroutine_exits_with_1_and_says_why() {
    let (code, _, stderr) = run(&["run", SCRIPT, "--", r#"{"steps":[{"Sleep":1},{"Fail":"boom"}]}"#]);
    assert_eq!(code, Some(1));
    assert!(stderr.contains("error: coroutine script#1 failed: boom"), "{stderr}");
    assert!(stderr.contains("last operation: time.sleep"), "{stderr}");
}

#[test]
fn those_left_parked_are_named_and_strict_makes_it_a_failure() {
    let script = r#"{"name":"s","steps":[{"Wait":{"name":"x","opts":{}}}]}"#;
    let (code, _, stderr) = run(&["run", "--allow-all", SCRIPT, "--", script]);
    assert_eq!(code, Some(0));
    assert!(stderr.contains("still parked: script#1 waits for signal \"x\""), "{stderr}");
    assert_eq!(run(&["run", "--allow-all", "--strict", SCRIPT, "--", script]).0, Some(1));
}

#[test]
fn a_trace_has_each_operation_with_its_result() {
    let script = r#"{"steps":[{"Sleep":1}]}"#;
    for trace in ["--trace", "--trace=script"] {
        let (_, _, stderr) = run(&["run", trace, SCRIPT, "--", script]);
        assert!(stderr.contains("script#1 time.sleep") && stderr.contains("-> ok"), "{stderr}");
    }
}

#[test]
fn a_program_may_wait_for_ever_where_others_may_not() {
    let folder = Folder::new();
    let script = std::fs::canonicalize(super::root().join(SCRIPT)).expect("the guests are built");
    let start = |timeout: &str| {
        let text = format!(
            "[engine]\ndefault-timeout = '1ms'\n[program.s]\ncomponent = '{}'\nallow.wait = ['x']\n{timeout}\n\
             [[start]]\nprogram = 's'\nargs = ['{{\"strict\":true,\"steps\":[{{\"Wait\":{{\"name\":\"x\",\"opts\":{{}}}}}}]}}']",
            script.display()
        );
        run(&["run", &folder.file("cogen.toml", text)])
    };
    let (code, _, stderr) = start("");
    assert!(code == Some(1) && stderr.contains("s#1 failed"), "{code:?} {stderr}");
    let (code, _, stderr) = start("default-timeout = 'never'");
    assert!(code == Some(0) && stderr.contains("still parked: s#1 waits for"), "{code:?} {stderr}");
}

#[test]
fn inspect_shows_imports_entry_and_grants() {
    let (code, stdout, _) = run(&["inspect", SCRIPT]);
    assert_eq!(code, Some(0));
    assert!(stdout.contains("cogen:engine/signals@0.1.0") && stdout.contains("it exports `run`"), "{stdout}");
    let keys =
        ["connect", "listen", "udp", "udp-bind", "resolve", "directories", "spawn", "call", "cancel", "send", "wait"];
    assert!(keys.iter().all(|key| stdout.contains(&format!("\n  {key}: it "))), "{stdout}");
    let (_, stdout, _) = run(&["inspect", HELLO]);
    assert!(
        stdout.contains("it exports `wasi:cli/run`") && stdout.contains("\ngrants it can use: nothing"),
        "{stdout}"
    );
}

#[test]
fn inspect_asks_no_grant_for_what_a_program_is_given() {
    let grants = |name| {
        let (_, stdout, _) = run(&["inspect", &super::guest(name)]);
        stdout.split_once("grants it can use:").expect("it tells them").1.to_owned()
    };
    assert_eq!(grants("echo_handler"), " nothing\n");
    let connects = grants("fetch");
    assert!(connects.contains("connect: ") && !connects.contains("directories: "), "{connects}");
}

#[test]
fn check_tells_what_is_granted_too_little_and_what_too_much() {
    let folder = Folder::new();
    let check = |allow: &str| {
        let component = super::guest("fetch");
        let text = format!("[program.f]\ncomponent = '{component}'\n[program.f.allow]\n{allow}");
        run(&["check", &folder.file("cogen.toml", text)])
    };
    let fine = "programs: 1; each is granted something of all that it can use, and nothing else\n";
    assert_eq!(check("connect = ['example.org:80']"), (Some(0), fine.to_owned(), String::new()));
    let lacks = "f: it can use `connect`, and is granted nothing of it; as in: connect = [\"example.org:443\"] in [program.f.allow]\n";
    let too_much = "f: it does not use `listen`: take that out of [program.f.allow]\n";
    assert_eq!(check("listen = ['*:80']"), (Some(1), format!("{lacks}{too_much}"), String::new()));
    let (code, _, stderr) = check("conect = []");
    assert!(code == Some(2) && stderr.contains("did you mean `connect`?"), "{code:?} {stderr}");
    let manifest = folder.file("cogen.toml", "[program.x]\ncomponent = 'x.wasm'");
    let (code, _, stderr) = run(&["check", &manifest]);
    assert!(code == Some(2) && stderr.contains("cannot read program `x`"), "{code:?} {stderr}");
}

#[test]
fn the_examples_grant_what_is_used_and_no_more() {
    for example in ["calls", "chat", "echo", "echo/by-hand.toml", "fetch", "signals"] {
        let (code, stdout, stderr) = run(&["check", &format!("examples/{example}")]);
        assert_eq!((code, &*stderr), (Some(0), ""), "{example}: {stdout}");
    }
}

#[test]
fn a_build_line_that_fails_exits_with_1_and_says_what_to_type() {
    let folder = Folder::new();
    let text = "[program.a]\ncomponent = 'a.wasm'\nbuild = 'echo made > a.wasm'\n\
                [program.b]\ncomponent = 'b.wasm'\nbuild = 'exit 7'\n[program.c]\ncomponent = 'c.wasm'\nbuild = 'touch c.wasm'";
    let manifest = folder.file("cogen.toml", text);
    let (code, stdout, stderr) = run(&["build", &manifest]);
    assert_eq!((code, stdout.as_str()), (Some(1), ""));
    let said = format!(
        "a: echo made > a.wasm\nb: exit 7\nerror: the build line of `b` ended with exit status: 7: exit 7\n\
         hint: mend what it says above, then type: cogen build {manifest}\n"
    );
    assert_eq!(stderr, said);
    assert!(std::fs::exists(folder.path("a.wasm")).expect("it can be seen"), "it was built in the manifest's folder");
    assert!(!std::fs::exists(folder.path("c.wasm")).expect("it can be seen"), "the first failure is the end");
    assert!(run(&["--help"]).1.contains("1    a coroutine failed, or a build did"));
    assert!(run(&["build", "--help"]).1.contains("makes the exit code 1"));
}

#[test]
fn processes_may_race_for_the_cache_and_a_torn_file_is_replaced() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let cache = folder.path().to_str().expect("it is text");
    let start = || cogen(&["run", "--cache-dir", cache, HELLO, "--", "0"]).stdout(Stdio::null()).spawn();
    let racers: Vec<_> = (0..4).map(|_| start().expect("the binary starts")).collect();
    for mut racer in racers {
        assert_eq!(racer.wait().expect("it ends").code(), Some(0));
    }
    let files = || std::fs::read_dir(cache).expect("a folder").map(|file| file.expect("a file").path());
    let [file] = &files().collect::<Vec<_>>()[..] else {
        panic!("one file is kept: {:?}", files().collect::<Vec<_>>())
    };
    let whole = std::fs::read(file).expect("readable");
    std::fs::write(file, &whole[..whole.len() / 2]).expect("writable");
    assert_eq!(start().and_then(|mut child| child.wait()).expect("it ends").code(), Some(0));
    assert_eq!(std::fs::read(file).expect("readable").len(), whole.len(), "the torn file was replaced");
}
