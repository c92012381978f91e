//! The journal: who changed the versions, when and why.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::lock::{Lock, Work};
use super::{Record, Registry, bad};
use crate::error::{Error, Result};
use crate::tagger::hex;

const JOURNAL: &str = "journal.jsonl";

/// Who makes a change, when and why. The caller supplies these, because the library reads
/// neither the clock nor the name of the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Act {
    /// Name of the person.
    pub who: String,
    /// Time in UTC, as RFC 3339.
    pub when: String,
    /// The reason, in their words.
    pub reason: Option<String>,
}

impl Act {
    /// Returns whether there is a reason that is not blank.
    pub(super) fn has_reason(&self) -> bool {
        self.reason.as_ref().is_some_and(|reason| !reason.trim().is_empty())
    }
}

/// The kind of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    /// A version was added.
    Added,
    /// A version was made the champion.
    Promoted,
    /// A challenger did not pass and was kept as a candidate.
    Kept,
    /// A promotion was reversed.
    RolledBack,
    /// A version was removed.
    Pruned,
}

impl What {
    /// Returns whether it changes the champion.
    pub(super) fn is_change(self) -> bool {
        matches!(self, Self::Promoted | Self::RolledBack)
    }
}

/// One line of the journal. It is written before the change that it records, so the last
/// line may record an interrupted change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Time in UTC, as RFC 3339.
    pub time: String,
    /// Name of the person.
    pub who: String,
    /// The kind of the change.
    pub what: What,
    /// The version that was changed.
    pub version: String,
    /// The earlier champion, if it changed.
    pub previous: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// Whether it was done against a failed check.
    pub forced: bool,
    /// SHA-256 of the labelled cases of the version.
    pub data: Option<String>,
    /// Number of those cases.
    pub cases: Option<usize>,
    /// Cross-validated macro F1 of the version.
    pub macro_f1: Option<f64>,
    /// Lower and upper limit of the paired difference to the champion at that time.
    pub difference: Option<[f64; 2]>,
    /// SHA-256 of each file of an added version, by its name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub files: BTreeMap<String, String>,
}

impl Entry {
    /// Creates an entry about a version, with the figures of its record if there is one.
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
            forced: false,
            data: record.map(|record| record.data.fingerprint.clone()),
            cases: record.map(|record| record.data.cases),
            macro_f1: record.and_then(Record::macro_f1),
            difference: record.and_then(|record| record.verdict.as_ref()?.macro_f1_limits()),
            files: BTreeMap::new(),
        }
    }
}

/// A line of the journal: an entry as JSON, with a checksum at its end, which also covers
/// all earlier lines.
struct Line<'j> {
    entry: String,
    sum: Option<&'j str>,
}

/// The text before the checksum, which is the last field of an entry.
const SUM: &str = ",\"sum\":\"";

/// Number of hexadecimal digits of a checksum.
const DIGITS: usize = 16;

impl<'j> Line<'j> {
    fn of(line: &'j str) -> Self {
        let parts = line.rsplit_once(SUM).and_then(|(entry, sum)| {
            let sum = sum.trim_end().strip_suffix("\"}")?;
            (sum.len() == DIGITS).then(|| Self { entry: format!("{entry}}}"), sum: Some(sum) })
        });
        parts.unwrap_or_else(|| Self { entry: line.trim_end().to_owned(), sum: None })
    }
}

/// Returns the checksum of an entry that follows entries with the checksum `before`.
fn sum(before: &str, entry: &str) -> String {
    let mut digits = hex(&Sha256::digest(format!("{before}{entry}")));
    digits.truncate(DIGITS);
    digits
}

