//! `--against`: the predictions of another model on the same cases, from a file of
//! predictions or a tagged file.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use trendtag::Taxonomy;
use trendtag::evaluate::landscape::{Batch, Labels};
use trendtag::evaluate::predictions::{self, Matched, Prediction};
use trendtag::evaluate::{Evaluation, Learned};
use trendtag::pages::landscape::BatchOptions;
use trendtag::tables::{ReadOptions, Rows};
use trendtag::tagger::{Corpus, Model};

use crate::cli::outputs::{Failures, say};

/// The predictions of another model for the cases, one set per repeat.
pub(super) struct Against {
    predictions: Vec<Vec<Prediction>>,
    /// Versions of the models that tagged the file.
    models: Vec<String>,
}

impl Against {
    /// Reads the file. Called before any long work starts.
    pub(super) fn read(
        path: &Path,
        taxonomy: &Taxonomy,
        id_column: &str,
        failures: &mut Failures,
    ) -> Result<Self> {
        let mut read = ReadOptions::default();
        read.columns.id = id_column.to_owned();
        let mut rows = Rows::open(path, &read)?;
        rows.look_ahead(1);
        let has = |name: &str| rows.columns().iter().any(|column| column == name);
        if has("id") && has("suggested") {
            let predictions = predictions::read(path, taxonomy)?;
            return Ok(Self { predictions, models: Vec::new() });
        }
        read.columns.text.clear();
        let options = BatchOptions {
            read,
            labels: Some(Labels::Suggested),
            taxonomy: Some(taxonomy.clone()),
            ..BatchOptions::default()
        };
        let tagged = Batch::open(&[path.to_owned()], &options)
            .context("give a file that `evaluate --predictions` or `tag` wrote")?;
        let Batch { cases, models, .. } = failures.keep(tagged);
        ensure!(
            !cases.is_empty(),
            "{}: it has no suggestions; give a file that `evaluate --predictions` or `tag` wrote",
            path.display()
        );
        let prediction = |case: trendtag::evaluate::landscape::BatchCase| {
            let certain = |(id, _)| f64::from(u8::from(case.trends.contains(id)));
            let certain = || taxonomy.iter().map(certain).collect();
            Prediction {
                probabilities: case.probabilities.clone().unwrap_or_else(certain),
                id: case.id,
                gold: None,
                suggested: case.trends,
                split: None,
            }
        };
        Ok(Self { predictions: vec![cases.into_iter().map(prediction).collect()], models })
    }

    /// Matches the predictions with an evaluation by case, and reports cases without a
    /// match.
    pub(super) fn matched(&self, evaluation: &Evaluation) -> Result<Matched> {
        let matched = Matched::of(&evaluation.by_split(), &self.predictions)?;
        let counts = [
            (matched.only_ours, "tested cases have no prediction in the file"),
            (matched.only_theirs, "predictions of the file are for cases that were not tested"),
        ];
        for (count, what) in counts.into_iter().filter(|(count, _)| *count > 0) {
            say(&format!("note: {count} {what}; they are left out of the comparison"));
        }
        if matched.other_splits {
            say(
                "note: the predictions come from other folds, so part of the difference is due to chance",
            );
        }
        if matched.ours.len() != matched.theirs.len() {
            say("note: the numbers of repeats differ");
        }
        Ok(matched)
    }

    /// Returns a warning before the comparison: the model that tagged the file has learned from
    /// the cases, or it is unknown whether it has.
    pub(super) fn cautions(&self, corpus: &Corpus, known: Option<&Model>) -> Vec<String> {
        let models: BTreeSet<&String> = self.models.iter().collect();
        let caution = |version: &String| {
            let found = known.filter(|model| model.version == *version);
            let learned = match found {
                Some(model) => Some(Learned::of(&model.tagger, corpus)),
                None => find(version).map(|model| Learned::of(&model.tagger, corpus)),
            };
            match learned {
                Some(learned) => learned.caution(version),
                None => Some(format!(
                    "CAUTION: the model {version}, which tagged the file to compare with, is not \
                     here, so it is not known whether it has learned from these cases."
                )),
            }
        };
        models.into_iter().filter_map(caution).collect()
    }
}

/// Returns the model of a version, if it is built in or among the versions below `models/`.
fn find(version: &str) -> Option<Model> {
    if let Some(model) = Model::built_in().ok().filter(|model| model.version == version) {
        return Some(model);
    }
    let is_id = !version.is_empty() && version.chars().all(|c| c.is_ascii_hexdigit());
    let found = is_id.then(|| glob::glob(&format!("models/*/{version}.safetensors")).ok())??;
    let paths: Vec<PathBuf> = found.flatten().collect();
    paths.iter().find_map(|path| Model::open(path).ok())
}
