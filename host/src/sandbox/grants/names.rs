//! Names of hosts.

use std::fmt;
use std::str::FromStr;

use super::RuleError;

/// The longest name that the system of names has room for.
const MAX_LENGTH: usize = 253;

/// A name of a host, as names are compared: in small letters, without a last dot.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct HostName(String);

impl HostName {
    /// A name, if it can be one: labels of letters, digits, `-` and `_`, with dots between them. Whatever else a resolver
    /// might make something of could mean one name here and another one there.
    pub(crate) fn new(text: &str) -> Option<Self> {
        let name = text.strip_suffix('.').unwrap_or(text);
        let is_label =
            |label: &str| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_');
        let is_name = text.len() <= MAX_LENGTH && name.split('.').all(is_label);
        is_name.then(|| HostName(name.to_lowercase()))
    }

    /// Whether it is below this domain, at any depth.
    fn is_below(&self, domain: &HostName) -> bool {
        self.0.strip_suffix(&domain.0).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.'))
    }

    /// Whether resolvers may read it as a number: then it is none that a rule should name.
    fn looks_like_number(&self) -> bool {
        let last = self.0.rsplit('.').next().unwrap_or_default();
        last.bytes().all(|byte| byte.is_ascii_digit()) || last.starts_with("0x")
    }
}

impl fmt::Display for HostName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Which names a rule of the network means: all, one, or those below one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameRule(Names);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Names {
    Any,
    One(HostName),
    Below(HostName),
}

impl NameRule {
    pub(crate) fn is_any(&self) -> bool {
        self.0 == Names::Any
    }

    /// Whether the rule means this name.
    pub(crate) fn matches(&self, name: &HostName) -> bool {
        match &self.0 {
            Names::Any => true,
            Names::One(one) => name == one,
            Names::Below(domain) => name.is_below(domain),
        }
    }
}

impl FromStr for NameRule {
    type Err = RuleError;

    fn from_str(text: &str) -> Result<Self, RuleError> {
        if text == "*" {
            return Ok(NameRule(Names::Any));
        }
        let (below, name) = text.strip_prefix("*.").map_or((false, text), |domain| (true, domain));
        let name = HostName::new(name).filter(|name| !name.looks_like_number()).ok_or_else(|| {
            let expected = "expected a name as example.org, *.example.org for the names below it, or * for all";
            RuleError::new(format!("{text:?} is no name of a host: {expected}"))
        })?;
        Ok(NameRule(if below { Names::Below(name) } else { Names::One(name) }))
    }
}

impl fmt::Display for NameRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Names::Any => f.write_str("*"),
            Names::One(name) => name.fmt(f),
            Names::Below(domain) => write!(f, "*.{domain}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> HostName {
        HostName::new(text).expect("a name")
    }

    #[test]
    fn a_rule_means_a_name_however_it_is_written_and_what_is_below_a_domain() {
        for (rule, host, matches) in [
            ("*", "anything.at.all", true),
            ("example.org", "EXAMPLE.org.", true),
            ("Example.Org.", "example.org", true),
            ("example.org", "www.example.org", false),
            ("*.example.org", "www.example.org", true),
            ("*.example.org", "a.b.example.org.", true),
            ("*.example.org", "example.org", false),
            ("*.example.org", "badexample.org", false),
            ("*.example.org", "www.example.org.evil.net", false),
        ] {
            assert_eq!(rule.parse::<NameRule>().expect("a rule").matches(&name(host)), matches, "{rule} {host}");
        }
    }

    #[test]
    fn what_a_resolver_might_read_in_another_way_is_no_name() {
        for text in
            ["", ".", "a..b", ".a", "a b", "a\n", "a\0b", "*.a", "a/b", "a:1", "[::1]", "a%0", "a@b", "a,b", "a#b"]
        {
            assert_eq!(HostName::new(text), None, "{text:?}");
        }
        assert_eq!(HostName::new(&"a.".repeat(127)), None, "of 254 bytes");
        for text in ["localhost", "_dmarc.example.org", "xn--bcher-kva.example", "bücher.example", "a-b.c"] {
            assert!(HostName::new(text).is_some(), "{text}");
        }
    }

    #[test]
    fn a_rule_that_means_no_name_is_refused() {
        for text in ["", "*.", "a*.org", "*.*", "10.0.0.256", "1.2.3", "*.4", "0x7f000001", "a/b", "**"] {
            let expected = "expected a name as example.org, *.example.org for the names below it, or * for all";
            let why = text.parse::<NameRule>().expect_err("it is none").to_string();
            assert_eq!(why, format!("{text:?} is no name of a host: {expected}"));
        }
    }
}
