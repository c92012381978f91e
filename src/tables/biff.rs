//! Checks the records of an .xls workbook for sizes that the format does not allow,
//! because the decoder would allocate that much memory.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

/// The limits of the format ([MS-XLS] 2.4.90).
const MAX_ROWS: u32 = 65_536;
const MAX_COLUMNS: u16 = 256;

/// Types of the records looked at ([MS-XLS] 2.3.2).
const BOUND_SHEET: u16 = 0x85;
const DIMENSIONS: u16 = 0x200;
const FILE_PASS: u16 = 0x2F;
const MUL_RK: u16 = 0xBD;
/// Number, Label, RString, BoolErr, RK, LabelSst, Formula.
const CELLS: [u16; 7] = [0x203, 0x204, 0xD6, 0x205, 0x27E, 0xFD, 0x06];

/// Returns whether a file is the container of an encrypted .xlsx workbook ([MS-OFFCRYPTO]
/// 2.3.4.4).
pub(super) fn is_encrypted_package(mut file: &File) -> std::io::Result<bool> {
    let found = cfb::CompoundFile::open(file)?.is_stream("/EncryptedPackage");
    file.seek(SeekFrom::Start(0))?;
    Ok(found)
}

/// Returns whether every sheet and cell of a workbook is within the limits. An encrypted
/// workbook is left to the decoder.
pub(super) fn is_within_limits(mut file: &File) -> std::io::Result<bool> {
    let mut stream = Vec::new();
    {
        let mut container = cfb::CompoundFile::open(file)?;
        let book = container.open_stream("Workbook").or_else(|_| container.open_stream("Book"));
        book?.read_to_end(&mut stream)?;
    }
    file.seek(SeekFrom::Start(0))?;
    if records(&stream).any(|(kind, _)| kind == FILE_PASS) {
        return Ok(true);
    }
    // Each sheet starts at the position in the list of sheets.
    let sheets = records(&stream).filter(|(kind, _)| *kind == BOUND_SHEET);
    let starts = sheets.filter_map(|(_, data)| Some(u32::from_le_bytes(*data.first_chunk()?)));
    Ok(starts
        .filter_map(|start| stream.get(start as usize..))
        .all(|sheet| records(sheet).all(|(kind, data)| is_possible(kind, data))))
}

fn is_possible(kind: u16, data: &[u8]) -> bool {
    let short = |at: usize| data.get(at..at + 2).map_or(0, |b| u16::from_le_bytes([b[0], b[1]]));
    let long = |at: usize| {
        let bytes = data.get(at..at + 4).and_then(|bytes| bytes.try_into().ok());
        bytes.map_or(0, u32::from_le_bytes)
    };
    match kind {
        DIMENSIONS => {
            // First and last row and column, the last ones exclusive. Rows have 16 bits before
            // BIFF8.
            let (rows, columns) = if data.len() < 14 {
                ((u32::from(short(0)), u32::from(short(2))), (short(4), short(6)))
            } else {
                ((long(0), long(4)), (short(8), short(10)))
            };
            let is_empty = rows.1 == 0 || columns.1 == 0;
            let in_order = rows.0 < rows.1 && columns.0 < columns.1;
            rows.1 <= MAX_ROWS && columns.1 <= MAX_COLUMNS && (is_empty || in_order)
        }
        MUL_RK => short(2) < MAX_COLUMNS && short(data.len().saturating_sub(2)) < MAX_COLUMNS,
        kind if CELLS.contains(&kind) => short(2) < MAX_COLUMNS,
        _ => true,
    }
}

/// Returns the records of a stream, each with its type and content.
fn records(mut stream: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    std::iter::from_fn(move || {
        let (&[a, b, c, d], rest) = stream.split_first_chunk()?;
        let data;
        (data, stream) = rest.split_at_checked(usize::from(u16::from_le_bytes([c, d])))?;
        Some((u16::from_le_bytes([a, b]), data))
    })
}
