//! The languages that there are guests in, each in one component.

use std::path::PathBuf;

use crate::guests;

/// By the names that `cogen new --lang` takes, and that their components end with.
pub(crate) const LANGUAGES: [&str; 5] = ["rust", "python", "js", "go", "c"];

/// The component of all scenarios in a language.
pub(crate) fn component(language: &str) -> PathBuf {
    // Cargo names what it makes of a package its own way.
    guests::path(&if language == "rust" { "all_rust".to_owned() } else { format!("all-{language}") })
}
