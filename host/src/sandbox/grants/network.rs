//! Rules of the network: which hosts, and which of their ports.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use super::RuleError;
use super::addresses::{Block, is_public};
use super::names::{HostName, NameRule};

/// Hosts and ports, as `example.org:443`, `*.example.org:8000-8080`, `10.0.0.0/8:*` or `[fd00::/8]:80`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetworkRule {
    host: Host,
    ports: Ports,
}

/// Which hosts a rule means.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Host {
    /// Names, and the public addresses that they lead to; `*` means all of both.
    Named(NameRule),
    /// These addresses, whatever sort they are of.
    At(Block),
}

/// Which ports: from the first to the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Ports {
    first: u16,
    last: u16,
}

impl NetworkRule {
    /// Whether it lets a program connect to this address, or send to it: by its number, or as one that `name` leads to. Text
    /// that can be no name of a host leads nowhere.
    pub fn allows(&self, address: SocketAddr, name: Option<&str>) -> bool {
        self.reaches(address, &name.and_then(HostName::new).iter().collect::<Vec<_>>())
    }

    /// Whether it is about names at all.
    pub(crate) fn names_any(&self) -> bool {
        matches!(self.host, Host::Named(_))
    }

    /// Whether it names this host, with any port: then the name may be looked up.
    pub(crate) fn names(&self, name: &HostName) -> bool {
        matches!(&self.host, Host::Named(rule) if rule.matches(name))
    }

    /// Whether it names this host with this port.
    pub(crate) fn names_with_port(&self, name: &HostName, port: u16) -> bool {
        self.ports.contain(port) && self.names(name)
    }

    /// Whether this address may be reached, to which `names` have led.
    pub(crate) fn reaches(&self, address: SocketAddr, names: &[&HostName]) -> bool {
        self.ports.contain(address.port())
            && match &self.host {
                Host::At(block) => block.contains(address.ip()),
                // Whoever owns a name chooses where it leads: it must not lead to what only this machine can reach.
                Host::Named(rule) => {
                    (rule.is_any() || names.iter().any(|name| rule.matches(name))) && is_public(address.ip())
                }
            }
    }

    /// Whether this address of the machine itself may be taken: here `*` means all of them.
    pub(crate) fn takes(&self, address: SocketAddr) -> bool {
        self.ports.contain(address.port())
            && match &self.host {
                Host::At(block) => block.contains(address.ip()),
                Host::Named(rule) => rule.is_any(),
            }
    }

    /// The same rule, if it can be one of the machine's own addresses, which have no names.
    pub(crate) fn of_this_machine(self) -> Result<Self, RuleError> {
        match &self.host {
            Host::Named(rule) if !rule.is_any() => Err(RuleError::new(format!(
                "\"{self}\" names a host: expected an IP address of this machine, as 127.0.0.1:{}, or * for all of them",
                self.ports
            ))),
            _ => Ok(self),
        }
    }
}

impl Ports {
    const ALL: Ports = Ports { first: 0, last: u16::MAX };

    fn contain(self, port: u16) -> bool {
        (self.first..=self.last).contains(&port)
    }

    fn parse(text: &str) -> Option<Self> {
        if text == "*" {
            return Some(Ports::ALL);
        }
        let port = |text: &str| text.parse().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()));
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        let ports = Ports { first: port(first)?, last: port(last)? };
        (ports.first <= ports.last).then_some(ports)
    }
}

impl FromStr for NetworkRule {
    type Err = RuleError;

    fn from_str(text: &str) -> Result<Self, RuleError> {
        let refused = |why: &dyn fmt::Display| RuleError::new(format!("{text:?} {why}"));
        if let Some((_, rest)) = text.split_once("://") {
            let host = rest.split(['/', ':']).next().unwrap_or_default();
            return Err(refused(&format!("is a URL: expected a host and its ports, as {}:443", host.escape_debug())));
        }
        if let Ok(block) = text.parse::<Block>() {
            return Err(refused(&format!("has no port: write {}:*", bracketed(&block))));
        }
        let (host, ports) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((_, "")) => return Err(refused(&format!("has no port: write {}:*", text.escape_debug()))),
            Some((host, rest)) => {
                let ports = rest.strip_prefix(':').ok_or_else(|| refused(&"has no `:` between `]` and the port"))?;
                let block: Block = host.parse()?;
                (Host::At(block), ports)
            }
            None => {
                let (host, ports) = text
                    .rsplit_once(':')
                    .ok_or_else(|| refused(&format!("has no port: write {}:*", text.escape_debug())))?;
                if host.contains(':') {
                    let (host, ports) = (host.escape_debug(), ports.escape_debug());
                    return Err(refused(&format!("needs brackets around the IPv6 address: write [{host}]:{ports}")));
                }
                (Host::parse(host)?, ports)
            }
        };
        let ports = Ports::parse(ports).ok_or_else(|| {
            refused(&format!("has the port {ports:?}: expected a number up to 65535, two with `-` between, or *"))
        })?;
        Ok(NetworkRule { host, ports })
    }
}

