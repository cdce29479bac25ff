//! `wasi:sockets` over the engine's own operations, reactors, grants and limits.
//!
//! One file for each interface, and three for what several of them have in common: addresses, errors, and the streams
//! of a connection. Nothing here waits but by pollables and by streams: all that a function of these interfaces cannot do at once
//! it answers with `would-block`, and the guest waits at `wasi:io/poll` until there is reason to ask again. What they observe is meant
//! to be the same as in wasmtime-wasi's own host, which cannot be used: it needs a runtime of tokio.

mod addresses;
mod bindings;
mod connection;
mod errors;
mod instance_network;
mod ip_name_lookup;
mod network;
mod tcp;
mod tcp_create_socket;
mod udp;
mod udp_create_socket;
mod unsent;

use wasmtime::component::{HasSelf, Linker};

pub(crate) use self::connection::Connection;
use self::errors::Failure;
pub(crate) use self::unsent::Unsent;
use crate::coroutine::life::Guest;

type Answer<T> = Result<T, Failure>;

pub(super) fn add_to_linker(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
    let mut options = bindings::network::LinkOptions::default();
    options.network_error_code(true);
    bindings::network::add_to_linker::<_, HasSelf<Guest>>(linker, &options, |guest| guest)?;
    bindings::instance_network::add_to_linker::<_, HasSelf<Guest>>(linker, |guest| guest)?;
    bindings::tcp::add_to_linker::<_, HasSelf<Guest>>(linker, |guest| guest)?;
    bindings::tcp_create_socket::add_to_linker::<_, HasSelf<Guest>>(linker, |guest| guest)?;
    bindings::udp::add_to_linker::<_, HasSelf<Guest>>(linker, |guest| guest)?;
    bindings::udp_create_socket::add_to_linker::<_, HasSelf<Guest>>(linker, |guest| guest)?;
    bindings::ip_name_lookup::add_to_linker::<_, HasSelf<Guest>>(linker, |guest| guest)
}
