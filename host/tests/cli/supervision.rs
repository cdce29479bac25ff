//! Programs that are started again when they end, by real manifests.

use std::fs;

use script_steps::{Script, Step};

use super::{Folder, blocks, guest, run};
#[cfg(unix)]
use super::{end, line, signal, start};

/// A manifest with the programs `a` and `b`, both the guest `script`, one worker, and `rest`.
fn manifest(folder: &Folder, rest: &str) -> String {
    let component = guest("script");
    let program =
        |name| format!("[program.{name}]\ncomponent = '{component}'\nallow.wait = ['*']\nallow.send = ['*']\n");
    folder.file("cogen.toml", format!("engine.workers = 1\n{}{}{rest}", program("a"), program("b")))
}

/// A table of a manifest with this program, and these steps as its arguments.
fn with_args(program: &str, steps: impl IntoIterator<Item = Step>) -> String {
    let script = Script::new(program).strict().steps(steps).to_bytes();
    format!("program = '{program}', args = ['{}']", String::from_utf8(script).expect("it is JSON"))
}

fn start_of(program: &str, steps: impl IntoIterator<Item = Step>) -> String {
    format!("[[start]]\n{}\n", with_args(program, steps).replacen(", args", "\nargs", 1))
}

/// Runs it; answers the exit code, what was printed, and what was told of failures and restarts: not what guests log, nor
/// that it takes long to compile them on a busy machine.
fn supervised(arguments: &[&str]) -> (Option<i32>, String, String) {
    let (code, stdout, stderr) = run(&[&["run"], arguments].concat());
    let is_other = |line: &str| line.contains(" info: ") || line == "compiling …";
    let told = stderr.lines().filter(|line| !is_other(line)).map(|line| format!("{line}\n")).collect();
    (code, stdout, told)
}

#[test]
fn the_example_prints_what_its_read_me_says() {
    let (code, stdout, stderr) = supervised(&["--plain", "examples/supervised"]);
    let told = blocks("examples/supervised/README.md", "text");
    assert_eq!((code, &[stdout, stderr][..]), (Some(0), &told[..]));
}

#[test]
fn the_manifest_of_the_manual_does_what_the_manual_says() {
    let folder = Folder::new();
    let page = "docs/supervision.md";
    let manifests = blocks(page, "toml");
    let whole = manifests.iter().find(|manifest| manifest.contains("[group.work]")).expect("it is there");
    let manifest = folder.file("cogen.toml", whole);
    for program in ["worker", "queue"] {
        fs::copy(guest(&format!("supervised_{program}")), folder.path(&format!("{program}.wasm"))).expect("copied");
    }
    let (code, stdout, stderr) = supervised(&["--plain", &manifest]);
    assert_eq!(code, Some(0));
    let session = &blocks(page, "console")[0];
    let of_guest = |line: &&str| line.starts_with("job ");
    let lines =
        |keep: &dyn Fn(&&str) -> bool| session.lines().skip(1).filter(keep).map(|line| format!("{line}\n")).collect();
    let (printed, told): (String, String) = (lines(&of_guest), lines(&|line| !of_guest(line)));
    assert_eq!((stdout, stderr), (printed, told));

    // With a strategy that starts the queue anew, too, the worker never gets beyond the third job.
    let manifest = folder.file("cogen.toml", whole.replace("one-for-one", "one-for-all"));
    let (code, _, stderr) = supervised(&["--plain", &manifest]);
    let gave_up = blocks(page, "text").remove(0);
    assert!(code == Some(1) && stderr.ends_with(&gave_up), "{code:?} {stderr}");
    // The defaults that it shows are the defaults.
    let text = &manifests[1];
    assert!(text.starts_with("[program.worker.restart]"), "{text}");
    let read =
        cogen::manifest::Manifest::parse(&format!("program.worker.component = 'x'\n{text}"), "f").expect("it is one");
    assert_eq!(read.starts[0].restart.restarts, Some(cogen::Restarts::default()));
}

#[test]
fn a_supervisor_that_gives_up_says_so_and_makes_the_run_fail() {
    let folder = Folder::new();
    let fails = start_of("a", [Step::Fail("boom".into())]);
    let restart = "[program.a.restart]\ndelay = '1ms'\nmax-delay = '2ms'\nmax-restarts = 2\nperiod = '1h'\n";
    let (code, stdout, stderr) = supervised(&[&manifest(&folder, &format!("{fails}{restart}"))]);
    assert_eq!((code, stdout.as_str()), (Some(1), ""));
    let failed = |number: u32| format!("error: coroutine a#{number} failed: boom\n");
    let told = format!(
        "{}restarted: a#2 as a#3, after 1ms\n{}restarted: a#3 as a#4, after 2ms\n{}\
         error: supervise a#1 gave up: a has ended again, and `max-restarts` allows 2 in 3600s\n",
        failed(2),
        failed(3),
        failed(4)
    );
    assert_eq!(stderr, told);
}

