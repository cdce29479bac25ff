//! What others hold of a socket.

use std::io;
use std::net::{Shutdown, SocketAddr};
use std::sync::Arc;

use super::super::{Address, Setting};
use super::World;
use super::world::{Id, Options, size};

/// A handle of a socket of a network. The socket is closed when the last one is dropped.
#[derive(Debug)]
pub(crate) struct Handle {
    pub(super) world: Arc<World>,
    pub(super) id: Id,
}

impl Handle {
    /// The first handle of a socket.
    pub(super) fn new(world: Arc<World>, id: Id) -> Self {
        Handle { world, id }
    }

    pub(crate) fn share(&self) -> io::Result<Self> {
        self.world.act(|state| state.share(self.id))?;
        Ok(Handle { world: self.world.clone(), id: self.id })
    }

    pub(crate) fn bind(&self, address: &SocketAddr) -> io::Result<()> {
        self.world.act(|state| state.bind_to(self.id, *address))
    }

    pub(crate) fn listen(&self, backlog: i32) -> io::Result<()> {
        self.world.act(|state| state.listen(self.id, backlog))
    }

    pub(crate) fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        self.world.act(|state| state.shutdown(self.id, how))
    }

    pub(crate) fn connect_datagrams(&self, address: &SocketAddr) -> io::Result<()> {
        self.world.act(|state| state.connect_datagrams(self.id, *address))
    }

    pub(crate) fn break_off(&self) -> io::Result<()> {
        self.world.act(|state| state.break_off(self.id))
    }

    pub(crate) fn disconnect_datagrams(&self) -> io::Result<()> {
        self.world.act(|state| state.disconnect_datagrams(self.id))
    }

    pub(crate) fn local_address(&self) -> io::Result<Address> {
        self.world.act(|state| state.local_address(self.id))
    }

    pub(crate) fn peer_address(&self) -> io::Result<Address> {
        self.world.act(|state| state.peer_address(self.id))
    }

    pub(crate) fn nodelay(&self) -> io::Result<bool> {
        self.options(|options| options.nodelay)
    }

    pub(crate) fn set_nodelay(&self, on: bool) -> io::Result<()> {
        self.options(|options| options.nodelay = on)
    }

    pub(crate) fn set_broadcast(&self, on: bool) -> io::Result<()> {
        self.options(|options| options.broadcast = on)
    }

    pub(crate) fn buffer_sizes(&self) -> io::Result<(usize, usize)> {
        self.options(|options| (size(options.receive_buffer), size(options.send_buffer)))
    }

    /// Asks for other sizes; zero leaves one as it is.
    pub(crate) fn set_buffer_sizes(&self, receive: usize, send: usize) -> io::Result<()> {
        let change = |size: &mut u64, asked| *size = if asked > 0 { asked as u64 } else { *size };
        self.world.act(|state| {
            let options = &mut state.endpoint(self.id)?.options;
            change(&mut options.receive_buffer, receive);
            change(&mut options.send_buffer, send);
            state.has_more_room(self.id);
            Ok(())
        })
    }

    pub(crate) fn setting(&self, setting: Setting) -> io::Result<u64> {
        self.options(|options| *options.of(setting))
    }

    pub(crate) fn set(&self, setting: Setting, value: u64) -> io::Result<()> {
        self.world.act(|state| {
            *state.endpoint(self.id)?.options.of(setting) = value;
            state.has_more_room(self.id);
            Ok(())
        })
    }

    fn options<T>(&self, of: impl FnOnce(&mut Options) -> T) -> io::Result<T> {
        self.world.act(|state| Ok(of(&mut state.endpoint(self.id)?.options)))
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.world.act(|state| state.release(self.id));
    }
}
