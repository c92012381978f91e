//! Measures the nesting of a Parquet schema from the footer, without recursion, because a
//! hostile schema would exhaust the stack of the decoder.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

/// Maximum nesting of a schema.
const MAX_DEPTH: usize = 100;

/// The end of a file: the length of the footer and the magic bytes.
const TAIL: u64 = 8;

/// Returns whether the schema of a file can be read. An invalid footer is left to the
/// decoder.
pub(super) fn is_within_limits(mut file: &File) -> std::io::Result<bool> {
    let length = file.seek(SeekFrom::End(0))?;
    let mut footer = Vec::new();
    if length >= TAIL {
        let mut tail = [0; 4];
        file.seek(SeekFrom::Start(length - TAIL))?;
        file.read_exact(&mut tail)?;
        let size = u64::from(u32::from_le_bytes(tail)).min(length - TAIL);
        file.seek(SeekFrom::Start(length - TAIL - size))?;
        file.take(size).read_to_end(&mut footer)?;
    }
    file.seek(SeekFrom::Start(0))?;
    Ok(depth(&footer).is_none_or(|depth| depth <= MAX_DEPTH))
}

/// The types of fields in the compact protocol of Apache Thrift.
mod kind {
    pub(super) const STOP: u8 = 0;
    pub(super) const TRUE: u8 = 1;
    pub(super) const FALSE: u8 = 2;
    pub(super) const BYTE: u8 = 3;
    pub(super) const I16: u8 = 4;
    pub(super) const I64: u8 = 6;
    pub(super) const DOUBLE: u8 = 7;
    pub(super) const BINARY: u8 = 8;
    pub(super) const LIST: u8 = 9;
    pub(super) const STRUCT: u8 = 12;
}

/// The schema is the list in field 2 of the footer; field 5 of an element is the number
/// of its children, which follow it.
const SCHEMA: i16 = 2;
const CHILDREN: i16 = 5;

fn depth(footer: &[u8]) -> Option<usize> {
    let mut bytes = Bytes(footer);
    let mut field = 0;
    loop {
        match bytes.field(&mut field)? {
            kind::LIST if field == SCHEMA => break,
            kind::STOP => return None,
            other => bytes.skip(other, 0)?,
        }
    }
    let (count, element) = bytes.list()?;
    if element != kind::STRUCT {
        return None;
    }
    // Number of missing children of each open element.
    let mut open: Vec<u64> = Vec::new();
    let mut deepest = 0;
    for _ in 0..count {
        while open.last() == Some(&0) {
            open.pop();
        }
        if let Some(left) = open.last_mut() {
            *left -= 1;
        }
        open.push(bytes.children()?);
        deepest = deepest.max(open.len());
    }
    Some(deepest)
}

/// The rest of a footer; all methods return `None` if it ends too early.
struct Bytes<'b>(&'b [u8]);

/// Maximum nesting of structures that is examined.
const MAX_NESTED: usize = 16;

impl Bytes<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (&byte, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(byte)
    }

    fn pass_over(&mut self, count: u64) -> Option<()> {
        self.0 = self.0.get(usize::try_from(count).ok()?..)?;
        Some(())
    }

    fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7F) << shift;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    /// Returns the type of the next field, and stores its number in `field`.
    fn field(&mut self, field: &mut i16) -> Option<u8> {
        let byte = self.byte()?;
        if byte == kind::STOP {
            return Some(byte);
        }
        *field = match byte >> 4 {
            0 => zigzag(self.number()?) as i16,
            more => field.checked_add(i16::from(more))?,
        };
        Some(byte & 0xF)
    }

    /// Returns the number of elements of a list and their type.
    fn list(&mut self) -> Option<(u64, u8)> {
        let byte = self.byte()?;
        let count = if byte >> 4 == 0xF { self.number()? } else { u64::from(byte >> 4) };
        Some((count, byte & 0xF))
    }

    /// Reads an element of the schema.
    fn children(&mut self) -> Option<u64> {
        let (mut field, mut children) = (0, 0);
        loop {
            match self.field(&mut field)? {
                kind::STOP => return Some(children),
                5 if field == CHILDREN => {
                    children = u64::try_from(zigzag(self.number()?)).ok()?;
                }
                other => self.skip(other, 0)?,
            }
        }
    }

    fn skip(&mut self, kind: u8, nested: usize) -> Option<()> {
        if nested > MAX_NESTED {
            return None;
        }
        match kind {
            kind::TRUE | kind::FALSE => Some(()),
            kind::BYTE => self.pass_over(1),
            kind::I16..=kind::I64 => self.number().map(drop),
            kind::DOUBLE => self.pass_over(8),
            kind::BINARY => {
                let length = self.number()?;
                self.pass_over(length)
            }
            kind::LIST => {
                let (count, element) = self.list()?;
                for _ in 0..count {
                    // A Boolean in a list takes one byte.
                    let flag = element == kind::TRUE || element == kind::FALSE;
                    self.skip(if flag { kind::BYTE } else { element }, nested + 1)?;
                }
                Some(())
            }
            kind::STRUCT => {
                let mut field = 0;
                loop {
                    match self.field(&mut field)? {
                        kind::STOP => return Some(()),
                        other => self.skip(other, nested + 1)?,
                    }
                }
            }
            _ => None,
        }
    }
}

/// Signed numbers are zigzag-encoded: 0, -1, 1, -2, ….
fn zigzag(number: u64) -> i64 {
    (number >> 1) as i64 ^ -((number & 1) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Builds a footer with a version and a schema of nested groups in the compact
    /// protocol. Each element has a name (field 4) and children (field 5).
    fn footer(levels: u64) -> Vec<u8> {
        let mut bytes = vec![0x15, 0x04, 0x19, 0xFC];
        let mut count = levels;
        while count > 0x7F {
            bytes.push(count as u8 | 0x80);
            count >>= 7;
        }
        bytes.push(count as u8);
        for level in 1..=levels {
            let children = if level == levels { 0 } else { 2 };
            bytes.extend([0x48, 1, b'a', 0x15, children, 0]);
        }
        bytes
    }

    #[test]
    fn the_depth_is_that_of_groups_within_groups() {
        assert_eq!(depth(&footer(3)), Some(3));
        assert_eq!(depth(&footer(1500)), Some(1500));
    }

    #[test]
    fn a_footer_that_makes_no_sense_is_left_to_the_decoder() {
        assert_eq!(depth(b""), None);
        assert_eq!(depth(&footer(3)[..12]), None);
        assert_eq!(depth(&[0xFF; 40]), None);
    }
}
