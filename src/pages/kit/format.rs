//! Numbers as the page writes them.

use crate::stats::Estimate;

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

/// Returns a share as a percentage: whole, but with one decimal near 0 and 1, where it matters.
pub(crate) fn percent(share: f64) -> String {
    // The space keeps number and sign on one line.
    format!("{}\u{a0}%", hundredths(share, 99.0))
}

/// A difference of shares in percentage points, with its sign: whole, but with one decimal
/// below 10.
pub(crate) fn points(difference: f64) -> String {
    let tenths = (1000.0 * difference).round() / 10.0;
    let text = match tenths.abs() < 10.0 && tenths.fract() != 0.0 {
        true => format!("{tenths:.1}").replace('-', "−"),
        false => hundredths(difference, f64::INFINITY),
    };
    let sign = if difference > 0.0 && text != "0" { "+" } else { "" };
    format!("{sign}{text}\u{a0}pp")
}

/// Returns a value in hundredths: whole between 1 and `high`, otherwise with one decimal.
fn hundredths(value: f64, high: f64) -> String {
    let exact = 100.0 * value.abs();
    let tenths = (10.0 * exact).round() / 10.0;
    let digits = usize::from(!(1.0..=high).contains(&tenths) && tenths.fract() != 0.0);
    // A value that is rounded to zero has no sign.
    let sign = if value < 0.0 && tenths > 0.0 { "−" } else { "" };
    format!("{sign}{exact:.digits$}")
}

/// Returns a share with its interval in words.
pub(crate) fn share_with_limits(share: Estimate) -> String {
    let [lower, upper] = [share.lower, share.upper].map(percent);
    format!("{} ({lower} to {upper})", percent(share.value))
}

/// Returns a difference of shares with its interval in words.
pub(crate) fn points_with_limits(difference: Estimate) -> String {
    let [lower, upper] = [difference.lower, difference.upper].map(points);
    format!("{} ({lower} to {upper})", points(difference.value))
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

/// Returns the beginning of a text, of at most `most` characters: it ends at a word, and an ellipsis
/// marks the cut.
pub(crate) fn excerpt(text: &str, most: usize) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.chars().count() <= most {
        return text;
    }
    let start: String = text.chars().take(most.max(1)).collect();
    let whole = text.chars().nth(most.max(1)) == Some(' ');
    let end = if whole { Some(start.len()) } else { start.rfind(' ') };
    // A single word that is too long is cut within itself.
    let end = end.unwrap_or_else(|| start.trim_end_matches(|c: char| !c.is_whitespace()).len());
    let kept = if end == 0 { start.as_str() } else { &start[..end] };
    let kept = kept.trim_end_matches(|c: char| c.is_whitespace() || ",;:–-".contains(c));
    format!("{kept}…")
}

/// Returns a text in at most `count` lines of about `width` characters, split at blanks; what has no
/// room is cut at a word.
pub(crate) fn lines(text: &str, width: usize, count: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut words = text.split_whitespace();
    while let Some(word) = words.next() {
        let is_last = lines.len() == count;
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                *line = format!("{line} {word}");
            }
            Some(line) if is_last => {
                let rest: Vec<&str> = std::iter::once(word).chain(words).collect();
                *line = excerpt(&format!("{line} {}", rest.join(" ")), width);
                break;
            }
            _ => lines.push(excerpt(word, width)),
        }
    }
    lines
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
    fn percentages_and_points_are_whole_where_a_decimal_says_little() {
        let written = [0.0, 0.0044, 0.0194, 0.1, 0.6249, 0.95, 0.996, 1.0].map(percent);
        let plain = written.map(|text| text.replace('\u{a0}', " "));
        assert_eq!(plain, ["0 %", "0.4 %", "2 %", "10 %", "62 %", "95 %", "99.6 %", "100 %"]);
        assert_eq!(percent(0.2947), "29\u{a0}%", "it is rounded once");
        let below = [-0.1, -0.0194, -0.0001, -1e-17, 0.123, 0.004].map(points);
        let plain = below.map(|text| text.replace('\u{a0}', " "));
        assert_eq!(plain, ["−10 pp", "−1.9 pp", "0 pp", "0 pp", "+12 pp", "+0.4 pp"]);
    }

    #[test]
    fn an_excerpt_ends_at_a_word() {
        assert_eq!(
            excerpt("opened the drafting of its policy to the public", 42),
            "opened the drafting of its policy to the…"
        );
        assert_eq!(excerpt("opened the drafting", 10), "opened the…");
        assert_eq!(excerpt("  two\n words ", 9), "two words");
        assert_eq!(excerpt("incomprehensibilities", 8), "incompre…");
        assert_eq!(excerpt("", 8), "");
    }

    #[test]
    fn long_labels_have_lines_and_then_an_end() {
        let name = "Public services as opportunities for the whole population";
        assert_eq!(lines(name, 23, 2), ["Public services as", "opportunities for the…"]);
        assert_eq!(lines(name, 60, 2), [name]);
        assert_eq!(lines("", 9, 2), Vec::<String>::new());
    }

    #[test]
    fn lists_read_as_sentences_do() {
        assert_eq!(listed(&["a", "b", "c"]), "a, b and c");
        assert_eq!(listed(&["a"]), "a");
        assert_eq!(listed::<&str>(&[]), "none");
    }
}
