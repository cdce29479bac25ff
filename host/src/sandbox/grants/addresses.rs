//! Blocks of IP addresses, and which addresses are public.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use super::RuleError;

/// The addresses that begin with the same bits: one alone, or a block in CIDR notation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Block {
    /// The first of them. An IPv4 address that is written as an IPv6 one is an IPv4 address here.
    first: IpAddr,
    /// How many bits they have in common.
    length: u8,
}

impl Block {
    const fn v4(a: u8, b: u8, c: u8, d: u8, length: u8) -> Self {
        Block { first: IpAddr::V4(Ipv4Addr::new(a, b, c, d)), length }
    }

    const fn v6(a: u16, b: u16, c: u16, length: u8) -> Self {
        Block { first: IpAddr::V6(Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0)), length }
    }

    /// One address.
    pub(crate) fn one(address: IpAddr) -> Self {
        let first = address.to_canonical();
        Block { first, length: if first.is_ipv4() { 32 } else { 128 } }
    }

    /// Whether an address is one of them.
    pub(crate) fn contains(&self, address: IpAddr) -> bool {
        let alike = match (self.first, address.to_canonical()) {
            (IpAddr::V4(first), IpAddr::V4(address)) => (first.to_bits() ^ address.to_bits()).leading_zeros(),
            (IpAddr::V6(first), IpAddr::V6(address)) => (first.to_bits() ^ address.to_bits()).leading_zeros(),
            _ => return false,
        };
        alike >= u32::from(self.length)
    }
}

impl FromStr for Block {
    type Err = RuleError;

    fn from_str(text: &str) -> Result<Self, RuleError> {
        let refused = || RuleError::new(format!("{text:?} is no address and no block, as in 10.0.0.0/8 or fd00::/8"));
        let Some((address, length)) = text.split_once('/') else {
            return text.parse().map(Block::one).map_err(|_| refused());
        };
        let address: IpAddr = address.parse().map_err(|_| refused())?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let is_number = !length.is_empty() && length.bytes().all(|byte| byte.is_ascii_digit());
        let length = Some(length).filter(|_| is_number).and_then(|length| length.parse::<u8>().ok());
        let length = length.filter(|&length| length <= most).ok_or_else(refused)?;
        // What is written as ::ffff:10.0.0.0/104 is 10.0.0.0/8.
        let (first, length) = match address.to_canonical() {
            canonical if canonical.is_ipv4() && address.is_ipv6() && length >= 96 => (canonical, length - 96),
            _ => (address, length),
        };
        let exact = first_of(first, length);
        if exact != first {
            return Err(RuleError::new(format!("{text:?} is no block: the one around it is {exact}/{length}")));
        }
        Ok(Block { first, length })
    }
}

/// The first address of the block of this length around an address.
fn first_of(address: IpAddr, length: u8) -> IpAddr {
    match address {
        IpAddr::V4(address) => {
            let mask = u32::MAX.checked_shl(32 - u32::from(length)).unwrap_or(0);
            Ipv4Addr::from_bits(address.to_bits() & mask).into()
        }
        IpAddr::V6(address) => {
            let mask = u128::MAX.checked_shl(128 - u32::from(length)).unwrap_or(0);
            Ipv6Addr::from_bits(address.to_bits() & mask).into()
        }
    }
}

impl fmt::Display for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Block::one(self.first) { self.first.fmt(f) } else { write!(f, "{}/{}", self.first, self.length) }
    }
}

/// IPv4 addresses that are somebody's own, or nobody's: the IANA IPv4 Special-Purpose Address Registry, without those few of
/// its anycast services that are reachable from everywhere and that no program connects to, and multicast.
const SPECIAL_V4: [Block; 15] = [
    Block::v4(0, 0, 0, 0, 8),       // "this network", RFC 791
    Block::v4(10, 0, 0, 0, 8),      // private use, RFC 1918
    Block::v4(100, 64, 0, 0, 10),   // shared by the customers of a carrier, RFC 6598
    Block::v4(127, 0, 0, 0, 8),     // loopback, RFC 1122
    Block::v4(169, 254, 0, 0, 16),  // link-local, and the metadata of clouds, RFC 3927
    Block::v4(172, 16, 0, 0, 12),   // private use, RFC 1918
    Block::v4(192, 0, 0, 0, 24),    // protocol assignments, RFC 6890
    Block::v4(192, 0, 2, 0, 24),    // documentation, RFC 5737
    Block::v4(192, 88, 99, 0, 24),  // relays of 6to4, deprecated by RFC 7526
    Block::v4(192, 168, 0, 0, 16),  // private use, RFC 1918
    Block::v4(198, 18, 0, 0, 15),   // benchmarking, RFC 2544
    Block::v4(198, 51, 100, 0, 24), // documentation, RFC 5737
    Block::v4(203, 0, 113, 0, 24),  // documentation, RFC 5737
    Block::v4(224, 0, 0, 0, 4),     // multicast, RFC 5771
    Block::v4(240, 0, 0, 0, 4),     // reserved, with the broadcast address, RFC 1112 and 8190
];

/// Where global unicast addresses of IPv6 are, RFC 4291. Loopback, unspecified, IPv4-compatible, unique-local, link-local,
/// site-local and multicast addresses are elsewhere.
const GLOBAL_V6: Block = Block::v6(0x2000, 0, 0, 3);

