//! Steps with files and folders, by the standard library.

use serde::{Deserialize, Serialize};

/// One step with a file or a folder. What it logs stands in the last line of its description.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Files {
    /// Read a file: `read-file <path> got "<text>"`.
    Read(String),
    /// Make a file with this text, or put it in the place of what is there: `write-file <path> ok`.
    Write(String, String),
    /// Add text to the end of a file: `append-file <path> ok`.
    Append(String, String),
    /// Read a file by lines, with a buffer: `read-lines <path> got <line>|<line>…`.
    Lines(String),
    /// List a folder: `list <path> <name>,<name>…`.
    List(String),
    /// Look at what is there: `look <path> file of <bytes>` or `look <path> folder`.
    Look(String),
    /// Make a folder: `make-folder <path> ok`.
    MakeFolder(String),
    /// Remove a file: `remove-file <path> ok`.
    Remove(String),
    /// Give a file another name: `rename <from> <to> ok`.
    Rename(String, String),
    /// Make a link to a file that is there: `hard-link <from> <to> ok`.
    HardLink(String, String),
    /// Make a link to a path: `link <path> <to> ok`.
    Link(String, String),
}
