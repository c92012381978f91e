//! Output files that appear complete or not at all.

mod part;
mod resumable;

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::error::{Action, Error, Remedy, Result};
use part::Part;

pub(crate) use part::SUFFIX;
pub use resumable::{Resumable, can_resume};

/// A file that is being written under a temporary name: the final name with
/// `.trendtag-part` added. [`Output::commit`] gives it its final name. Without it, no
/// file remains; the next run replaces what a killed process left. A target that is not a
/// regular file (a device, a pipe) is written directly.
#[derive(Debug)]
pub struct Output(Sink);

#[derive(Debug)]
enum Sink {
    Part(Part),
    Direct(PathBuf, File),
}

impl Output {
    /// Starts a file; `force` allows it to replace an existing one.
    ///
    /// # Errors
    /// [`Error::BadFile`] if the file exists or an interrupted run left an unfinished part, and
    /// `force` is not given; if it is a folder; if its folder does not exist; or if
    /// another process is writing it; [`Error::Io`] if the folder cannot be written to.
    pub fn create(path: impl AsRef<Path>, force: bool) -> Result<Self> {
        let path = path.as_ref();
        if is_device(path) {
            let file = File::options().write(true).open(path);
            let file = file.map_err(|source| Error::io(path, source))?;
            return Ok(Self(Sink::Direct(path.to_owned(), file)));
        }
        let mut part = Part::claim(path, force)?;
        if !force && resumable::is_left(&mut part)? {
            part.keep(true);
            return Err(left_behind(path));
        }
        part.empty()?;
        Ok(Self(Sink::Part(part)))
    }

    /// Syncs the file to disk and gives it its final name.
    ///
    /// # Errors
    /// [`Error::Io`] if the disk fails, [`Error::BadFile`] if a file of that name was
    /// created in the meantime and `force` was not given.
    pub fn commit(self) -> Result<()> {
        match self.0 {
            Sink::Direct(path, mut file) => file.flush().map_err(|source| Error::io(path, source)),
            Sink::Part(part) => part.place(),
        }
    }
}

/// Returns whether the path exists and is neither a file nor a folder.
pub fn is_device(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir())
}

/// Writes a whole file via a temporary one. `force` allows it to replace an existing
/// file.
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
        match &mut self.0 {
            Sink::Part(part) => part.file().write(bytes),
            Sink::Direct(_, file) => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.0 {
            Sink::Part(part) => part.file().flush(),
            Sink::Direct(_, file) => file.flush(),
        }
    }
}

fn bad(path: &Path, reason: impl Into<String>, remedy: impl Into<Remedy>) -> Error {
    Error::bad_file(path.display().to_string(), reason, remedy)
}

fn left_behind(path: &Path) -> Error {
    let remedy = Action::ResumeOrReplace.to("resume that run, or replace its unfinished output");
    bad(path, "an interrupted run left an unfinished part", remedy)
}

fn already_there(path: &Path) -> Error {
    bad(path, "exists already", Action::ReplaceFile.to("give another name, or replace it"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn what_an_interrupted_run_left_is_not_replaced_unasked() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.csv");
        let identity = serde_json::Map::new();
        let mut run = Resumable::create(&path, false).unwrap();
        run.begin(&identity).unwrap();
        run.write_all(b"half").unwrap();
        run.record(serde_json::json!(1)).unwrap();
        drop(run);

        let error = Output::create(&path, false).unwrap_err().to_string();
        assert!(error.contains("interrupted run") && error.contains("resume that run"), "{error}");
        let mut resumed = Resumable::resume(&path, false).unwrap();
        assert_eq!(resumed.begin(&identity).unwrap(), [serde_json::json!(1)], "it is all there");
        drop(resumed);

        write_file(&path, b"whole", true).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"whole");
    }

    #[test]
    fn a_journal_that_cannot_be_read_does_not_cost_the_unfinished_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.csv");
        let part = folder.path().join("out.csv.trendtag-part");
        fs::write(&part, b"hours of work").unwrap();
        fs::create_dir(folder.path().join("out.csv.trendtag-journal")).unwrap();
        assert!(Resumable::resume(&path, false).is_err());
        assert_eq!(fs::read(&part).unwrap(), b"hours of work");
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
        assert!(error.contains("out.csv") && error.contains("or replace it"), "{error}");
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
        assert!(error.contains("or replace it") && error.contains("out.finished.csv"), "{error}");
        assert_eq!(fs::read(&path).unwrap(), b"another's");
        assert_eq!(fs::read(folder.path().join("out.finished.csv")).unwrap(), b"");
    }

    #[test]
    fn a_finished_file_whose_place_is_taken_is_kept_beside_it_and_not_resumed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.csv");
        fs::write(folder.path().join("out.finished.csv"), "of another run").unwrap();
        let mut run = Resumable::create(&path, true).unwrap();
        run.begin(&serde_json::Map::new()).unwrap();
        run.write_all(b"all rows").unwrap();
        run.record(serde_json::json!(1)).unwrap();
        // Like a program that prevents the file from being replaced.
        fs::create_dir(&path).unwrap();
        let error = run.commit().unwrap_err().to_string();
        let kept = folder.path().join("out.finished-2.csv");
        assert!(error.contains("out.csv: cannot be replaced"), "{error}");
        assert!(error.contains(&kept.display().to_string()) && error.contains("close"), "{error}");
        assert_eq!(fs::read(kept).unwrap(), b"all rows");
        assert!(!can_resume(&path), "{:?}", names(folder.path()));
    }

    #[test]
    fn what_a_killed_process_left_is_replaced_and_what_is_being_written_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.csv");
        fs::write(folder.path().join("out.csv.trendtag-part"), "half of a longer one").unwrap();
        let mut output = Output::create(&path, false).unwrap();
        let error = Output::create(&path, true).unwrap_err().to_string();
        assert!(error.contains("out.csv: is being written"), "{error}");
        output.write_all(b"new").unwrap();
        output.commit().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(names(folder.path()), ["out.csv"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_in_the_place_of_the_unfinished_file_is_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let precious = folder.path().join("precious");
        fs::write(&precious, "old").unwrap();
        let part = folder.path().join("out.csv.trendtag-part");
        std::os::unix::fs::symlink(&precious, part).unwrap();
        assert!(Output::create(folder.path().join("out.csv"), true).is_err());
        assert_eq!(fs::read(&precious).unwrap(), b"old");
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
