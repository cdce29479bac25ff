//! Names of programs and signals, with `*` for any run of characters.

use std::fmt;
use std::str::FromStr;

use super::RuleError;

/// A text in which `*` stands for any run of characters, also for none. A backslash takes the `*` or the backslash behind it as
/// it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    /// What stands between the runs: one more than there are runs.
    pieces: Vec<String>,
}

impl Pattern {
    /// The pattern that every text matches.
    pub fn any() -> Self {
        Pattern { pieces: vec![String::new(); 2] }
    }

    /// The pattern that this text matches and no other.
    pub fn literal(text: impl Into<String>) -> Self {
        Pattern { pieces: vec![text.into()] }
    }

    /// The only text that it matches, if there is one.
    pub(crate) fn as_literal(&self) -> Option<&str> {
        if let [only] = &self.pieces[..] { Some(only) } else { None }
    }

    /// Whether a text is one of those that the pattern stands for.
    pub fn matches(&self, text: &str) -> bool {
        let [first, middle @ .., last] = &self.pieces[..] else { return text == self.pieces[0] };
        let Some(text) = text.strip_prefix(first.as_str()) else { return false };
        let Some(mut text) = text.strip_suffix(last.as_str()) else { return false };
        for piece in middle {
            // The first place that fits leaves the most for the pieces behind it.
            let Some((_, rest)) = text.split_once(piece.as_str()) else { return false };
            text = rest;
        }
        true
    }
}

impl FromStr for Pattern {
    type Err = RuleError;

    fn from_str(text: &str) -> Result<Self, RuleError> {
        if text.is_empty() {
            return Err(RuleError::new(
                "a pattern of no characters: expected a name, in which `*` stands for any run of them",
            ));
        }
        let mut pieces = vec![String::new()];
        let mut characters = text.chars();
        while let Some(character) = characters.next() {
            let taken = match character {
                '*' => {
                    pieces.push(String::new());
                    continue;
                }
                '\\' => characters.next().filter(|&next| next == '*' || next == '\\').ok_or_else(|| {
                    RuleError::new(format!("{text:?} has a backslash that is not before `*` or another backslash"))
                })?,
                other => other,
            };
            pieces.last_mut().expect("there is always one").push(taken);
        }
        Ok(Pattern { pieces })
    }
}

impl fmt::Display for Pattern {
    /// The text that it is read from.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let escaped = |piece: &String| piece.replace('\\', "\\\\").replace('*', "\\*");
        f.write_str(&self.pieces.iter().map(escaped).collect::<Vec<_>>().join("*"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[derive(Clone, Debug)]
    enum Token {
        Run,
        Is(char),
    }

    /// As a person would explain it: a run takes nothing, or one character and then perhaps more.
    fn obviously_matches(pattern: &[Token], text: &[char]) -> bool {
        match (pattern, text) {
            ([], []) => true,
            ([Token::Run, rest @ ..], _) => {
                obviously_matches(rest, text) || !text.is_empty() && obviously_matches(pattern, &text[1..])
            }
            ([Token::Is(wanted), rest @ ..], [found, others @ ..]) => {
                wanted == found && obviously_matches(rest, others)
            }
            _ => false,
        }
    }

    fn written(tokens: &[Token]) -> String {
        let text = |token: &Token| match token {
            Token::Run => "*".to_owned(),
            Token::Is(special @ ('*' | '\\')) => format!("\\{special}"),
            Token::Is(plain) => plain.to_string(),
        };
        tokens.iter().map(text).collect()
    }

    proptest! {
        #[test]
        fn it_matches_what_the_obvious_model_matches(
            tokens in prop::collection::vec(
                prop_oneof![Just(Token::Run), prop::sample::select(vec!['a', 'b', '*', '\\', 'é']).prop_map(Token::Is)],
                1..8,
            ),
            text in prop::collection::vec(prop::sample::select(vec!['a', 'b', '*', '\\', 'é']), 0..8),
        ) {
            let pattern: Pattern = written(&tokens).parse().expect("it is a pattern");
            let expected = obviously_matches(&tokens, &text);
            prop_assert_eq!(pattern.matches(&text.into_iter().collect::<String>()), expected);
            prop_assert_eq!(pattern.to_string().parse::<Pattern>().expect("it is one"), pattern);
        }
    }

    #[test]
    fn a_star_is_any_run_and_a_literal_is_itself() {
        for (pattern, text, matches) in [
            ("*", "", true),
            ("worker-*", "worker-", true),
            ("worker-*", "worker", false),
            ("*.log", "a.log.log", true),
            ("aa*aa", "aaa", false),
            (r"\*", "*", true),
            (r"\*", "x", false),
        ] {
            assert_eq!(pattern.parse::<Pattern>().expect("it is one").matches(text), matches, "{pattern} {text}");
        }
        assert_eq!(Pattern::literal("a*b").to_string(), r"a\*b");
        assert_eq!(Pattern::any(), "*".parse().expect("it is one"));
    }

    #[test]
    fn what_is_no_pattern_is_told() {
        for (text, why) in [
            ("", "a pattern of no characters: expected a name, in which `*` stands for any run of them"),
            (r"a\b", "\"a\\\\b\" has a backslash that is not before `*` or another backslash"),
            ("a\\", "\"a\\\\\" has a backslash that is not before `*` or another backslash"),
        ] {
            assert_eq!(text.parse::<Pattern>().expect_err("it is none").to_string(), why);
        }
    }
}
