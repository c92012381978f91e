//! A file that another run can resume: an unfinished file, and a journal of its complete
//! parts beside it.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::Path;

use crc32fast::Hasher;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tempfile::{NamedTempFile, TempPath};

use super::part::{Part, beside, open};
use super::{bad, left_behind};
use crate::error::{Action, Error, Result};

/// The suffix of the journal, which is added to the name of the target.
const SUFFIX: &str = ".trendtag-journal";

/// A file that is written in parts. Each part can be recorded as complete.
/// [`Resumable::commit`] gives it its final name. If it is dropped or the process is
/// killed after a part was recorded, the unfinished file stays with its journal, and
/// [`Resumable::resume`] continues after the last complete part. The journal has one JSON
/// object per line: the identity of the run, then for each part the length of the file so
/// far, its CRC-32 and the state of the writer. The checksum shows lines and parts that
/// did not reach the disk; everything after the last valid one is written again.
#[derive(Debug)]
pub struct Resumable {
    part: Part,
    journal: NamedTempFile,
    left: Left,
    written: u64,
    crc: Hasher,
}

/// The output that an interrupted run left.
#[derive(Debug, Default)]
struct Left {
    identity: Option<Map<String, Value>>,
    records: Vec<Record>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Identity {
    run: Map<String, Value>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Record {
    bytes: u64,
    crc: u32,
    state: Value,
    /// The end of its line in the journal.
    #[serde(skip)]
    end: u64,
}

impl Resumable {
    /// Starts a file; `force` allows it to replace an existing file or the output of an
    /// interrupted run.
    ///
    /// # Errors
    /// [`Error::BadFile`] if the file, or a part of it from an interrupted run, exists
    /// and `force` is not given; otherwise as [`Output::create`](super::Output::create).
    pub fn create(path: impl AsRef<Path>, force: bool) -> Result<Self> {
        let path = path.as_ref();
        let mut output = Self::claim(path, force)?;
        if !output.left.records.is_empty() && !force {
            output.keep(true);
            return Err(left_behind(path));
        }
        output.left = Left::default();
        output.keep(false);
        Ok(output)
    }

    /// Resumes an interrupted run, or starts a new one if there is none.
    ///
    /// # Errors
    /// As [`Resumable::create`], except for the output of an interrupted run.
    pub fn resume(path: impl AsRef<Path>, force: bool) -> Result<Self> {
        let mut output = Self::claim(path.as_ref(), force)?;
        output.keep(!output.left.records.is_empty());
        Ok(output)
    }

    fn claim(path: &Path, force: bool) -> Result<Self> {
        let mut part = Part::claim(path, force)?;
        let path = beside(part.target(), SUFFIX);
        let wrap = |source| Error::io(&path, source);
        let is_empty = part.file().metadata().map_err(wrap)?.len() == 0;
        // The unfinished file is kept even if the journal is damaged.
        part.keep(!is_empty);
        let file = open(&path).map_err(wrap)?;
        // A run may have been killed after it placed its file.
        let left = if is_empty { Ok(Left::default()) } else { Left::read(&file) };
        let left = left.map_err(wrap)?;
        let path = TempPath::try_from_path(&path).map_err(wrap)?;
        let journal = NamedTempFile::from_parts(file, path);
        Ok(Self { part, journal, left, written: 0, crc: Hasher::new() })
    }

    /// Starts writing for the run that `identity` describes. Returns the states that the
    /// interrupted run recorded.
    ///
    /// # Errors
    /// [`Error::BadFile`] that names the difference if the interrupted run was another
    /// one; [`Error::Io`] if the disk fails.
    pub fn begin(&mut self, identity: &Map<String, Value>) -> Result<Vec<Value>> {
        let mut left = std::mem::take(&mut self.left);
        match &left.identity {
            Some(earlier) if !left.records.is_empty() => {
                if let Some(differs) = difference(earlier, identity) {
                    let reason = format!("the interrupted run cannot be resumed: {differs}");
                    let remedy = Action::ReplaceFile
                        .to("resume it with the same flags, or start again and replace the unfinished output");
                    return Err(bad(self.part.target(), reason, remedy));
                }
            }
            _ => left = Left::default(),
        }
        let target = self.part.target().to_owned();
        let wrap = |source| Error::io(&target, source);
        let (good, crc) = verified(self.part.file(), &left.records).map_err(wrap)?;
        left.records.truncate(good);
        self.crc = crc;
        self.written = left.records.last().map_or(0, |record| record.bytes);
        let file = self.part.file();
        file.set_len(self.written).map_err(wrap)?;
        file.seek(SeekFrom::End(0)).map_err(wrap)?;
        let length = left.records.last().map_or(0, |record| record.end);
        self.journal.as_file().set_len(length).map_err(wrap)?;
        self.journal.seek(SeekFrom::End(0)).map_err(wrap)?;
        if length == 0 {
            self.append(&Identity { run: identity.clone() })?;
        }
        self.keep(good > 0);
        Ok(left.records.into_iter().map(|record| record.state).collect())
    }

    /// Records that the file is complete so far, with the state to resume from.
    ///
    /// # Errors
    /// [`Error::Io`] if the disk fails.
    pub fn record(&mut self, state: Value) -> Result<()> {
        let crc = self.crc.clone().finalize();
        self.append(&Record { bytes: self.written, crc, state, end: 0 })?;
        self.keep(true);
        Ok(())
    }

    /// Syncs the file to disk, gives it its final name, and removes the journal.
    ///
    /// # Errors
    /// As [`Output::commit`](super::Output::commit); the unfinished file and the journal
    /// are then kept if a part was recorded.
    pub fn commit(mut self) -> Result<()> {
        let unfinished = beside(self.part.target(), super::SUFFIX);
        let placed = self.part.place();
        // A finished file is not resumed, wherever it is.
        if placed.is_ok() || !unfinished.exists() {
            self.journal.disable_cleanup(false);
        }
        placed
    }

    fn keep(&mut self, is_kept: bool) {
        self.part.keep(is_kept);
        self.journal.disable_cleanup(is_kept);
    }

    fn append(&mut self, line: &impl Serialize) -> Result<()> {
        let line = serde_json::to_vec(line).map_err(io::Error::from);
        let written = line.and_then(|mut line| {
            line.push(b'\n');
            self.journal.write_all(&line)
        });
        written.map_err(|source| Error::io(self.journal.path(), source))
    }
}

impl Write for Resumable {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.part.file().write(bytes)?;
        self.written += count as u64;
        self.crc.update(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.part.file().flush()
    }
}

/// Returns whether an interrupted run left an output under this name that can be resumed.
pub fn can_resume(path: impl AsRef<Path>) -> bool {
    let path = path.as_ref();
    let target = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    [super::SUFFIX, SUFFIX].iter().all(|suffix| beside(&target, suffix).exists())
}

/// Returns whether an interrupted run left an output that can be resumed.
pub(super) fn is_left(part: &mut Part) -> Result<bool> {
    let journal = beside(part.target(), SUFFIX);
    let length = part.file().metadata().map_err(|source| Error::io(&journal, source))?.len();
    Ok(length > 0 && journal.exists())
}

impl Left {
    /// Reads a journal up to its first damaged line.
    fn read(journal: &File) -> io::Result<Self> {
        let mut left = Self::default();
        let mut lines = BufReader::new(journal);
        let mut line = Vec::new();
        let mut length = 0;
        while lines.read_until(b'\n', &mut line)? > 0 && line.ends_with(b"\n") {
            length += line.len() as u64;
            if left.identity.is_none() {
                let Ok(identity) = serde_json::from_slice::<Identity>(&line) else { break };
                left.identity = Some(identity.run);
            } else {
                let Ok(record) = serde_json::from_slice::<Record>(&line) else { break };
                left.records.push(Record { end: length, ..record });
            }
            line.clear();
        }
        Ok(left)
    }
}

/// Returns how many of the records match the file, and the checksum of the file up to
/// there.
fn verified(file: &mut File, records: &[Record]) -> io::Result<(usize, Hasher)> {
    file.seek(SeekFrom::Start(0))?;
    let mut crc = Hasher::new();
    let mut at = 0;
    let mut buffer = vec![0; 256 << 10];
    for (good, record) in records.iter().enumerate() {
        let mut next = crc.clone();
        let mut rest = file.take(record.bytes.saturating_sub(at));
        loop {
            match rest.read(&mut buffer)? {
                0 => break,
                count => next.update(&buffer[..count]),
            }
        }
        if rest.limit() > 0 || record.bytes < at || next.clone().finalize() != record.crc {
            return Ok((good, crc));
        }
        (crc, at) = (next, record.bytes);
    }
    Ok((records.len(), crc))
}

/// Describes the first difference between two runs.
fn difference(earlier: &Map<String, Value>, now: &Map<String, Value>) -> Option<String> {
    let keys = now.keys().chain(earlier.keys());
    keys.map(|key| (key, earlier.get(key), now.get(key)))
        .find(|(_, earlier, now)| earlier != now)
        .map(|(key, earlier, now)| match (earlier, now) {
            (Some(Value::Object(earlier)), Some(Value::Object(now))) => {
                difference(earlier, now).unwrap_or_else(|| key.clone())
            }
            (earlier, now) => {
                let shown = |value: Option<&Value>| {
                    value.map_or_else(|| "nothing".to_owned(), ToString::to_string)
                };
                format!("{key} was {}, now it is {}", shown(earlier), shown(now))
            }
        })
}
