//! Complement naive Bayes, one trend against the rest: the strongest simple
//! text classifier.

use crate::error::{Error, Result};
use crate::evaluate::baselines::{Prediction, supports};
use crate::features::SparseRows;
use crate::stats::sigmoid;
use crate::taxonomy::{TrendId, TrendSet};

/// Fits complement naive Bayes on term counts and predicts the rows of `test`.
///
/// Rennie, Shih, Teevan and Karger (2003), section 3.1, without weight
/// normalisation; the figures are those of scikit-learn's `ComplementNB(alpha,
/// norm=False)` within `OneVsRestClassifier`. `train` holds one row of counts per
/// training case, `gold` its trends; `alpha` > 0 is added to every count. The
/// probability is the logistic of the difference of the two scores, near 0 or 1
/// for long texts; a trend is suggested if it is over one half. A trend that all
/// or no training cases have gets (support + 1) / (cases + 2) everywhere.
///
/// # Errors
/// [`Error::BadCorpus`] without training rows, if rows and gold differ in number,
/// `train` and `test` in columns, gold names a trend outside the taxonomy, or a
/// count is negative or no number; [`Error::BadParam`] for `alpha`.
pub fn complement_bayes(
    train: &SparseRows,
    gold: &[TrendSet],
    test: &SparseRows,
    trends: usize,
    alpha: f64,
) -> Result<Vec<Prediction>> {
    check(train, gold, test, alpha)?;
    let supports = supports(gold, trends)?;

    let mut all = vec![0.0; train.columns()];
    let mut with_trend = vec![vec![0.0; train.columns()]; trends];
    for (i, set) in gold.iter().enumerate() {
        add_row(&mut all, train, i);
        for id in set.iter() {
            add_row(&mut with_trend[id.index()], train, i);
        }
    }
    let cases = gold.len();
    let models: Vec<Model> = supports
        .iter()
        .zip(&with_trend)
        .map(|(&support, with_trend)| match support {
            n if n == 0 || n == cases => Model::Constant((n + 1) as f64 / (cases + 2) as f64),
            _ => Model::Weights(log_ratios(with_trend, &all, alpha)),
        })
        .collect();

    let predict = |row| {
        let probabilities: Vec<f64> = models.iter().map(|m| m.probability(test, row)).collect();
        let ids = (0..trends).filter(|&i| probabilities[i] > 0.5).map(|i| TrendId(i as u16));
        Prediction { suggested: ids.collect(), probabilities }
    };
    Ok((0..test.len()).map(predict).collect())
}

/// The parameters learned for one trend.
enum Model {
    Constant(f64),
    Weights(Vec<f64>),
}

impl Model {
    fn probability(&self, rows: &SparseRows, row: usize) -> f64 {
        match self {
            Self::Constant(probability) => *probability,
            Self::Weights(weights) => sigmoid(rows.dot(row, weights)),
        }
    }
}

/// Logarithm of a term's share among cases with the trend over its share among
/// the rest. With two classes each is the other's complement.
fn log_ratios(with_trend: &[f64], all: &[f64], alpha: f64) -> Vec<f64> {
    let smoothed = alpha * all.len() as f64;
    let total_with: f64 = with_trend.iter().sum::<f64>() + smoothed;
    let total_rest: f64 = all.iter().sum::<f64>() + 2.0 * smoothed - total_with;
    let offset = libm::log(total_rest / total_with);
    let log_ratio = |(with, all): (&f64, &f64)| libm::log((with + alpha) / (all - with + alpha));
    with_trend.iter().zip(all).map(|pair| log_ratio(pair) + offset).collect()
}

fn add_row(sums: &mut [f64], rows: &SparseRows, row: usize) {
    let (columns, counts) = rows.row(row);
    for (&column, count) in columns.iter().zip(counts) {
        sums[column as usize] += count;
    }
}

