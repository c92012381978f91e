//! The worst mistakes of an evaluation, each with its texts and evidence.

use super::{Mistake, WrongTrend};
use crate::evaluate::Evaluation;
use crate::evaluate::protocol::{Tested, TestedSplit};
use crate::pages::kit::format::excerpt;
use crate::taxonomy::{TrendId, TrendSet};

/// Mistakes shown on the page.
const MISTAKES: usize = 12;

/// Characters of a text shown with a mistake.
const EXCERPT: usize = 280;

/// Returns the cases of the first repeat on which the tagger was surest and wrong.
pub(super) fn worst(evaluation: &Evaluation) -> Vec<Mistake> {
    let taxonomy = &evaluation.taxonomy;
    let mut worst: Vec<(f64, &Tested)> = Vec::new();
    let first = evaluation.repeats.iter().take(1).flatten();
    for tested in first.flat_map(|split: &TestedSplit| &split.cases) {
        let off = wrong_trends(tested).map(|id| {
            let p = tested.outcome.probabilities[id.index()];
            if tested.outcome.gold.contains(id) { 1.0 - p } else { p }
        });
        if let Some(most) = off.max_by(f64::total_cmp) {
            worst.push((most, tested));
        }
    }
    worst.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.outcome.id.cmp(&b.1.outcome.id)));
    let names = |set: &TrendSet| set.iter().map(|id| taxonomy.label(id).to_owned()).collect();
    let mistake = |(_, tested): &(f64, &Tested)| {
        let outcome = &tested.outcome;
        let texts = evaluation.texts.get(&outcome.id);
        let wrong = |id: TrendId| {
            let evidence =
                tested.evidence.iter().filter(|(trend, _)| *trend == id).flat_map(|(_, e)| e);
            WrongTrend {
                name: taxonomy.label(id).to_owned(),
                probability: outcome.probabilities[id.index()],
                evidence: evidence.map(|e| (e.term.clone(), e.contribution)).collect(),
            }
        };
        Mistake {
            id: outcome.id.clone(),
            title: texts.and_then(|texts| texts.first()).cloned().unwrap_or_default(),
            gold: names(&outcome.gold),
            suggested: names(&outcome.suggested),
            wrong: wrong_trends(tested).map(wrong).collect(),
            excerpt: texts.map_or_else(String::new, |texts| {
                excerpt(&texts.get(1..).unwrap_or_default().join(" "), EXCERPT)
            }),
        }
    };
    worst.iter().take(MISTAKES).map(mistake).collect()
}

/// Returns the trends that are suggested and not gold, or gold and not suggested.
fn wrong_trends(tested: &Tested) -> impl Iterator<Item = TrendId> + '_ {
    let ids = (0..tested.outcome.probabilities.len()).map(|i| TrendId(i as u16));
    ids.filter(|&id| tested.outcome.gold.contains(id) != tested.outcome.suggested.contains(id))
}
