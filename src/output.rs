//! Output files that appear whole or not at all.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::error::{Error, Place, Result};

/// A file that is being written under a temporary name beside its own.
///
/// [`Output::commit`] gives it its name; without it nothing remains. A target
/// that is no regular file (a device, a pipe) is written to directly.
#[derive(Debug)]
pub struct Output {
    target: PathBuf,
    sink: Sink,
    force: bool,
}

#[derive(Debug)]
enum Sink {
    Temporary(NamedTempFile),
    Direct(File),
}

impl Output {
    /// Starts a file; `force` allows it to take the place of another.
    ///
    /// # Errors
    /// [`Error::BadFile`] if there is such a file and `force` is not given, if
    /// it is a folder, or if its folder does not exist; [`Error::Io`] if the
    /// folder cannot be written to.
    pub fn create(path: impl AsRef<Path>, force: bool) -> Result<Self> {
        let path = path.as_ref();
        let bad = |reason: &str, remedy: &str| Error::BadFile {
            place: Box::new(Place::file(path.display().to_string())),
            reason: reason.into(),
            remedy: remedy.into(),
        };
        // A link is followed, so that it is the file it points to that changes.
        let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let existing = fs::metadata(&target).ok();
        match &existing {
            Some(found) if found.is_dir() => {
                return Err(bad("is a folder", "give the name of a file"));
            }
            Some(found) if !found.is_file() => {
                let file = File::options().write(true).open(&target);
                let file = file.map_err(|source| Error::io(path, source))?;
                return Ok(Self { target, sink: Sink::Direct(file), force });
            }
            Some(_) if !force => return Err(already_there(path)),
            _ => {}
        }
        let folder = match target.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        if !folder.is_dir() {
            return Err(bad(
                "its folder does not exist",
                "create the folder, or give another name",
            ));
        }
        let file = temporary(folder).map_err(|source| Error::io(path, source))?;
        if let Some(found) = existing {
            let kept = file.as_file().set_permissions(found.permissions());
            kept.map_err(|source| Error::io(path, source))?;
        }
        Ok(Self { target, sink: Sink::Temporary(file), force })
    }

    /// Puts the file in its place, safely on disk.
    ///
    /// # Errors
    /// [`Error::Io`] if the disk refuses, [`Error::BadFile`] if a file of that
    /// name has come into being meanwhile and `force` was not given.
    pub fn commit(self) -> Result<()> {
        let wrap = |source| Error::io(&self.target, source);
        let file = match self.sink {
            Sink::Direct(mut file) => return file.flush().map_err(wrap),
            Sink::Temporary(file) => file,
        };
        file.as_file().sync_all().map_err(wrap)?;
        let placed = if self.force {
            file.persist(&self.target)
        } else {
            file.persist_noclobber(&self.target)
        };
        placed.map_err(|failed| match failed.error.kind() {
            io::ErrorKind::AlreadyExists => already_there(&self.target),
            _ => Error::io(&self.target, failed.error),
        })?;
        // The new name reaches the disk with the folder; not every system lets
        // a folder be synced, and the file is whole either way.
        if let Some(folder) = self.target.parent() {
            let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
            let _ = File::open(folder).and_then(|folder| folder.sync_all());
        }
        Ok(())
    }
}

/// Writes a whole file by way of a temporary one; `force` allows it to take the
/// place of another.
///
/// # Errors
/// As [`Output::create`] and [`Output::commit`].
pub fn write_file(path: &Path, bytes: &[u8], force: bool) -> Result<()> {
    let mut output = Output::create(path, force)?;
    output.write_all(bytes).map_err(|source| Error::io(path, source))?;
    output.commit()
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.sink {
            Sink::Temporary(file) => file.write(bytes),
            Sink::Direct(file) => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.sink {
            Sink::Temporary(file) => file.flush(),
            Sink::Direct(file) => file.flush(),
        }
    }
}

fn already_there(path: &Path) -> Error {
    Error::BadFile {
        place: Box::new(Place::file(path.display().to_string())),
        reason: "exists already".into(),
        remedy: "give another name, or --force to replace it".into(),
    }
}

fn temporary(folder: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".trendtag-").suffix(".tmp");
    #[cfg(unix)]
    {
        // As any other new file (the umask applies), not for the owner's eyes only.
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn a_file_appears_with_its_name_only_when_committed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.csv");
        let mut output = Output::create(&path, false).unwrap();
        output.write_all(b"id\n1\n").unwrap();
        assert!(!path.exists());
        output.commit().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"id\n1\n");
        assert_eq!(names(folder.path()), ["out.csv"]);
    }

    #[test]
    fn an_abandoned_output_leaves_the_old_file_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.csv");
        fs::write(&path, "old").unwrap();
        let mut output = Output::create(&path, true).unwrap();
        output.write_all(b"half of the n").unwrap();
        drop(output);
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(names(folder.path()), ["out.csv"]);
    }

    #[test]
    fn an_existing_file_is_replaced_only_by_force() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.csv");
        fs::write(&path, "old").unwrap();
        let error = Output::create(&path, false).unwrap_err().to_string();
        assert!(error.contains("out.csv") && error.contains("--force"), "{error}");
        let mut output = Output::create(&path, true).unwrap();
        output.write_all(b"new").unwrap();
        output.commit().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
    }

    #[test]
    fn a_file_that_came_into_being_meanwhile_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.csv");
        let output = Output::create(&path, false).unwrap();
        fs::write(&path, "another's").unwrap();
        let error = output.commit().unwrap_err().to_string();
        assert!(error.contains("--force"), "{error}");
        assert_eq!(fs::read(&path).unwrap(), b"another's");
    }

    #[test]
    fn a_missing_folder_is_named_as_the_reason() {
        let folder = tempfile::tempdir().unwrap();
        let error = Output::create(folder.path().join("no/out.csv"), false).unwrap_err();
        assert!(error.to_string().contains("folder does not exist"), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn the_file_has_the_permissions_of_any_other_new_file() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode();
        fs::write(folder.path().join("plain"), "").unwrap();
        Output::create(folder.path().join("ours"), false).unwrap().commit().unwrap();
        assert_eq!(mode(&folder.path().join("ours")), mode(&folder.path().join("plain")));
    }

    #[cfg(unix)]
    #[test]
    fn a_link_stays_a_link_and_a_device_stays_a_device() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        fs::write(&file, "old").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        let mut output = Output::create(&link, true).unwrap();
        output.write_all(b"new").unwrap();
        output.commit().unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read(&file).unwrap(), b"new");

        let mut output = Output::create("/dev/null", false).unwrap();
        output.write_all(b"gone").unwrap();
        output.commit().unwrap();
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
    }
}
