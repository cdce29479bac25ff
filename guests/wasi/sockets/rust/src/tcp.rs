//! Sockets of TCP, from their making to their end.

use wasip2::sockets::network::{IpAddressFamily, IpSocketAddress};
use wasip2::sockets::tcp::{ShutdownType, TcpSocket};

use crate::tools::{accept, connect, here, listener, network, port, shown, tcp, v4, v6, word};

/// What each function says of a socket in each state.
pub(crate) fn states() {
    let socket = tcp(IpAddressFamily::Ipv4);
    describe("fresh", &socket);
    println!("{:?} {:?}", socket.start_listen(), socket.accept().map(drop));
    println!("{:?}", socket.set_listen_backlog_size(10));
    println!("{:?}", socket.start_bind(&network(), here(0)));
    println!("{:?} {:?}", socket.start_bind(&network(), here(0)), socket.start_connect(&network(), here(1)));
    println!("{:?} {:?}", socket.start_listen(), socket.finish_listen());
    println!("{:?} {:?}", socket.finish_bind(), socket.finish_bind());
    describe("bound", &socket);
    println!("{:?}", socket.start_bind(&network(), here(0)));
    println!("{:?} {:?}", socket.start_listen(), socket.start_listen());
    println!("{:?} {:?}", socket.finish_listen(), socket.finish_listen());
    describe("listening", &socket);
    println!("{:?} {:?}", socket.start_bind(&network(), here(0)), socket.start_listen());
    println!("{:?} {:?}", socket.start_connect(&network(), here(1)), socket.accept().map(drop));
    println!("{:?} {:?}", socket.set_listen_backlog_size(20), socket.set_listen_backlog_size(0));
    let to = here(port(&socket.local_address().expect("it is bound")));
    let client = tcp(IpAddressFamily::Ipv4);
    println!("{:?} {:?}", client.start_connect(&network(), to), client.start_connect(&network(), to));
    println!("{:?} {:?}", client.finish_bind(), client.start_bind(&network(), here(0)));
    describe("connecting", &client);
    client.subscribe().block();
    let streams = client.finish_connect().expect("it is there");
    println!("{:?}", client.finish_connect().map(drop));
    describe("connected", &client);
    println!("{:?} {:?}", client.start_bind(&network(), here(0)), client.start_connect(&network(), to));
    println!("{:?} {:?}", client.start_listen(), client.accept().map(drop));
    let (accepted, others) = accept(&socket).expect("it is there");
    describe("accepted", &accepted);
    println!("{}", accepted.local_address().map(|at| port(&at)) == socket.local_address().map(|at| port(&at)));
    println!("{}", accepted.remote_address().map(|at| port(&at)) == client.local_address().map(|at| port(&at)));
    drop((streams, others));
}

fn describe(state: &str, socket: &TcpSocket) {
    let shut = if state == "connected" || state == "accepted" { Ok(()) } else { socket.shutdown(ShutdownType::Both) };
    println!(
        "{state}: {} {} {} {:?} {shut:?} {:?} {:?}",
        shown(socket.local_address()),
        shown(socket.remote_address()),
        socket.is_listening(),
        socket.address_family(),
        socket.keep_alive_enabled(),
        socket.hop_limit(),
    );
}

/// Which addresses a socket takes.
pub(crate) fn addresses() {
    for (family, addresses) in [
        (
            IpAddressFamily::Ipv4,
            vec![
                v4([127, 0, 0, 1], 0),
                v4([0, 0, 0, 0], 0),
                v4([224, 0, 0, 1], 0),
                v4([255, 255, 255, 255], 0),
                v4([192, 0, 2, 1], 0),
                v6([0, 0, 0, 0, 0, 0, 0, 1], 0),
            ],
        ),
        (
            IpAddressFamily::Ipv6,
            vec![
                v6([0, 0, 0, 0, 0, 0, 0, 1], 0),
                v6([0; 8], 0),
                v6([0xff02, 0, 0, 0, 0, 0, 0, 1], 0),
                v6([0, 0, 0, 0, 0, 0xffff, 0x7f00, 1], 0),
                v6([0, 0, 0, 0, 0, 0, 0x7f00, 1], 0),
                v6([0x2001, 0xdb8, 0, 0, 0, 0, 0, 1], 0),
                v4([127, 0, 0, 1], 0),
            ],
        ),
    ] {
        for address in addresses {
            println!("bind {address:?}: {:?}", tcp(family).start_bind(&network(), address));
            println!("connect to its port 0: {:?}", tcp(family).start_connect(&network(), address));
            if !is_plain(&address) {
                println!("connect: {:?}", tcp(family).start_connect(&network(), at_port_9(address)));
            }
        }
    }
}

/// Whether to connect there would send something to somebody.
fn is_plain(address: &IpSocketAddress) -> bool {
    match address {
        IpSocketAddress::Ipv4(at) => at.address.0 == 192,
        IpSocketAddress::Ipv6(at) => at.address.0 == 0x2001,
    }
}

fn at_port_9(mut address: IpSocketAddress) -> IpSocketAddress {
    match &mut address {
        IpSocketAddress::Ipv4(at) => at.port = 9,
        IpSocketAddress::Ipv6(at) => at.port = 9,
    }
    address
}

