//! What a program may do with the sockets of WASI, and how a refusal is reported.

use std::sync::{Arc, Mutex};

use cogen::Event;

use crate::case::{Case, Observed};

/// Runs a case that may not use the network; answers what it says, and which refusals the engine told of.
fn refused(case: &str) -> (Observed, Vec<String>) {
    let heard = Arc::<Mutex<Vec<String>>>::default();
    let (ears, said) = (heard.clone(), Arc::<Mutex<String>>::default());
    let voice = said.clone();
    let observed = Case::new("wasi-sockets", case).run_with(|builder| {
        builder.on_event(move |event| match event {
            Event::Output { bytes, .. } => {
                voice.lock().expect("nobody panics with it").push_str(&String::from_utf8_lossy(bytes));
            }
            Event::Refused { .. } => ears.lock().expect("nobody panics with it").push(format!("{event:?}")),
            _ => {}
        })
    });
    let stdout = said.lock().expect("nobody panics with it").clone();
    let heard = heard.lock().expect("nobody panics with it").clone();
    (Observed { stdout, ..observed }, heard)
}

#[test]
fn a_listener_needs_a_grant_for_the_port_that_it_asks_for_and_one_who_connects_for_where_it_goes() {
    let (observed, refusals) = refused("tcp-denied");
    let denied = "access-denied";
    let expected = format!(
        "bind to a port: {denied}\nconnect: {denied}\nbind to any port: ok ok\nlisten: {denied}\nconnect: {denied}\n"
    );
    assert_eq!(observed.stdout, expected);
    for (refusal, key) in refusals.iter().zip(["listen", "connect", "listen"]) {
        assert!(refusal.contains(key), "{refusal}");
    }
    assert_eq!(refusals.len(), 3, "what was told is not told again: {refusals:?}");
}

#[test]
fn a_socket_for_datagrams_needs_a_grant_to_be_bound() {
    let (observed, refusals) = refused("udp-denied");
    let denied = "access-denied";
    assert_eq!(observed.stdout, format!("bind: {denied}\nbind to a port: {denied}\n"));
    assert_eq!(refusals.len(), 2, "{refusals:?}");
}

#[test]
fn a_name_needs_a_grant_and_a_number_is_no_name() {
    let (observed, refusals) = refused("names-denied");
    assert_eq!(observed.stdout, "access-denied\nok\n");
    assert_eq!(refusals.len(), 1, "{refusals:?}");
}