fn check(train: &SparseRows, gold: &[TrendSet], test: &SparseRows, alpha: f64) -> Result<()> {
    if !(alpha > 0.0 && alpha.is_finite()) {
        let remedy = "give a positive number, as 1".into();
        return Err(Error::BadParam { name: "alpha", value: alpha.to_string(), remedy });
    }
    let reason = if train.is_empty() {
        "naive Bayes has no training case".to_owned()
    } else if train.len() != gold.len() {
        format!("{} training rows have gold for {} cases", train.len(), gold.len())
    } else if train.columns() != test.columns() {
        format!("{} columns in training are {} in test", train.columns(), test.columns())
    } else if !usable(train) || !usable(test) {
        "a term count is negative or no number".to_owned()
    } else {
        return Ok(());
    };
    let remedy = "give one row of term counts per case, all over one vocabulary".into();
    Err(Error::BadCorpus { reason, remedy })
}

fn usable(rows: &SparseRows) -> bool {
    (0..rows.len()).all(|i| rows.row(i).1.iter().all(|&count| count >= 0.0 && count.is_finite()))
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize)]
    struct Fixture {
        alpha: f64,
        train: Vec<Vec<f64>>,
        gold: Vec<TrendSet>,
        test: Vec<Vec<f64>>,
        probabilities: Vec<Vec<f64>>,
        suggested: Vec<TrendSet>,
    }

    fn sparse(dense: &[Vec<f64>]) -> SparseRows {
        let mut rows = SparseRows::new(dense[0].len());
        for row in dense {
            rows.push_row((0..).zip(row.iter().copied()).filter(|&(_, count)| count != 0.0));
        }
        rows
    }

    #[test]
    fn probabilities_and_suggestions_equal_those_of_scikit_learn() {
        // tests/fixtures/evaluation/make_fixture.py, scikit-learn 1.9.1.
        let text = include_str!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/fixtures/evaluation/complement_bayes.json"
        ));
        let f: Fixture = serde_json::from_str(text).unwrap();
        let trends = f.probabilities[0].len();
        let found = complement_bayes(&sparse(&f.train), &f.gold, &sparse(&f.test), trends, f.alpha)
            .unwrap();
        assert_eq!(found.len(), f.test.len());
        for ((found, probabilities), suggested) in
            found.iter().zip(f.probabilities).zip(f.suggested)
        {
            assert_eq!(found.suggested, suggested);
            for (found, expected) in found.probabilities.iter().zip(probabilities) {
                assert!((found - expected).abs() < 1e-12, "{found} instead of {expected}");
            }
        }
    }

    #[test]
    fn a_trend_that_all_or_no_cases_have_gets_a_smoothed_constant() {
        let rows = sparse(&[vec![1.0, 0.0], vec![0.0, 2.0]]);
        let gold = vec![TrendSet::from_iter([TrendId(0)]); 2];
        let found = complement_bayes(&rows, &gold, &rows, 2, 1.0).unwrap();
        assert_eq!(found[0].probabilities, [0.75, 0.25]);
        assert_eq!(found[0].suggested, gold[0]);
    }

    #[test]
    fn input_that_does_not_fit_together_is_refused() {
        let rows = sparse(&[vec![1.0, 0.0]]);
        let gold = [TrendSet::default()];
        let refused = |train: &SparseRows, gold: &[TrendSet], test: &SparseRows, alpha, what| {
            let error = complement_bayes(train, gold, test, 1, alpha).unwrap_err().to_string();
            assert!(error.contains(what), "{error}");
        };
        refused(&rows, &gold, &rows, 0.0, "alpha = 0");
        refused(&SparseRows::new(2), &[], &rows, 1.0, "no training case");
        refused(&rows, &[], &rows, 1.0, "1 training rows have gold for 0 cases");
        refused(&rows, &gold, &SparseRows::new(3), 1.0, "2 columns in training are 3 in test");
        refused(&sparse(&[vec![-1.0, 0.0]]), &gold, &rows, 1.0, "negative");
    }
}
