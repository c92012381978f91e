//! What the gate asks of a challenger.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// Tolerated losses of a challenger.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct GateParams {
    /// Loss in macro F1, at the stated confidence.
    pub margin: f64,
    /// One-sided confidence for macro F1.
    pub confidence: f64,
    /// Loss in F1 of any trend, as measured; without gold labels, only if it is
    /// statistically significant.
    pub trend_margin: f64,
    /// Increase in calibration error (macro), as measured.
    pub calibration_margin: f64,
    /// Tolerated decrease, without a warning, in the share of trends that accepts find
    /// and in the share of decided pairs.
    pub triage_margin: f64,
    /// Minimum number of blind-check answers for a comparison without gold labels.
    pub least_answers: usize,
}

impl Default for GateParams {
    fn default() -> Self {
        Self {
            margin: 0.01,
            confidence: 0.95,
            trend_margin: 0.05,
            calibration_margin: 0.05,
            triage_margin: 0.1,
            least_answers: 30,
        }
    }
}

impl GateParams {
    /// Checks the values.
    ///
    /// # Errors
    /// [`Error::BadParam`] that names the first invalid one.
    pub fn check(&self) -> Result<()> {
        let margins = [
            ("margin", self.margin),
            ("trend_margin", self.trend_margin),
            ("calibration_margin", self.calibration_margin),
            ("triage_margin", self.triage_margin),
        ];
        let bad = |name, value: f64, remedy: &'static str| {
            Err(Error::BadParam { name, value: value.to_string(), remedy: remedy.into() })
        };
        if let Some((name, value)) = margins.into_iter().find(|(_, m)| !(0.0..=1.0).contains(m)) {
            return bad(name, value, "give a share between 0 and 1");
        }
        // At 0.5 the interval would have no width.
        if !(self.confidence > 0.5 && self.confidence < 1.0) {
            return bad("confidence", self.confidence, "give a share above 0.5 and below 1");
        }
        Ok(())
    }
}

impl GateParams {
    /// Returns the level of the two-sided interval with a lower limit of this one-sided
    /// confidence.
    pub(super) fn level(&self) -> f64 {
        (1e9 * (2.0 * self.confidence - 1.0)).round() / 1e9
    }
}
