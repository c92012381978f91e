//! Outcomes in a file: one row per tested case and repeat, so that other
//! programs can be measured on the same cases and folds.

use std::path::Path;

use crate::error::{Error, Place, Result};
use crate::metrics::Outcome;
use crate::taxonomy::{LabelReader, Taxonomy};

const FIXED: [&str; 5] = ["repeat", "split", "id", "gold", "suggested"];

/// Renders outcomes as CSV: `repeat`, `split` (both from 1), `id`, `gold`,
/// `suggested` and one `p_<key>` per trend.
///
/// `repeats` holds the outcomes of each repeat with the number of the split in
/// which each was tested, from 0.
///
/// # Errors
/// [`Error::Io`] if memory for it cannot be had.
pub fn render(repeats: &[Vec<(usize, &Outcome)>], taxonomy: &Taxonomy) -> Result<Vec<u8>> {
    let failed = |e: csv::Error| Error::internal("predictions cannot be written", e);
    let mut csv = csv::Writer::from_writer(Vec::new());
    let keys = taxonomy.iter().map(|(_, trend)| format!("p_{}", trend.key));
    csv.write_record(FIXED.map(str::to_owned).into_iter().chain(keys)).map_err(failed)?;
    for (repeat, outcomes) in repeats.iter().enumerate() {
        for (split, outcome) in outcomes {
            let fixed = [
                (repeat + 1).to_string(),
                (split + 1).to_string(),
                outcome.id.clone(),
                taxonomy.format_cell(&outcome.gold),
                taxonomy.format_cell(&outcome.suggested),
            ];
            let probabilities = outcome.probabilities.iter().map(f64::to_string);
            csv.write_record(fixed.into_iter().chain(probabilities)).map_err(failed)?;
        }
    }
    csv.into_inner().map_err(|e| Error::internal("predictions cannot be written", e.into_error()))
}

/// Reads outcomes written by [`render`], or by another program in its form.
/// A file may have no probabilities at all: then a suggested trend has 1, any
/// other 0.
///
/// # Errors
/// [`Error::Io`] if the file cannot be read; [`Error::BadRow`] for the first
/// row that cannot be used, naming the column.
pub fn read(path: &Path, taxonomy: &Taxonomy) -> Result<Vec<Vec<Outcome>>> {
    let mut csv = csv::Reader::from_path(path).map_err(|e| Error::io(path, e.into()))?;
    let header = csv.headers().map_err(|e| Error::io(path, e.into()))?.clone();
    let column = |name: &str| header.iter().position(|h| h == name);
    let reader = LabelReader::new(taxonomy, None);
    let mut repeats: Vec<Vec<Outcome>> = Vec::new();
    for (number, record) in csv.records().enumerate() {
        let bad = |name: &str, reason: String| Error::BadRow {
            place: Box::new(
                Place { row: Some(number as u64 + 1), ..Place::file(path.display().to_string()) }
                    .with_column(name),
            ),
            reason,
            remedy: format!("give a CSV file with the columns {FIXED:?} and p_<key>").into(),
        };
        let record = record.map_err(|e| bad("", e.to_string()))?;
        let cell = |name: &str| column(name).and_then(|i| record.get(i));
        let needed =
            |name: &str| cell(name).ok_or_else(|| bad(name, "the column is missing".into()));
        let trends = |name: &str| {
            let set = reader.read(needed(name)?);
            set.map_err(|reason| bad(name, reason)).map(Option::unwrap_or_default)
        };
        let (gold, suggested) = (trends("gold")?, trends("suggested")?);
        let probability = |(id, trend): (_, &crate::Trend)| {
            let name = format!("p_{}", trend.key);
            match cell(&name) {
                None => Ok(f64::from(u8::from(suggested.contains(id)))),
                Some(cell) => {
                    cell.parse().map_err(|_| bad(&name, format!("\"{cell}\" is no number")))
                }
            }
        };
        let probabilities = taxonomy.iter().map(probability).collect::<Result<_>>()?;
        let repeat: usize = match cell("repeat") {
            None => 1,
            Some(cell) => {
                cell.parse().map_err(|_| bad("repeat", format!("\"{cell}\" is no number")))?
            }
        };
        if !(1..=repeats.len() + 1).contains(&repeat) {
            return Err(bad("repeat", format!("{repeat} follows {}", repeats.len())));
        }
        repeats.resize_with(repeats.len().max(repeat), Vec::new);
        let id = needed("id")?.to_owned();
        repeats[repeat - 1].push(Outcome { id, gold, suggested, probabilities });
    }
    Ok(repeats)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::taxonomy::{TrendId, TrendSet};

    #[test]
    fn outcomes_survive_the_file() {
        let taxonomy = Taxonomy::from_keys(["a", "b"]).unwrap();
        let outcome = |id: &str, p: f64| Outcome {
            id: id.into(),
            gold: TrendSet::from_iter([TrendId(1)]),
            suggested: TrendSet::default(),
            probabilities: vec![p, 1.0 / 3.0],
        };
        let repeats =
            vec![vec![outcome("=1+1", 0.1), outcome("x,\"y", 0.2)], vec![outcome("x", 0.3)]];
        let rows: Vec<Vec<(usize, &Outcome)>> =
            repeats.iter().map(|outcomes| outcomes.iter().map(|o| (0, o)).collect()).collect();
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), render(&rows, &taxonomy).unwrap()).unwrap();
        assert_eq!(read(file.path(), &taxonomy).unwrap(), repeats);
    }

    #[test]
    fn a_row_that_cannot_be_used_is_named() {
        let taxonomy = Taxonomy::from_keys(["a"]).unwrap();
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "id,gold,suggested,p_a\nx,a,-,0.5\ny,b,a,0.5\n").unwrap();
        let error = read(file.path(), &taxonomy).unwrap_err().to_string();
        assert!(error.contains("row 2, column \"gold\": unknown trend \"b\""), "{error}");
    }
}
