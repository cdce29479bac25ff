//! Listens where it was not allowed to, and where the victim does, to take who connects to that.

use crate::tcp::{self, ListenOptions};
use crate::{argument, tell, unix};

pub(crate) fn main() {
    let how = ListenOptions { backlog: 0, reuse_port: true, only_v6: false };
    tell("the victim's port", tcp::listen(&argument(1), how));
    tell("a port of all addresses", tcp::listen("0.0.0.0:0", how));
    tell("a port of all addresses, IPv6", tcp::listen("[::]:0", how));
    tell("a path", unix::listen("/tmp/x", 0));
}
