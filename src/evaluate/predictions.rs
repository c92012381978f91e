//! Outcomes in a file: one row per tested case and repeat, so that other
//! programs can be measured on the same cases and folds.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::error::{Error, Place, Result};
use crate::metrics::Outcome;
use crate::taxonomy::{LabelReader, Taxonomy, TrendSet};

const FIXED: [&str; 5] = ["repeat", "split", "id", "gold", "suggested"];

/// Renders outcomes as CSV: `repeat`, `split` (both from 1), `id`, `gold`, `suggested`
/// and one `p_<key>` per trend. `repeats` contains the outcomes of each repeat, each with
/// the number of its split, from 0.
///
/// # Errors
/// [`Error::Io`] if memory allocation fails.
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

/// A prediction for a case; its gold and its split are optional.
#[derive(Debug, Clone, PartialEq)]
pub struct Prediction {
    /// Id of the case.
    pub id: String,
    /// Its gold trends, if the file has them.
    pub gold: Option<TrendSet>,
    /// The suggested trends.
    pub suggested: TrendSet,
    /// One probability per trend.
    pub probabilities: Vec<f64>,
    /// Number of the split in which it was tested, if the file has it.
    pub split: Option<usize>,
}

/// Reads predictions written by [`render`], or by another program in its form, once per
/// repeat. The columns `repeat`, `split` and `gold` may be absent. Probabilities may be
/// absent from the file as a whole: then 1 means suggested and 0 not.
///
/// # Errors
/// [`Error::Io`] if the file cannot be read; [`Error::BadRow`] for the first
/// row that cannot be used, naming the column.
pub fn read(path: &Path, taxonomy: &Taxonomy) -> Result<Vec<Vec<Prediction>>> {
    let mut csv = csv::Reader::from_path(path).map_err(|e| Error::io(path, e.into()))?;
    let header = csv.headers().map_err(|e| Error::io(path, e.into()))?.clone();
    let column = |name: &str| header.iter().position(|h| h == name);
    let reader = LabelReader::new(taxonomy, None);
    let mut repeats: Vec<Vec<Prediction>> = Vec::new();
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
        let trends = |name: &str, cell: &str| reader.read(cell).map_err(|reason| bad(name, reason));
        let gold = cell("gold").map(|cell| trends("gold", cell)).transpose()?.flatten();
        let suggested = trends("suggested", needed("suggested")?)?.unwrap_or_default();
        let probability = |(id, trend): (_, &crate::Trend)| {
            let name = format!("p_{}", trend.key);
            match cell(&name) {
                None => Ok(f64::from(u8::from(suggested.contains(id)))),
                Some(cell) => {
                    cell.parse().map_err(|_| bad(&name, format!("\"{cell}\" is not a number")))
                }
            }
        };
        let probabilities = taxonomy.iter().map(probability).collect::<Result<_>>()?;
        let count = |name: &str| {
            let number = |cell: &str| {
                cell.parse::<usize>().map_err(|_| bad(name, format!("\"{cell}\" is not a number")))
            };
            cell(name).map(number).transpose()
        };
        let (repeat, split) = (count("repeat")?.unwrap_or(1), count("split")?);
        if !(1..=repeats.len() + 1).contains(&repeat) {
            return Err(bad("repeat", format!("{repeat} follows {}", repeats.len())));
        }
        repeats.resize_with(repeats.len().max(repeat), Vec::new);
        let id = needed("id")?.to_owned();
        repeats[repeat - 1].push(Prediction { id, gold, suggested, probabilities, split });
    }
    Ok(repeats)
}

/// Outcomes of two programs on the cases that both have.
#[derive(Debug, Clone, PartialEq)]
pub struct Matched {
    /// The one's, once per repeat.
    pub ours: Vec<Vec<Outcome>>,
    /// The other's outcomes, one set per repeat, with the same gold.
    pub theirs: Vec<Vec<Outcome>>,
    /// Number of cases with an outcome of the one only.
    pub only_ours: usize,
    /// Number of cases with an outcome of the other only.
    pub only_theirs: usize,
    /// Whether cases are in one split here and in several there: part of a difference is
    /// then the luck of the folds.
    pub other_splits: bool,
}

