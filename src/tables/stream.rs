//! An opened input, with its first bytes read to detect what it is.

use std::fs::File;
use std::io::{self, Cursor, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::compression::Compression;
use super::{bad_file, expanded_limit, raise_the_limit};

/// Number of bytes to examine.
const START: usize = 256;

/// Number of bytes that show whether a stream of known format is compressed, or is a
/// file. A stream may send no more until it is answered.
const MARK: usize = 8;

/// The bytes of an input, none of them consumed.
pub(super) struct Stream {
    start: Vec<u8>,
    body: Body,
    counter: Counter,
}

enum Body {
    /// A file at its start, with its length when it was opened.
    File(File, u64),
    /// The bytes after the start.
    Pipe(Box<dyn Read + Send>),
}

/// The number of bytes of a file read so far, for progress.
#[derive(Debug, Clone, Default)]
pub(super) struct Counter(Arc<AtomicU64>);

impl Counter {
    pub(super) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    pub(super) fn set(&self, bytes: u64) {
        self.0.store(bytes, Ordering::Relaxed);
    }
}

impl Stream {
    /// Opens a file and decompresses it.
    pub(super) fn open(path: &Path, max_expanded: Option<u64>) -> io::Result<Self> {
        let mut file = File::open(path)?;
        if !file.metadata()?.is_file() {
            return Self::from_reader(Box::new(file), false, max_expanded);
        }
        let mut start = Vec::new();
        Read::by_ref(&mut file).take(START as u64).read_to_end(&mut start)?;
        file.seek(SeekFrom::Start(0))?;
        let counter = Counter::default();
        let length = file.metadata()?.len();
        Self { start, body: Body::File(file, length), counter }.decompressed(START, max_expanded)
    }

    /// Decompresses any stream. If its format is known, only the bytes needed to detect
    /// compression are examined.
    pub(super) fn from_reader(
        reader: Box<dyn Read + Send>,
        is_known: bool,
        max_expanded: Option<u64>,
    ) -> io::Result<Self> {
        let counter = Counter::default();
        let counted = Box::new(Counted { reader, counter: counter.clone(), least: 0 });
        let length = if is_known { MARK } else { START };
        Self::pipe(counted, counter, length)?.decompressed(length, max_expanded)
    }

    fn pipe(mut reader: Box<dyn Read + Send>, counter: Counter, length: usize) -> io::Result<Self> {
        let mut start = Vec::new();
        let looked_at = Read::by_ref(&mut reader).take(length as u64).read_to_end(&mut start);
        match looked_at {
            Ok(_) => {}
            Err(error) if start.is_empty() => return Err(error),
            // The data before the fault are read before it is reported.
            Err(error) => reader = Box::new(Broken(Some(error))),
        }
        Ok(Self { start, body: Body::Pipe(reader), counter })
    }

    fn decompressed(self, length: usize, max_expanded: Option<u64>) -> io::Result<Self> {
        match Compression::from_mark(&self.start) {
            Compression::None => Ok(self),
            compression => {
                let counter = self.counter.clone();
                let reader = compression.reader(self.into_reader())?;
                let compressed = counter.clone();
                let limited = Box::new(Limited { reader, compressed, max_expanded, expanded: 0 });
                Self::pipe(limited, counter, length)
            }
        }
    }

    /// Returns the first bytes.
    pub(super) fn start(&self) -> &[u8] {
        &self.start
    }

    /// Counts the (compressed) bytes read. A reader with random access sets it.
    pub(super) fn counter(&self) -> Counter {
        self.counter.clone()
    }

    /// Returns the bytes as a stream.
    pub(super) fn into_reader(self) -> Box<dyn Read + Send> {
        match self.body {
            Body::File(reader, least) => Box::new(Counted { reader, counter: self.counter, least }),
            Body::Pipe(rest) => Box::new(Cursor::new(self.start).chain(rest)),
        }
    }

    /// Returns the bytes as a file with random access. Streams are copied to a temporary
    /// file.
    pub(super) fn into_file(self) -> io::Result<File> {
        if let Body::File(file, _) = self.body {
            return Ok(file);
        }
        let mut file = tempfile::tempfile()?;
        io::copy(&mut self.into_reader(), &mut file)?;
        file.seek(SeekFrom::Start(0))?;
        Ok(file)
    }
}

/// The expanded data of a compressed stream, up to a limit.
struct Limited {
    reader: Box<dyn Read + Send>,
    compressed: Counter,
    max_expanded: Option<u64>,
    expanded: u64,
}

impl Read for Limited {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(buffer)?;
        self.expanded += count as u64;
        let limit = expanded_limit(self.max_expanded, self.compressed.get());
        if self.expanded > limit {
            let reason = format!("the compressed data expand to more than {} MB", limit >> 20);
            return Err(io::Error::other(bad_file("", reason, raise_the_limit())));
        }
        Ok(count)
    }
}

/// A stream that fails.
struct Broken(Option<io::Error>);

impl Read for Broken {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}

/// Counts the bytes read, and detects a file that has become shorter.
struct Counted<R> {
    reader: R,
    counter: Counter,
    /// Minimum number of bytes.
    least: u64,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(buffer)?;
        let before = self.counter.0.fetch_add(count as u64, Ordering::Relaxed);
        if count == 0 && !buffer.is_empty() && before < self.least {
            let reason = format!(
                "it was truncated while it was read: it had {} bytes, of which {before} are left",
                self.least
            );
            let remedy = "give the whole file again, and do not write to it while it is read";
            return Err(io::Error::other(bad_file("", reason, remedy)));
        }
        Ok(count)
    }
}

/// Estimates bytes from rows (or messages) if the file is not read in order.
pub(super) struct Position {
    pub(super) counter: Counter,
    pub(super) bytes: u64,
    pub(super) rows: u64,
    pub(super) done: u64,
}

impl Position {
    pub(super) fn advance(&mut self, rows: u64) {
        self.advance_to(self.done + rows);
    }

    pub(super) fn advance_to(&mut self, rows: u64) {
        self.done = rows;
        let share = self.done as f64 / self.rows.max(1) as f64;
        self.counter.set((self.bytes as f64 * share.min(1.0)) as u64);
    }
}
