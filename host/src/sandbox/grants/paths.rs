//! Rules of Unix sockets: which paths.

use std::ffi::OsStr;
use std::fmt;
use std::path::{Component, Path, PathBuf};
use std::str::FromStr;

use super::RuleError;
use super::pattern::Pattern;

/// A path of the file system, or several: in each of its parts `*` stands for any run of characters, and `*` does not reach
/// from one part into the next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathRule {
    path: PathBuf,
    /// The same without the links on the way to the first `*`, as they were when the engine was built, if there were any.
    real: Option<PathBuf>,
}

impl PathRule {
    /// Makes a relative path relative to this folder, whose name is no pattern.
    pub(crate) fn move_to(&mut self, folder: &Path) {
        self.path = literal(folder).join(&self.path);
    }

    /// Follows the links that the operator has put where the rule leads: they are meant, whatever else may be one later.
    pub(crate) fn settle(&mut self) {
        let parts: Vec<_> = self.path.components().map(Component::as_os_str).collect();
        let fixed = |part: &&OsStr| part.to_str()?.parse::<Pattern>().ok()?.as_literal().map(PathBuf::from);
        let known: Vec<_> = parts.iter().map_while(fixed).collect();
        self.real = (1..=known.len()).rev().find_map(|count| {
            let real = std::fs::canonicalize(known[..count].iter().collect::<PathBuf>()).ok()?;
            Some(parts[count..].iter().fold(literal(&real), |path, part| path.join(part)))
        });
    }

    /// Whether it means this path. One that goes up is never meant: where that leads is not to be seen.
    pub(crate) fn matches(&self, path: &Path) -> bool {
        let Some(path) = parts(path) else { return false };
        [Some(&self.path), self.real.as_ref()]
            .into_iter()
            .flatten()
            .filter_map(|rule| parts(rule))
            .any(|rule| rule.len() == path.len() && rule.iter().zip(&path).all(|(rule, part)| is_meant(rule, part)))
    }
}

/// Where a path leads now, without links; with its last part as it is, if nothing is there yet. None if its folder is not there.
pub(super) fn real(path: &Path) -> Option<PathBuf> {
    std::fs::canonicalize(path).ok().or_else(|| {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        Some(std::fs::canonicalize(folder).ok()?.join(path.file_name()?))
    })
}

/// The pattern that means this path and no other.
fn literal(path: &Path) -> PathBuf {
    let literal = |part: Component<'_>| match part {
        Component::Normal(name) => Pattern::literal(name.to_string_lossy()).to_string().into(),
        other => other.as_os_str().to_owned(),
    };
    path.components().map(literal).collect()
}

/// Whether a part of a rule, which was read as one, means a part of a path.
fn is_meant(rule: &str, part: &str) -> bool {
    rule.parse::<Pattern>().is_ok_and(|pattern| pattern.matches(part))
}

/// The parts of a path from the root on: the process's own folder is what a relative one is relative to. None if it goes up, or
/// is no text.
fn parts(path: &Path) -> Option<Vec<String>> {
    let absolute = std::path::absolute(path).ok()?;
    let part = |component: Component<'_>| match component {
        Component::ParentDir => None,
        other => other.as_os_str().to_str().map(str::to_owned),
    };
    absolute.components().map(part).collect()
}

impl FromStr for PathRule {
    type Err = RuleError;

    fn from_str(text: &str) -> Result<Self, RuleError> {
        let refused = |why: &str| Err(RuleError::new(format!("\"unix:{}\" {why}", text.escape_debug())));
        if text.is_empty() || text.contains('\0') {
            return refused("has no path: expected one as unix:/run/app/*.sock");
        }
        let path = Path::new(text);
        if path.components().any(|component| component == Component::ParentDir) {
            return refused("goes up by `..`: write the path that it leads to");
        }
        for component in path.components() {
            if let Component::Normal(part) = component {
                part.to_str().unwrap_or_default().parse::<Pattern>()?;
            }
        }
        Ok(PathRule { path: path.to_owned(), real: None })
    }
}

impl fmt::Display for PathRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unix:{}", self.path.display())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stays_within_its_part_and_nothing_goes_up() {
        for (rule, path, matches) in [
            ("/run/redis.sock", "/run/redis.sock", true),
            ("/run/redis.sock", "/run/./redis.sock", true),
            ("/run/redis.sock", "/run//redis.sock", true),
            ("/run/redis.sock", "/run/x/../redis.sock", false),
            ("/run/app/*.sock", "/run/app/a.sock", true),
            ("/run/app/*.sock", "/run/app/.sock", true),
            ("/run/app/*.sock", "/run/app/a/b.sock", false),
            ("/run/app/*", "/run/app/../docker.sock", false),
            ("/run/app/*", "/run/app", false),
            ("/run/*/x", "/run/a/x", true),
            (r"/run/\*", "/run/*", true),
            (r"/run/\*", "/run/a", false),
        ] {
            assert_eq!(rule.parse::<PathRule>().expect("a rule").matches(Path::new(path)), matches, "{rule} {path}");
        }
    }

    #[test]
    fn what_is_relative_is_relative_to_the_folder_that_it_is_moved_to_or_to_the_processs_own() {
        let mut rule: PathRule = "x/*.sock".parse().expect("a rule");
        assert!(rule.matches(Path::new("x/a.sock")));
        assert!(rule.matches(&std::env::current_dir().expect("there is one").join("x/a.sock")));
        rule.move_to(Path::new("/srv"));
        assert!(rule.matches(Path::new("/srv/x/a.sock")) && !rule.matches(Path::new("x/a.sock")));
        assert_eq!(rule.to_string(), "unix:/srv/x/*.sock");
        let mut rule: PathRule = "a*".parse().expect("a rule");
        rule.move_to(Path::new("/s*v"));
        assert!(rule.matches(Path::new("/s*v/ab")) && !rule.matches(Path::new("/srv/ab")));
    }

    #[test]
    fn what_is_no_rule_is_told() {
        for (text, why) in [
            ("", "\"unix:\" has no path: expected one as unix:/run/app/*.sock"),
            ("/run/../x", "\"unix:/run/../x\" goes up by `..`: write the path that it leads to"),
        ] {
            assert_eq!(text.parse::<PathRule>().expect_err("it is none").to_string(), why);
        }
    }
}
