//! Any bytes as a component to be looked into.

use cogen::component;

/// A file is no component, or what it imports and exports is told.
///
/// # Panics
/// When something else happens.
pub fn inspect(bytes: &[u8]) {
    match component::inspect(bytes) {
        Ok(inspection) => {
            assert!(inspection.missing.len() <= inspection.imports.len());
            assert!(inspection.entry.is_none() || !inspection.exports.is_empty());
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}
