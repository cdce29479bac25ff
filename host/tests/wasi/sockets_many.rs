//! Many programs that use sockets by their own libraries, in one process and on one worker.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use cogen::{Engine, Event, ReactorKind};

use crate::case::{Case, engine};

const CLIENTS: usize = 200;
const TURNS: usize = 20;

/// An engine in which a server in C waits for all its connections with one poll(2); and its port.
fn serving(reactor: ReactorKind) -> (Engine, String) {
    let said = Arc::<Mutex<String>>::default();
    let ears = said.clone();
    let builder = engine().reactor(reactor).on_event(move |event| {
        if let Event::Output { program: "wasi-sockets-c", bytes, .. } = event {
            ears.lock().expect("nobody panics with it").push_str(&String::from_utf8_lossy(bytes));
        }
    });
    let server = Case::new("wasi-sockets-c", "echo").argument(CLIENTS.to_string()).network();
    let client = Case::new("wasi-sockets", "std-client").network();
    let builder = builder.program(server.guest, server.program()).program(client.guest, client.program());
    let mut engine = builder.build().expect("an engine");
    engine.spawn(server.guest, server.arguments.join("\0")).expect("there is room");
    loop {
        engine.turn(Duration::from_millis(1));
        if let Some((port, _)) = said.lock().expect("nobody panics with it").split_once('\n') {
            return (engine, port.to_owned());
        }
    }
}

#[test]
fn a_server_without_threads_echoes_to_two_hundred_clients_on_one_worker() {
    for reactor in ReactorKind::ALL {
        let (mut engine, port) = serving(reactor.clone());
        let clients: Vec<_> = (0..CLIENTS)
            .map(|_| engine.spawn("wasi-sockets", format!("std-client\0{port}\0{TURNS}")).expect("there is room"))
            .collect();
        let report = engine.run();
        assert_eq!((report.failed, report.parked.len()), (0, 0), "{}: {report:?}", reactor.name());
        assert!(clients.iter().all(|client| client.outcome().is_some_and(|outcome| outcome.is_success())));
    }
}
