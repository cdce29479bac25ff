//! Nothing in the engine starts a runtime of tokio, whatever guests do. The test has a process of its own, since others run a host
//! that does.
#![cfg(target_os = "linux")]

#[path = "common/guests.rs"]
mod guests;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use cogen::{Allow, Engine, Event, Program, Stdin, Stdout};

/// The threads of this process, by their names.
fn threads() -> BTreeSet<String> {
    let tasks = std::fs::read_dir("/proc/self/task").expect("procfs is there").flatten();
    // One that ends meanwhile is none.
    let name = |task: std::fs::DirEntry| std::fs::read_to_string(task.path().join("comm")).ok();
    tasks.filter_map(name).map(|name| name.trim().to_owned()).collect()
}

#[test]
fn no_runtime_of_tokio_is_started_by_whatever_guests_do() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("text"), "spam\n").expect("a file");
    let seen = Arc::<Mutex<(BTreeSet<String>, usize)>>::default();
    let ears = seen.clone();
    // Guests print while all that they have asked for is under way.
    let mut builder = Engine::builder().workers(2).on_event(move |event| {
        if let Event::Output { .. } = event {
            assert!(tokio::runtime::Handle::try_current().is_err(), "there is a runtime here");
            let mut seen = ears.lock().expect("nobody panics with it");
            seen.0.extend(threads());
            seen.1 += 1;
        }
    });
    let cases = [
        ("wasi-filesystem", "std-files"),
        ("wasi-filesystem", "raw-streams"),
        ("wasi-sockets", "std-tcp"),
        ("wasi-sockets", "std-udp"),
        ("wasi-sockets", "names"),
        ("wasi-io", "poll"),
        ("wasi-stdio", "upper"),
        ("wasi-random", "all"),
        ("wasi-clocks", "all"),
    ];
    for (guest, _) in cases {
        let allow = Allow::all().directory("data", folder.path(), true);
        let program = Program::from_file(guests::path(guest)).allow(allow);
        let program = program.stdin(Stdin::File(folder.path().join("text"))).stderr(Stdout::Null);
        builder = builder.program(guest, program);
    }
    let mut engine = builder.build().expect("an engine");
    for (guest, case) in cases {
        engine.spawn(guest, case).expect("there is room");
    }
    engine.run();
    let (threads, count) = seen.lock().expect("nobody panics with it").clone();
    assert!(count >= cases.len(), "{count}");
    assert!(threads.iter().any(|name| name.starts_with("cogen-blocking")), "{threads:?}");
    // The rest are the test's own, and those that compile.
    let foreign: Vec<_> = threads.iter().filter(|name| name.starts_with("tokio")).collect();
    assert!(foreign.is_empty(), "{threads:?}");
}
