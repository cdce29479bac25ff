//! `restart` of `[program.NAME]`, and `[group.NAME]`: what is started again when it ends.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::time::Duration;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Unexpected, Visitor};
use serde::{Deserialize, Deserializer};
use toml::Spanned;

use super::{ProgramSettings, Refusal, check_program, encode_args, values};
use crate::supervision::{Group, MAX_MEMBERS, RestartWhen, Restarts, Strategy};

/// `restart`: after which of its ends a program is started again that the manifest starts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Restart {
    /// After which.
    pub when: RestartWhen,
    /// How soon and how often, where more was said than when.
    pub restarts: Option<Restarts>,
}

const WHEN: &str = "\"never\", \"on-failure\" or \"always\"";

impl<'de> Deserialize<'de> for Restart {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        struct OfRestart;
        impl<'de> Visitor<'de> for OfRestart {
            type Value = Restart;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{WHEN}, or a table")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Restart, E> {
                let when = when_of(text).ok_or_else(|| E::invalid_value(Unexpected::Str(text), &self))?;
                Ok(Restart { when, restarts: None })
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Restart, A::Error> {
                RestartTable::deserialize(MapAccessDeserializer::new(map)).map(Restart::from)
            }
        }
        input.deserialize_any(OfRestart)
    }
}

fn when_of(text: &str) -> Option<RestartWhen> {
    Some(match text {
        "never" => RestartWhen::Never,
        "on-failure" => RestartWhen::OnFailure,
        "always" => RestartWhen::Always,
        _ => return None,
    })
}

/// `restart` with more than when.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RestartTable {
    #[serde(default, deserialize_with = "when")]
    when: Option<RestartWhen>,
    #[serde(default, deserialize_with = "values::delay")]
    delay: Option<Duration>,
    #[serde(default, deserialize_with = "values::delay")]
    max_delay: Option<Duration>,
    #[serde(default, deserialize_with = "values::restarts")]
    max_restarts: Option<u32>,
    #[serde(default, deserialize_with = "values::period")]
    period: Option<Duration>,
}

fn when<'de, D: Deserializer<'de>>(input: D) -> Result<Option<RestartWhen>, D::Error> {
    input.deserialize_any(values::Reader { expected: WHEN, text: &when_of, number: &|_| None }).map(Some)
}

impl From<RestartTable> for Restart {
    fn from(table: RestartTable) -> Self {
        let default = Restarts::default();
        let delay = table.delay.unwrap_or(default.delay);
        let restarts = Restarts {
            delay,
            // The first delay that is said alone is not cut by a default.
            max_delay: table.max_delay.unwrap_or(default.max_delay.max(delay)),
            max_restarts: table.max_restarts.unwrap_or(default.max_restarts),
            period: table.period.unwrap_or(default.period),
        };
        Restart { when: table.when.unwrap_or(RestartWhen::OnFailure), restarts: Some(restarts) }
    }
}

/// `[group.NAME]` with its places in the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct GroupSettings {
    programs: Spanned<Vec<Spanned<MemberSettings>>>,
    #[serde(default, deserialize_with = "strategy")]
    strategy: Strategy,
    restart: Option<Restart>,
}

/// One of `programs`: a name, or a table with arguments.
struct MemberSettings {
    program: String,
    args: Vec<String>,
}

impl<'de> Deserialize<'de> for MemberSettings {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct MemberTable {
            program: String,
            #[serde(default)]
            args: Vec<String>,
        }
        struct OfMember;
        impl<'de> Visitor<'de> for OfMember {
            type Value = MemberSettings;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of a program, or a table with `program` and `args`")
            }

            fn visit_str<E: Error>(self, program: &str) -> Result<MemberSettings, E> {
                Ok(MemberSettings { program: program.to_owned(), args: Vec::new() })
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<MemberSettings, A::Error> {
                let MemberTable { program, args } = MemberTable::deserialize(MapAccessDeserializer::new(map))?;
                Ok(MemberSettings { program, args })
            }
        }
        input.deserialize_any(OfMember)
    }
}

