//! Text in encodings other than UTF-8.

use std::fmt;
use std::io::{self, Read};
use std::str::FromStr;

use encoding_rs::{Decoder, DecoderResult, UTF_8, UTF_16BE, UTF_16LE};

use crate::error::Error;

/// An encoding of text: one from the WHATWG Encoding Standard, or UTF-32.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Encoding(Kind);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Standard(&'static encoding_rs::Encoding),
    Utf32(ByteOrder),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ByteOrder {
    Little,
    Big,
}

impl Encoding {
    /// Returns the name, such as `windows-1252`.
    pub fn name(self) -> &'static str {
        match self.0 {
            Kind::Standard(encoding) => encoding.name(),
            Kind::Utf32(ByteOrder::Little) => "UTF-32LE",
            Kind::Utf32(ByteOrder::Big) => "UTF-32BE",
        }
    }

    /// Returns the encoding of a file: UTF-16 or UTF-32 if it starts with their byte-order mark,
    /// otherwise the requested one, otherwise UTF-16 or UTF-32 if its zero bytes match.
    /// `None` means UTF-8.
    pub(super) fn of(start: &[u8], wanted: Option<Self>) -> Option<Self> {
        let standard = |encoding| Self(Kind::Standard(encoding));
        let marked = match start {
            [0xFF, 0xFE, 0, 0, ..] => Some(Self(Kind::Utf32(ByteOrder::Little))),
            [0, 0, 0xFE, 0xFF, ..] => Some(Self(Kind::Utf32(ByteOrder::Big))),
            [0xFF, 0xFE, ..] => Some(standard(UTF_16LE)),
            [0xFE, 0xFF, ..] => Some(standard(UTF_16BE)),
            _ => None,
        };
        let is_wide = |wanted: Self| match wanted.0 {
            Kind::Standard(encoding) => encoding == UTF_16LE || encoding == UTF_16BE,
            Kind::Utf32(_) => true,
        };
        match marked {
            Some(marked) if wanted.is_none_or(is_wide) => Some(marked),
            _ => match wanted {
                Some(wanted) => Some(wanted).filter(|wanted| *wanted != standard(UTF_8)),
                None => unmarked(start),
            },
        }
    }

    /// Returns the stream as UTF-8. Invalid sequences are replaced by a byte that is
    /// invalid UTF-8, so that the row is refused later.
    pub(super) fn reader(self, stream: Box<dyn Read + Send>) -> impl Read + Send {
        let decoder = match self.0 {
            Kind::Standard(encoding) => {
                AnyDecoder::Standard(encoding.new_decoder_with_bom_removal())
            }
            Kind::Utf32(order) => AnyDecoder::Utf32(order, Vec::new()),
        };
        let (read, text) = (vec![0; CHUNK], Vec::new());
        Decoded { stream, decoder, read, text, at: 0, ended: false }
    }
}