impl Registry {
    /// Returns all entries, oldest first, without an incomplete last line.
    ///
    /// # Errors
    /// [`Error::Io`] if the journal cannot be read, [`Error::BadFile`] if a line before
    /// the last one is not an entry.
    pub fn journal(&self) -> Result<Vec<Entry>> {
        let text = self.journal_text()?;
        let mut entries = Vec::new();
        for (i, line) in lines(&text).enumerate() {
            match serde_json::from_str(line) {
                Ok(entry) => entries.push(entry),
                Err(e) if is_cut_off(&e) => {}
                Err(e) => {
                    let reason = format!("entry {} cannot be read: {e}", i + 1);
                    return Err(self.bad_journal(reason));
                }
            }
        }
        Ok(entries)
    }

    /// Verifies that no entry was changed, added by hand, or removed other than from the
    /// end.
    ///
    /// # Errors
    /// As [`Registry::journal`]; [`Error::BadFile`] that names the first entry with a
    /// wrong checksum.
    pub fn verify_journal(&self) -> Result<()> {
        self.journal()?;
        let text = self.journal_text()?;
        let mut before = String::new();
        let mut has_sums = false;
        for (i, line) in lines(&text).enumerate().filter(|(_, line)| is_whole(line)) {
            let line = Line::of(line);
            before = sum(&before, &line.entry);
            let is_wrong = match line.sum {
                Some(sum) => sum != before,
                // Earlier versions of the program wrote no checksum.
                None => has_sums,
            };
            if is_wrong {
                let reason =
                    format!("entry {}, or one before it, was changed, added or removed", i + 1);
                return Err(self.bad_journal(reason));
            }
            has_sums |= line.sum.is_some();
        }
        Ok(())
    }

    fn bad_journal(&self, reason: String) -> Error {
        bad(&self.folder.join(JOURNAL), reason, "restore the journal from a backup")
    }

    /// Reads the journal as text. A write may have been interrupted within a character.
    fn journal_text(&self) -> Result<String> {
        let path = self.folder.join(JOURNAL);
        match std::fs::read(&path) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
            Err(source) => Err(Error::io(&path, source)),
            Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        }
    }

    /// Records that a challenger was kept as a candidate.
    ///
    /// # Errors
    /// [`Error::Io`] if the journal cannot be written.
    pub fn note_kept(&self, record: &Record, act: &Act) -> Result<()> {
        let _lock = Lock::wait(self, Work::Change)?;
        self.note(&Entry::of(What::Kept, &record.version, None, act, Some(record)))
    }

    /// Appends an entry and syncs it to disk. The caller holds the lock of
    /// [`Work::Change`].
    pub(super) fn note(&self, entry: &Entry) -> Result<()> {
        let path = self.folder.join(JOURNAL);
        let failed = |source| Error::io(&path, source);
        let entry = serde_json::to_string(entry).map_err(|e| failed(e.into()))?;
        let text = self.journal_text()?;
        let whole = lines(&text).filter(|line| is_whole(line));
        let before = whole.fold(String::new(), |before, line| sum(&before, &Line::of(line).entry));
        let sum = sum(&before, &entry);
        let open = entry.strip_suffix('}').unwrap_or(&entry);
        let mut line = format!("{open}{SUM}{sum}\"}}\n");
        let mut options = File::options();
        let mut file = options.create(true).read(true).append(true).open(&path).map_err(failed)?;
        if !ends_with_newline(&mut file).map_err(failed)? {
            line.insert(0, '\n');
        }
        file.write_all(line.as_bytes()).map_err(failed)?;
        file.sync_all().map_err(failed)
    }
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split('\n').filter(|line| !line.trim().is_empty())
}

/// Returns whether a line is a complete entry.
fn is_whole(line: &str) -> bool {
    serde_json::from_str::<serde_json::Value>(line).is_ok()
}

/// Returns whether a line contains an interrupted write, possibly followed by the next
/// one.
fn is_cut_off(error: &serde_json::Error) -> bool {
    error.is_eof()
}

/// Returns whether the file ends with a complete line.
fn ends_with_newline(file: &mut File) -> std::io::Result<bool> {
    if file.metadata()?.len() == 0 {
        return Ok(true);
    }
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
}
