//! How far annotators agree: per trend between two, and Krippendorff's alpha for
//! any number of them.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::metrics::mean_of_defined;
use crate::stats::ratio;
use crate::taxonomy::{TrendId, TrendSet};

/// Agreement of two annotators on yes or no.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Agreement {
    /// F1 of one annotator taken as suggestion and the other as gold, whichever way round
    /// (Hripcsak and Rothschild 2005); undefined if both always answer no.
    pub f1: Option<f64>,
    /// Share of the cases on which they agree, within `0..=1`.
    pub share: Option<f64>,
    /// Cohen's kappa (1960): agreement beyond what each annotator's own share of
    /// yes makes likely; undefined if both always give the same one answer.
    pub kappa: Option<f64>,
    /// Krippendorff's alpha, see [`krippendorff_alpha`].
    pub alpha: Option<f64>,
    /// Gwet's AC1 (2008): agreement beyond a chance that shrinks as one answer
    /// prevails, so that a rare trend is not punished as it is by kappa.
    pub ac1: Option<f64>,
}

/// Agreement per trend and averaged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AgreementByTrend {
    /// Number of cases that both annotators labelled.
    pub cases: usize,
    /// One entry per trend, in the order of the taxonomy.
    pub per_trend: Vec<Agreement>,
    /// Means over the trends that have the figure.
    #[serde(rename = "macro")]
    pub macro_average: Agreement,
}

/// The four ways in which two annotators can answer yes or no.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct YesNoTable {
    /// Cases that both label positive.
    pub both: u64,
    /// Cases that only the first labels positive.
    pub only_first: u64,
    /// Cases that only the second labels positive.
    pub only_second: u64,
    /// Cases that neither labels positive.
    pub neither: u64,
}

/// Agreement of two annotators who labelled the same cases: `pairs` contains the trends
/// of each case from the first and the second annotator.
pub fn between<'s>(
    pairs: impl IntoIterator<Item = (&'s TrendSet, &'s TrendSet)>,
    trends: usize,
) -> AgreementByTrend {
    let mut tables = vec![YesNoTable::default(); trends];
    let mut cases = 0;
    for (first, second) in pairs {
        cases += 1;
        for (i, table) in tables.iter_mut().enumerate() {
            let id = TrendId(i as u16);
            table.add(first.contains(id), second.contains(id));
        }
    }
    let per_trend: Vec<Agreement> = tables.iter().map(YesNoTable::agreement).collect();
    let mean =
        |figure: fn(&Agreement) -> Option<f64>| mean_of_defined(per_trend.iter().map(figure));
    let macro_average = Agreement {
        f1: mean(|a| a.f1),
        share: mean(|a| a.share),
        kappa: mean(|a| a.kappa),
        alpha: mean(|a| a.alpha),
        ac1: mean(|a| a.ac1),
    };
    AgreementByTrend { cases, per_trend, macro_average }
}

impl YesNoTable {
    /// Counts one case.
    pub fn add(&mut self, first: bool, second: bool) {
        match (first, second) {
            (true, true) => self.both += 1,
            (true, false) => self.only_first += 1,
            (false, true) => self.only_second += 1,
            (false, false) => self.neither += 1,
        }
    }

    /// Returns the agreement that the table shows.
    pub fn agreement(&self) -> Agreement {
        let [both, only_first, only_second, neither] =
            [self.both, self.only_first, self.only_second, self.neither].map(|n| n as f64);
        let differ = only_first + only_second;
        let total = both + differ + neither;
        let [yes_first, yes_second] = [both + only_first, both + only_second];

        // Kappa as 1 - observed / expected disagreement, where the expected one is zero
        // exactly if kappa is undefined.
        let expected = yes_first * (total - yes_second) + yes_second * (total - yes_first);
        // Alpha draws the expected pairs from all 2n answers without replacement.
        let (yes, answers) = (yes_first + yes_second, 2.0 * total);
        let expected_of_all = 2.0 * yes * (answers - yes);
        let share = ratio(both + neither, total);
        Agreement {
            f1: ratio(2.0 * both, yes),
            share,
            kappa: ratio(differ * total, expected).map(|disagreement| 1.0 - disagreement),
            alpha: ratio(2.0 * differ * (answers - 1.0), expected_of_all)
                .map(|disagreement| 1.0 - disagreement),
            ac1: share.map(|share| {
                let prevalence = yes / answers;
                let chance = 2.0 * prevalence * (1.0 - prevalence);
                (share - chance) / (1.0 - chance)
            }),
        }
    }
}

/// Share of the pairs of answers to a case that are the same, averaged over the
/// cases with two answers or more; `None` if there are none.
pub fn observed_agreement<V: Ord>(units: &[Vec<V>]) -> Option<f64> {
    let shares = units.iter().filter(|unit| unit.len() > 1).map(|unit| {
        let same: f64 = counts(unit).values().map(|n| n * (n - 1.0)).sum();
        let given = unit.len() as f64;
        Some(same / (given * (given - 1.0)))
    });
    mean_of_defined(shares)
}