#[test]
fn the_exit_code_tells_whether_every_failure_was_made_good() {
    let folder = Folder::new();
    let restart = "[program.a.restart]\ndelay = '1ms'\n";
    // It says that it begins, and fails if nobody bids it go. `b` does when it has begun for the second time.
    let waits = start_of("a", [Step::signal_to("begins", "", 1), Step::wait("go").timeout(100_000_000)]);
    let made_good = start_of("b", [Step::wait("begins"), Step::wait("begins"), Step::signal_to("go", "", 1)]);
    let (code, _, stderr) = supervised(&[&manifest(&folder, &format!("{waits}{made_good}{restart}"))]);
    assert_eq!((code, stderr.matches("failed: timed out").count()), (Some(0), 1), "{stderr}");
    // The one that is started again waits for ever, and the run ends without it.
    let parks = start_of("a", [Step::signal_to("once", "", 1), Step::Fail("boom".into())]);
    let hears = start_of("b", [Step::wait("once")]);
    let (code, _, stderr) = supervised(&[&manifest(&folder, &format!("{hears}{parks}{restart}"))]);
    assert!(code == Some(1) && stderr.contains("restarted: a#") && stderr.contains("still parked: a#"), "{stderr}");
    // Nobody starts it again.
    let fails = start_of("a", [Step::Fail("boom".into())]);
    let (code, _, stderr) = supervised(&[&manifest(&folder, &fails)]);
    assert!(code == Some(1) && !stderr.contains("restarted"), "{stderr}");
}

#[test]
fn a_group_of_a_manifest_goes_down_and_comes_up_as_its_strategy_says() {
    let folder = Folder::new();
    let waits = [Step::Print("a begins".into()), Step::wait("never")];
    let fails = [Step::Print("b begins".into()), Step::Sleep(10_000_000), Step::Fail("boom".into())];
    let group = format!(
        "[group.pair]\nprograms = [{{ {} }}, {{ {} }}]\nstrategy = 'one-for-all'\n\
         restart = {{ delay = '1ms', max-restarts = 1 }}\n",
        with_args("a", waits),
        with_args("b", fails)
    );
    let (code, stdout, stderr) = supervised(&["--plain", &manifest(&folder, &group)]);
    assert_eq!((code, stdout.as_str()), (Some(1), "a begins\nb begins\na begins\nb begins\n"), "{stderr}");
    let told = "error: coroutine b#3 failed: boom\n  last operation: time.sleep\n\
                restarted: a#2 as a#4, after 1ms\nrestarted: b#3 as b#5, after 1ms\n\
                error: coroutine b#5 failed: boom\n  last operation: time.sleep\n\
                error: supervise pair#1 gave up: b has ended again, and `max-restarts` allows 1 in 60s\n";
    assert_eq!(stderr, told);
}

#[test]
fn arguments_of_the_command_line_are_for_what_is_started_also_when_it_is_supervised() {
    let folder = Folder::new();
    let manifest = manifest(&folder, "[[start]]\nprogram = 'a'\n[program.a.restart]\nmax-restarts = 0");
    let (code, stdout, stderr) = supervised(&["--plain", &manifest, "--", r#"{"steps":[{"Print":"hello"}]}"#]);
    assert_eq!((code, stdout.as_str(), stderr.as_str()), (Some(0), "hello\n", ""));
}

#[cfg(unix)]
#[test]
fn an_interrupt_ends_a_supervisor_that_waits_and_starts_nothing_again() {
    use std::io::{BufReader, Read};

    let folder = Folder::new();
    let steps = [Step::Print("begins".into()), Step::Fail("boom".into())];
    let restart = "[program.a.restart]\ndelay = '1h'\n";
    let mut child = start(&["run", "--plain", &manifest(&folder, &format!("{}{restart}", start_of("a", steps)))]);
    let mut stderr = BufReader::new(child.stderr.take().expect("it is piped"));
    let mut told = line(&mut stderr);
    if told == "compiling …\n" {
        told = line(&mut stderr);
    }
    assert_eq!(told, "error: coroutine a#2 failed: boom\n");
    signal(&child, "-INT");
    assert_eq!(end(&mut child), Some(130));
    let mut rest = String::new();
    stderr.read_to_string(&mut rest).expect("it prints text");
    assert_eq!(rest, "interrupted: coroutines have 5s to end; again to end at once\n");
}
