//! Quality on parts of the cases: by the length of the texts, by the agreement of the
//! annotators, and by the values of columns such as the year.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::annotations::annotations;
use super::interval::{BootstrapParams, Interval, intervals};
use super::landscape::geography::Countries;
use crate::decision::{Triage, Verdict};
use crate::error::Result;
use crate::metrics::calibration::{CalibrationParams, CalibrationTest, Scope, calibration_test};
use crate::metrics::{Figure, Outcome, mean_over_repeats};
use crate::tagger::{Case, Corpus};
use crate::taxonomy::TrendId;
use crate::text::Normalised;

/// Texts of fewer words, over all text columns, are short.
const SHORT: usize = 60;

/// Texts with at least this many words are long.
const LONG: usize = 350;

/// The column whose values lie in regions of the world, which are parts too.
const COUNTRY: &str = "country";

/// Fewest cases with the same value in a column that have figures.
const LEAST_OF_VALUE: usize = 30;

/// A part of the cases.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// Fewer than 60 words.
    Short,
    /// 60 to 349 words.
    Normal,
    /// 350 words or more.
    Long,
    /// The two annotators gave the same trends.
    AnnotatorsAgree,
    /// They gave different ones.
    AnnotatorsDiffer,
    /// Those with this value in this column.
    Value {
        /// Name of the column.
        column: String,
        /// Content of the cell.
        value: String,
    },
}

impl Part {
    /// Name for people.
    pub fn label(&self) -> String {
        let label = match self {
            Self::Short => "short texts (fewer than 60 words)",
            Self::Normal => "normal texts (60 to 349 words)",
            Self::Long => "long texts (350 words or more)",
            Self::AnnotatorsAgree => "annotators agree",
            Self::AnnotatorsDiffer => "annotators differ",
            Self::Value { column, value } => return format!("{column} {value}"),
        };
        label.to_owned()
    }
}

/// The prediction for a case that the tagger had not seen.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged<'o> {
    /// The prediction with the gold trends.
    pub outcome: &'o Outcome,
    /// The verdict of the triage on each trend; empty if unknown.
    pub verdicts: Vec<Verdict>,
}

/// The figures of a part of the cases, as means over the repeats.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Slice {
    /// Which part.
    pub part: Part,
    /// Number of its cases.
    pub cases: usize,
    /// Macro F1, mean average precision, share of exact sets and log loss, with bootstrap
    /// limits.
    pub intervals: Vec<Interval>,
    /// Gold trends per case.
    pub gold: f64,
    /// Suggested trends per case.
    pub suggested: f64,
    /// Trends accepted without a reviewer, over all repeats.
    pub accepted: usize,
    /// How many of them are right.
    pub accepted_right: usize,
    /// The calibration error of the probabilities of all trends, with the error expected
    /// from chance.
    pub calibration: Option<CalibrationTest>,
}

impl<'o> Judged<'o> {
    /// Applies a triage, if there is one, to outcomes.
    pub fn all(outcomes: &'o [Outcome], triage: Option<&Triage>) -> Vec<Self> {
        let verdicts = |outcome: &Outcome| {
            triage.map_or_else(Vec::new, |triage| triage.verdicts(&outcome.probabilities))
        };
        outcomes.iter().map(|outcome| Self { outcome, verdicts: verdicts(outcome) }).collect()
    }
}

impl Slice {
    /// The figures of [`Slice::intervals`], in their order.
    pub const FIGURES: [Figure; 4] =
        [Figure::MacroF1, Figure::MacroAveragePrecision, Figure::SubsetAccuracy, Figure::LogLoss];

    /// Returns the share of the accepted trends that are right.
    pub fn accept_precision(&self) -> Option<f64> {
        crate::stats::ratio(self.accepted_right as f64, self.accepted as f64)
    }

    fn of(part: Part, repeats: &[Vec<&Judged<'_>>], trends: usize) -> Result<Self> {
        let of_repeat = |judged: &Vec<&Judged<'_>>| -> Vec<Outcome> {
            judged.iter().map(|judged| judged.outcome.clone()).collect()
        };
        let outcomes: Vec<Vec<Outcome>> = repeats.iter().map(of_repeat).collect();
        let mean = mean_over_repeats(&outcomes);
        let all = || outcomes.iter().flatten();
        let per_case = |count: usize| count as f64 / all().count().max(1) as f64;
        let accepted = repeats.iter().flatten().flat_map(|judged| {
            let pairs = judged.verdicts.iter().enumerate();
            let accepted = pairs.filter(|(_, verdict)| **verdict == Verdict::Accept);
            accepted.map(|(k, _)| judged.outcome.gold.contains(TrendId(k as u16)))
        });
        let accepted: Vec<bool> = accepted.collect();
        Ok(Self {
            part,
            cases: mean.len(),
            intervals: intervals(&outcomes, trends, &Self::FIGURES, &BootstrapParams::default())?,
            gold: per_case(all().map(|outcome| outcome.gold.len()).sum()),
            suggested: per_case(all().map(|outcome| outcome.suggested.len()).sum()),
            accepted: accepted.len(),
            accepted_right: accepted.into_iter().filter(|&right| right).count(),
            calibration: calibration_test(&mean, Scope::All, &CalibrationParams::default())?,
        })
    }
}

