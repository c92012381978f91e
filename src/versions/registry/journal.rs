//! The journal: who did what to the versions, when, and on which grounds.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};

use serde::{Deserialize, Serialize};

use super::lock::{Lock, Work};
use super::{Record, Registry, bad};
use crate::error::{Error, Result};

const JOURNAL: &str = "journal.jsonl";

/// Who does something, when and why; the library has no clock and asks no
/// system who its user is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Act {
    /// Name of the person.
    pub who: String,
    /// Time in UTC, as RFC 3339.
    pub when: String,
    /// Why, in their words.
    pub reason: Option<String>,
    /// Whether it is done although a check speaks against it.
    pub forced: bool,
}

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    /// A version was made the champion.
    Promoted,
    /// A challenger was not good enough and kept as a candidate.
    Kept,
    /// A promotion was taken back.
    RolledBack,
    /// A version was removed.
    Pruned,
}

impl What {
    /// Whether it gives the champion's place to another version.
    pub(super) fn is_change(self) -> bool {
        matches!(self, Self::Promoted | Self::RolledBack)
    }
}

/// One line of the journal. It is written before the change it tells of, so
/// that the last line may tell of one that was cut off.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Time in UTC, as RFC 3339.
    pub time: String,
    /// Name of the person.
    pub who: String,
    /// What was done.
    pub what: What,
    /// To which version.
    pub version: String,
    /// The champion before, where it changed.
    pub previous: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// Whether a check spoke against it.
    pub forced: bool,
    /// SHA-256 of the labelled cases of the version.
    pub data: Option<String>,
    /// Number of those cases.
    pub cases: Option<usize>,
    /// Cross-validated macro F1 of the version.
    pub macro_f1: Option<f64>,
    /// Lower and upper limit of the paired difference to the champion of then.
    pub difference: Option<[f64; 2]>,
}

impl Entry {
    /// An entry about a version of which a record may be there.
    pub(super) fn of(
        what: What,
        version: &str,
        previous: Option<String>,
        act: &Act,
        record: Option<&Record>,
    ) -> Self {
        Self {
            time: act.when.clone(),
            who: act.who.clone(),
            what,
            version: version.to_owned(),
            previous,
            reason: act.reason.clone(),
            forced: act.forced,
            data: record.map(|record| record.data.fingerprint.clone()),
            cases: record.map(|record| record.data.cases),
            macro_f1: record.and_then(Record::macro_f1),
            difference: record.and_then(|record| record.verdict.as_ref()?.macro_f1_limits()),
        }
    }
}

impl Registry {
    /// All entries, oldest first; a last line that was cut off is left out.
    ///
    /// # Errors
    /// [`Error::Io`] if the journal cannot be read, [`Error::BadFile`] if a
    /// line in its midst is no entry.
    pub fn journal(&self) -> Result<Vec<Entry>> {
        let path = self.folder.join(JOURNAL);
        // As bytes: a write may have been cut off in the midst of a character.
        let bytes = match std::fs::read(&path) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            bytes => bytes.map_err(|source| Error::io(&path, source))?,
        };
        let lines = bytes.split(|&byte| byte == b'\n').filter(|line| !line.trim_ascii().is_empty());
        let mut entries = Vec::new();
        for (i, line) in lines.enumerate() {
            match serde_json::from_slice(line) {
                Ok(entry) => entries.push(entry),
                // Where a write was cut off, or was and the next one came after it.
                Err(e) if e.is_eof() => {}
                Err(e) => {
                    let reason = format!("entry {} cannot be read: {e}", i + 1);
                    return Err(bad(&path, reason, "mend the line or take it out"));
                }
            }
        }
        Ok(entries)
    }

    /// Records that a challenger was kept as a candidate.
    ///
    /// # Errors
    /// [`Error::Io`] if the journal cannot be written.
    pub fn note_kept(&self, record: &Record, act: &Act) -> Result<()> {
        let _lock = Lock::wait(self, Work::Change)?;
        self.note(&Entry::of(What::Kept, &record.version, None, act, Some(record)))
    }

    /// Appends an entry, safely on disk; the caller holds the lock of
    /// [`Work::Change`].
    pub(super) fn note(&self, entry: &Entry) -> Result<()> {
        let path = self.folder.join(JOURNAL);
        let failed = |source| Error::io(&path, source);
        let mut line = serde_json::to_string(entry).map_err(|e| failed(e.into()))?;
        line.push('\n');
        let mut options = File::options();
        let mut file = options.create(true).read(true).append(true).open(&path).map_err(failed)?;
        if !ends_with_newline(&mut file).map_err(failed)? {
            line.insert(0, '\n');
        }
        file.write_all(line.as_bytes()).map_err(failed)?;
        file.sync_all().map_err(failed)
    }
}

/// Whether what is there ends with a whole line.
fn ends_with_newline(file: &mut File) -> std::io::Result<bool> {
    if file.metadata()?.len() == 0 {
        return Ok(true);
    }
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
}
