//! The trend landscape of a batch: a summary of its cases. [`Batch::open`] reads tagged or
//! gold-labelled files, [`Landscape::of`] computes all figures, and each view is a function
//! of them: one page (`pages::landscape::page`), a workbook (`pages::landscape::workbook`),
//! or JSON by way of serde.

pub(crate) mod batch;
pub(crate) mod breakdown;
pub(crate) mod change;
pub(crate) mod geography;
pub(crate) mod quantify;
mod shuffled;
mod similarity;
pub(crate) mod terms;
pub(crate) mod together;
pub(crate) mod typical;
pub(crate) mod unfit;

pub use batch::{Batch, BatchCase, Labels, Source};
pub use breakdown::{Breakdown, Group, Kind};
pub use change::{Change, TrendChange};
pub use quantify::{Correction, Frequency, HeldOut};
pub use terms::{Term, TermFigures};
pub use together::{Combination, Pair, Together};
pub use typical::{Example, TrendExamples};
pub use unfit::{Unfit, UnfitCase, UnfitGroup, UnfitRule};

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use geography::Countries;
use quantify::Counting;
use terms::Words;

use crate::error::Result;
use crate::text::TextParams;

/// Options of a landscape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LandscapeParams {
    /// Columns to group by, or "region" and "subregion", which are made from the
    /// country; if empty: year, country, region and level.
    pub by: Vec<String>,
    /// The column with the year.
    pub year_column: String,
    /// The column with the country, as a name or an ISO 3166 code.
    pub country_column: String,
    /// The first recent year. If absent, the latest years that together have a third of
    /// the cases are recent.
    pub since: Option<i32>,
    /// Groups of fewer cases are neither drawn nor tested.
    pub least_cases: usize,
    /// How the texts become words.
    pub text: TextParams,
}

impl Default for LandscapeParams {
    fn default() -> Self {
        Self {
            by: Vec::new(),
            year_column: "year".into(),
            country_column: "country".into(),
            since: None,
            least_cases: 5,
            text: TextParams::default(),
        }
    }
}

/// All figures of a landscape. Serialises to a stable JSON schema: keys may be
/// added under the same `schema`, none is renamed or removed.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Landscape {
    /// Version of the schema.
    pub schema: u32,
    /// The files.
    pub files: Vec<String>,
    /// Names of the batches of a review, if every case belongs to one.
    pub batches: Vec<String>,
    /// The source of the trends.
    pub labels: Labels,
    /// Versions of the models that tagged.
    pub models: Vec<String>,
    /// What tagged each of the files, in their order.
    pub sources: Vec<Source>,
    /// Number of cases.
    pub cases: usize,
    /// How many of them people have read; `None` unless the file says it.
    pub read: Option<usize>,
    /// Who decided how many of them; empty unless the file says it.
    pub decided_by: BTreeMap<String, usize>,
    /// Rows left out because they have no labels.
    pub unlabelled: usize,
    /// Why cases of a finished batch have no final trends, with their number; they are among
    /// the rows left out.
    pub unfinished: BTreeMap<String, usize>,
    /// Number of cases that a review marks as read by nobody, if all labels count as gold.
    pub unread_labels: usize,
    /// Number of cases with a duplicate id.
    pub repeated_ids: usize,
    /// Cases without a trend.
    pub without_trend: usize,
    /// The trends, in the order of the taxonomy.
    pub trends: Vec<TrendFigures>,
    /// By groups.
    pub breakdowns: Vec<Breakdown>,
    /// The usual groups for which there is no column.
    pub absent: Vec<String>,
    /// Change over the years, if it can be measured.
    pub change: Option<Change>,
    /// Why there is none.
    pub no_change: Option<String>,
    /// Which trends go together.
    pub together: Together,
    /// Terms that set trends and years apart; `None` if the files have no text.
    pub terms: Option<TermFigures>,
    /// Typical and unusual cases, one entry per trend; `None` without text.
    pub examples: Option<Vec<TrendExamples>>,
    /// Cases that fit no trend well.
    pub unfit: Unfit,
    /// Groups of fewer cases are neither drawn nor tested.
    pub least_cases: usize,
}

