//! An unfinished file: beside its target, with a name of its own, and locked.

use std::ffi::OsString;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use tempfile::{NamedTempFile, PersistError, TempPath};

use super::{already_there, bad};
use crate::error::{Error, Result};

/// The suffix of an unfinished file, which is added to the name of its target.
pub(crate) const SUFFIX: &str = ".trendtag-part";

/// An unfinished file. It is removed when dropped, unless it was placed or kept.
#[derive(Debug)]
pub(super) struct Part {
    /// The path as the caller named it, for messages.
    path: PathBuf,
    target: PathBuf,
    file: NamedTempFile,
    force: bool,
}

impl Part {
    /// Opens the unfinished file of a target, with its contents if there is one already.
    pub(super) fn claim(path: &Path, force: bool) -> Result<Self> {
        // A link is followed, so that the file it points to changes.
        let link = path.is_symlink().then(|| fs::canonicalize(path).ok()).flatten();
        let target = link.unwrap_or_else(|| path.to_owned());
        let existing = fs::metadata(&target).ok();
        match &existing {
            Some(found) if !found.is_file() => {
                return Err(bad(path, "is not a file", "give the name of a file"));
            }
            Some(_) if !force => return Err(already_there(path)),
            Some(_) if is_held(&target) => {
                return Err(bad(path, "is open in another program", CLOSE_IT));
            }
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
        let part = TempPath::try_from_path(&name).map_err(wrap)?;
        let path = path.to_owned();
        Ok(Self { path, target, file: NamedTempFile::from_parts(file, part), force })
    }

    pub(super) fn file(&mut self) -> &mut File {
        self.file.as_file_mut()
    }

    pub(super) fn target(&self) -> &Path {
        &self.target
    }

    /// Truncates the file.
    pub(super) fn empty(&self) -> Result<()> {
        self.file.as_file().set_len(0).map_err(|source| Error::io(self.file.path(), source))
    }

    /// Sets whether the unfinished file stays when dropped.
    pub(super) fn keep(&mut self, is_kept: bool) {
        self.file.disable_cleanup(is_kept);
    }

    /// Syncs the file to disk and gives it its final name. If that name is taken, by a new
    /// file or by a program that has it open, the finished file is kept under another name
    /// beside it.
    pub(super) fn place(self) -> Result<()> {
        let Self { path, target, file, force } = self;
        file.as_file().sync_all().map_err(|source| Error::io(&path, source))?;
        let placed = if force { file.persist(&target) } else { file.persist_noclobber(&target) };
        if let Err(failed) = placed {
            return Err(kept_beside(&path, &target, failed));
        }
        // Syncing the folder brings the new name to disk. Some systems cannot sync
        // folders; the file is complete either way.
        let _ = File::open(folder(&target)).and_then(|folder| folder.sync_all());
        Ok(())
    }
}

const CLOSE_IT: &str = "close it there (a spreadsheet program, or a preview), or give another name";

/// Number of names to try for a finished file whose name is taken.
const NAMES: u32 = 1000;

/// Gives a finished file a free name beside its target, and returns the error that
/// reports it.
fn kept_beside(path: &Path, target: &Path, failed: PersistError) -> Error {
    let PersistError { error, mut file } = failed;
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let extension = path.extension().map(|extension| extension.to_string_lossy().into_owned());
    for number in 1..=NAMES {
        let number = if number == 1 { String::new() } else { format!("-{number}") };
        let mut name = format!("{stem}.finished{number}");
        if let Some(extension) = &extension {
            name = format!("{name}.{extension}");
        }
        match file.persist_noclobber(target.with_file_name(&name)) {
            Ok(_) => {
                let kept = path.with_file_name(&name);
                let kept = kept.display();
                return if error.kind() == io::ErrorKind::AlreadyExists {
                    let reason = format!("exists already; all rows were written to {kept}");
                    bad(path, reason, "rename one of the two, or replace it")
                } else {
                    let reason =
                        format!("cannot be replaced ({error}); all rows were written to {kept}");
                    let remedy = "close the program that has it open, then rename the file";
                    bad(path, reason, remedy)
                };
            }
            Err(again) if again.error.kind() == io::ErrorKind::AlreadyExists => file = again.file,
            Err(again) => {
                file = again.file;
                break;
            }
        }
    }
    file.disable_cleanup(true);
    let kept = beside(path, SUFFIX);
    let reason =
        format!("cannot be replaced ({error}); all rows were written to {}", kept.display());
    bad(path, reason, "close the program that has it open, then rename the file")
}

/// Returns whether another program has a file open so that it cannot be replaced.
fn is_held(path: &Path) -> bool {
    #[cfg(windows)]
    {
        use std::os::windows::fs::OpenOptionsExt;
        const DELETE: u32 = 0x0001_0000;
        const SHARED: u32 = 1 | 2 | 4;
        // Replacing a file deletes it. A reader that allows deletion, as a
        // virus scanner does, does not prevent it.
        let opened = File::options().access_mode(DELETE).share_mode(SHARED).open(path);
        // ERROR_SHARING_VIOLATION and ERROR_LOCK_VIOLATION.
        opened.is_err_and(|error| matches!(error.raw_os_error(), Some(32 | 33)))
    }
    #[cfg(not(windows))]
    {
        // Open files can be replaced here.
        _ = path;
        false
    }
}

/// Returns the name with a suffix.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Opens a new file, or the one that was left.
pub(super) fn open(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.read(true).write(true);
    match options.clone().create_new(true).open(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            // Anyone who can write to the folder could have put a link there.
            if !fs::symlink_metadata(path)?.is_file() {
                return Err(error);
            }
            options.open(path)
        }
        opened => opened,
    }
}

/// Returns whether the file still has that name. The run that owned it may just have
/// renamed it.
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
