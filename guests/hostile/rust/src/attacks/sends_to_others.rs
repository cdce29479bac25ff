//! Sends datagrams to where names may not lead: to the machine itself, to everybody, to a group.

use crate::udp::UdpSocket;
use crate::{PATIENT, tell};

pub(crate) fn main() {
    tell("bind to a port of its own", UdpSocket::bind("127.0.0.1:5353"));
    let socket = UdpSocket::bind("0.0.0.0:0").expect("any port will do");
    tell("broadcast", socket.set_broadcast(true));
    for address in ["127.0.0.1:53", "[::ffff:127.0.0.1]:53", "255.255.255.255:53", "224.0.0.251:5353", "0.0.0.0:53"] {
        tell(&format!("send to {address}"), socket.send_to(b"x", address, PATIENT));
        tell(&format!("connect to {address}"), socket.connect(address));
    }
}
