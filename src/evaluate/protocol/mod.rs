//! Protocols of evaluation: which cases are learned from, which are tested, and
//! held-out predictions on the test side of each split.

mod baseline;
mod findings;
mod learning;
mod run;

pub use baseline::{Baseline, baselines, human};
pub use findings::{
    ByLimit, CalibrationFindings, Findings, TriageFindings, mean_metrics, outcomes, uncalibrated,
};
pub use learning::{LearningPoint, learning_curve};
pub use run::{Tested, TestedSplit, on_corpus, run};

use std::collections::BTreeMap;
use std::fmt;

use crate::error::{Error, Result};
use crate::tagger::TrainingSet;
use crate::tagger::split::stratified_folds;
use crate::tagger::split::train_and_test;

/// Cases to train on and cases to test on, by their numbers in the training
/// set; near-duplicates are never on both sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split {
    /// Learned from.
    pub train: Vec<usize>,
    /// Tested on.
    pub test: Vec<usize>,
}

/// Cases that a split forward in time must have in its past.
const LEAST_PAST: usize = 50;

/// How a recipe is tested.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Protocol {
    /// Stratified cross-validation, as [`cross_validation`].
    CrossValidation {
        /// Number of folds.
        folds: usize,
        /// Number of repeats on other folds.
        repeats: u16,
        /// Column of groups: cases with the same value stay in one fold.
        group_by: Option<String>,
    },
    /// Training on the past and testing on the next value of a column, as
    /// [`forward`].
    Forward {
        /// The column, such as a year.
        column: String,
    },
}

impl Protocol {
    /// Returns the splits of each repeat.
    ///
    /// # Errors
    /// As [`cross_validation`] and [`forward`].
    pub fn plans(&self, set: &TrainingSet<'_>, seed: u64) -> Result<Vec<Plan>> {
        match self {
            Self::Forward { column } => Ok(vec![forward(set, column, LEAST_PAST)?]),
            Self::CrossValidation { folds, repeats, group_by } => (0..u64::from(*repeats))
                .map(|repeat| {
                    cross_validation(set, *folds, group_by.as_deref(), seed.wrapping_add(repeat))
                })
                .collect(),
        }
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Forward { column } => write!(f, "train on the past, test on the next {column}"),
            Self::CrossValidation { folds, repeats, group_by } => {
                let plural = if *repeats == 1 { "repeat" } else { "repeats" };
                write!(f, "{folds}-fold cross-validation, {repeats} {plural}")?;
                match group_by {
                    Some(column) => write!(f, ", no {column} on both sides"),
                    None => Ok(()),
                }
            }
        }
    }
}

/// The splits of one repeat of a protocol, and the cases that they leave out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// No case is tested twice.
    pub splits: Vec<Split>,
    /// Cases that are never tested because they lack the column of the protocol.
    pub left_out: usize,
}

/// K-fold cross-validation, stratified by trend; near-duplicates, and the cases with the
/// same value in the column `group_by` if one is named, stay in one fold. A case without
/// a value is a separate group.
///
/// # Errors
/// As [`stratified_folds`]; [`Error::BadCorpus`] if no case has the column.
pub fn cross_validation(
    set: &TrainingSet<'_>,
    folds: usize,
    group_by: Option<&str>,
    seed: u64,
) -> Result<Plan> {
    let groups = match group_by {
        None => set.groups().to_vec(),
        Some(column) => joined_groups(set.groups(), &values(set, column)?),
    };
    let fold_of = stratified_folds(set.gold(), &groups, folds, seed)?;
    let split = |fold| {
        let (train, test) = train_and_test(&fold_of, fold);
        Split { train, test }
    };
    Ok(Plan { splits: (0..folds).map(split).collect(), left_out: 0 })
}

/// Forward in time: for each value of `column` (a year) in order, train on all
/// earlier cases and test on those of that value, once `least` earlier ones are
/// there. Cases without a number in the column are left out and counted, as are
/// the first ones, which are never tested. A near-duplicate of a tested case is
/// not learned from.
///
/// # Errors
/// [`Error::BadCorpus`] if no value has enough earlier cases.
pub fn forward(set: &TrainingSet<'_>, column: &str, least: usize) -> Result<Plan> {
    let mut by_year: BTreeMap<i64, Vec<usize>> = BTreeMap::new();
    for (row, value) in values(set, column)?.iter().enumerate() {
        if let Some(year) = value.as_ref().and_then(|v| v.trim().parse().ok()) {
            by_year.entry(year).or_default().push(row);
        }
    }
    let mut past: Vec<usize> = Vec::new();
    let mut splits = Vec::new();
    for test in by_year.into_values() {
        let is_repeated = |&row: &usize| test.iter().any(|&t| set.groups()[t] == set.groups()[row]);
        if past.len() >= least {
            let mut train: Vec<usize> =
                past.iter().copied().filter(|row| !is_repeated(row)).collect();
            train.sort_unstable();
            splits.push(Split { train, test: test.clone() });
        }
        past.extend(test);
    }
    if splits.is_empty() {
        return Err(Error::bad_corpus(
            format!("no value of \"{column}\" has {least} labelled cases before it"),
            "split by a column with a year in it, or cross-validate",
        ));
    }
    let tested: usize = splits.iter().map(|split| split.test.len()).sum();
    Ok(Plan { splits, left_out: set.len() - tested })
}

/// Returns the cells of a column; `None` for a case with nothing in it.
fn values(set: &TrainingSet<'_>, column: &str) -> Result<Vec<Option<String>>> {
    let cell = |row| set.case(row).record.get(column).map(|cell| cell.trim().to_owned());
    let cells: Vec<Option<String>> =
        (0..set.len()).map(|row| cell(row).filter(|cell| !cell.is_empty())).collect();
    if cells.iter().all(Option::is_none) {
        return Err(Error::bad_corpus(
            format!("no labelled case has a value in the column \"{column}\""),
            "name a column of the labelled file that is filled",
        ));
    }
    Ok(cells)
}

/// Groups that join the cases of the same group and of the same value.
fn joined_groups(groups: &[usize], values: &[Option<String>]) -> Vec<usize> {
    let mut root: Vec<usize> = (0..groups.len()).collect();
    fn find(root: &[usize], mut at: usize) -> usize {
        while root[at] != at {
            at = root[at];
        }
        at
    }
    let mut join = |a: usize, b: usize| {
        let (a, b) = (find(&root, a), find(&root, b));
        root[a.max(b)] = a.min(b);
    };
    let mut first_of_value: BTreeMap<&str, usize> = BTreeMap::new();
    for (row, value) in values.iter().enumerate() {
        join(row, groups[row]);
        if let Some(value) = value {
            join(row, *first_of_value.entry(value).or_insert(row));
        }
    }
    (0..root.len()).map(|row| find(&root, row)).collect()
}

#[cfg(test)]
mod tests;