/// Detects UTF-16 or UTF-32 without a byte-order mark. Most characters of a header are
/// ASCII, so the same bytes of each unit are zero, which is not the case in other text.
fn unmarked(start: &[u8]) -> Option<Encoding> {
    let zeros: Vec<usize> =
        start.iter().enumerate().filter(|(_, byte)| **byte == 0).map(|(at, _)| at).collect();
    let units = start.len() / 2;
    if zeros.len() < 2 || 4 * zeros.len() < units {
        return None;
    }
    let all_at =
        |size: usize, places: &[usize]| zeros.iter().all(|at| places.contains(&(at % size)));
    let is_mostly_zero = 2 * zeros.len() > start.len();
    if is_mostly_zero && all_at(4, &[1, 2, 3]) {
        Some(Encoding(Kind::Utf32(ByteOrder::Little)))
    } else if is_mostly_zero && all_at(4, &[0, 1, 2]) {
        Some(Encoding(Kind::Utf32(ByteOrder::Big)))
    } else if all_at(2, &[1]) {
        Some(Encoding(Kind::Standard(UTF_16LE)))
    } else if all_at(2, &[0]) {
        Some(Encoding(Kind::Standard(UTF_16BE)))
    } else {
        None
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
    /// [`Error::BadParam`] if the encoding is unknown.
    fn from_str(label: &str) -> Result<Self, Error> {
        // In that standard, "utf-16" is little-endian. A byte-order mark in the file
        // takes precedence.
        let found = encoding_rs::Encoding::for_label_no_replacement(label.as_bytes());
        let found =
            found.map(Kind::Standard).or_else(|| match label.to_ascii_lowercase().as_str() {
                "utf-32" | "utf32" | "utf-32le" | "utf32le" => Some(Kind::Utf32(ByteOrder::Little)),
                "utf-32be" | "utf32be" => Some(Kind::Utf32(ByteOrder::Big)),
                _ => None,
            });
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

enum AnyDecoder {
    Standard(Decoder),
    /// Including the bytes of an incomplete unit.
    Utf32(ByteOrder, Vec<u8>),
}

struct Decoded {
    stream: Box<dyn Read + Send>,
    decoder: AnyDecoder,
    read: Vec<u8>,
    /// Decoded text, already returned up to `at`.
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
        let decoder = match &mut self.decoder {
            AnyDecoder::Standard(decoder) => decoder,
            AnyDecoder::Utf32(order, units) => {
                units.extend_from_slice(rest);
                decode_utf32(*order, units, self.ended, &mut self.text);
                return;
            }
        };
        loop {
            let start = self.text.len();
            let room = decoder.max_utf8_buffer_length_without_replacement(rest.len());
            self.text.resize(start + room.unwrap_or(4 * CHUNK), 0);
            let (result, read, written) = decoder.decode_to_utf8_without_replacement(
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

/// Decodes complete units, and keeps the bytes of an incomplete last one.
fn decode_utf32(order: ByteOrder, units: &mut Vec<u8>, ended: bool, text: &mut Vec<u8>) {
    let (whole, rest) = units.as_chunks::<4>();
    for unit in whole {
        let unit = match order {
            ByteOrder::Little => u32::from_le_bytes(*unit),
            ByteOrder::Big => u32::from_be_bytes(*unit),
        };
        match char::from_u32(unit) {
            Some('\u{FEFF}') => {}
            Some(c) => text.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            None => text.push(MALFORMED),
        }
    }
    if ended && !rest.is_empty() {
        text.push(MALFORMED);
    }
    let read = units.len() - rest.len();
    units.drain(..read);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_encodings_are_told_by_their_mark_or_by_their_zero_bytes() {
        let text = "id,title\n1,café 🗳";
        let utf16 = |bytes: fn(u16) -> [u8; 2]| -> Vec<u8> {
            text.encode_utf16().flat_map(bytes).collect()
        };
        let utf32 = |bytes: fn(u32) -> [u8; 4]| -> Vec<u8> {
            text.chars().flat_map(|c| bytes(c as u32)).collect()
        };
        for (name, bytes) in [
            ("UTF-16LE", utf16(u16::to_le_bytes)),
            ("UTF-16BE", utf16(u16::to_be_bytes)),
            ("UTF-32LE", utf32(u32::to_le_bytes)),
            ("UTF-32BE", utf32(u32::to_be_bytes)),
        ] {
            let encoding = Encoding::of(&bytes, None).unwrap();
            assert_eq!(encoding.name(), name);
            assert_eq!(name.parse::<Encoding>().unwrap(), encoding);
            let mut read = String::new();
            let mut reader = encoding.reader(Box::new(io::Cursor::new(bytes)));
            reader.read_to_string(&mut read).unwrap();
            assert_eq!(read, text);
        }
        assert_eq!(Encoding::of(text.as_bytes(), None), None);
        assert_eq!(Encoding::of(b"id,title\n1,a\0b\n", None), None, "a byte of no use");
        let marked = Encoding::of(&[0xFF, 0xFE, 0, 0, b'i', 0, 0, 0], None).unwrap();
        assert_eq!(marked.name(), "UTF-32LE");
    }
}
