//! Sockets for datagrams.

use wasip2::sockets::network::{ErrorCode, IpAddressFamily, IpSocketAddress};
use wasip2::sockets::udp::{IncomingDatagramStream, OutgoingDatagram, OutgoingDatagramStream, UdpSocket};
use wasip2::sockets::udp_create_socket::create_udp_socket;

use crate::tools::{here, network, port, shown, until_ready, v4, v6, word};

fn udp(family: IpAddressFamily) -> UdpSocket {
    create_udp_socket(family).expect("a socket")
}

/// A socket at a port that the system chose, and its address.
fn bound() -> (UdpSocket, IpSocketAddress) {
    let socket = udp(IpAddressFamily::Ipv4);
    socket.start_bind(&network(), here(0)).expect("an address");
    socket.finish_bind().expect("it is bound");
    let at = socket.local_address().expect("it has one");
    (socket, at)
}

/// A socket that has no peer, and what is sent by it.
fn sender() -> (UdpSocket, OutgoingDatagramStream) {
    let (socket, _) = bound();
    let (_, outgoing) = socket.stream(None).expect("it has none");
    (socket, outgoing)
}

fn datagram(data: &[u8], to: Option<IpSocketAddress>) -> OutgoingDatagram {
    OutgoingDatagram { data: data.to_vec(), remote_address: to }
}

fn send(stream: &OutgoingDatagramStream, datagrams: &[OutgoingDatagram]) -> Result<u64, ErrorCode> {
    while stream.check_send()? == 0 {
        stream.subscribe().block();
    }
    stream.send(datagrams)
}

/// The next datagrams, at most so many.
fn receive(stream: &IncomingDatagramStream, most: u64) -> Vec<(Vec<u8>, u16)> {
    let come = || {
        let come = stream.receive(most)?;
        if come.is_empty() { Err(ErrorCode::WouldBlock) } else { Ok(come) }
    };
    let come = until_ready(&stream.subscribe(), come).expect("it is received");
    come.into_iter().map(|come| (come.data, port(&come.remote_address))).collect()
}

pub(crate) fn states() {
    let socket = udp(IpAddressFamily::Ipv4);
    println!("{} {}", shown(socket.local_address()), shown(socket.remote_address()));
    println!("{:?} {:?}", socket.address_family(), socket.stream(None).map(drop));
    println!("{:?} {:?}", socket.finish_bind(), socket.stream(Some(here(9))).map(drop));
    println!("{:?} {:?}", socket.start_bind(&network(), here(0)), socket.start_bind(&network(), here(0)));
    println!("{:?} {:?}", socket.finish_bind(), socket.finish_bind());
    println!("{:?}", socket.start_bind(&network(), here(0)));
    println!("{} {}", shown(socket.local_address()), shown(socket.remote_address()));
    socket.subscribe().block();
    let streams = socket.stream(Some(here(9)));
    println!("{:?} {}", streams.as_ref().map(|_| ()), shown(socket.remote_address()));
    drop(streams);
    let streams = socket.stream(None);
    // Linux may have taken back the port that it had chosen: where the socket is now is left out.
    println!("{:?} {}", streams.as_ref().map(|_| ()), shown(socket.remote_address()));
}

pub(crate) fn addresses() {
    for (family, addresses) in [
        (
            IpAddressFamily::Ipv4,
            vec![v4([127, 0, 0, 1], 0), v4([0, 0, 0, 0], 0), v4([192, 0, 2, 1], 0), v6([0, 0, 0, 0, 0, 0, 0, 1], 0)],
        ),
        (
            IpAddressFamily::Ipv6,
            vec![
                v6([0, 0, 0, 0, 0, 0, 0, 1], 0),
                v6([0; 8], 0),
                v6([0, 0, 0, 0, 0, 0xffff, 0x7f00, 1], 0),
                v6([0, 0, 0, 0, 0, 0, 0x7f00, 1], 0),
                v4([127, 0, 0, 1], 0),
            ],
        ),
    ] {
        for address in addresses {
            println!("bind {address:?}: {:?}", udp(family).start_bind(&network(), address));
        }
    }
    let (socket, _) = bound();
    for peer in
        [here(0), v4([0, 0, 0, 0], 9), v6([0, 0, 0, 0, 0, 0, 0, 1], 9), v6([0, 0, 0, 0, 0, 0xffff, 0x7f00, 1], 9)]
    {
        println!("peer {peer:?}: {:?}", socket.stream(Some(peer)).map(drop));
        let (_incoming, outgoing) = socket.stream(None).expect("it has none");
        println!("send: {:?}", send(&outgoing, &[datagram(b"", Some(peer))]));
    }
}

pub(crate) fn options() {
    for family in [IpAddressFamily::Ipv4, IpAddressFamily::Ipv6] {
        let socket = udp(family);
        println!("{:?} {:?} {:?}", socket.unicast_hop_limit(), socket.receive_buffer_size(), socket.send_buffer_size());
        println!("{:?} {:?}", socket.set_unicast_hop_limit(9), socket.set_receive_buffer_size(30_000));
        println!("{:?}", socket.set_send_buffer_size(40_000));
        println!("{:?} {:?} {:?}", socket.unicast_hop_limit(), socket.receive_buffer_size(), socket.send_buffer_size());
        println!("{:?} {:?}", socket.set_unicast_hop_limit(0), socket.set_receive_buffer_size(0));
        println!("{:?} {:?}", socket.set_send_buffer_size(0), socket.set_send_buffer_size(u64::MAX));
    }
}

