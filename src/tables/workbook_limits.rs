//! Checks a zipped workbook for impossible sizes, because the decoder would allocate that
//! much memory.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use zip::ZipArchive;

/// Checks the declared sizes of the parts of a workbook. The error is the reason. Other
/// faults are left to the decoder.
pub(super) fn check(file: &File, limit: u64) -> Result<(), String> {
    let result = file.try_clone().ok().map_or(Ok(()), |copy| check_parts(copy, limit));
    let mut file = file;
    // If the file cannot be read, the decoder reports it.
    let _ = file.seek(SeekFrom::Start(0));
    result
}

fn check_parts(file: File, limit: u64) -> Result<(), String> {
    let Ok(mut archive) = ZipArchive::new(BufReader::new(file)) else { return Ok(()) };
    let mut expanded = 0_u64;
    for index in 0..archive.len() {
        let Ok(part) = archive.by_index_raw(index) else { continue };
        expanded = expanded.saturating_add(part.size());
    }
    if expanded > limit {
        return Err(format!("it expands to more than {} MB", limit >> 20));
    }
    for index in 0..archive.len() {
        let Ok(part) = archive.by_index(index) else { continue };
        let Ok(name) = part.name().map(|name| name.to_ascii_lowercase()) else { continue };
        let size = part.size();
        if name.ends_with("sharedstrings.xml") {
            check_shared_strings(part, size)?;
        } else if name == "content.xml" {
            check_repeats(part, limit)?;
        }
    }
    Ok(())
}

/// The shortest text of a table of texts, `<si/>`.
const SHORTEST: u64 = 5;

fn check_shared_strings(part: impl Read, size: u64) -> Result<(), String> {
    let mut reader = Reader::from_reader(BufReader::new(part.take(64 << 10)));
    let mut buffer = Vec::new();
    while let Ok(event) = reader.read_event_into(&mut buffer) {
        match event {
            Event::Start(start) | Event::Empty(start) => {
                let told = number(&start, "uniqueCount").unwrap_or_default();
                if told > size / SHORTEST {
                    return Err(format!("it declares {told} texts and has room for fewer"));
                }
                return Ok(());
            }
            Event::Eof => return Ok(()),
            _ => buffer.clear(),
        }
    }
    Ok(())
}

/// Approximate size of a cell without its text, in bytes.
const CELL: u64 = 32;

fn check_repeats(part: impl Read, limit: u64) -> Result<(), String> {
    let mut reader = Reader::from_reader(BufReader::new(part.take(limit)));
    let mut buffer = Vec::new();
    let (mut rows, mut columns) = (1, 1);
    let (mut cell, mut row, mut all) = (0_u64, 0_u64, 0_u64);
    while let Ok(event) = reader.read_event_into(&mut buffer) {
        match &event {
            Event::Start(start) if is(start, "table-row") => {
                rows = number(start, "table:number-rows-repeated").unwrap_or(1);
                row = 0;
            }
            Event::Start(start) if is(start, "table-cell") => {
                columns = number(start, "table:number-columns-repeated").unwrap_or(1);
                cell = 0;
            }
            Event::Text(text) => cell = cell.saturating_add(text.len() as u64),
            Event::End(end) if end.local_name().as_ref() == "table-cell" && cell > 0 => {
                row = row.saturating_add(columns.saturating_mul(cell + CELL));
            }
            Event::End(end) if end.local_name().as_ref() == "table-row" => {
                all = all.saturating_add(rows.saturating_mul(row));
                if all > limit {
                    return Err(format!("its repeated rows have more than {} MB", limit >> 20));
                }
            }
            Event::Eof => break,
            _ => {}
        }
        buffer.clear();
    }
    Ok(())
}

fn is(start: &BytesStart<'_>, name: &str) -> bool {
    start.local_name().as_ref() == name
}

fn number(start: &BytesStart<'_>, name: &str) -> Option<u64> {
    let attribute = start.try_get_attribute(name).ok()??;
    attribute.value.trim().parse().ok()
}
