//! Begins to look up as many names as it can: each keeps one of the host's few threads for such things busy.

use crate::{names, until_refused};

pub(crate) fn main() {
    let label = "x".repeat(100);
    let mut kept = Vec::new();
    // No resolver asks anybody for a label that is so long.
    until_refused("lookups", |number| {
        names::start_resolve(&format!("{number}.{label}.invalid")).map(|lookup| kept.push(lookup))
    });
}
