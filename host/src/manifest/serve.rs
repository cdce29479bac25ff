//! `[[serve]]`: where to listen, and what to start for each who connects.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use toml::Spanned;

use super::{ProgramSettings, Refusal, check_args, check_program, values};
use crate::engine::ListenAddress;

/// `[[serve]]`.
#[derive(Clone, Debug)]
pub struct Serve {
    /// Where to listen; a path is relative to the folder of the manifest.
    pub listen: ListenAddress,
    /// The program to start for each who connects.
    pub program: String,
    /// What it is given beside the connection; see [`encode_args`](super::encode_args).
    pub args: Vec<String>,
    /// Whether the connection is its standard input and output.
    pub is_stdio: bool,
    /// How many may live at a time; without it, as many as the engine has room for.
    pub max: Option<usize>,
}

impl Serve {
    /// Makes a path relative to this folder.
    pub(super) fn move_to(&mut self, folder: &Path) {
        if let ListenAddress::Unix(path) = &mut self.listen {
            *path = folder.join(&path);
        }
    }
}

/// `[[serve]]` with its places in the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ServeSettings {
    listen: Spanned<String>,
    program: Spanned<String>,
    #[serde(default)]
    args: Vec<Spanned<String>>,
    #[serde(default, deserialize_with = "values::socket")]
    stdio: bool,
    #[serde(default, deserialize_with = "values::handlers")]
    max: Option<usize>,
}

impl ServeSettings {
    pub(super) fn check(self, programs: &BTreeMap<String, ProgramSettings>) -> Result<Serve, Refusal> {
        let listen = self.listen.get_ref().parse();
        Ok(Serve {
            listen: listen.map_err(|error: crate::Error| Refusal { at: self.listen.span(), why: error.to_string() })?,
            program: check_program("[[serve]]", self.program, programs)?,
            args: check_args(self.args)?,
            is_stdio: self.stdio,
            max: self.max,
        })
    }
}
