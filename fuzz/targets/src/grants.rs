//! Rules of grants, against a model that is slow and obvious.

use std::net::{IpAddr, SocketAddr};

use arbitrary::{Result, Unstructured};
use cogen::{Allow, NetworkRule, Pattern};

/// Any text is a rule, or is refused in one line; rules that the dice make mean what the model says, and are the same when they are
/// written and read again.
///
/// # Panics
/// When something else happens.
pub fn grants(bytes: &[u8]) {
    if let Some(Err(error)) = std::str::from_utf8(bytes).ok().map(str::parse::<Allow>) {
        let why = error.to_string();
        assert!(!why.is_empty() && !why.contains(char::is_control), "{why:?}");
    }
    let dice = &mut Unstructured::new(bytes);
    // Too few dice for a rule are no rule.
    let _ = pattern(dice).and_then(|()| network(dice));
}

fn pattern(dice: &mut Unstructured<'_>) -> Result<()> {
    let text = few(dice, 12, |dice| Ok(*dice.choose(&['a', 'b', '*', '\\', 'é'])?))?;
    let subject = few(dice, 16, |dice| Ok(*dice.choose(&['a', 'b', '*', '\\', 'é'])?))?;
    if let Ok(pattern) = text.parse::<Pattern>() {
        let (letters, of_subject): (Vec<_>, Vec<_>) = (text.chars().collect(), subject.chars().collect());
        assert_eq!(pattern.matches(&subject), stands_for(&letters, &of_subject), "{text:?} {subject:?}");
        assert_eq!(pattern.to_string().parse::<Pattern>().as_ref(), Ok(&pattern), "{text:?}");
    }
    Ok(())
}

/// Whether a pattern stands for a text, by trying everything.
fn stands_for(pattern: &[char], text: &[char]) -> bool {
    match pattern {
        [] => text.is_empty(),
        ['*', rest @ ..] => (0..=text.len()).any(|taken| stands_for(rest, &text[taken..])),
        ['\\', letter, rest @ ..] | [letter, rest @ ..] => text.first() == Some(letter) && stands_for(rest, &text[1..]),
    }
}

/// What hosts are called in rules.
const HOSTS: &[&str] = &["*", "example.org", "*.example.org", "org", "*.org", "Example.ORG.", "xn--a", "localhost"];

/// What leads to addresses.
const NAMES: &[&str] = &[
    "example.org",
    "EXAMPLE.org.",
    "www.example.org",
    "a.b.example.org",
    "badexample.org",
    "example.org.evil.net",
    "org",
    "localhost",
    "a b",
    "",
];

fn network(dice: &mut Unstructured<'_>) -> Result<()> {
    let block = if dice.arbitrary()? { Some((address(dice)?, dice.int_in_range(0..=128)?)) } else { None };
    let host = match block {
        None => (*dice.choose(HOSTS)?).to_owned(),
        Some((IpAddr::V4(first), length)) if length <= 32 => format!("{first}/{length}"),
        Some((first, 128)) if first.is_ipv4() => first.to_string(),
        Some((first, length)) => format!("[{first}/{length}]"),
    };
    let (first, last) = (port(dice)?, port(dice)?);
    let ports = match dice.int_in_range(0..=2)? {
        0 => "*".to_owned(),
        1 => first.to_string(),
        _ => format!("{first}-{last}"),
    };
    let text = format!("{host}:{ports}");
    let Ok(rule) = text.parse::<NetworkRule>() else { return Ok(()) };
    assert_eq!(rule.to_string().parse::<NetworkRule>().as_ref(), Ok(&rule), "{text}");
    // Addresses that have nothing to do with the rule, and those at the ends of its block.
    let mut to = address(dice)?;
    if let (Some((first, _)), true) = (block, dice.arbitrary()?) {
        to = flipped(first, dice.int_in_range(0..=128)?);
    }
    let to = SocketAddr::new(to, port(dice)?);
    let name = if dice.arbitrary()? { Some(*dice.choose(NAMES)?) } else { None };
    assert_eq!(rule.allows(to, name), is_allowed(&host, &ports, to, name), "{text} {to} {name:?}");
    Ok(())
}

