//! What sockets can be waited for.

use crate::bindings::cogen::engine::{connections, udp};
use crate::select::{Pollable, Wait};

/// That a socket is ready for something, to [`select`](mod@crate::select) on: then the operation does not park.
#[derive(Clone, Copy, Debug)]
#[must_use = "it waits only in a `select`"]
pub struct Ready<'a>(pub(super) For<'a>);

/// Ready for what, and who.
#[derive(Clone, Copy, Debug)]
pub(super) enum For<'a> {
    Read(&'a connections::Connection),
    Write(&'a connections::Connection),
    Accept(&'a connections::Listener),
    Receive(&'a udp::UdpSocket),
    Send(&'a udp::UdpSocket),
}

impl Wait for Ready<'_> {
    fn subscribe(&self) -> Pollable {
        match self.0 {
            For::Read(connection) => connection.subscribe_read(),
            For::Write(connection) => connection.subscribe_write(),
            For::Accept(listener) => listener.subscribe(),
            For::Receive(socket) => socket.subscribe_receive(),
            For::Send(socket) => socket.subscribe_send(),
        }
    }
}
