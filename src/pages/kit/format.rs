//! Numbers as the page writes them.

/// The placeholder for an undefined figure.
pub(crate) const DASH: &str = "–";

/// Three decimals, or a dash.
pub(crate) fn number(value: Option<f64>) -> String {
    decimals(value, 3)
}

/// Two decimals, or a dash: precise enough for a sentence.
pub(crate) fn short(value: Option<f64>) -> String {
    decimals(value, 2)
}

/// Two decimals with the sign: a weight or a contribution (by reference, as the
/// template has it).
pub(crate) fn signed(value: &f64) -> String {
    let text = short(Some(*value));
    if *value > 0.0 { format!("+{text}") } else { text }
}

/// Returns a share, or the difference of two, as a percentage: rounded, with one decimal near 0
/// and 1.
pub(crate) fn percent(share: f64) -> String {
    let tenths = (1000.0 * share.abs()).round() / 10.0;
    let digits = usize::from(!(10.0..=90.0).contains(&tenths) && tenths.fract() != 0.0);
    // A value that is rounded to zero has no sign.
    let sign = if share < 0.0 && tenths > 0.0 { "−" } else { "" };
    // The space keeps number and percent sign on one line.
    format!("{sign}{tenths:.digits$}\u{a0}%")
}

/// Returns a percentage, or a dash.
pub(crate) fn percent_or_dash(share: Option<f64>) -> String {
    share.map_or_else(|| DASH.to_owned(), percent)
}

/// Returns a p-value, or a dash.
pub(crate) fn p_value(p: Option<f64>) -> String {
    match p {
        Some(p) if p < 0.001 => "<\u{a0}0.001".to_owned(),
        p => number(p),
    }
}

/// `count` and the word for it, in the plural unless it is one.
pub(crate) fn counted(count: usize, word: &str) -> String {
    if count == 1 { format!("1 {word}") } else { format!("{count} {word}s") }
}

/// Items in a sentence: "a", "a and b", "a, b and c".
pub(crate) fn listed<S: AsRef<str>>(items: &[S]) -> String {
    let items: Vec<&str> = items.iter().map(AsRef::as_ref).collect();
    match items.as_slice() {
        [] => "none".to_owned(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

fn decimals(value: Option<f64>, digits: usize) -> String {
    match value.filter(|value| value.is_finite()) {
        None => DASH.to_owned(),
        Some(value) => {
            let text = format!("{:.digits$}", value.abs());
            let is_zero = text.bytes().all(|byte| matches!(byte, b'0' | b'.'));
            if value < 0.0 && !is_zero { format!("−{text}") } else { text }
        }
    }
}

/// Returns a range of years in words.
pub(crate) fn years((first, last): (i32, i32)) -> String {
    if first == last { first.to_string() } else { format!("{first}–{last}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_undefined_is_a_dash_and_minus_zero_is_zero() {
        assert_eq!(number(None), "–");
        assert_eq!(number(Some(f64::NAN)), "–");
        assert_eq!(number(Some(-0.0001)), "0.000");
        assert_eq!(short(Some(-0.126)), "−0.13");
    }

    #[test]
    fn percentages_are_whole_where_a_decimal_says_little() {
        let written = [0.0, 0.0194, 0.1, 0.6249, 0.95, 0.996, 1.0].map(percent);
        let plain = written.map(|text| text.replace('\u{a0}', " "));
        assert_eq!(plain, ["0 %", "1.9 %", "10 %", "62 %", "95 %", "99.6 %", "100 %"]);
        let below = [-0.1, -0.0194, -0.0001, -1e-17].map(percent);
        assert_eq!(below, ["−10\u{a0}%", "−1.9\u{a0}%", "0\u{a0}%", "0\u{a0}%"]);
    }

    #[test]
    fn lists_read_as_sentences_do() {
        assert_eq!(listed(&["a", "b", "c"]), "a, b and c");
        assert_eq!(listed(&["a"]), "a");
        assert_eq!(listed::<&str>(&[]), "none");
    }
}
