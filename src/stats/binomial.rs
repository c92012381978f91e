//! The lower tail of the binomial distribution, also of counts that are not whole.

/// Returns the probability of at most `successes` in `trials` of probability `p` each:
/// the regularised incomplete beta function `I(1 - p; trials - successes,
/// successes + 1)`, which is defined for any counts.
///
/// By its continued fraction (Abramowitz and Stegun 26.5.8), evaluated by the
/// method of Lentz (1976).
pub(crate) fn binomial_tail(successes: f64, trials: f64, p: f64) -> f64 {
    if successes >= trials {
        return 1.0;
    }
    incomplete_beta(1.0 - p, trials - successes, successes + 1.0)
}

fn incomplete_beta(x: f64, a: f64, b: f64) -> f64 {
    let logarithm = libm::lgamma(a + b) - libm::lgamma(a) - libm::lgamma(b)
        + a * libm::log(x)
        + b * libm::log1p(-x);
    let front = libm::exp(logarithm);
    // The fraction converges quickly only on this side of the mean.
    let value = if x < (a + 1.0) / (a + b + 2.0) {
        front * fraction(x, a, b) / a
    } else {
        1.0 - front * fraction(1.0 - x, b, a) / b
    };
    value.clamp(0.0, 1.0)
}

fn fraction(x: f64, a: f64, b: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let kept = |value: f64| if value.abs() < TINY { TINY } else { value };
    let mut c = 1.0;
    let mut d = 1.0 / kept(1.0 - (a + b) * x / (a + 1.0));
    let mut value = d;
    for m in 1..1000 {
        let m = f64::from(m);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        let mut change = 1.0;
        for term in [even, odd] {
            d = 1.0 / kept(1.0 + term * d);
            c = kept(1.0 + term / c);
            change = c * d;
            value *= change;
        }
        if (change - 1.0).abs() < 1e-14 {
            break;
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_counts_have_the_sum_of_their_probabilities() {
        // By hand: 3 trials at 0.1: 0.729 + 3 * 0.1 * 0.81 = 0.972.
        assert!((binomial_tail(0.0, 3.0, 0.1) - 0.729).abs() < 1e-12);
        assert!((binomial_tail(1.0, 3.0, 0.1) - 0.972).abs() < 1e-12);
        for (k, n, p) in [(0, 29, 0.1), (7, 20, 0.3), (22, 400, 0.1), (30, 40, 0.5_f64)] {
            let mut probability = (1.0 - p).powi(n);
            let mut sum = probability;
            for i in 0..k {
                probability *= f64::from(n - i) / f64::from(i + 1) * p / (1.0 - p);
                sum += probability;
            }
            let found = binomial_tail(f64::from(k), f64::from(n), p);
            assert!((found - sum).abs() < 1e-10, "{k} of {n} at {p}: {found} {sum}");
        }
    }

    #[test]
    fn it_rises_with_the_successes_between_whole_counts_too() {
        let tails: Vec<f64> =
            (0..60).map(|i| binomial_tail(f64::from(i) / 4.0, 57.5, 0.1)).collect();
        assert!(tails.is_sorted() && tails[0] > 0.0, "{tails:?}");
        assert_eq!(binomial_tail(5.0, 5.0, 0.2), 1.0);
    }
}
