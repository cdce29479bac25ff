//! Compiled code on disk, keyed by content and configuration.
//!
//! A file is the magic, the key, the payload's hash, the payload. It is written beside its place and renamed into it, so
//! that processes may race; whatever is torn or foreign is not loaded, and replaced by the next compilation.

use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;

use tempfile::NamedTempFile;

/// Changes with the layout of the file.
const MAGIC: &[u8; 8] = b"cogen\0\0\x01";
const HASH: usize = blake3::OUT_LEN;
const HEADER: usize = MAGIC.len() + 2 * HASH;

/// A folder of compiled code.
pub(crate) struct Cache {
    dir: PathBuf,
}

/// Names one component as compiled by one configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Key(blake3::Hash);

impl Key {
    /// `configuration` is whatever two engines must agree on to run the same code.
    pub(crate) fn new(configuration: &[u8], wasm: &[u8]) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(blake3::hash(configuration).as_bytes()).update(wasm);
        Key(hasher.finalize())
    }
}

impl Cache {
    pub(crate) fn new(dir: PathBuf) -> Self {
        Cache { dir }
    }

    /// What was stored under `key`, if all of it is there and it is what was stored.
    pub(crate) fn load(&self, key: &Key) -> Option<Vec<u8>> {
        let mut file = fs::read(self.path(key)).ok()?;
        let (magic, rest) = file.split_at_checked(MAGIC.len())?;
        let (stored_key, rest) = rest.split_at_checked(HASH)?;
        let (hash, payload) = rest.split_at_checked(HASH)?;
        let is_whole = magic == MAGIC && stored_key == key.0.as_bytes() && hash == blake3::hash(payload).as_bytes();
        is_whole.then(|| file.split_off(HEADER))
    }

    /// Keeps `payload` under `key`, in place of what may be there.
    pub(crate) fn store(&self, key: &Key, payload: &[u8]) -> io::Result<()> {
        self.make_dir()?;
        let mut draft = NamedTempFile::new_in(&self.dir)?;
        draft.write_all(MAGIC)?;
        draft.write_all(key.0.as_bytes())?;
        draft.write_all(blake3::hash(payload).as_bytes())?;
        draft.write_all(payload)?;
        draft.persist(self.path(key))?;
        Ok(())
    }

    /// Makes the folder for this user alone: what is in it is run as native code.
    fn make_dir(&self) -> io::Result<()> {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&self.dir)
    }

    fn path(&self, key: &Key) -> PathBuf {
        self.dir.join(format!("{}.cwasm", key.0.to_hex()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cache() -> (tempfile::TempDir, Cache, Key) {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let cache = Cache::new(dir.path().join("code"));
        (dir, cache, Key::new(b"configuration", b"wasm"))
    }

    #[test]
    fn what_was_stored_is_loaded() {
        let (_dir, cache, key) = cache();
        assert_eq!(cache.load(&key), None);
        cache.store(&key, b"code").expect("stored");
        assert_eq!(cache.load(&key).as_deref(), Some(&b"code"[..]));
        assert_eq!(cache.load(&Key::new(b"another", b"wasm")), None);
    }

    #[test]
    fn a_file_torn_anywhere_is_ignored_and_replaced() {
        let (_dir, cache, key) = cache();
        cache.store(&key, b"code").expect("stored");
        let whole = fs::read(cache.path(&key)).expect("read");
        for length in 0..whole.len() {
            fs::write(cache.path(&key), &whole[..length]).expect("torn");
            assert_eq!(cache.load(&key), None, "torn at {length}");
        }
        cache.store(&key, b"code").expect("replaced");
        assert_eq!(cache.load(&key).as_deref(), Some(&b"code"[..]));
    }

    #[test]
    fn a_file_with_any_byte_changed_is_ignored() {
        let (_dir, cache, key) = cache();
        cache.store(&key, b"code").expect("stored");
        let whole = fs::read(cache.path(&key)).expect("read");
        for position in 0..whole.len() {
            let mut foreign = whole.clone();
            foreign[position] ^= 1;
            fs::write(cache.path(&key), foreign).expect("changed");
            assert_eq!(cache.load(&key), None, "changed at {position}");
        }
    }

    #[test]
    fn writers_that_race_leave_a_whole_file() {
        let (_dir, cache, key) = cache();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..50 {
                        cache.store(&key, &[7; 4096]).expect("stored");
                        assert_eq!(cache.load(&key).map(|code| code.len()), Some(4096));
                    }
                });
            }
        });
        assert_eq!(fs::read_dir(&cache.dir).expect("listed").count(), 1, "no draft is left");
    }
}