fn strategy<'de, D: Deserializer<'de>>(input: D) -> Result<Strategy, D::Error> {
    let strategy = |text: &str| {
        Some(match text {
            "one-for-one" => Strategy::OneForOne,
            "one-for-all" => Strategy::OneForAll,
            "rest-for-one" => Strategy::RestForOne,
            _ => return None,
        })
    };
    let expected = "a strategy: \"one-for-one\", \"one-for-all\" or \"rest-for-one\"";
    input.deserialize_any(values::Reader { expected, text: &strategy, number: &|_| None })
}

impl GroupSettings {
    pub(super) fn check(self, name: &str, programs: &BTreeMap<String, ProgramSettings>) -> Result<Group, Refusal> {
        let section = format!("[group.{name}]");
        let restart = self.restart.unwrap_or(Restart { when: RestartWhen::OnFailure, restarts: None });
        let (at, members) = (self.programs.span(), self.programs.into_inner());
        if !(1..=MAX_MEMBERS).contains(&members.len()) {
            let why = format!("{section} has {} programs; 1 to {MAX_MEMBERS} are allowed", members.len());
            return Err(Refusal { at, why });
        }
        let group = Group::new(name).strategy(self.strategy).restarts(restart.restarts.unwrap_or_default());
        members.into_iter().try_fold(group, |group, member| {
            let (at, MemberSettings { program, args }) = (member.span(), member.into_inner());
            let program = check_program(&section, Spanned::new(at.clone(), program), programs)?;
            let own = programs[&program].restart;
            check_own(&section, &program, own, at.clone())?;
            let args = encode_args(&args).map_err(|error| Refusal { at, why: error.to_string() })?;
            Ok(group.member(program, args, own.map_or(restart.when, |own| own.when)))
        })
    }
}

