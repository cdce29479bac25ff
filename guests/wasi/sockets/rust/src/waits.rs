//! Waits that nothing ends.

use std::io::Read;
use std::net::{TcpListener, TcpStream, ToSocketAddrs};

use wasip2::sockets::ip_name_lookup::resolve_addresses;
use wasip2::sockets::network::IpAddressFamily;
use wasip2::sockets::udp_create_socket::create_udp_socket;

use crate::tools::{self, End, here, listener, network, pair, tcp};

pub(crate) fn accept() {
    listener().0.subscribe().block();
}

pub(crate) fn read() {
    let (one, _other) = pair();
    let _ = one.input.blocking_read(1);
}

/// Fills what the system keeps, and what the host does.
fn fill(end: &End) {
    while let Ok(1..) = end.output.check_write() {
        let _ = end.output.write(&[0; 60_000]);
    }
}

pub(crate) fn write() {
    let (one, _other) = pair();
    fill(&one);
    one.output.subscribe().block();
    // Who was cancelled is told so: otherwise it would ask for ever.
    let _ = one.output.blocking_flush();
}

pub(crate) fn drop_written() {
    let (one, _other) = pair();
    fill(&one);
    drop(one.output);
}

pub(crate) fn receive() {
    let socket = create_udp_socket(IpAddressFamily::Ipv4).expect("a socket");
    socket.start_bind(&network(), here(0)).expect("an address");
    socket.finish_bind().expect("it is bound");
    let (incoming, _) = socket.stream(None).expect("it has none");
    incoming.subscribe().block();
}

/// Nobody takes in who connects: when there is no place left, the next one waits.
pub(crate) fn connect() {
    let (_listener, port) = listener();
    let mut others = Vec::new();
    loop {
        let socket = tcp(IpAddressFamily::Ipv4);
        let Ok(streams) = tools::connect(&socket, here(port)) else { return };
        others.push((streams, socket));
    }
}

pub(crate) fn resolve() {
    let stream = resolve_addresses(&network(), "localhost").expect("it is a name");
    stream.subscribe().block();
    let _ = stream.resolve_next_address();
}

pub(crate) fn std_accept() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("an address");
    let _ = listener.accept();
}

pub(crate) fn std_read() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("an address");
    let mut stream = TcpStream::connect(listener.local_addr().expect("it has one")).expect("it is there");
    let _ = stream.read(&mut [0]);
}

/// As [`connect`].
pub(crate) fn std_connect() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("an address");
    let address = listener.local_addr().expect("it has one");
    let mut others = Vec::new();
    while let Ok(stream) = TcpStream::connect(address) {
        others.push(stream);
    }
}

pub(crate) fn std_resolve() {
    let _ = "localhost:80".to_socket_addrs();
}