/// Whether a rule lets an address through, by looking at words and bits.
fn is_allowed(host: &str, ports: &str, to: SocketAddr, name: Option<&str>) -> bool {
    let (first, last) = match ports {
        "*" => ("0", "65535"),
        ports => ports.split_once('-').unwrap_or((ports, ports)),
    };
    let number = |text: &str| text.parse::<u32>().expect("a port");
    if !(number(first)..=number(last)).contains(&to.port().into()) {
        return false;
    }
    let host = host.trim_start_matches('[').trim_end_matches(']');
    if host.contains('/') || host.parse::<IpAddr>().is_ok() {
        return is_in(to.ip(), host);
    }
    let lower = |name: &str| name.to_lowercase().trim_end_matches('.').to_owned();
    let is_named = match (host, name.map(lower)) {
        ("*", _) => true,
        (_, None) => false,
        (host, Some(name)) => match host.strip_prefix('*') {
            Some(domain) => name.len() > domain.len() && name.ends_with(&lower(domain)),
            None => name == lower(host),
        },
    };
    is_named && !PRIVATE.iter().any(|block| is_in(to.ip(), block)) && is_somewhere(to.ip())
}

/// Blocks that no name may lead to.
const PRIVATE: &[&str] = &[
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.88.99.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/4",
    "240.0.0.0/4",
    "2001::/23",
    "2001:db8::/32",
    "2002::/16",
    "3fff::/20",
];

/// Of IPv6 only an eighth is given to anybody to be reached at.
fn is_somewhere(address: IpAddr) -> bool {
    address.to_canonical().is_ipv4() || is_in(address, "2000::/3")
}

/// Whether an address is in a block, bit by bit. IPv4 addresses in the clothes of IPv6 ones are IPv4 addresses, blocks as well.
fn is_in(address: IpAddr, block: &str) -> bool {
    let (first, length) = block.split_once('/').unwrap_or((block, ""));
    let first: IpAddr = first.parse().expect("an address");
    let all = bits(first).len();
    let mut length = length.parse().unwrap_or(all);
    let mut first_bits = bits(first);
    if first.to_canonical().is_ipv4() && first.is_ipv6() && length >= 96 {
        (first_bits, length) = (bits(first.to_canonical()), length - 96);
    }
    let of_address = bits(address.to_canonical());
    of_address.len() == first_bits.len() && of_address[..length] == first_bits[..length]
}

/// An address as ones and zeros.
fn bits(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => address.octets().iter().map(|byte| format!("{byte:08b}")).collect(),
        IpAddr::V6(address) => address.octets().iter().map(|byte| format!("{byte:08b}")).collect(),
    }
}

/// The same address, but for one bit, or itself.
fn flipped(address: IpAddr, bit: u32) -> IpAddr {
    match address {
        IpAddr::V4(address) => (address.to_bits() ^ 1u32.checked_shl(bit).unwrap_or(0)).to_be_bytes().into(),
        IpAddr::V6(address) => (address.to_bits() ^ 1u128.checked_shl(bit).unwrap_or(0)).to_be_bytes().into(),
    }
}

fn address(dice: &mut Unstructured<'_>) -> Result<IpAddr> {
    const ENDS: &[&str] = &[
        "0.0.0.0",
        "10.0.0.0",
        "127.0.0.1",
        "128.0.0.0",
        "169.254.169.254",
        "192.168.0.0",
        "255.255.255.255",
        "8.8.8.8",
        "::",
        "::1",
        "::ffff:0:0",
        "::ffff:10.0.0.1",
        "::ffff:8.8.8.8",
        "2000::",
        "2001:200::",
        "2606:4700::1111",
        "fd00::",
        "fe80::1",
        "64:ff9b::a00:1",
        "2002:a00:1::",
    ];
    Ok(match dice.int_in_range(0..=3)? {
        0 => dice.arbitrary::<[u8; 4]>()?.into(),
        1 => dice.arbitrary::<[u8; 16]>()?.into(),
        _ => dice.choose(ENDS)?.parse().expect("an address"),
    })
}

fn port(dice: &mut Unstructured<'_>) -> Result<u16> {
    if dice.arbitrary()? { dice.arbitrary() } else { Ok(*dice.choose(&[0, 1, 80, 443, 65535])?) }
}

/// At most so many letters, as the dice say.
fn few(
    dice: &mut Unstructured<'_>,
    most: usize,
    letter: impl Fn(&mut Unstructured<'_>) -> Result<char>,
) -> Result<String> {
    let count = dice.int_in_range(0..=most)?;
    (0..count).map(|_| letter(dice)).collect()
}
