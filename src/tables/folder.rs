//! Reads a folder of text files: one case per file, its name as the id.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::encoding::Encoding;
use super::row::{Cells, Row, Source};
use super::{MAX_ROW, ReadOptions, bad_file, bad_row, say_encoding};
use crate::error::{Error, Note, Place, Result, quoted_list};

/// The column with the content of the files.
pub(super) const TEXT: &str = "text";

/// Extensions of files that are read as texts.
const TEXTS: [&str; 4] = ["txt", "text", "md", "markdown"];

/// The cases of a folder, in the order of the names of their files.
pub(super) struct FolderRows {
    files: std::vec::IntoIter<PathBuf>,
    source: Arc<Source>,
    encoding: Option<Encoding>,
    number: u64,
    bytes: u64,
    notes: Vec<Note>,
}

impl FolderRows {
    /// Lists the files.
    pub(super) fn new(folder: &Path, options: &ReadOptions) -> Result<Self> {
        let name = folder.display().to_string();
        let wrap = |source| Error::io(folder, source);
        let (mut files, mut others) = (Vec::new(), Vec::new());
        for entry in fs::read_dir(folder).map_err(wrap)? {
            let path = entry.map_err(wrap)?.path();
            let extension = path.extension().unwrap_or_default().to_ascii_lowercase();
            let file_name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if path.is_file() && TEXTS.iter().any(|text| extension == *text) {
                files.push(path);
            } else if !file_name.starts_with('.') {
                others.push(file_name);
            }
        }
        files.sort();
        others.sort();
        if files.is_empty() {
            return Err(bad_file(
                &name,
                format!("is a folder without .txt or .md files{}", some_of(&others)),
                "give a folder of texts, or the files of tables by their names or a pattern",
            ));
        }
        let mut notes = Vec::new();
        if !others.is_empty() {
            let words = format!(
                "{name}: only .txt and .md files are read, and not the others{}",
                some_of(&others)
            );
            notes.push(Note::from(words));
        }
        let columns = vec![options.columns.id.clone(), TEXT.to_owned()];
        let source = Arc::new(Source::new(&name, columns));
        let encoding = options.encoding;
        Ok(Self { files: files.into_iter(), source, encoding, number: 0, bytes: 0, notes })
    }

    pub(super) fn columns(&self) -> &[String] {
        &self.source.columns
    }

    /// Returns the notes about the folder.
    pub(super) fn notes(&self) -> &[Note] {
        &self.notes
    }

    /// Returns the number of bytes read so far.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Returns the next case, or the error of its file.
    pub(super) fn next(&mut self) -> Option<Result<Row>> {
        let path = self.files.next()?;
        self.number += 1;
        let place = Place { row: Some(self.number), ..Place::file(path.display().to_string()) };
        Some(self.read(&path, place))
    }

    fn read(&mut self, path: &Path, place: Place) -> Result<Row> {
        let remedy = "check that the file can be read, and give the folder again";
        let bad = |source: std::io::Error| bad_row(place.clone(), source.to_string(), remedy);
        let mut bytes = Vec::new();
        let file = fs::File::open(path).map_err(bad)?;
        file.take(MAX_ROW as u64 + 1).read_to_end(&mut bytes).map_err(bad)?;
        if bytes.len() > MAX_ROW {
            let reason = format!("the text is longer than {} MB", MAX_ROW >> 20);
            return Err(bad_row(place, reason, "split it into texts of one case each"));
        }
        self.bytes += bytes.len() as u64;
        if let Some(encoding) = Encoding::of(&bytes[..bytes.len().min(256)], self.encoding) {
            let mut decoded = Vec::new();
            let mut reader = encoding.reader(Box::new(std::io::Cursor::new(bytes)));
            reader.read_to_end(&mut decoded).map_err(bad)?;
            bytes = decoded;
        }
        let content = String::from_utf8(bytes)
            .map_err(|_| bad_row(place.clone(), "not UTF-8 text", say_encoding()))?;
        let content = content.trim_start_matches('\u{FEFF}');
        let id = path.file_name().unwrap_or_default().to_string_lossy();
        let ends = vec![id.len() as u32, (id.len() + content.len()) as u32];
        let cells = Cells::Text { text: format!("{id}{content}"), ends, values: Vec::new() };
        Ok(Row { source: Arc::clone(&self.source), number: self.number, line: 0, cells })
    }
}

/// Formats the number of names and the first ones.
fn some_of(names: &[String]) -> String {
    if names.is_empty() {
        return String::new();
    }
    let first = &names[..names.len().min(3)];
    format!(" ({}, such as {})", names.len(), quoted_list(first))
}