/// Gwet's AC1 (2008) for nominal values, any number of reviewers and missing answers:
/// agreement beyond a chance that shrinks as one value prevails. `units` contains the
/// answers to each case; `values` is the number of values, at least two. `None` if no
/// case has two answers.
pub fn gwet_ac1<V: Ord>(units: &[Vec<V>], values: usize) -> Option<f64> {
    let share = observed_agreement(units)?;
    let answered: Vec<&Vec<V>> = units.iter().filter(|unit| !unit.is_empty()).collect();
    let mut prevalence: BTreeMap<&V, f64> = BTreeMap::new();
    for unit in &answered {
        for (value, n) in counts(unit) {
            *prevalence.entry(value).or_default() += n / unit.len() as f64;
        }
    }
    let cases = answered.len() as f64;
    let spread: f64 = prevalence.values().map(|sum| sum / cases * (1.0 - sum / cases)).sum();
    let chance = spread / (values.max(2) - 1) as f64;
    Some((share - chance) / (1.0 - chance))
}

/// Krippendorff's alpha for nominal values, any number of annotators and missing answers:
/// `units` contains one entry per annotator for each case. One minus the ratio of
/// observed to expected disagreement, both from the coincidences of values within cases
/// (Krippendorff 2011). Cases with fewer than two answers are left out; undefined if all
/// remaining answers are the same or there are none.
pub fn krippendorff_alpha<V: Ord>(units: impl IntoIterator<Item = Vec<Option<V>>>) -> Option<f64> {
    let mut totals: BTreeMap<V, f64> = BTreeMap::new();
    let (mut answers, mut observed) = (0.0, 0.0);
    for unit in units {
        let mut counts: BTreeMap<V, f64> = BTreeMap::new();
        for value in unit.into_iter().flatten() {
            *counts.entry(value).or_default() += 1.0;
        }
        let given: f64 = counts.values().sum();
        if given < 2.0 {
            continue;
        }
        // Ordered pairs of unlike answers, each case weighing as its answers.
        observed += counts.values().map(|n| n * (given - n)).sum::<f64>() / (given - 1.0);
        answers += given;
        for (value, n) in counts {
            *totals.entry(value).or_default() += n;
        }
    }
    let expected: f64 = totals.values().map(|n| n * (answers - n)).sum();
    ratio(observed * (answers - 1.0), expected).map(|disagreement| 1.0 - disagreement)
}

/// Krippendorff's alpha on one trend, for any number of annotators: `units` contains each
/// annotator's trends for each case, or `None` if they did not label it.
pub fn alpha_of_trend(units: &[Vec<Option<TrendSet>>], trend: TrendId) -> Option<f64> {
    let answer = |set: &Option<TrendSet>| set.as_ref().map(|set| set.contains(trend));
    krippendorff_alpha(units.iter().map(|unit| unit.iter().map(answer).collect()))
}

