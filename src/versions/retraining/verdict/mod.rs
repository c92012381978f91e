//! The gate: decides whether a challenger may replace the champion, and gives reasons.

mod params;
mod triage;
mod words;

pub use params::GateParams;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::comparison::Comparison;
use super::direction::{Direction, DirectionFinding, Unlikely};

use crate::decision::TriageSummary;
use crate::error::Result;
use crate::evaluate::interval::BootstrapParams;
use crate::evaluate::paired::{self, Difference};
use crate::evaluate::protocol::mean_metrics;
use crate::evaluate::shared::SharedTrends;
use crate::metrics::{Figure, Metrics, TrendMetrics};
use crate::taxonomy::{Taxonomy, TrendSet};
use triage::of_triage;

/// Minimum number of decisions for figures.
const FEW: usize = 10;

/// Maximum number of decisions to check first.
const LOOK_AT: usize = 10;

/// The verdict on whether a challenger may replace the champion.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Verdict {
    /// Version of the champion that it was compared with; empty if it has none.
    #[serde(default)]
    pub champion: String,
    /// The requirements.
    pub params: GateParams,
    /// Number of cases on which both were scored.
    pub cases: usize,
    /// Number of these from a random sample (the blind check).
    pub audit: usize,
    /// Macro F1, micro F1, mean average precision, then F1 of every trend.
    pub differences: Vec<Difference>,
    /// Calibration error (macro) of the champion and of the challenger.
    pub calibration: [Option<f64>; 2],
    /// Estimated number of further blind-check answers needed for a verdict, if there are
    /// no gold labels; 0 otherwise.
    #[serde(default)]
    pub answers_needed: usize,
    /// Observed and expected numbers of assigned trends; `None` without new decisions or
    /// with too few gold labels.
    #[serde(default)]
    pub direction: Option<Direction>,
    /// Triage results of champion and challenger on the scored cases, counted once per
    /// repeat.
    #[serde(default)]
    pub triage: Option<[TriageSummary; 2]>,
    /// Out-of-fold macro F1, micro F1 and mean average precision on the newly decided
    /// cases. These figures do not affect the verdict.
    #[serde(default)]
    pub on_decisions: Vec<Difference>,
    /// Trends that the champion does not know, with the challenger's figures.
    #[serde(default)]
    pub new_trends: Vec<TrendMetrics>,
    /// Reasons against replacing the champion; empty if it may.
    pub reasons: Vec<String>,
    /// Warnings that do not prevent the replacement.
    #[serde(default)]
    pub warnings: Vec<String>,
    /// Ids of the decisions to check first, if there is a reason or a warning.
    #[serde(default)]
    pub look_at: Vec<String>,
    /// Who decided those, and what of it the champion finds unlikely.
    #[serde(default)]
    pub unlikely: Vec<Unlikely>,
}

impl Verdict {
    /// Returns the verdict if there is too little to compare on, with this number of
    /// blind-check answers.
    pub(super) fn undecided(answers: usize, version: &str, params: &GateParams) -> Self {
        let needed = params.least_answers.saturating_sub(answers);
        let found = match answers {
            1 => "1 answer of the blind check".to_owned(),
            _ => format!("{answers} answers of the blind check"),
        };
        Self {
            champion: version.to_owned(),
            params: params.clone(),
            cases: answers,
            audit: answers,
            differences: Vec::new(),
            calibration: [None; 2],
            answers_needed: needed,
            direction: None,
            triage: None,
            on_decisions: Vec::new(),
            new_trends: Vec::new(),
            warnings: Vec::new(),
            look_at: Vec::new(),
            unlikely: Vec::new(),
            reasons: vec![format!(
                "there is no labelled case to compare on, and only {found}: {needed} more are \
                 needed, {} in all",
                params.least_answers
            )],
        }
    }

