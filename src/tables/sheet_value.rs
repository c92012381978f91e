//! Values of workbook cells that are not text.

/// A value of a workbook cell that is not text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum SheetValue {
    /// A number.
    Number(f64),
    /// True or false.
    Flag(bool),
    /// A point in time or a duration, in days since the end of 1899.
    Time(f64, TimeKind),
    /// A formula without a stored result.
    NoResult,
}

/// The format of a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TimeKind {
    Date,
    DateTime,
    Clock,
    Duration,
}

/// Returns the name of a cell, such as `B3`, from its column and row, both from 0.
pub(super) fn cell_name(column: u32, row: u32) -> String {
    let mut letters = Vec::new();
    let mut rest = u64::from(column) + 1;
    while rest > 0 {
        rest -= 1;
        letters.push(char::from(b'A' + (rest % 26) as u8));
        rest /= 26;
    }
    let letters: String = letters.into_iter().rev().collect();
    format!("{letters}{}", u64::from(row) + 1)
}

#[cfg(test)]
mod tests {
    use super::cell_name;

    #[test]
    fn cells_are_named_as_spreadsheet_programs_name_them() {
        let cells = [(0, 0), (25, 9), (26, 0), (701, 1), (702, 0), (16_383, 1_048_575)];
        let names = cells.map(|(column, row)| cell_name(column, row));
        assert_eq!(names, ["A1", "Z10", "AA1", "ZZ2", "AAA1", "XFD1048576"]);
    }
}