impl Matched {
    /// Matches predictions by case; `ours` contains outcomes with the numbers of their
    /// splits. Our gold is used.
    ///
    /// # Errors
    /// [`Error::BadCorpus`] if they have no case in common, a repeat lacks a case that
    /// another has, or the gold of a case differs.
    pub fn of(ours: &[Vec<(usize, &Outcome)>], theirs: &[Vec<Prediction>]) -> Result<Self> {
        let gold: BTreeMap<&str, &TrendSet> =
            ours.iter().flatten().map(|(_, o)| (o.id.as_str(), &o.gold)).collect();
        let predicted: BTreeSet<&str> = theirs.iter().flatten().map(|p| p.id.as_str()).collect();
        let bad = |reason: String, remedy: &'static str| Err(Error::bad_corpus(reason, remedy));
        if !predicted.iter().any(|id| gold.contains_key(id)) {
            return bad(
                "the predictions to compare with have no case in common with those tested".into(),
                "give predictions for the same cases, with the same ids",
            );
        }
        let differs = |p: &&Prediction| {
            let ours = gold.get(p.id.as_str());
            ours.zip(p.gold.as_ref()).is_some_and(|(ours, theirs)| **ours != *theirs)
        };
        if let Some(other) = theirs.iter().flatten().find(differs) {
            let reason = format!("case \"{}\" has other gold in the predictions", other.id);
            return bad(reason, "compare predictions for the same labels only");
        }
        let mine = |outcomes: &Vec<(usize, &Outcome)>| {
            let both = outcomes.iter().filter(|(_, o)| predicted.contains(o.id.as_str()));
            both.map(|(_, outcome)| (*outcome).clone()).collect()
        };
        let other = |predictions: &Vec<Prediction>| {
            let outcome = |p: &Prediction| {
                let gold = (*gold.get(p.id.as_str())?).clone();
                let (suggested, probabilities) = (p.suggested.clone(), p.probabilities.clone());
                Some(Outcome { id: p.id.clone(), gold, suggested, probabilities })
            };
            predictions.iter().filter_map(outcome).collect()
        };
        Ok(Self {
            ours: ours.iter().map(mine).collect(),
            theirs: theirs.iter().map(other).collect(),
            only_ours: gold.keys().filter(|id| !predicted.contains(*id)).count(),
            only_theirs: predicted.iter().filter(|id| !gold.contains_key(*id)).count(),
            other_splits: other_splits(ours, theirs),
        })
    }
}

/// Returns whether cases of one split of the first repeat are in several splits of the other's.
fn other_splits(ours: &[Vec<(usize, &Outcome)>], theirs: &[Vec<Prediction>]) -> bool {
    let theirs: BTreeMap<&str, usize> =
        (theirs.iter().take(1).flatten()).filter_map(|p| Some((p.id.as_str(), p.split?))).collect();
    let mut split_of: BTreeMap<usize, usize> = BTreeMap::new();
    ours.iter().take(1).flatten().any(|(split, outcome)| {
        let Some(&other) = theirs.get(outcome.id.as_str()) else { return false };
        *split_of.entry(*split).or_insert(other) != other
    })
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
        let matched = Matched::of(&rows, &read(file.path(), &taxonomy).unwrap()).unwrap();
        assert_eq!((&matched.ours, &matched.theirs), (&repeats, &repeats));
        assert!(!matched.other_splits && matched.only_ours + matched.only_theirs == 0);
    }

    fn prediction(id: &str, split: usize) -> Prediction {
        Prediction {
            id: id.into(),
            gold: None,
            suggested: TrendSet::default(),
            probabilities: vec![0.2],
            split: Some(split),
        }
    }

    #[test]
    fn predictions_are_matched_by_case_in_any_order_and_the_others_are_counted() {
        let [x, y] = ["x", "y"].map(|id| Outcome {
            id: id.into(),
            gold: TrendSet::from_iter([TrendId(0)]),
            suggested: TrendSet::default(),
            probabilities: vec![0.4],
        });
        let ours = [vec![(0, &x), (0, &y)]];
        let theirs = vec![vec![prediction("z", 1), prediction("y", 1)]];
        let matched = Matched::of(&ours, &theirs).unwrap();
        assert_eq!((matched.only_ours, matched.only_theirs), (1, 1));
        assert_eq!(matched.ours, [vec![y.clone()]]);
        assert_eq!(matched.theirs[0][0].gold, y.gold, "the gold is that of the cases tested");
        let both = |split| vec![vec![prediction("x", 1), prediction("y", split)]];
        assert!(!Matched::of(&ours, &both(1)).unwrap().other_splits);
        assert!(Matched::of(&ours, &both(2)).unwrap().other_splits, "x and y were in one fold");
        let stranger = vec![vec![prediction("z", 1)]];
        let error = Matched::of(&ours, &stranger).unwrap_err().to_string();
        assert!(error.contains("no case in common"), "{error}");
        let mut other_gold = both(1);
        other_gold[0][1].gold = Some(TrendSet::default());
        let error = Matched::of(&ours, &other_gold).unwrap_err().to_string();
        assert!(error.contains("case \"y\" has other gold"), "{error}");
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
