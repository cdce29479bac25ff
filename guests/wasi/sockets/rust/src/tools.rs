//! What several cases need.

use wasip2::io::streams::{InputStream, OutputStream, StreamError};
use wasip2::sockets::instance_network::instance_network;
use wasip2::sockets::network::{
    ErrorCode, IpAddressFamily, IpSocketAddress, Ipv4SocketAddress, Ipv6SocketAddress, Network,
};
use wasip2::sockets::tcp::TcpSocket;
use wasip2::sockets::tcp_create_socket::create_tcp_socket;

pub(crate) type Streams = (InputStream, OutputStream);

pub(crate) fn network() -> Network {
    instance_network()
}

pub(crate) fn v4(address: [u8; 4], port: u16) -> IpSocketAddress {
    IpSocketAddress::Ipv4(Ipv4SocketAddress { port, address: address.into() })
}

pub(crate) fn v6(address: [u16; 8], port: u16) -> IpSocketAddress {
    IpSocketAddress::Ipv6(Ipv6SocketAddress { port, flow_info: 0, address: address.into(), scope_id: 0 })
}

pub(crate) fn here(port: u16) -> IpSocketAddress {
    v4([127, 0, 0, 1], port)
}

pub(crate) fn port(address: &IpSocketAddress) -> u16 {
    match address {
        IpSocketAddress::Ipv4(address) => address.port,
        IpSocketAddress::Ipv6(address) => address.port,
    }
}

/// The address without the port, which nobody can foretell.
pub(crate) fn shown(address: Result<IpSocketAddress, ErrorCode>) -> String {
    match address {
        Ok(IpSocketAddress::Ipv4(at)) => format!("{:?} {}", at.address, at.port != 0),
        Ok(IpSocketAddress::Ipv6(at)) => format!("{:?} {}", at.address, at.port != 0),
        Err(code) => format!("{code:?}"),
    }
}

/// What came of something, in a word.
pub(crate) fn word<T>(result: Result<T, ErrorCode>) -> &'static str {
    result.map_or_else(|code| code.name(), |_| "ok")
}

pub(crate) fn tcp(family: IpAddressFamily) -> TcpSocket {
    create_tcp_socket(family).expect("a socket")
}

/// A listener at a port that the system chose, and its port.
pub(crate) fn listener() -> (TcpSocket, u16) {
    let socket = tcp(IpAddressFamily::Ipv4);
    socket.start_bind(&network(), here(0)).expect("an address");
    socket.finish_bind().expect("it is bound");
    socket.start_listen().expect("it may listen");
    socket.finish_listen().expect("it listens");
    let port = port(&socket.local_address().expect("it has one"));
    (socket, port)
}

/// Waits until a connection is decided.
pub(crate) fn connect(socket: &TcpSocket, to: IpSocketAddress) -> Result<Streams, ErrorCode> {
    socket.start_connect(&network(), to)?;
    loop {
        match socket.finish_connect() {
            Err(ErrorCode::WouldBlock) => socket.subscribe().block(),
            result => return result,
        }
    }
}

/// Waits until somebody has connected.
pub(crate) fn accept(listener: &TcpSocket) -> Result<(TcpSocket, Streams), ErrorCode> {
    loop {
        match listener.accept() {
            Err(ErrorCode::WouldBlock) => listener.subscribe().block(),
            result => return result.map(|(socket, input, output)| (socket, (input, output))),
        }
    }
}

/// One end of a connection: the streams go first.
pub(crate) struct End {
    pub(crate) input: InputStream,
    pub(crate) output: OutputStream,
    pub(crate) socket: TcpSocket,
}

impl End {
    fn new(socket: TcpSocket, (input, output): Streams) -> Self {
        End { input, output, socket }
    }
}

/// A connection with oneself: the end that has connected, and the one that was accepted.
pub(crate) fn pair() -> (End, End) {
    let (listener, port) = listener();
    let socket = tcp(IpAddressFamily::Ipv4);
    let streams = connect(&socket, here(port)).expect("it is there");
    let (accepted, others) = accept(&listener).expect("it is there");
    (End::new(socket, streams), End::new(accepted, others))
}

/// An error of a stream without its words, which are each host's own.
pub(crate) fn of_stream<T: std::fmt::Debug>(result: Result<T, StreamError>) -> String {
    match result {
        Ok(value) => format!("{value:?}"),
        Err(StreamError::Closed) => "closed".to_owned(),
        Err(StreamError::LastOperationFailed(_)) => "failed".to_owned(),
    }
}

/// All that comes until the end, or why there is no more.
pub(crate) fn read_all(input: &InputStream) -> (Vec<u8>, String) {
    let mut all = Vec::new();
    loop {
        match input.blocking_read(1 << 16) {
            Ok(bytes) => all.extend(bytes),
            Err(error) => return (all, of_stream::<()>(Err(error))),
        }
    }
}

/// Does it as long as it would block.
pub(crate) fn until_ready<T>(
    pollable: &wasip2::io::poll::Pollable,
    mut act: impl FnMut() -> Result<T, ErrorCode>,
) -> Result<T, ErrorCode> {
    loop {
        match act() {
            Err(ErrorCode::WouldBlock) => pollable.block(),
            result => return result,
        }
    }
}
