//! Cells of labels: keys joined by `;`, or `-` if none applies.

use super::NONE_APPLIES;

/// Returns the keys in a cell of labels.
pub(crate) fn keys(cell: &str) -> impl Iterator<Item = &str> {
    cell.split(';').map(str::trim).filter(|key| !key.is_empty() && *key != NONE_APPLIES)
}

/// Returns a cell of labels with these keys.
pub(crate) fn join_keys<S: AsRef<str>>(keys: &[S]) -> String {
    if keys.is_empty() {
        return NONE_APPLIES.to_owned();
    }
    keys.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(";")
}

/// Refuses a cell that neither names a trend nor states that there is none.
pub(crate) fn check_keys(cell: &str) -> Result<(), String> {
    let cell = cell.trim();
    if cell.is_empty() || cell == NONE_APPLIES {
        return Ok(());
    }
    if keys(cell).next().is_none() {
        return Err(format!("\"{cell}\" names no trend"));
    }
    if cell.split(';').any(|key| key.trim() == NONE_APPLIES) {
        return Err(format!("\"-\" (none applies) is combined with a trend in \"{cell}\""));
    }
    Ok(())
}
