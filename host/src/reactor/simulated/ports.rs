//! Who is bound to which address and port.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};

use super::world::Id;

/// Where a socket is that is bound to nothing yet.
pub(super) const ANY_V4: SocketAddr = SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 0));
pub(super) const ANY_V6: SocketAddr = SocketAddr::V6(SocketAddrV6::new(Ipv6Addr::UNSPECIFIED, 0, 0, 0));

/// The ports that are given to those who do not care which: those of Linux.
const FREE: std::ops::RangeInclusive<u16> = 32_768..=60_999;

/// TCP and UDP do not know of each other's ports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Transport {
    Tcp,
    Udp,
}

/// What a socket wants to be bound to, and how.
#[derive(Clone, Copy, Debug)]
pub(super) struct Claim {
    pub(super) transport: Transport,
    pub(super) address: SocketAddr,
    /// Whether others who say so too may have the same.
    pub(super) is_shared: bool,
    /// Whether one for all IPv6 addresses leaves out those of IPv4.
    pub(super) only_v6: bool,
}

impl Claim {
    pub(super) fn sole(transport: Transport, address: SocketAddr) -> Self {
        Claim { transport, address, is_shared: false, only_v6: false }
    }

    /// Whether what is sent to `ip` is for this one, and if so, with how many before it that were more exact.
    fn rank(&self, ip: IpAddr) -> Option<u8> {
        match (self.address.ip(), ip) {
            (own, ip) if own == ip => Some(0),
            (IpAddr::V4(own), IpAddr::V4(_)) if own.is_unspecified() => Some(1),
            (IpAddr::V6(own), IpAddr::V6(_)) if own.is_unspecified() => Some(1),
            (IpAddr::V6(own), IpAddr::V4(_)) if own.is_unspecified() && !self.only_v6 => Some(2),
            _ => None,
        }
    }

    fn clashes_with(&self, other: &Claim) -> bool {
        let overlaps = self.rank(other.address.ip()).is_some() || other.rank(self.address.ip()).is_some();
        overlaps && !(self.is_shared && other.is_shared)
    }
}

/// Everybody who is bound, by transport and port.
pub(super) struct Ports {
    claims: HashMap<(Transport, u16), Vec<(Claim, Id)>>,
    /// The next one to give to somebody who does not care.
    next: u16,
}

impl Ports {
    pub(super) fn new(random: &mut fastrand::Rng) -> Self {
        Ports { claims: HashMap::new(), next: random.u16(FREE) }
    }

    /// Binds a socket, and answers the claim with the port that it has.
    pub(super) fn bind(&mut self, mut claim: Claim, id: Id) -> io::Result<Claim> {
        if claim.address.port() == 0 {
            claim.address.set_port(self.find_free(claim)?);
        } else if !self.is_free(&claim) {
            return Err(io::ErrorKind::AddrInUse.into());
        }
        self.claims.entry((claim.transport, claim.address.port())).or_default().push((claim, id));
        Ok(claim)
    }

    pub(super) fn release(&mut self, claim: &Claim, id: Id) {
        let key = (claim.transport, claim.address.port());
        if let Some(claims) = self.claims.get_mut(&key) {
            claims.retain(|(_, other)| *other != id);
            if claims.is_empty() {
                self.claims.remove(&key);
            }
        }
    }

    /// Those for whom something at `address` is, the most exact ones first, and among these in the order they came.
    pub(super) fn at(&self, transport: Transport, address: SocketAddr) -> Vec<(u8, Id)> {
        let claims = self.claims.get(&(transport, address.port())).map_or(&[][..], Vec::as_slice);
        let mut found: Vec<_> =
            claims.iter().filter_map(|(claim, id)| Some((claim.rank(address.ip())?, *id))).collect();
        found.sort_by_key(|(rank, _)| *rank);
        found
    }

    fn find_free(&mut self, mut claim: Claim) -> io::Result<u16> {
        for _ in FREE {
            claim.address.set_port(self.next);
            self.next = if self.next == *FREE.end() { *FREE.start() } else { self.next + 1 };
            if self.is_free(&claim) {
                return Ok(claim.address.port());
            }
        }
        Err(io::ErrorKind::AddrNotAvailable.into())
    }

    fn is_free(&self, claim: &Claim) -> bool {
        let others = self.claims.get(&(claim.transport, claim.address.port()));
        others.is_none_or(|others| others.iter().all(|(other, _)| !claim.clashes_with(other)))
    }
}

/// Where something that is sent to `address` really goes: to no address in particular means to this machine.
pub(super) fn destination(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip().to_canonical() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

/// Where something comes from that a socket bound to `own` sends to `to`.
pub(super) fn source(own: SocketAddr, to: IpAddr) -> SocketAddr {
    let ip = match (own.ip().to_canonical(), to) {
        (ip, _) if !ip.is_unspecified() => ip,
        (_, IpAddr::V4(to)) if to.is_loopback() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        // Every address is one of this network, and all are equally near.
        (_, to) => to,
    };
    SocketAddr::new(ip, own.port())
}

/// How a socket bound to `own` is shown `address`: one of IPv6 sees none of IPv4.
pub(super) fn as_seen_from(own: SocketAddr, address: SocketAddr) -> SocketAddr {
    match (own, address.ip()) {
        (SocketAddr::V6(_), IpAddr::V4(ip)) => SocketAddr::new(ip.to_ipv6_mapped().into(), address.port()),
        _ => address,
    }
}
