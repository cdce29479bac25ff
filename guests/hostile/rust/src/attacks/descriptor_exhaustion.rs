//! Opens sockets until it may have no more, and keeps them.

use crate::udp::UdpSocket;

pub(crate) fn main() {
    let mut kept = Vec::new();
    crate::until_refused("sockets", |_| UdpSocket::bind("127.0.0.1:0").map(|socket| kept.push(socket)));
    drop(crate::time::sleep(u64::MAX));
}
