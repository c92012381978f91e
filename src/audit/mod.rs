//! What is probably wrong with a labelled corpus, worst first and with the
//! evidence: labels, contradictions, thin texts, rare trends, leaks.

mod confident;
mod page;
mod texts;
mod vocabulary;

pub use confident::{Suspect, SuspectTrend, TrendNoise};
pub use page::Section;
pub use texts::{Contradiction, ThinText};
pub use vocabulary::Leak;

use std::collections::BTreeSet;
use std::io::Cursor;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::case::{Columns, Corpus, Format, ReadOptions, Rows};
use crate::error::Result;
use crate::evaluation::mean_over_repeats;
use crate::protocol::{cross_validation, outcomes, run};
use crate::tagger::{TaggerParams, TrainingSet};

/// The column with the labels of a case that is to be looked at again.
const GIVEN: &str = "given_trends";

/// How a corpus is audited.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditParams {
    /// Folds of the cross-validation.
    pub folds: usize,
    /// Its repeats on other folds.
    pub repeats: usize,
    /// Seed of the folds.
    pub seed: u64,
    /// Texts with less than this share of the median number of words are thin.
    pub thin: f64,
    /// Trends with fewer cases have little support.
    pub least_support: usize,
}

impl Default for AuditParams {
    fn default() -> Self {
        Self { folds: 5, repeats: 2, seed: 1, thin: 0.25, least_support: 20 }
    }
}

/// What was found in a corpus; every list worst first.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Audit {
    /// Number of labelled cases.
    pub cases: usize,
    /// Per trend, how many labels are probably wrong in each direction; trends
    /// with little support are left out.
    pub noise: Vec<TrendNoise>,
    /// Cases of which a label is probably wrong.
    pub suspects: Vec<Suspect>,
    /// Cases with the same text, or nearly, and different labels.
    pub contradictions: Vec<Contradiction>,
    /// Cases with hardly any text.
    pub thin: Vec<ThinText>,
    /// Trends with little support: key and number of cases.
    pub rare: Vec<(String, usize)>,
    /// Terms that give a label away.
    pub leaks: Vec<Leak>,
}

impl Audit {
    /// Audits the labelled cases of a corpus with a recipe for taggers: what is
    /// said of a case comes from taggers that have not seen it.
    ///
    /// # Errors
    /// As [`TrainingSet::new`], [`cross_validation`] and [`run`].
    pub fn of(corpus: &Corpus, recipe: &TaggerParams, params: &AuditParams) -> Result<Self> {
        let recipe = recipe.quick();
        let set = TrainingSet::new(corpus, &recipe, None)?;
        let repeats = (0..params.repeats as u64)
            .map(|repeat| {
                let seed = params.seed.wrapping_add(repeat);
                let plan = cross_validation(&set, params.folds, None, seed)?;
                // One run's evidence is enough to be shown.
                let evidence = if repeat == 0 { confident::EVIDENCE } else { 0 };
                run(&set, &plan.splits, &recipe, None, evidence, &|| {})
            })
            .collect::<Result<Vec<_>>>()?;
        let mean = mean_over_repeats(&outcomes(&repeats, |tested| tested.outcome.clone()));
        let evidence = repeats.iter().take(1).flatten().flat_map(|split| &split.cases);
        let (mut noise, suspects) = confident::find(&mean, evidence, &corpus.taxonomy);
        let rare = noise.extract_if(.., |noise| noise.support < params.least_support);
        let mut rare: Vec<(String, usize)> = rare.map(|noise| (noise.key, noise.support)).collect();
        rare.sort_by_key(|(_, support)| *support);
        Ok(Self {
            cases: set.len(),
            noise,
            suspects,
            contradictions: texts::contradictions(&set),
            thin: texts::thin(&set, params.thin),
            rare,
            leaks: vocabulary::leaks(&set, &recipe.features.text),
        })
    }

    /// The cases to be looked at again, suspects and contradictions, as rows in
    /// the order of the corpus; their columns are those of the corpus, but the
    /// trends stand in a column `given_trends`, where no reader takes them for a
    /// decision.
    ///
    /// # Errors
    /// As [`Rows::from_reader`].
    pub fn to_look_at(&self, corpus: &Corpus, columns: &Columns) -> Result<Rows> {
        let contradictory = self.contradictions.iter().flat_map(|found| &found.cases);
        let wanted: BTreeSet<&str> = (self.suspects.iter().map(|suspect| suspect.id.as_str()))
            .chain(contradictory.map(|(id, _)| id.as_str()))
            .collect();
        let mut lines = String::new();
        for case in corpus.cases.iter().filter(|case| wanted.contains(case.id.as_str())) {
            let mut row = Map::new();
            row.insert(columns.id.clone(), case.id.clone().into());
            for (name, cell) in case.row.values().filter(|(name, _)| *name != columns.trends) {
                row.entry(name).or_insert_with(|| cell.into());
            }
            if let Some(gold) = &case.gold {
                row.insert(GIVEN.to_owned(), corpus.taxonomy.format_cell(gold).into());
            }
            lines.push_str(&Value::Object(row).to_string());
            lines.push('\n');
        }
        let options = ReadOptions {
            format: Some(Format::Jsonl),
            columns: columns.clone(),
            ..ReadOptions::default()
        };
        Rows::from_reader(Cursor::new(lines), "suspects", &options)
    }

    /// The findings as one HTML page that needs no network and no script.
    ///
    /// # Errors
    /// [`crate::Error::Report`] if it cannot be rendered.
    pub fn to_html(&self, file: &str) -> Result<String> {
        page::render(self, file)
    }
}
