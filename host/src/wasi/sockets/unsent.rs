//! What a coroutine has written that its sockets had no room for yet.

use std::future::{Future, poll_fn};
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;

use super::connection::Connection;

/// The connections of one coroutine that keep something. A guest that has written goes on to whatever it likes; what it wrote must go out all
/// the same, so its worker tries each time before the coroutine is left where it stands.
#[derive(Default)]
pub(crate) struct Unsent {
    connections: Mutex<Vec<Arc<Connection>>>,
    /// Looked at for each step of every coroutine: a lock would be felt.
    has_any: AtomicBool,
}

impl Unsent {
    /// One that keeps something from now on.
    pub(super) fn add(&self, connection: Arc<Connection>) {
        let mut connections = self.connections.lock();
        // One that kept something before may still stand here.
        if !connections.iter().any(|other| Arc::ptr_eq(other, &connection)) {
            connections.push(connection);
        }
        self.has_any.store(true, Ordering::Relaxed);
    }

    /// Runs a guest, and goes on with its writing whenever it has nothing else to do.
    pub(crate) async fn accompany<T>(&self, mut guest: Pin<&mut impl Future<Output = T>>) -> T {
        poll_fn(|context| {
            loop {
                let polled = guest.as_mut().poll(context);
                // Where there is room again the guest may have waited for just that.
                if polled.is_ready() || !self.go_on() {
                    return polled;
                }
            }
        })
        .await
    }

    /// Goes on writing; whether any connection keeps nothing any more.
    fn go_on(&self) -> bool {
        if !self.has_any.load(Ordering::Relaxed) {
            return false;
        }
        let mut connections = mem::take(&mut *self.connections.lock());
        let before = connections.len();
        connections.retain(|connection| !connection.send_kept());
        let is_any_done = connections.len() < before;
        self.has_any.store(!connections.is_empty(), Ordering::Relaxed);
        *self.connections.lock() = connections;
        is_any_done
    }
}