/// Of the global unicast addresses those that are not reachable, or lead to IPv4 addresses that are within them: the IANA IPv6
/// Special-Purpose Address Registry, taken as in `SPECIAL_V4`.
const SPECIAL_V6: [Block; 4] = [
    Block::v6(0x2001, 0, 0, 23), // protocol assignments, with Teredo, benchmarking and ORCHID, RFC 2928
    Block::v6(0x2001, 0x0db8, 0, 32), // documentation, RFC 3849
    Block::v6(0x2002, 0, 0, 16), // 6to4, RFC 3056
    Block::v6(0x3fff, 0, 0, 20), // documentation, RFC 9637
];

/// IPv4 addresses as those see them who have only IPv6, RFC 6052.
const NAT64: Block = Block::v6(0x0064, 0xff9b, 0, 96);

/// Whether an address is one that everybody reaches and that is the same for everybody. What is not must be granted by number.
pub(crate) fn is_public(address: IpAddr) -> bool {
    let address = address.to_canonical();
    match address {
        IpAddr::V4(_) => !SPECIAL_V4.iter().any(|block| block.contains(address)),
        IpAddr::V6(v6) if NAT64.contains(address) => {
            let [.., a, b, c, d] = v6.octets();
            is_public(Ipv4Addr::new(a, b, c, d).into())
        }
        IpAddr::V6(_) => GLOBAL_V6.contains(address) && !SPECIAL_V6.iter().any(|block| block.contains(address)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn what_is_not_reached_by_everybody_is_not_public() {
        for private in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "10.255.255.255",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.255",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.0.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.9",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::10.0.0.1",
            "::8.8.8.8",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::10.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::808:808",
            "100::1",
            "2001::1",
            "2001:2::1",
            "2001:10::1",
            "2001:db8::1",
            "2002:7f00:1::1",
            "3fff::1",
            "5f00::1",
            "fc00::1",
            "fd12:3456::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!is_public(address(private)), "{private}");
        }
        for public in [
            "1.1.1.1",
            "8.8.8.8",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.0.0.1",
            "128.0.0.1",
            "169.253.0.1",
            "172.15.0.1",
            "172.32.0.1",
            "192.0.1.1",
            "192.167.0.1",
            "198.17.0.1",
            "198.20.0.1",
            "223.255.255.255",
            "::ffff:8.8.8.8",
            "64:ff9b::8.8.8.8",
            "2001:200::1",
            "2606:4700::1111",
            "2a00:1450::1",
            "3ffe::1",
        ] {
            assert!(is_public(address(public)), "{public}");
        }
    }

    #[test]
    fn what_is_no_block_is_told() {
        for (text, why) in [
            ("10.0.0.1/8", "\"10.0.0.1/8\" is no block: the one around it is 10.0.0.0/8"),
            ("fd00::1/8", "\"fd00::1/8\" is no block: the one around it is fd00::/8"),
            ("10.0.0.0/33", "\"10.0.0.0/33\" is no address and no block, as in 10.0.0.0/8 or fd00::/8"),
            ("10.0.0.0/+8", "\"10.0.0.0/+8\" is no address and no block, as in 10.0.0.0/8 or fd00::/8"),
            ("10.0.0.0/", "\"10.0.0.0/\" is no address and no block, as in 10.0.0.0/8 or fd00::/8"),
            ("10.0.0/8", "\"10.0.0/8\" is no address and no block, as in 10.0.0.0/8 or fd00::/8"),
        ] {
            assert_eq!(text.parse::<Block>().expect_err("it is none").to_string(), why);
        }
    }

    #[test]
    fn a_mapped_address_is_the_address_that_is_mapped() {
        let block: Block = "::ffff:10.0.0.0/104".parse().expect("a block");
        assert_eq!(block, "10.0.0.0/8".parse().expect("a block"));
        assert!(block.contains(address("::ffff:10.1.2.3")) && block.contains(address("10.1.2.3")));
        assert!(
            !"::/0".parse::<Block>().expect("a block").contains(address("::ffff:10.1.2.3")),
            "it is an IPv4 address"
        );
        assert!("0.0.0.0/0".parse::<Block>().expect("a block").contains(address("::ffff:10.1.2.3")));
    }

    /// The bits of an address, one after the other.
    fn bits(address: IpAddr) -> Vec<bool> {
        let octets = match address {
            IpAddr::V4(address) => address.octets().to_vec(),
            IpAddr::V6(address) => address.octets().to_vec(),
        };
        octets.iter().flat_map(|octet| (0..8).rev().map(move |bit| octet >> bit & 1 == 1)).collect()
    }

    fn an_address() -> impl Strategy<Value = IpAddr> {
        // Few bits are set, so that blocks and addresses meet.
        let octet = || prop::sample::select(vec![0u8, 1, 10, 127, 128, 255]);
        prop_oneof![
            prop::array::uniform4(octet()).prop_map(IpAddr::from),
            prop::array::uniform16(octet()).prop_map(IpAddr::from),
        ]
    }

    proptest! {
        #[test]
        fn a_block_contains_what_begins_with_its_bits(around in an_address(), other in an_address(), length in 0u8..=128) {
            let length = length.min(if around.is_ipv4() { 32 } else { 128 });
            let block: Block = format!("{}/{length}", first_of(around, length)).parse().expect("a block");
            prop_assert!(block.contains(around));
            let count = usize::from(length);
            let begins = around.is_ipv4() == other.is_ipv4() && bits(around)[..count] == bits(other)[..count];
            prop_assert_eq!(block.contains(other), begins);
            prop_assert_eq!(block.to_string().parse::<Block>().expect("a block"), block);
        }
    }
}
