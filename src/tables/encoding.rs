//! Texts in other encodings than UTF-8.

use std::fmt;
use std::io::{self, Read};
use std::str::FromStr;

use encoding_rs::{Decoder, DecoderResult, UTF_8, UTF_16BE, UTF_16LE};

use crate::error::Error;

/// An encoding of text, by a name of the WHATWG Encoding Standard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Encoding(&'static encoding_rs::Encoding);

impl Encoding {
    /// The name, such as `windows-1252`.
    pub fn name(self) -> &'static str {
        self.0.name()
    }

    /// The encoding of a file: UTF-16 if it begins with a mark of it, otherwise
    /// the one asked for; `None` is UTF-8.
    pub(super) fn of(start: &[u8], wanted: Option<Self>) -> Option<Self> {
        let marked = match start {
            [0xFF, 0xFE, ..] => Some(Self(UTF_16LE)),
            [0xFE, 0xFF, ..] => Some(Self(UTF_16BE)),
            _ => None,
        };
        let wanted_utf16 = wanted.is_none_or(|w| w.0 == UTF_16LE || w.0 == UTF_16BE);
        match marked {
            Some(marked) if wanted_utf16 => Some(marked),
            _ => wanted.filter(|wanted| wanted.0 != UTF_8),
        }
    }

    /// The stream as UTF-8; what is no text in this encoding becomes a byte
    /// that is no UTF-8 either, so that the row with it is refused.
    pub(super) fn reader(self, stream: Box<dyn Read + Send>) -> impl Read + Send {
        Decoded {
            stream,
            decoder: self.0.new_decoder_with_bom_removal(),
            read: vec![0; CHUNK],
            text: Vec::new(),
            at: 0,
            ended: false,
        }
    }
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Encoding {
    type Err = Error;

    /// # Errors
    /// [`Error::BadParam`] if there is no such encoding.
    fn from_str(label: &str) -> Result<Self, Error> {
        // In that standard "utf-16" is the little-endian one; a mark in the file wins.
        let found = encoding_rs::Encoding::for_label_no_replacement(label.as_bytes());
        found.map(Self).ok_or_else(|| {
            Error::bad_param(
                "encoding",
                label,
                "give a name such as utf-8, utf-16, windows-1252, iso-8859-2 or shift_jis",
            )
        })
    }
}

const CHUNK: usize = 64 << 10;
const MALFORMED: u8 = 0xFF;

struct Decoded {
    stream: Box<dyn Read + Send>,
    decoder: Decoder,
    read: Vec<u8>,
    /// Decoded text, handed out up to `at`.
    text: Vec<u8>,
    at: usize,
    ended: bool,
}

impl Decoded {
    fn decode(&mut self, length: usize) {
        self.ended = length == 0;
        self.at = 0;
        self.text.clear();
        let mut rest = &self.read[..length];
        loop {
            let start = self.text.len();
            let room = self.decoder.max_utf8_buffer_length_without_replacement(rest.len());
            self.text.resize(start + room.unwrap_or(4 * CHUNK), 0);
            let (result, read, written) = self.decoder.decode_to_utf8_without_replacement(
                rest,
                &mut self.text[start..],
                self.ended,
            );
            self.text.truncate(start + written);
            rest = &rest[read..];
            match result {
                DecoderResult::InputEmpty => return,
                DecoderResult::OutputFull => {}
                DecoderResult::Malformed(..) => self.text.push(MALFORMED),
            }
        }
    }
}

impl Read for Decoded {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at == self.text.len() && !self.ended {
            let length = self.stream.read(&mut self.read)?;
            self.decode(length);
        }
        let count = buffer.len().min(self.text.len() - self.at);
        buffer[..count].copy_from_slice(&self.text[self.at..self.at + count]);
        self.at += count;
        Ok(count)
    }
}
