//! A growing look-ahead over a byte stream.

use std::io::{self, Read};

use memchr::memchr;

const CHUNK: usize = 256 << 10;
const BOM: &[u8] = b"\xEF\xBB\xBF";

/// The unread bytes of a stream that are in view.
pub(super) struct Window {
    reader: Box<dyn Read + Send>,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    /// An error that is reported after the bytes before it have been read.
    fault: Option<io::Error>,
}

impl Window {
    /// Opens a stream, and skips byte-order marks.
    pub(super) fn new(reader: Box<dyn Read + Send>) -> io::Result<Self> {
        let buffer = vec![0; CHUNK];
        let mut window = Self { reader, buffer, start: 0, end: 0, fault: None };
        loop {
            while window.data().len() < BOM.len() && window.fill()? {}
            if !window.data().starts_with(BOM) {
                return Ok(window);
            }
            window.consume(BOM.len());
        }
    }

    /// Returns the bytes in view.
    pub(super) fn data(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    /// Returns whether a line end is in view.
    pub(super) fn has_line(&self) -> bool {
        memchr(b'\n', self.data()).is_some()
    }

    /// Skips the first `count` bytes in view.
    pub(super) fn consume(&mut self, count: usize) {
        self.start += count.min(self.end - self.start);
    }

    /// Brings at least `count` bytes into view, if available. Returns whether there are
    /// more bytes than those in view.
    pub(super) fn look(&mut self, count: usize) -> bool {
        loop {
            match self.fill() {
                Ok(true) if self.data().len() <= count => {}
                Ok(has_more) => return has_more,
                Err(fault) => {
                    self.fault = Some(fault);
                    return true;
                }
            }
        }
    }

    /// Brings more bytes into view. Returns `false` at the end.
    pub(super) fn fill(&mut self) -> io::Result<bool> {
        if let Some(fault) = self.fault.take() {
            return Err(fault);
        }
        if self.end == self.buffer.len() {
            if self.start >= self.buffer.len() / 2 {
                self.buffer.copy_within(self.start..self.end, 0);
                self.end -= self.start;
                self.start = 0;
            } else {
                self.buffer.resize(self.buffer.len() * 2, 0);
            }
        }
        loop {
            match self.reader.read(&mut self.buffer[self.end..]) {
                Ok(count) => {
                    self.end += count;
                    return Ok(count > 0);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Length of the line end at offset `at`: 2 for CR LF, 1 for LF or CR
    /// alone, 0 if there is none.
    pub(super) fn line_end_at(&mut self, at: usize) -> io::Result<usize> {
        if self.data().get(at) == Some(&b'\r') {
            while self.data().len() < at + 2 && self.fill()? {}
            return Ok(1 + usize::from(self.data().get(at + 1) == Some(&b'\n')));
        }
        if self.data().len() <= at {
            self.fill()?;
        }
        Ok(match self.data().get(at) {
            Some(b'\n') => 1,
            Some(b'\r') => return self.line_end_at(at),
            _ => 0,
        })
    }
}
