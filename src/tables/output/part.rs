//! A file under construction: beside its target, known by its name, locked.

use std::ffi::OsString;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use tempfile::{NamedTempFile, TempPath};

use super::{already_there, bad};
use crate::error::{Error, Result};

/// What an unfinished file is called: the name of its target and this.
pub(crate) const SUFFIX: &str = ".trendtag-part";

/// A file under construction; removed when dropped, unless placed or kept.
#[derive(Debug)]
pub(super) struct Part {
    target: PathBuf,
    file: NamedTempFile,
    force: bool,
}

impl Part {
    /// Takes the unfinished file of a target, with what it holds if there is
    /// one already.
    pub(super) fn claim(path: &Path, force: bool) -> Result<Self> {
        // A link is followed, so that it is the file it points to that changes.
        let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let existing = fs::metadata(&target).ok();
        match &existing {
            Some(found) if !found.is_file() => {
                return Err(bad(path, "is no file", "give the name of a file"));
            }
            Some(_) if !force => return Err(already_there(path)),
            _ => {}
        }
        if !folder(&target).is_dir() {
            let remedy = "create the folder, or give another name";
            return Err(bad(path, "its folder does not exist", remedy));
        }
        let name = beside(&target, SUFFIX);
        let wrap = |source| Error::io(&name, source);
        let file = open(&name).map_err(wrap)?;
        let ours = match file.try_lock() {
            Ok(()) => is_at(&file, &name),
            Err(TryLockError::WouldBlock) => false,
            // Some network disks have no locks.
            Err(TryLockError::Error(_)) => true,
        };
        if !ours {
            let remedy = "wait for the other run, or give another name";
            return Err(bad(path, "is being written by another run", remedy));
        }
        if let Some(found) = existing {
            file.set_permissions(found.permissions()).map_err(wrap)?;
        }
        let path = TempPath::try_from_path(&name).map_err(wrap)?;
        Ok(Self { target, file: NamedTempFile::from_parts(file, path), force })
    }

    pub(super) fn file(&mut self) -> &mut File {
        self.file.as_file_mut()
    }

    pub(super) fn target(&self) -> &Path {
        &self.target
    }

    /// Removes what it holds.
    pub(super) fn empty(&self) -> Result<()> {
        self.file.as_file().set_len(0).map_err(|source| Error::io(self.file.path(), source))
    }

    /// Leaves the unfinished file where it is when dropped, or not.
    pub(super) fn keep(&mut self, is_kept: bool) {
        self.file.disable_cleanup(is_kept);
    }

    /// Puts the file in its place, safely on disk.
    pub(super) fn place(self) -> Result<()> {
        let wrap = |source| Error::io(&self.target, source);
        self.file.as_file().sync_all().map_err(wrap)?;
        let placed = if self.force {
            self.file.persist(&self.target)
        } else {
            self.file.persist_noclobber(&self.target)
        };
        placed.map_err(|failed| match failed.error.kind() {
            io::ErrorKind::AlreadyExists => already_there(&self.target),
            _ => Error::io(&self.target, failed.error),
        })?;
        // The new name reaches the disk with the folder; not every system lets
        // a folder be synced, and the file is whole either way.
        let _ = File::open(folder(&self.target)).and_then(|folder| folder.sync_all());
        Ok(())
    }
}

/// The name with something after it.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A new file, or the one that was left.
pub(super) fn open(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.read(true).write(true);
    match options.clone().create_new(true).open(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            // Whoever may write to the folder could have put a link there.
            if !fs::symlink_metadata(path)?.is_file() {
                return Err(error);
            }
            options.open(path)
        }
        opened => opened,
    }
}

/// Whether the file still has that name: the run that had it may just have
/// given it its final one.
fn is_at(file: &File, path: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let identity = |found: fs::Metadata| (found.dev(), found.ino());
        let named = fs::symlink_metadata(path).map(identity);
        matches!((file.metadata().map(identity), named), (Ok(a), Ok(b)) if a == b)
    }
    #[cfg(not(unix))]
    {
        _ = file;
        path.exists()
    }
}
