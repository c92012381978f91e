//! Escapes cells that a spreadsheet would run as a formula, and reverses it. A cell that
//! starts with `= + - @`, a tab or a line break can be a formula (OWASP, "CSV
//! Injection"). An apostrophe before it makes it text. Plain numbers and a single `-` are
//! harmless and unchanged.

use std::borrow::Cow;

/// The column of a review's export that marks escaped cells, so that readers remove the
/// apostrophes.
pub(crate) const MARK: &str = "review_spreadsheet_safe";

/// Returns the cell as text for a spreadsheet: with one more apostrophe at the start if
/// the cell, without its apostrophes, could be a formula.
pub fn escape(cell: &str) -> Cow<'_, str> {
    if is_formula(cell.trim_start_matches('\'')) {
        Cow::Owned(format!("'{cell}"))
    } else {
        Cow::Borrowed(cell)
    }
}

/// Returns the exact reverse of [`escape`].
pub fn unescape(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(rest) if is_formula(rest.trim_start_matches('\'')) => rest,
        _ => cell,
    }
}

/// Returns the error that a cell shows instead of a value, in any supported language.
pub(super) fn error_value(cell: &str) -> Option<&str> {
    let cell = cell.trim();
    if let Some(number) = cell.strip_prefix("Err:") {
        return (number.len() == 3 && number.bytes().all(|b| b.is_ascii_digit())).then_some(cell);
    }
    let is_named = || ERRORS.iter().any(|error| cell.eq_ignore_ascii_case(error));
    (cell.starts_with('#') && is_named()).then_some(cell)
}

/// Error values of Excel and LibreOffice in English, German, French, Spanish, Italian,
/// Portuguese and Dutch.
const ERRORS: &[&str] = &[
    "#REF!",
    "#N/A",
    "#NAME?",
    "#VALUE!",
    "#DIV/0!",
    "#NULL!",
    "#NUM!",
    "#SPILL!",
    "#CALC!",
    "#GETTING_DATA",
    "#FIELD!",
    "#BLOCKED!",
    "#UNKNOWN!",
    "#CONNECT!",
    "#BUSY!",
    "#EXTERNAL!",
    "#BEZUG!",
    "#NV",
    "#WERT!",
    "#ZAHL!",
    "#ÜBERLAUF!",
    "#KALK!",
    "#VALEUR!",
    "#NOM?",
    "#NOMBRE!",
    "#PROPAGATION!",
    "#¡REF!",
    "#¿NOMBRE?",
    "#¡VALOR!",
    "#¡DIV/0!",
    "#¡NUM!",
    "#¡NULO!",
    "#¡DESBORDAMIENTO!",
    "#RIF!",
    "#NOME?",
    "#VALORE!",
    "#NULLO!",
    "#N/D",
    "#VALOR!",
    "#VERW!",
    "#WAARDE!",
    "#NAAM?",
    "#GETAL!",
];

fn is_formula(cell: &str) -> bool {
    cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) && cell != "-" && !is_number(cell)
}

fn is_number(cell: &str) -> bool {
    cell.bytes().all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b)) && cell.parse::<f64>().is_ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn formulas_are_made_text_and_harmless_cells_stay() {
        for formula in ["=1+1", "+44 20 7946", "-1-1", "@SUM(A1)", "\t=1", "-inf", "'=1"] {
            assert_eq!(escape(formula), format!("'{formula}"));
        }
        for harmless in ["", "-", "-0.25", "+3", "-1e-5", "plain", "'tis", "a=b"] {
            assert_eq!(escape(harmless), harmless);
        }
    }

    proptest! {
        #[test]
        fn every_cell_comes_back_as_it_was(cell in "['=+@\t\r1a-]{0,6}") {
            let escaped = escape(&cell);
            prop_assert!(!is_formula(&escaped));
            prop_assert_eq!(unescape(&escaped), cell.as_str());
        }
    }
}