fn counts<V: Ord>(unit: &[V]) -> BTreeMap<&V, f64> {
    let mut counts = BTreeMap::new();
    for value in unit {
        *counts.entry(value).or_insert(0.0) += 1.0;
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Outcome;

    fn close(found: Option<f64>, expected: f64, tolerance: f64) {
        let found = found.unwrap();
        assert!((found - expected).abs() < tolerance, "{found} instead of {expected}");
    }

    fn columns(rows: &[&str]) -> Vec<Vec<Option<char>>> {
        let cell = |row: &&str, i: usize| row.chars().nth(i).filter(|&c| c != '.');
        (0..rows[0].len()).map(|i| rows.iter().map(|row| cell(row, i)).collect()).collect()
    }

    #[test]
    fn alpha_is_that_of_krippendorffs_examples() {
        // Krippendorff (2011), sections A (two observers, binary) and C (four
        // observers, nominal, missing answers).
        let binary = columns(&["0100000010", "1110010000"]);
        close(krippendorff_alpha(binary.clone()), 0.095, 5e-4);
        let nominal = columns(&["123321412...", "1233224125.3", ".3332342251.", "12332441251."]);
        close(krippendorff_alpha(nominal), 0.743, 5e-4);

        let mut table = YesNoTable::default();
        for pair in binary {
            table.add(pair[0] == Some('1'), pair[1] == Some('1'));
        }
        close(table.agreement().alpha, 0.095, 5e-4);
    }

    #[test]
    fn figures_of_a_table_follow_by_hand() {
        // Of 50 cases 20 yes-yes, 5 yes-no, 10 no-yes, 15 no-no. Agreement 0.7;
        // kappa (0.7 - 0.5) / 0.5; AC1 with prevalence 0.55: chance 0.495.
        let table = YesNoTable { both: 20, only_first: 5, only_second: 10, neither: 15 };
        let found = table.agreement();
        close(found.share, 0.7, 1e-15);
        close(found.kappa, 0.4, 1e-15);
        close(found.f1, 40.0 / 55.0, 1e-15);
        close(found.ac1, (0.7 - 0.495) / 0.505, 1e-15);
    }

    #[test]
    fn a_prevailing_answer_makes_kappa_fall_and_ac1_not() {
        // The paradox that AC1 is made for. By hand: share 118/125 = 0.944;
        // kappa's chance (123 x 120 + 2 x 5) / 125^2 = 0.94528, so kappa -0.0234;
        // prevalence 0.972, chance 0.054432, so AC1 0.9408.
        let table = YesNoTable { both: 118, only_first: 5, only_second: 2, neither: 0 };
        let found = table.agreement();
        close(found.kappa, -0.0234, 5e-5);
        close(found.ac1, 0.9408, 5e-5);
    }

    #[test]
    fn kappa_equals_that_of_scikit_learn() {
        #[derive(Deserialize)]
        struct Scenario {
            outcomes: Vec<Outcome>,
            expected: Expected,
        }
        #[derive(Deserialize)]
        struct Expected {
            cohen_kappa: Vec<Option<f64>>,
        }
        let text = include_str!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/fixtures/evaluation/metrics.json"
        ));
        for Scenario { outcomes, expected } in serde_json::from_str::<Vec<Scenario>>(text).unwrap()
        {
            let trends = expected.cohen_kappa.len();
            let found = between(outcomes.iter().map(|o| (&o.gold, &o.suggested)), trends);
            for (found, expected) in found.per_trend.iter().zip(expected.cohen_kappa) {
                match expected {
                    Some(expected) => close(found.kappa, expected, 1e-12),
                    None => assert_eq!(found.kappa, None),
                }
            }
        }
    }

    #[test]
    fn annotators_who_always_say_no_agree_by_share_alone() {
        let none = TrendSet::default();
        let found = between([(&none, &none), (&none, &none)], 1);
        let expected =
            Agreement { f1: None, share: Some(1.0), kappa: None, alpha: None, ac1: Some(1.0) };
        assert_eq!((found.cases, found.per_trend[0], found.macro_average), (2, expected, expected));
        assert_eq!(between([], 1).per_trend[0].share, None);
    }

    #[test]
    fn alpha_of_a_trend_leaves_out_cases_that_one_annotator_labelled_alone() {
        let set = |yes: bool| Some(yes.then_some(TrendId(0)).into_iter().collect::<TrendSet>());
        let mut units = vec![
            vec![set(true), set(true), None],
            vec![set(false), None, set(false)],
            vec![set(true), set(false), set(true)],
        ];
        let before = alpha_of_trend(&units, TrendId(0));
        units.push(vec![None, set(true), None]);
        assert_eq!(alpha_of_trend(&units, TrendId(0)), before);
        // By hand: observed 2 unlike ordered pairs of the third case x 2 / (3 - 1)
        // = 2; yes 4, no 3 of 7: expected 24; 1 - 2 x 6 / 24.
        close(before, 0.5, 1e-15);
        assert_eq!(alpha_of_trend(&[], TrendId(0)), None);
    }

    /// Krippendorff's four observers of twelve units (2011, section C), which
    /// Gwet uses too ("Handbook of Inter-Rater Reliability", 2014, table 2.10;
    /// `cac.raw4raters` of the R package irrCAC).
    fn four_raters() -> Vec<Vec<char>> {
        let rows = ["123321412...", "1233224125.3", ".3332342251.", "12332441251."];
        let answers = |i| rows.iter().filter_map(move |row| row.chars().nth(i));
        (0..12).map(|i| answers(i).filter(|&c| c != '.').collect()).collect()
    }

    #[test]
    fn figures_are_those_published_for_four_raters_with_missing_answers() {
        close(observed_agreement(&four_raters()), 0.818_18, 5e-6);
        close(gwet_ac1(&four_raters(), 5), 0.775_44, 5e-6);
    }

    #[test]
    fn figures_of_two_reviewers_follow_by_hand() {
        // Of 50 cases 20 yes-yes, 15 that differ, 15 no-no: 0.7 agree; prevalence
        // 0.55, chance 0.495.
        let mut units = vec![vec![true, true]; 20];
        units.extend(vec![vec![true, false]; 15]);
        units.extend(vec![vec![false, false]; 15]);
        close(observed_agreement(&units), 0.7, 1e-12);
        close(gwet_ac1(&units, 2), (0.7 - 0.495) / 0.505, 1e-12);
        let pairs = units.into_iter().map(|unit| unit.into_iter().map(Some).collect());
        // Alpha: 30 unlike ordered pairs; expected 2 x 55 x 45 / 99 = 50.
        close(krippendorff_alpha(pairs.collect::<Vec<_>>()), 1.0 - 30.0 / 50.0, 1e-12);
    }

    #[test]
    fn without_two_answers_to_a_case_there_is_no_figure() {
        assert_eq!((observed_agreement(&[vec![1]]), gwet_ac1(&[vec![1]], 2)), (None, None));
    }
}
