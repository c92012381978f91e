//! A table of the page: caption, header cells with scope, focusable when wide.

use askama::Template;

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
    head: String,
    cells: Vec<Cell>,
    /// Whether it sums up the rows above.
    sum: bool,
}

/// A cell of a table.
pub(crate) struct Cell {
    text: String,
    /// How strongly it is shaded, from 0 to 4.
    heat: Option<usize>,
}

impl Cell {
    /// Creates a cell shaded by a share within `0..=1`.
    pub(crate) fn shaded(text: String, share: f64) -> Self {
        Self { text, heat: Some((share * 4.0).ceil().clamp(0.0, 4.0) as usize) }
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self { text, heat: None }
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
        head: impl Into<String>,
        cells: impl IntoIterator<Item = C>,
    ) {
        let cells = cells.into_iter().map(Into::into).collect();
        self.rows.push(Row { head: head.into(), cells, sum: false });
    }

    /// Adds a row that sums up those above.
    pub(crate) fn sum<C: Into<Cell>>(
        &mut self,
        head: impl Into<String>,
        cells: impl IntoIterator<Item = C>,
    ) {
        self.row(head, cells);
        self.rows.iter_mut().last().into_iter().for_each(|row| row.sum = true);
    }
}