/// Returns the subsets of the tested cases with their figures: those with cases, and
/// values of `columns` with at least 30 cases. `repeats` contains the predictions for the
/// same cases, one set per repeat.
///
/// # Errors
/// As [`intervals`] and [`calibration_test`].
pub fn slices(
    repeats: &[Vec<Judged<'_>>],
    corpus: &Corpus,
    columns: &[&str],
) -> Result<Vec<Slice>> {
    let parts = parts(corpus, columns);
    let mut of_part: BTreeMap<Part, Vec<Vec<&Judged<'_>>>> = BTreeMap::new();
    for (repeat, all) in repeats.iter().enumerate() {
        for judged in all {
            for part in parts.get(judged.outcome.id.as_str()).into_iter().flatten() {
                let slot =
                    of_part.entry(part.clone()).or_insert_with(|| vec![Vec::new(); repeats.len()]);
                slot[repeat].push(judged);
            }
        }
    }
    of_part.retain(|part, repeats| {
        let cases = repeats.first().map_or(0, Vec::len);
        !matches!(part, Part::Value { .. }) || cases >= LEAST_OF_VALUE
    });
    let trends = corpus.taxonomy.len();
    of_part.into_iter().map(|(part, repeats)| Slice::of(part, &repeats, trends)).collect()
}

/// To which parts each case belongs.
fn parts<'c>(corpus: &'c Corpus, columns: &[&str]) -> BTreeMap<&'c str, Vec<Part>> {
    let words =
        |texts: &[String]| texts.iter().map(|text| Normalised::new(text).tokens().count()).sum();
    let countries = Countries::new();
    let by_length = |words: usize| match words {
        0..SHORT => Part::Short,
        SHORT..LONG => Part::Normal,
        _ => Part::Long,
    };
    let of_case = |case: &'c Case| {
        let part = |column: &str, value: String| Part::Value { column: column.to_owned(), value };
        let of_column = |&column: &&str| {
            let value = case.record.get(column).unwrap_or_default().trim().to_owned();
            let region = (column == COUNTRY).then(|| countries.find(&value)?.region.clone());
            let region = region.flatten().map(|region| part("region", region));
            let value = (!value.is_empty()).then(|| part(column, value));
            value.into_iter().chain(region)
        };
        let length = std::iter::once(by_length(words(&case.texts)));
        (case.id.as_str(), length.chain(columns.iter().flat_map(of_column)).collect())
    };
    let mut parts: BTreeMap<&str, Vec<Part>> = corpus.cases.iter().map(of_case).collect();
    for (id, first, second) in annotations(corpus) {
        let part = if first == second { Part::AnnotatorsAgree } else { Part::AnnotatorsDiffer };
        parts.entry(id).or_default().push(part);
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tables::{ReadOptions, Rows};

    /// Four cases of 5, 60, 349 and 350 words; two have labels of both annotators.
    fn corpus() -> Corpus {
        let text = |words: usize| vec!["word"; words].join(" ");
        let csv = format!(
            "id,title,summary,description,annotation_1,annotation_2,trends\na,,,{},x,x,x\n\
             b,one two,,{},x,x;y,x\nc,,,{},,,y\nd,,,{},y,,y\n",
            text(5),
            text(58),
            text(349),
            text(350)
        );
        let options = ReadOptions::default();
        let rows = Rows::from_reader(std::io::Cursor::new(csv), "c.csv", &options).unwrap();
        Corpus::from_rows(rows, &options, None).unwrap().0
    }

    #[test]
    fn cases_are_parted_by_the_words_of_all_columns_and_by_their_annotators() {
        use Part::{AnnotatorsAgree, AnnotatorsDiffer, Long, Normal, Short};
        let corpus = corpus();
        let expected = [
            ("a", vec![Short, AnnotatorsAgree]),
            ("b", vec![Normal, AnnotatorsDiffer]),
            ("c", vec![Normal]),
            ("d", vec![Long]),
        ];
        assert_eq!(parts(&corpus, &[]), expected.into_iter().collect());
        let value = Part::Value { column: "title".into(), value: "one two".into() };
        let by_title = parts(&corpus, &["title", "country"]);
        assert_eq!((by_title["b"].contains(&value), by_title["a"].len()), (true, 2));
    }

    #[test]
    fn figures_of_a_part_are_those_of_its_cases_alone() {
        let corpus = corpus();
        let [x, y]: [TrendId; 2] = [0, 1].map(TrendId);
        let outcome = |(case, suggested): (usize, TrendId)| Outcome {
            id: corpus.cases[case].id.clone(),
            gold: corpus.cases[case].gold.clone().unwrap(),
            suggested: [suggested].into_iter().collect(),
            probabilities: vec![0.6, 0.4],
        };
        // Right, wrong, right, wrong.
        let outcomes: Vec<Outcome> = [(0, x), (1, y), (2, y), (3, x)].map(outcome).into();
        let verdicts = vec![Verdict::Accept, Verdict::Ask];
        let judged = outcomes.iter().map(|o| Judged { outcome: o, verdicts: verdicts.clone() });
        let repeat: Vec<Judged<'_>> = judged.collect();
        let found = slices(&[repeat.clone(), repeat], &corpus, &["title"]).unwrap();
        let normal = found.iter().find(|slice| slice.part == Part::Normal).unwrap();
        // Of b (x) and c (y), y is suggested for both, and x is accepted for both.
        assert_eq!((normal.cases, normal.gold, normal.suggested), (2, 1.0, 1.0));
        assert_eq!((normal.accepted, normal.accepted_right), (4, 2));
        assert_eq!(normal.accept_precision(), Some(0.5));
        // One of two sets is exact. One case of a trend is too few for an average.
        let value = |i: usize| normal.intervals[i].value;
        assert_eq!((value(0), value(2)), (None, Some(0.5)));
        assert_eq!(found.len(), 5, "a title that one case has is no part");
    }
}