pub(crate) fn options() {
    for family in [IpAddressFamily::Ipv4, IpAddressFamily::Ipv6] {
        let socket = tcp(family);
        show(&socket);
        println!("{:?} {:?}", socket.set_keep_alive_enabled(true), socket.set_keep_alive_count(5));
        for time in [1, 999_999_999, 60_000_000_000, u64::MAX] {
            println!("{:?} {:?}", socket.set_keep_alive_idle_time(time), socket.set_keep_alive_interval(time));
            println!("{:?} {:?}", socket.keep_alive_idle_time(), socket.keep_alive_interval());
        }
        println!("{:?}", socket.set_hop_limit(7));
        println!("{:?} {:?}", socket.set_receive_buffer_size(30_000), socket.set_send_buffer_size(40_000));
        show(&socket);
        println!("{:?} {:?}", socket.set_receive_buffer_size(u64::MAX), socket.set_send_buffer_size(1));
        println!(
            "{:?} {:?}",
            socket.receive_buffer_size().map(|size| size > 0),
            socket.send_buffer_size().map(|size| size > 0)
        );
        println!("{:?} {:?}", socket.set_keep_alive_count(0), socket.set_keep_alive_count(u32::MAX));
        println!("{:?} {:?}", socket.set_keep_alive_idle_time(0), socket.set_keep_alive_interval(0));
        println!("{:?} {:?}", socket.set_hop_limit(0), socket.set_listen_backlog_size(0));
        println!("{:?} {:?}", socket.set_receive_buffer_size(0), socket.set_send_buffer_size(0));
        println!("{:?}", socket.set_listen_backlog_size(u64::MAX));
        println!("{:?}", socket.keep_alive_count());
    }
}

fn show(socket: &TcpSocket) {
    println!("{:?} {:?}", socket.keep_alive_enabled(), socket.keep_alive_count());
    println!("{:?} {:?}", socket.keep_alive_idle_time(), socket.keep_alive_interval());
    println!("{:?} {:?} {:?}", socket.hop_limit(), socket.receive_buffer_size(), socket.send_buffer_size());
}

/// What was set of a listener holds for those who are accepted.
pub(crate) fn inherits() {
    let (listener, port) = listener();
    listener.set_keep_alive_enabled(true).expect("it can");
    listener.set_keep_alive_count(4).expect("it can");
    listener.set_keep_alive_idle_time(90_000_000_000).expect("it can");
    listener.set_keep_alive_interval(20_000_000_000).expect("it can");
    listener.set_hop_limit(33).expect("it can");
    let socket = tcp(IpAddressFamily::Ipv4);
    let streams = connect(&socket, here(port)).expect("it is there");
    let (accepted, others) = accept(&listener).expect("it is there");
    println!("{:?} {:?}", accepted.keep_alive_enabled(), accepted.keep_alive_count());
    println!("{:?} {:?}", accepted.keep_alive_idle_time(), accepted.keep_alive_interval());
    println!("{:?} {:?}", accepted.hop_limit(), accepted.is_listening());
    drop((streams, others));
}

/// Nobody listens there.
pub(crate) fn refused() {
    let (listener, port) = listener();
    drop(listener);
    let socket = tcp(IpAddressFamily::Ipv4);
    println!("{:?}", connect(&socket, here(port)).map(drop));
    println!("{:?} {:?}", socket.finish_connect().map(drop), socket.start_connect(&network(), here(port)));
    println!("{:?} {:?}", socket.start_bind(&network(), here(0)), socket.start_listen());
    println!("{} {}", shown(socket.local_address()), shown(socket.remote_address()));
    println!("{:?} {:?}", socket.keep_alive_enabled(), socket.set_listen_backlog_size(3));
    println!("{:?} {}", socket.shutdown(ShutdownType::Both), socket.is_listening());
    socket.subscribe().block();
}

/// Nothing of it is granted.
pub(crate) fn denied() {
    let socket = tcp(IpAddressFamily::Ipv4);
    println!("bind to a port: {}", word(socket.start_bind(&network(), here(7777))));
    println!("connect: {}", word(socket.start_connect(&network(), here(7777))));
    println!("bind to any port: {} {}", word(socket.start_bind(&network(), here(0))), word(socket.finish_bind()));
    println!("listen: {}", word(socket.start_listen()));
    println!("connect: {}", word(socket.start_connect(&network(), here(7777))));
}

/// A listener of IPv6 has nothing to do with IPv4.
pub(crate) fn families() {
    let six = tcp(IpAddressFamily::Ipv6);
    println!("{:?} {:?}", six.start_bind(&network(), v6([0; 8], 0)), six.finish_bind());
    println!("{:?} {:?}", six.start_listen(), six.finish_listen());
    let at = port(&six.local_address().expect("it is bound"));
    let client = tcp(IpAddressFamily::Ipv4);
    println!("{:?}", connect(&client, here(at)).map(drop));
    let four = tcp(IpAddressFamily::Ipv4);
    println!("{:?} {:?}", four.start_bind(&network(), v4([0; 4], at)), four.finish_bind());
    let client = tcp(IpAddressFamily::Ipv6);
    let streams = connect(&client, v6([0, 0, 0, 0, 0, 0, 0, 1], at));
    println!("{:?} {}", streams.as_ref().map(|_| ()), shown(client.remote_address()));
    let again = tcp(IpAddressFamily::Ipv6);
    println!("{:?}", again.start_bind(&network(), v6([0; 8], at)));
    drop(streams);
}