/// Some there, and one back to where they came from.
pub(crate) fn datagrams() {
    let ((one, here), (other, there)) = (bound(), bound());
    let (_, outgoing) = one.stream(None).expect("it has none");
    let (incoming, answering) = other.stream(None).expect("it has none");
    println!("{:?} {:?}", incoming.receive(0), incoming.receive(5));
    println!("{:?} {:?}", outgoing.check_send(), outgoing.send(&[]));
    let some = [datagram(b"spam", Some(there)), datagram(b"", Some(there)), datagram(b"eggs", Some(there))];
    println!("{:?}", send(&outgoing, &some));
    let mut come = receive(&incoming, 1);
    println!("{}", come.len());
    while come.len() < 3 {
        come.extend(receive(&incoming, 10));
    }
    for (data, from) in &come {
        println!("{data:?} {}", *from == port(&here));
    }
    println!("{:?}", send(&outgoing, &[datagram(b"to nobody in particular", None)]));
    println!("{:?}", send(&outgoing, &[datagram(&[0; 65_507], Some(there)), datagram(&[0; 65_508], Some(there))]));
    println!("{:?}", send(&outgoing, &[datagram(&[0; 65_508], Some(there))]));
    println!("{:?}", send(&outgoing, &[datagram(&[0; 65_536], Some(there))]));
    println!("{}", receive(&incoming, 10)[0].0.len());
    println!("{:?}", send(&answering, &[datagram(b"back", Some(here))]));
    drop(outgoing);
}

/// A socket that has a peer hears nobody else and speaks to nobody else.
pub(crate) fn peers() {
    let ((one, here), (other, there), (third, elsewhere)) = (bound(), bound(), bound());
    let (incoming, outgoing) = one.stream(Some(there)).expect("it is there");
    println!("{}", one.remote_address().map(|at| port(&at)) == Ok(port(&there)));
    let (heard, said) = other.stream(None).expect("it has none");
    let (_, stray) = third.stream(None).expect("it has none");
    println!(
        "{:?} {:?}",
        send(&outgoing, &[datagram(b"one", None)]),
        send(&outgoing, &[datagram(b"two", Some(there))])
    );
    println!("{:?}", send(&outgoing, &[datagram(b"three", Some(elsewhere))]));
    let mut come = receive(&heard, 2);
    while come.len() < 2 {
        come.extend(receive(&heard, 2));
    }
    println!("{:?}", come.iter().map(|(data, _)| data).collect::<Vec<_>>());
    println!("{:?}", send(&stray, &[datagram(b"stray", Some(here))]));
    println!("{:?}", send(&said, &[datagram(b"meant", Some(here))]));
    println!("{:?}", receive(&incoming, 1).iter().map(|(data, _)| data).collect::<Vec<_>>());
    drop((incoming, outgoing));
    let (incoming, outgoing) = one.stream(Some(elsewhere)).expect("it is there");
    println!("{:?}", send(&stray, &[datagram(b"now", Some(here))]));
    println!("{:?}", receive(&incoming, 1).iter().map(|(data, _)| data).collect::<Vec<_>>());
    drop((incoming, outgoing));
    let (incoming, outgoing) = one.stream(None).expect("it has none any more");
    println!("{} {:?}", shown(one.remote_address()), send(&outgoing, &[datagram(b"", None)]));
    drop((incoming, outgoing, heard, said, stray));
}

/// Sends as many at a time as there is room for, and waits when there is none, to one who hears nothing of it.
pub(crate) fn full() {
    const ALL: usize = 40;
    let ((_socket, outgoing), (_deaf, there)) = (sender(), bound());
    let datagrams: Vec<_> = (0..ALL).map(|_| datagram(&[0; 1_000], Some(there))).collect();
    let (mut left, mut sent, mut waits) = (&datagrams[..], Vec::new(), 0);
    // Where there is room, nobody waits for it.
    outgoing.subscribe().block();
    while !left.is_empty() {
        match outgoing.check_send().expect("it is open") as usize {
            0 => {
                waits += 1;
                outgoing.subscribe().block();
            }
            permit => {
                let count = outgoing.send(&left[..permit.min(left.len())]).expect("it is sent");
                left = &left[count as usize..];
                sent.push(count);
            }
        }
    }
    println!("{sent:?} {waits}");
}

/// Nothing of it is granted.
pub(crate) fn denied() {
    let socket = udp(IpAddressFamily::Ipv4);
    println!("bind: {}", word(socket.start_bind(&network(), here(0))));
    println!("bind to a port: {}", word(socket.start_bind(&network(), here(7777))));
}

/// This ends the guest.
pub(crate) fn two_streams() {
    let (socket, _) = bound();
    let _streams = socket.stream(None);
    let _ = socket.stream(None);
}

/// And so does each of these.
pub(crate) fn unpermitted() {
    let (_socket, outgoing) = sender();
    let _ = outgoing.send(&[datagram(b"", Some(here(9)))]);
}

pub(crate) fn permitted_before() {
    let (_socket, outgoing) = sender();
    println!("{:?}", send(&outgoing, &[datagram(b"", Some(here(9)))]));
    let _ = outgoing.send(&[datagram(b"", Some(here(9)))]);
}

pub(crate) fn too_many() {
    let (_socket, outgoing) = sender();
    let permit = outgoing.check_send().expect("it is open");
    println!("{permit}");
    let datagrams: Vec<_> = (0..=permit).map(|_| datagram(b"", Some(here(9)))).collect();
    let _ = outgoing.send(&datagrams);
}