impl Host {
    fn parse(text: &str) -> Result<Self, RuleError> {
        if text.contains('/') || text.parse::<IpAddr>().is_ok() {
            return text.parse().map(Host::At);
        }
        text.parse().map(Host::Named)
    }
}

/// A block as it stands before a port.
fn bracketed(block: &Block) -> String {
    let text = block.to_string();
    if text.contains(':') { format!("[{text}]") } else { text }
}

impl fmt::Display for NetworkRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            Host::Named(rule) => write!(f, "{rule}:{}", self.ports),
            Host::At(block) => write!(f, "{}:{}", bracketed(block), self.ports),
        }
    }
}

impl fmt::Display for Ports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Ports::ALL => f.write_str("*"),
            Ports { first, last } if first == last => first.fmt(f),
            Ports { first, last } => write!(f, "{first}-{last}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rule(text: &str) -> NetworkRule {
        text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    fn address(text: &str) -> SocketAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn a_name_leads_to_public_addresses_only_and_a_number_to_what_it_says() {
        let name = HostName::new("www.example.org").expect("a name");
        let led: &[&HostName] = &[&name];
        for (text, to, names, reached) in [
            ("*:443", "8.8.8.8:443", &[][..], true),
            ("*:443", "8.8.8.8:80", &[], false),
            ("*:*", "127.0.0.1:443", led, false),
            ("*:*", "[::ffff:127.0.0.1]:443", led, false),
            ("www.example.org:*", "8.8.8.8:1", led, true),
            ("www.example.org:*", "8.8.8.8:1", &[], false),
            ("www.example.org:*", "169.254.169.254:80", led, false),
            ("*.example.org:80-90", "[2606:4700::1111]:90", led, true),
            ("*.example.org:80-90", "[2606:4700::1111]:91", led, false),
            ("10.0.0.0/8:*", "10.1.2.3:9", &[], true),
            ("10.0.0.0/8:*", "[::ffff:10.1.2.3]:9", &[], true),
            ("10.0.0.0/8:*", "11.1.2.3:9", &[], false),
            ("0.0.0.0/0:*", "127.0.0.1:9", &[], true),
            ("0.0.0.0/0:*", "[::1]:9", &[], false),
            ("[::1]:80", "[::1]:80", &[], true),
            ("[fd00::/8]:80", "[fd12::1]:80", &[], true),
        ] {
            assert_eq!(rule(text).reaches(address(to), names), reached, "{text} {to} {names:?}");
        }
    }

    #[test]
    fn the_machines_own_addresses_are_all_meant_by_a_star() {
        for (text, at, takes) in [
            ("*:8080", "0.0.0.0:8080", true),
            ("*:8080", "127.0.0.1:8080", true),
            ("127.0.0.1:0", "127.0.0.1:0", true),
            ("127.0.0.1:*", "127.0.0.1:0", true),
            ("127.0.0.1:*", "0.0.0.0:0", false),
            ("[::]:8000-8010", "[::]:8010", true),
        ] {
            assert_eq!(rule(text).takes(address(at)), takes, "{text} {at}");
            assert!(rule(text).of_this_machine().is_ok());
        }
        let why = rule("localhost:80").of_this_machine().expect_err("it has a name").to_string();
        assert_eq!(
            why,
            "\"localhost:80\" names a host: expected an IP address of this machine, as 127.0.0.1:80, or * for all of them"
        );
    }

    #[test]
    fn what_is_wrong_with_a_rule_is_told_with_what_to_write() {
        let ports = "expected a number up to 65535, two with `-` between, or *";
        for (text, why) in [
            ("example.org", "\"example.org\" has no port: write example.org:*".to_owned()),
            ("*", "\"*\" has no port: write *:*".to_owned()),
            ("10.0.0.1", "\"10.0.0.1\" has no port: write 10.0.0.1:*".to_owned()),
            ("10.0.0.0/8", "\"10.0.0.0/8\" has no port: write 10.0.0.0/8:*".to_owned()),
            ("::1", "\"::1\" has no port: write [::1]:*".to_owned()),
            ("[::1]", "\"[::1]\" has no port: write [::1]:*".to_owned()),
            ("fd00::/8:80", "\"fd00::/8:80\" needs brackets around the IPv6 address: write [fd00::/8]:80".to_owned()),
            ("[::1]80", "\"[::1]80\" has no `:` between `]` and the port".to_owned()),
            ("https://example.org/x", "\"https://example.org/x\" is a URL: expected a host and its ports, as example.org:443".to_owned()),
            ("a:", format!("\"a:\" has the port \"\": {ports}")),
            ("a:65536", format!("\"a:65536\" has the port \"65536\": {ports}")),
            ("a:+80", format!("\"a:+80\" has the port \"+80\": {ports}")),
            ("a:90-80", format!("\"a:90-80\" has the port \"90-80\": {ports}")),
            ("a:http", format!("\"a:http\" has the port \"http\": {ports}")),
            ("[10.0.0.0/9x]:1", "\"10.0.0.0/9x\" is no address and no block, as in 10.0.0.0/8 or fd00::/8".to_owned()),
            ("a\n", "\"a\\n\" has no port: write a\\n:*".to_owned()),
            ("a*.org:1", "\"a*.org\" is no name of a host: expected a name as example.org, *.example.org for the names below it, or * for all".to_owned()),
        ] {
            assert_eq!(text.parse::<NetworkRule>().expect_err("it is none").to_string(), why);
        }
    }

    /// A rule as a person would write it, and whether it lets an address through, by looking at the words alone.
    fn obviously_reaches(host: &str, ports: &str, to: SocketAddr, led_by: Option<&str>) -> bool {
        let port_fits = match ports.split_once('-') {
            None => ports == "*" || ports == to.port().to_string(),
            Some((first, last)) => {
                (first.parse().expect("a port")..=last.parse().expect("a port")).contains(&to.port())
            }
        };
        let text = match to.ip() {
            IpAddr::V6(v6) => v6.to_ipv4_mapped().map_or_else(|| v6.to_string(), |v4| v4.to_string()),
            IpAddr::V4(v4) => v4.to_string(),
        };
        let is_own =
            ["10.", "127.", "192.168.", "169.254."].iter().any(|start| text.starts_with(start)) || text == "::1";
        let host_fits = match host {
            "*" => !is_own,
            "10.0.0.0/8" => text.starts_with("10."),
            "127.0.0.1" | "8.8.8.8" => text == host,
            "[::1]" => text == "::1",
            "0.0.0.0/0" => text.contains('.'),
            _ => {
                let name = led_by.map(|name| name.to_ascii_lowercase()).unwrap_or_default();
                let name = name.trim_end_matches('.');
                let fits = match host.strip_prefix('*') {
                    Some(end) => name.ends_with(end) && name.len() > end.len(),
                    None => name == host,
                };
                fits && !is_own
            }
        };
        port_fits && host_fits
    }

    proptest! {
        #[test]
        fn it_reaches_what_the_obvious_model_reaches(
            host in prop::sample::select(vec![
                "*", "example.org", "*.example.org", "org", "10.0.0.0/8", "127.0.0.1", "8.8.8.8", "[::1]", "0.0.0.0/0",
            ]),
            ports in prop::sample::select(vec!["*", "0", "80", "443", "80-443", "65535", "0-65535"]),
            ip in prop::sample::select(vec![
                "8.8.8.8", "9.9.9.9", "10.0.0.1", "10.255.0.1", "127.0.0.1", "192.168.1.1", "169.254.169.254", "::1",
                "::ffff:10.0.0.1", "::ffff:8.8.8.8", "2606:4700::1111",
            ]),
            port in prop::sample::select(vec![0u16, 1, 79, 80, 81, 442, 443, 444, 65535]),
            led_by in prop::sample::select(vec![
                None, Some("example.org"), Some("Example.ORG."), Some("www.example.org"), Some("a.b.example.org"),
                Some("badexample.org"), Some("org"), Some("example.org.evil.net"),
            ]),
        ) {
            let to = SocketAddr::new(ip.parse().expect("an address"), port);
            let name = led_by.map(|name| HostName::new(name).expect("a name"));
            let rule = rule(&format!("{host}:{ports}"));
            prop_assert_eq!(rule.reaches(to, name.as_ref().as_slice()), obviously_reaches(host, ports, to, led_by));
            prop_assert_eq!(rule.to_string().parse::<NetworkRule>().expect("a rule"), rule);
        }
    }
}
