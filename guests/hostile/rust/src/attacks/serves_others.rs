//! Has the host start a program for whoever connects that it may not start itself.

use crate::connections::Listener;
use crate::tcp::{self, ListenOptions};
use crate::tell;

pub(crate) fn main() {
    let how = ListenOptions { backlog: 0, reuse_port: false, only_v6: false };
    let listen = || tcp::listen("127.0.0.1:0", how).expect("it may listen");
    tell("serve", Listener::serve(listen(), "echo", &[], 0));
    tell("serve nobody", Listener::serve(listen(), "nobody", &[], 0));
}
