//! The files of a database while it is open: they must still be the ones that were
//! opened, or saved data would be lost.

use std::path::{Path, PathBuf};

/// The files that a database was opened from.
#[derive(Debug, Default)]
pub(crate) struct Files {
    /// Path and identity of the database, its log and the index of the log.
    opened: Vec<(PathBuf, Identity)>,
}

/// Device and inode number of a file.
type Identity = (u64, u64);

/// The suffixes of the write-ahead log and of its index.
const BESIDE: [&str; 2] = ["-wal", "-shm"];

impl Files {
    /// Returns the files of a database that is open and was read.
    ///
    /// # Errors
    /// The error of the system if one of them is missing.
    pub(crate) fn of(path: &Path) -> std::io::Result<Self> {
        let beside = BESIDE.map(|ending| {
            let mut name = path.as_os_str().to_owned();
            name.push(ending);
            PathBuf::from(name)
        });
        let paths = std::iter::once(path.to_owned()).chain(beside);
        let opened = paths.map(|path| Ok((identity(&path)?, path)).map(|(id, path)| (path, id)));
        let opened: std::io::Result<Vec<_>> = opened.collect();
        Ok(Self { opened: opened? })
    }

    /// Returns the first file that was deleted, moved or replaced since it was opened.
    pub(crate) fn missing(&self) -> Option<&Path> {
        let is_there =
            |(path, id): &&(PathBuf, Identity)| identity(path).is_ok_and(|now| now == *id);
        self.opened.iter().find(|file| !is_there(file)).map(|(path, _)| path.as_path())
    }
}

#[cfg(unix)]
fn identity(path: &Path) -> std::io::Result<Identity> {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata(path).map(|found| (found.dev(), found.ino()))
}

/// Other systems do not let anyone delete, move or replace a file that SQLite has open;
/// whether it exists is sufficient.
#[cfg(not(unix))]
fn identity(path: &Path) -> std::io::Result<Identity> {
    std::fs::metadata(path).map(|_| (0, 0))
}
