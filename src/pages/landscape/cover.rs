//! What the page says before anything else: its title, the facts of the batch, and what makes
//! figures that cannot be compared as they are.

use std::collections::BTreeSet;

use crate::evaluate::landscape::{Labels, Landscape, Source};
use crate::pages::kit::Cover;
use crate::pages::kit::format::{counted, listed, percent};

/// Returns the heading of the page: the title that it was given, else the name of the batch.
pub(super) fn title<'t>(landscape: &'t Landscape, cover: &'t Cover) -> &'t str {
    let batch = match landscape.batches.as_slice() {
        [only] => only,
        _ => "Trend landscape",
    };
    cover.title.as_deref().unwrap_or(batch)
}

/// Returns the names of facts, and the facts.
pub(super) fn facts(landscape: &Landscape, cover: &Cover) -> Vec<(&'static str, String)> {
    let batch = match landscape.batches.as_slice() {
        [] => landscape.files.join(", "),
        names => names.join(", "),
    };
    let mut facts = Vec::new();
    if batch != title(landscape, cover) {
        facts.push(("Batch", batch));
    }
    facts.extend([("Cases", cases(landscape)), ("Trends", given_by(landscape.labels).to_owned())]);
    if let Some(read) = landscape.read {
        let share = percent(read as f64 / landscape.cases.max(1) as f64);
        facts.push(("Read by people", format!("{read} ({share})")));
    }
    if !landscape.models.is_empty() {
        facts.push(("Model", landscape.models.join(", ")));
    }
    facts.extend(cover.date.clone().map(|date| ("Date", date)));
    facts
}

fn cases(landscape: &Landscape) -> String {
    match landscape.unfinished.values().sum::<usize>() {
        0 => landscape.cases.to_string(),
        more => format!("{} with final trends, of {}", landscape.cases, landscape.cases + more),
    }
}

fn given_by(labels: Labels) -> &'static str {
    match labels {
        Labels::Gold => "as labelled",
        Labels::Suggested => "as suggested by a model; nobody has confirmed them",
        Labels::Finished => "as decided by reviewers and, where nobody read a case, by a model",
    }
}

/// What has to be known before any figure, in sentences.
pub(super) fn warnings(landscape: &Landscape) -> Vec<String> {
    let mut warnings = Vec::new();
    if landscape.labels == Labels::Gold {
        return warnings;
    }
    let files = || landscape.files.iter().zip(&landscape.sources);
    let names_none = |source: &Source| source.models.is_empty() && !source.trends.is_empty();
    let is_unnamed = landscape.sources.iter().any(names_none);
    if landscape.models.len() > 1 || (is_unnamed && landscape.models.len() == 1) {
        let unnamed = if is_unnamed { "; of some, the model is not named" } else { "" };
        let models = files().filter(|(_, source)| !source.models.is_empty());
        let models = models.map(|(file, source)| format!("{file}: {}", listed(&source.models)));
        warnings.push(format!(
            "The cases were tagged by different models ({}{unnamed}). Models err in different \
             ways, so the shares of their cases cannot be compared as they are. Tag all files with \
             one model to compare them.",
            models.collect::<Vec<_>>().join("; ")
        ));
    }
    let sets = landscape.sources.iter().map(|source| &source.trends).filter(|set| !set.is_empty());
    let sets: BTreeSet<&Vec<String>> = sets.collect();
    if sets.len() > 1 {
        let sizes = files().filter(|(_, source)| !source.trends.is_empty());
        let sizes = sizes
            .map(|(file, source)| format!("{file}: {}", counted(source.trends.len(), "trend")));
        warnings.push(format!(
            "The files were tagged with different sets of trends ({}). A trend that a file does \
             not have counts as absent from its cases, so shares are not comparable.",
            sizes.collect::<Vec<_>>().join("; ")
        ));
    }
    warnings
}