/// How frequent a trend is.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct TrendFigures {
    /// Its key.
    pub key: String,
    /// Its name for people.
    pub name: String,
    /// How frequent it is.
    #[serde(flatten)]
    pub frequency: Frequency,
    /// How its share is corrected.
    pub correction: Option<Correction>,
    /// The errors of the tagger that it was corrected with.
    pub held_out: Option<HeldOut>,
}

impl Landscape {
    /// Returns the name of a trend for people, given its key.
    pub fn name<'l>(&'l self, key: &'l str) -> &'l str {
        let trend = self.trends.iter().find(|trend| trend.key == key);
        trend.map_or(key, |trend| &trend.name)
    }

    /// Computes the landscape of a batch, given the error rates of the model that tagged
    /// it, by trend key if known.
    ///
    /// # Errors
    /// [`crate::Error::BadFile`] if there is no column of a name in
    /// [`LandscapeParams::by`].
    pub fn of(
        batch: &Batch,
        held_out: &BTreeMap<String, HeldOut>,
        params: &LandscapeParams,
    ) -> Result<Self> {
        let counting = Counting::of(batch, held_out);
        let all: Vec<&BatchCase> = batch.cases.iter().collect();
        let trends = batch.taxonomy.iter().map(|(id, trend)| TrendFigures {
            key: trend.key.clone(),
            name: batch.taxonomy.label(id).to_owned(),
            frequency: counting.frequency(id, &all),
            correction: counting.corrections[id.index()],
            held_out: counting.held_out[id.index()],
        });
        let countries = Countries::new();
        let (breakdowns, absent) = breakdown::breakdowns(batch, &counting, &countries, params)?;
        let years = breakdown::by_year(&breakdowns, batch, &counting, &countries, params);
        let change =
            Change::of(batch, years.as_deref(), &counting, params.since, params.least_cases);
        let (change, no_change) = match change {
            Ok(change) => (Some(change), None),
            Err(reason) => (None, Some(reason)),
        };
        let words = Words::of(batch, &params.text);
        let words = (!words.is_empty()).then_some(words);
        let vectors = words.as_ref().map(Words::vectors);
        let periods = change.as_ref().map(|change| &change.members);
        let terms =
            words.as_ref().map(|words| TermFigures::of(batch, words, periods, params.least_cases));
        let examples = vectors.as_ref().map(|vectors| typical::examples(batch, vectors));
        let unfit = Unfit::of(batch, words.as_ref().zip(vectors.as_ref()));
        Ok(Self {
            schema: 1,
            files: batch.files.clone(),
            batches: batch.names.clone(),
            labels: batch.labels,
            models: batch.models.clone(),
            sources: batch.sources.clone(),
            cases: batch.cases.len(),
            read: (batch.labels == Labels::Finished)
                .then(|| batch.cases.iter().filter(|case| case.is_read()).count()),
            decided_by: decided_by(batch),
            unlabelled: batch.unlabelled,
            unfinished: batch.unfinished.clone(),
            unread_labels: match batch.labels {
                Labels::Gold => batch.cases.iter().filter(|case| case.record.is_bulk()).count(),
                Labels::Suggested | Labels::Finished => 0,
            },
            repeated_ids: batch.repeated_ids,
            without_trend: batch.cases.iter().filter(|case| case.trends.is_empty()).count(),
            trends: trends.collect(),
            breakdowns,
            absent,
            change,
            no_change,
            together: Together::of(batch),
            terms,
            examples,
            unfit,
            least_cases: params.least_cases,
        })
    }
}

fn decided_by(batch: &Batch) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for by in batch.cases.iter().filter_map(|case| case.decided_by.clone()) {
        *counts.entry(by).or_default() += 1;
    }
    counts
}
