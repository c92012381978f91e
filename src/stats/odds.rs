//! Probabilities and log-odds, with the same digits on every system.
//!
//! The exponential function and the logarithm are those of `libm`, as everywhere (clippy sees
//! to it): the ones of a system differ from others in their last digits.

/// Returns the probability of log-odds.
pub(crate) fn sigmoid(z: f64) -> f64 {
    1.0 / (1.0 + libm::exp(-z))
}

/// Returns the log-odds of a probability, kept finite.
pub(crate) fn logit(probability: f64) -> f64 {
    let p = probability.clamp(1e-12, 1.0 - 1e-12);
    libm::log(p / (1.0 - p))
}

/// Returns `log(1 + exp(z))` without overflow.
pub(crate) fn softplus(z: f64) -> f64 {
    z.max(0.0) + libm::log1p(libm::exp(-z.abs()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Computed by mpmath 1.4.1 with 50 digits: `libm` is off by one unit in the last place
    /// at most, which is written out here, as any other digit would be another answer.
    #[test]
    fn the_digits_are_the_same_on_every_system() {
        let values = [-3.3, -0.7, 0.1, 1.9, 12.5];
        assert_eq!(
            values.map(sigmoid),
            [
                0.03557118927263618,
                0.3318122278318339,
                0.52497918747894,
                0.8698915256370021,
                0.9999962733607158
            ]
        );
        assert_eq!(
            values.map(softplus),
            [
                0.036219258870659285,
                0.4031860488854579,
                0.7443966600735709,
                2.0393867582829603,
                12.500003726646229
            ]
        );
    }

    #[test]
    fn extreme_values_stay_finite() {
        assert_eq!([-800.0, 0.0, 800.0].map(sigmoid), [0.0, 0.5, 1.0]);
        assert_eq!([-800.0, 800.0].map(softplus), [0.0, 800.0]);
        assert!(logit(0.5) == 0.0 && logit(0.0).is_finite() && logit(1.0).is_finite());
    }
}