/// Refuses what would have no effect: how soon and how often is the group's to say.
fn check_own(section: &str, program: &str, own: Option<Restart>, at: Range<usize>) -> Result<(), Refusal> {
    if own.is_none_or(|own| own.restarts.is_none()) {
        return Ok(());
    }
    let why = format!(
        "{section} says how soon and how often `{program}` is started again; \
         of its own `restart` only when may be said there, as in restart = \"always\""
    );
    Err(Refusal { at, why })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::Manifest;

    const PROGRAMS: &str = "program.a.component = 'a'\nprogram.b.component = 'b'\n";

    fn read(text: &str) -> Result<Manifest, String> {
        Manifest::parse(&format!("{PROGRAMS}{text}"), "f").map_err(|error| error.to_string())
    }

    fn group(text: &str) -> Group {
        let mut manifest = read(text).expect("it is right");
        manifest.groups.remove(0)
    }

    #[test]
    fn when_may_be_said_alone_or_with_how_often() {
        for (line, when, restarts) in [
            ("'never'", RestartWhen::Never, None),
            ("'on-failure'", RestartWhen::OnFailure, None),
            ("'always'", RestartWhen::Always, None),
            ("{}", RestartWhen::OnFailure, Some(Restarts::default())),
            (
                "{ when = 'always', delay = '1ms', max-delay = '2s', max-restarts = 0, period = '3m' }",
                RestartWhen::Always,
                Some(Restarts {
                    delay: Duration::from_millis(1),
                    max_delay: Duration::from_secs(2),
                    max_restarts: 0,
                    period: Duration::from_secs(180),
                }),
            ),
            (
                "{ delay = '1m' }",
                RestartWhen::OnFailure,
                Some(Restarts {
                    delay: Duration::from_secs(60),
                    max_delay: Duration::from_secs(60),
                    ..Restarts::default()
                }),
            ),
        ] {
            let manifest = read(&format!("program.a.restart = {line}\n[[start]]\nprogram = 'a'")).expect("it is right");
            assert_eq!(manifest.starts[0].restart, Restart { when, restarts }, "{line}");
        }
        let manifest = read("[[start]]\nprogram = 'a'").expect("it is right");
        assert_eq!(manifest.starts[0].restart, Restart::default());
        let only = Manifest::parse("program.a = { component = 'a', restart = 'always' }", "f").expect("it is right");
        assert_eq!(only.starts[0].restart.when, RestartWhen::Always);
    }

    #[test]
    fn a_group_has_programs_in_order_each_with_its_arguments_and_its_own_when() {
        let group = group(
            "program.b.restart = 'always'\n[group.g]\nstrategy = 'rest-for-one'\n\
             programs = ['a', { program = 'b', args = ['x', 'y'] }, { program = 'a' }]",
        );
        let members: Vec<_> = group.members.iter().map(|it| (&*it.program, &it.args[..], it.when)).collect();
        let on_failure = RestartWhen::OnFailure;
        let expected: [(&str, &[u8], _); 3] =
            [("a", b"", on_failure), ("b", b"x\0y", RestartWhen::Always), ("a", b"", on_failure)];
        assert_eq!(members, expected);
        assert_eq!((&*group.name, group.strategy, group.restarts), ("g", Strategy::RestForOne, Restarts::default()));
    }

    #[test]
    fn what_a_group_says_of_restarts_holds_for_members_that_say_nothing() {
        let group = group("[group.g]\nprograms = ['a']\n[group.g.restart]\nwhen = 'always'\nmax-restarts = 3");
        assert_eq!((group.members[0].when, group.restarts.max_restarts), (RestartWhen::Always, 3));
    }

    #[test]
    fn a_group_is_enough_to_be_started() {
        let text = "program.a.component = 'a'\n[group.g]\nprograms = ['a']";
        let manifest = Manifest::parse(text, "f").expect("it is right");
        assert_eq!((manifest.starts.len(), manifest.groups.len()), (0, 1));
    }

    #[test]
    fn what_makes_no_sense_is_told_with_its_line() {
        const DURATION: &str = "a duration such as \"100ms\", \"2s\" or \"1m\"";
        for (text, message) in [
            (
                "program.a.restart = 'on-failur'",
                "expected \"never\", \"on-failure\" or \"always\", or a table, not \"on-failur\"".to_owned(),
            ),
            (
                "program.a.restart = true",
                "expected \"never\", \"on-failure\" or \"always\", or a table, not true".to_owned(),
            ),
            (
                "program.a.restart.when = 'now'",
                "expected \"never\", \"on-failure\" or \"always\", not \"now\"".to_owned(),
            ),
            ("program.a.restart.dely = '1s'", "unknown key `dely`; did you mean `delay`?".to_owned()),
            ("program.a.restart.delay = 'soon'", format!("expected {DURATION}, not \"soon\"")),
            ("program.a.restart.max-delay = 'never'", format!("expected {DURATION}, not \"never\"")),
            (
                "program.a.restart.period = '0s'",
                "expected a duration of at least 1ms, such as \"30s\" or \"1h\", not \"0s\"".to_owned(),
            ),
            (
                "program.a.restart.max-restarts = 10001",
                "expected a whole number from 0 to 10000, not 10001".to_owned(),
            ),
            ("group.g = 5", "expected a table, not 5".to_owned()),
            ("[group.g]", "missing key `programs`".to_owned()),
            ("group.g.programs = []", "[group.g] has 0 programs; 1 to 1000 are allowed".to_owned()),
            ("group.g.programs = 'a'", "expected a list, not \"a\"".to_owned()),
            (
                "group.g.programs = [5]",
                "expected the name of a program, or a table with `program` and `args`, not 5".to_owned(),
            ),
            ("group.g.programs = [{ args = [] }]", "missing key `program`".to_owned()),
            (
                "group.g.programs = ['ab']",
                "[group.g] names `ab`, which is no program; did you mean `a`?".to_owned(),
            ),
            (
                "group.g.programs = [{ program = 'a', args = [\"\\u0000\"] }]",
                "the argument \"\\0\" contains NUL, which stands between two of them".to_owned(),
            ),
            (
                "group.g = { programs = ['a'], strategy = 'all' }",
                "expected a strategy: \"one-for-one\", \"one-for-all\" or \"rest-for-one\", not \"all\"".to_owned(),
            ),
            (
                "group.g.programs = ['a']\nprogram.a.restart.period = '1s'",
                "[group.g] says how soon and how often `a` is started again; of its own `restart` only when may be said \
                 there, as in restart = \"always\""
                    .to_owned(),
            ),
        ] {
            let error = read(text).expect_err("it makes no sense");
            assert_eq!(error, format!("f:3: {message}"), "{text}");
        }
    }
}
