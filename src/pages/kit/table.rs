//! A table of the page: caption, header cells with scope, focusable when wide.

use askama::Template;

use super::data_uri;
use crate::tables::spreadsheet;

/// A table, with a header row and a header cell at the start of each row.
#[derive(Template)]
#[template(path = "table.html")]
pub(crate) struct Table {
    /// Unique on the page.
    id: String,
    caption: String,
    head: Vec<String>,
    rows: Vec<Row>,
}

struct Row {
    head: Cell,
    cells: Vec<Cell>,
    /// Whether it sums up the rows above.
    sum: bool,
}

/// A cell of a table.
pub(crate) struct Cell {
    text: String,
    /// What a file has in its place: the figure as it is, not as it is written for people.
    exact: Option<String>,
    /// The address that it links to.
    link: Option<String>,
    /// How strongly it is shaded, from 0 to 4.
    heat: Option<usize>,
}

impl Cell {
    /// Creates a cell shaded by a share within `0..=1`.
    pub(crate) fn shaded(text: String, share: f64) -> Self {
        let heat = Some((share * 4.0).ceil().clamp(0.0, 4.0) as usize);
        Self { heat, ..Self::from(text) }
    }
}

impl Cell {
    /// Returns the cell with what a file has in its place.
    pub(crate) fn exactly(self, exact: String) -> Self {
        Self { exact: Some(exact), ..self }
    }

    /// Returns the cell as a link, if there is an address.
    pub(crate) fn linked(self, link: Option<String>) -> Self {
        Self { link, ..self }
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self { text, exact: None, link: None, heat: None }
    }
}

impl Table {
    /// Creates a table without rows; the first of `head` is above the row headers.
    pub(crate) fn new<S: Into<String>>(
        id: impl Into<String>,
        caption: impl Into<String>,
        head: impl IntoIterator<Item = S>,
    ) -> Self {
        let head = head.into_iter().map(Into::into).collect();
        Self { id: id.into(), caption: caption.into(), head, rows: Vec::new() }
    }

    /// Adds a row.
    pub(crate) fn row<C: Into<Cell>>(
        &mut self,
        head: impl Into<Cell>,
        cells: impl IntoIterator<Item = C>,
    ) {
        let cells = cells.into_iter().map(Into::into).collect();
        self.rows.push(Row { head: head.into(), cells, sum: false });
    }

    /// Returns whether it has no rows.
    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Returns the table as a link to a CSV file: with a mark of its encoding, for spreadsheet
    /// programs, and with no cell that such a program would take for a formula.
    fn link(&self) -> String {
        let mut csv = String::from("\u{feff}");
        let mut line = |cells: &mut dyn Iterator<Item = &str>| {
            for (n, cell) in cells.enumerate() {
                csv.push_str(if n > 0 { "," } else { "" });
                csv.push_str(&quoted(cell));
            }
            csv.push_str("\r\n");
        };
        line(&mut self.head.iter().map(String::as_str));
        for row in &self.rows {
            let cells = std::iter::once(&row.head).chain(&row.cells);
            line(&mut cells.map(|cell| cell.exact.as_deref().unwrap_or(&cell.text)));
        }
        data_uri("text/csv", &csv)
    }

    /// Adds a row that sums up those above.
    pub(crate) fn sum<C: Into<Cell>>(
        &mut self,
        head: impl Into<Cell>,
        cells: impl IntoIterator<Item = C>,
    ) {
        self.row(head, cells);
        self.rows.iter_mut().last().into_iter().for_each(|row| row.sum = true);
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::from(text.to_owned())
    }
}

impl From<&String> for Cell {
    fn from(text: &String) -> Self {
        Self::from(text.clone())
    }
}

/// Returns a cell of a CSV file.
fn quoted(cell: &str) -> String {
    // A number with its minus sign is no formula.
    let cell = if cell.parse::<f64>().is_ok() { cell.into() } else { spreadsheet::escape(cell) };
    match cell.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", cell.replace('"', "\"\"")),
        false => cell.into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_a_csv_file_too() {
        let mut table = Table::new("t", "Data", ["a, b", "share"]);
        table.row("=1+1", [Cell::from("62\u{a0}%").exactly("0.6249".into())]);
        table.row("\"x\"", ["-0.5"]);
        let link = table.link();
        let text = percent_encoding::percent_decode_str(&link).decode_utf8().unwrap();
        let (_, csv) = text.split_once(',').unwrap();
        assert_eq!(csv, "\u{feff}\"a, b\",share\r\n'=1+1,0.6249\r\n\"\"\"x\"\"\",-0.5\r\n");
    }
}