    pub(super) fn of(
        compared: &Comparison,
        version: &str,
        (taxonomy, new): (&Taxonomy, &TrendSet),
        params: &GateParams,
    ) -> Result<Self> {
        let of_new = mean_metrics(&compared.challenger, taxonomy)?.per_trend;
        let shared = SharedTrends::without(taxonomy, new);
        let taxonomy = &shared.taxonomy;
        let mut figures = vec![Figure::MacroF1, Figure::MicroF1, Figure::MacroAveragePrecision];
        figures.extend(taxonomy.iter().map(|(id, _)| Figure::TrendF1(id)));
        // Returns the lower limit of a two-sided interval, for one-sided confidence.
        let bootstrap = BootstrapParams { level: params.level(), ..BootstrapParams::default() };
        let (challenger, champion) =
            (&shared.outcomes(&compared.challenger), &shared.outcomes(&compared.champion));
        let on_decisions = match &compared.decisions {
            [theirs, ours] if theirs.first().is_some_and(|cases| cases.len() >= FEW) => {
                let figures = &figures[..3];
                let (ours, theirs) = (shared.outcomes(ours), shared.outcomes(theirs));
                paired::differences(&ours, &theirs, taxonomy.len(), figures, &bootstrap)?
            }
            _ => Vec::new(),
        };
        let differences =
            paired::differences(challenger, champion, taxonomy.len(), &figures, &bootstrap)?;
        let calibration_error = |metrics: Metrics| metrics.overall.calibration_error.macro_average;
        let calibration = [
            calibration_error(mean_metrics(champion, taxonomy)?),
            calibration_error(mean_metrics(challenger, taxonomy)?),
        ];
        let mut verdict = Self {
            champion: version.to_owned(),
            params: params.clone(),
            cases: champion.first().map_or(0, Vec::len),
            audit: compared.audit,
            differences,
            calibration,
            answers_needed: 0,
            direction: compared.direction(taxonomy),
            triage: Some(compared.triage.clone()),
            on_decisions,
            new_trends: new.iter().filter_map(|id| of_new.get(id.index()).cloned()).collect(),
            reasons: Vec::new(),
            warnings: Vec::new(),
            look_at: Vec::new(),
            unlikely: Vec::new(),
        };
        if verdict.has_only_answers() {
            verdict.answers_needed = verdict.answers_for_decision();
        }
        verdict.reasons = verdict.find_reasons(taxonomy);
        let repeats = champion.len().max(1);
        if let Some(triage) = verdict.triage.clone() {
            let (reasons, warnings) =
                of_triage(&triage, &compared.promise, repeats, params.triage_margin);
            verdict.reasons.extend(reasons);
            verdict.warnings.extend(warnings);
        }
        if let Some(direction) = &verdict.direction {
            verdict.reasons.extend(direction.sentences(DirectionFinding::Refuse, taxonomy));
            verdict.warnings.extend(direction.sentences(DirectionFinding::Warn, taxonomy));
        }
        verdict.warnings.extend(compared.unchecked(&verdict.direction));
        verdict.warnings.extend(words::of_repeats(&compared.repeats));
        if !verdict.reasons.is_empty() || !verdict.warnings.is_empty() {
            let repeats = compared.repeats.iter().map(|(id, _)| id);
            let of_direction = verdict.direction.iter().flat_map(|found| &found.look_at);
            let named: Vec<String> = repeats.chain(of_direction).cloned().collect();
            verdict.unlikely = compared.to_look_at(&named, LOOK_AT, taxonomy);
            verdict.look_at = verdict.unlikely.iter().map(|found| found.id.clone()).collect();
        }
        Ok(verdict)
    }

    /// Returns whether the challenger may replace the champion.
    pub fn passes(&self) -> bool {
        self.reasons.is_empty()
    }

    /// Returns the limits of the difference in macro F1.
    pub fn macro_f1_limits(&self) -> Option<[f64; 2]> {
        let found = self.differences.iter().find(|d| d.figure == Figure::MacroF1)?;
        Some([found.lower?, found.upper?])
    }

    /// Returns whether there are no gold labels, so that both were scored on blind-check
    /// answers only.
    fn has_only_answers(&self) -> bool {
        self.cases == self.audit
    }

    /// Estimates the number of further answers until the interval of macro F1 leaves the
    /// margin, if the difference stays the same. Its width falls with the square root of
    /// the number of answers.
    fn answers_for_decision(&self) -> usize {
        let found = self.differences.iter().find(|d| d.figure == Figure::MacroF1);
        let Some((difference, lower)) = found.and_then(|d| Some((d.difference?, d.lower?))) else {
            return 0;
        };
        let (room, width) = (difference + self.params.margin, difference - lower);
        if room <= 0.0 || width <= room {
            return 0;
        }
        let needed = self.cases as f64 * (width / room).powi(2);
        (needed.ceil() as usize).saturating_sub(self.cases)
    }

    pub(super) fn find_reasons(&self, taxonomy: &Taxonomy) -> Vec<String> {
        let params = &self.params;
        let mut reasons = Vec::new();
        for d in &self.differences {
            match (d.figure, d.lower, d.difference) {
                (Figure::MacroF1, Some(lower), _) if lower >= -params.margin => {}
                (Figure::MacroF1, Some(lower), _) => {
                    let more = match self.answers_needed {
                        0 => String::new(),
                        more => {
                            format!("; about {more} more answers of the blind check would decide")
                        }
                    };
                    reasons.push(format!(
                        "macro F1 may be worse by {:.3}, more than the margin of {}{more}",
                        -lower, params.margin
                    ));
                }
                (Figure::MacroF1, None, _) => {
                    reasons.push("macro F1 cannot be compared: too few cases".into());
                }
                // A few blind-check answers give little information about one trend.
                (Figure::TrendF1(_), ..) if self.has_only_answers() && d.upper >= Some(0.0) => {}
                (Figure::TrendF1(id), _, Some(change)) if change < -params.trend_margin => {
                    reasons.push(format!(
                        "F1 of {} falls by {:.3}, more than {}",
                        taxonomy.key(id),
                        -change,
                        params.trend_margin
                    ));
                }
                _ => {}
            }
        }
        if let [Some(before), Some(after)] = self.calibration
            && after > before + params.calibration_margin
        {
            reasons.push(format!(
                "the calibration error rises from {before:.3} to {after:.3}, by more than {}",
                params.calibration_margin
            ));
        }
        reasons
    }
}
