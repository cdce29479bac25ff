//! A folder with a granted one in it, and a secret beside that.
#![allow(dead_code, reason = "each of the tests that share this uses a part")]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

/// In `granted` are a text, a folder, a link to the text, links that lead out, and a pipe.
pub(crate) struct Disk(tempfile::TempDir);

impl Disk {
    pub(crate) fn new() -> Self {
        let disk = Disk(tempfile::tempdir().expect("a temporary folder"));
        fs::create_dir_all(disk.path("granted/folder")).expect("a folder");
        fs::write(disk.path("granted/text"), "spam\nham\neggs\n").expect("a file");
        fs::write(disk.path("secret"), "a secret").expect("a file");
        symlink("text", disk.path("granted/link")).expect("a link");
        symlink("../secret", disk.path("granted/out")).expect("a link");
        symlink(disk.path("secret"), disk.path("granted/far-out")).expect("a link");
        symlink("..", disk.path("granted/up")).expect("a link");
        make_pipe(&disk.path("granted/pipe"));
        disk
    }

    /// Where something in it is; of an empty name, where it is itself.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
}

/// Makes a pipe that has a name.
pub(crate) fn make_pipe(path: &Path) {
    let made = Command::new("mkfifo").arg(path).status();
    assert!(made.expect("mkfifo starts").success());
}
