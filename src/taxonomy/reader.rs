//! Reads labels as people write them: cells, lists, and columns of marks.

use std::collections::BTreeMap;

use unicode_normalization::UnicodeNormalization;

use super::{NONE_APPLIES, Taxonomy, TrendId, TrendSet};
use crate::error::quoted_list;

/// Finds the trends that labels name: by key, name or alias, in upper or lower case, with
/// any kind of space or hyphen. It reads every label of the program.
#[derive(Debug, Clone)]
pub struct LabelReader {
    keys: BTreeMap<String, TrendId>,
    /// Folded keys, names and aliases; `None` if several trends share one.
    folded: BTreeMap<String, Option<TrendId>>,
    /// The separator of the labels in a cell, if known.
    separator: Option<String>,
    /// The keys, in order, for messages.
    shown: Vec<String>,
}

/// Separators, other than `;` and line ends, that people write between labels.
pub(super) const OTHER_SEPARATORS: [char; 7] = [',', '|', '/', '+', '&', '·', '•'];

/// A word between labels.
pub(super) const AND: &str = " and ";

/// With more labels than this in one cell, no separator other than `;` is tried.
const MOST_PARTS: usize = 200;

impl LabelReader {
    /// Creates a reader of the labels of a taxonomy. Without a `separator`, it is
    /// detected: `;`, or another one that yields labels of the taxonomy.
    pub fn new(taxonomy: &Taxonomy, separator: Option<&str>) -> Self {
        let mut keys = BTreeMap::new();
        let mut folded: BTreeMap<String, Option<TrendId>> = BTreeMap::new();
        for (id, trend) in taxonomy.iter() {
            keys.insert(trend.key.clone(), id);
            let names = [&trend.key, &trend.name].into_iter().chain(&trend.aliases);
            let names = names.chain(&trend.replaces);
            for name in names.filter(|name| !name.trim().is_empty()) {
                let found = folded.entry(fold(name)).or_insert(Some(id));
                *found = found.filter(|&other| other == id);
            }
        }
        let shown = taxonomy.iter().map(|(_, trend)| trend.key.clone()).collect();
        Self { keys, folded, separator: separator.map(str::to_owned), shown }
    }

    /// Returns the trend that a label names.
    pub fn find(&self, label: &str) -> Option<TrendId> {
        let exact = self.keys.get(label).copied();
        exact.or_else(|| self.folded.get(&fold(label)).copied().flatten())
    }

    /// Reads a cell of labels; `None` if it is unlabelled: blank, or a word for a missing
    /// value such as `N/A`.
    ///
    /// # Errors
    /// A message about what is wrong with the cell.
    pub fn read(&self, cell: &str) -> Result<Option<TrendSet>, String> {
        match written(cell, self.separator.as_deref())? {
            Written::Blank => Ok(None),
            Written::Missing => Ok(self.find(cell).map(|id| [id].into_iter().collect())),
            Written::NoneApplies => Ok(Some(TrendSet::default())),
            Written::List(labels) => self.read_list(&labels).map(Some),
            Written::Joined(labels) => {
                if let Some(id) = self.find(cell) {
                    return Ok(Some([id].into_iter().collect()));
                }
                let found = labels.iter().map(|label| self.read_joined(label));
                let found: Vec<Vec<TrendId>> = found.collect::<Result<_, _>>()?;
                Ok(Some(found.into_iter().flatten().collect()))
            }
        }
    }

    /// Reads labels that are given one by one.
    ///
    /// # Errors
    /// A message about the first unknown label.
    pub fn read_list<S: AsRef<str>>(&self, labels: &[S]) -> Result<TrendSet, String> {
        let known =
            |label: &S| self.find(label.as_ref()).ok_or_else(|| self.unknown(label.as_ref()));
        labels.iter().map(known).collect()
    }

    /// Returns the labels of a cell that name no trend.
    pub fn unknown_in(&self, cell: &str) -> Vec<String> {
        if self.read(cell).is_ok() {
            return Vec::new();
        }
        let parts = match written(cell, self.separator.as_deref()) {
            Ok(Written::List(labels) | Written::Joined(labels)) => labels,
            _ => vec![bare(cell).to_owned()],
        };
        parts.iter().flat_map(|part| self.unknown_of(part)).collect()
    }

    /// Returns the unknown labels in a part of a cell: the whole part, unless another
    /// separator splits it into labels and some of them are known.
    fn unknown_of(&self, part: &str) -> Vec<String> {
        if self.read_joined(part).is_ok() {
            return Vec::new();
        }
        let pieces: Vec<&str> = match self.separator {
            None => part.split(OTHER_SEPARATORS).map(bare).filter(|p| !p.is_empty()).collect(),
            Some(_) => Vec::new(),
        };
        let unknown: Vec<String> = (pieces.iter().filter(|piece| self.find(piece).is_none()))
            .map(|&piece| piece.to_owned())
            .collect();
        if unknown.len() < pieces.len() { unknown } else { vec![part.to_owned()] }
    }

    /// Reads a part of a cell: one label, or several with another separator.
    fn read_joined(&self, part: &str) -> Result<Vec<TrendId>, String> {
        let found = match self.find(part) {
            Some(id) => Some(vec![id]),
            None if self.separator.is_some() => None,
            None => self
                .longest_labels(part, |c| OTHER_SEPARATORS.contains(&c))
                .or_else(|| self.longest_labels(part, char::is_whitespace))
                .or_else(|| {
                    let commas = part.replace(AND, ",");
                    self.longest_labels(&commas, |c| OTHER_SEPARATORS.contains(&c))
                }),
        };
        found.ok_or_else(|| self.unknown(part))
    }

    /// Splits a text into labels that are as long as possible, since a name may contain
    /// the separator. Returns `None` if a piece is not a label.
    fn longest_labels(&self, text: &str, separates: impl Fn(char) -> bool) -> Option<Vec<TrendId>> {
        let mut pieces = Vec::new();
        let mut start = 0;
        for (at, separator) in text.match_indices(&separates) {
            pieces.push(start..at);
            start = at + separator.len();
        }
        pieces.push(start..text.len());
        pieces.retain(|piece| !bare(&text[piece.clone()]).is_empty());
        if pieces.len() > MOST_PARTS {
            return None;
        }
        let mut labels = Vec::new();
        let mut next = 0;
        while next < pieces.len() {
            let label = |end: usize| bare(&text[pieces[next].start..pieces[end].end]);
            let ends = (next..pieces.len()).rev();
            let (end, id) = ends.into_iter().find_map(|end| Some((end, self.find(label(end))?)))?;
            labels.push(id);
            next = end + 1;
        }
        Some(labels).filter(|labels| !labels.is_empty())
    }

    fn unknown(&self, label: &str) -> String {
        const SHOWN: usize = 20;
        let more = self.shown.len().saturating_sub(SHOWN);
        let shown = quoted_list(&self.shown[..self.shown.len() - more]);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        format!("unknown trend \"{label}\" (the taxonomy has {shown}{more})")
    }
}

/// The content of a cell of labels, before the label set is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Written {
    Blank,
    /// A word for a missing value.
    Missing,
    NoneApplies,
    /// A list of JSON, Python or numpy.
    List(Vec<String>),
    /// Labels with a separator between them.
    Joined(Vec<String>),
}

/// Returns whether a cell is unlabelled: blank, or a word for a missing value.
pub(crate) fn is_unlabelled(cell: &str) -> bool {
    let cell = bare(cell);
    cell.is_empty() || is_missing(cell)
}

/// Returns the labels in a cell, known or not; `None` if it is blank.
pub(super) fn labels_in(cell: &str) -> Option<Vec<String>> {
    match written(cell, None) {
        Ok(Written::List(labels) | Written::Joined(labels)) => Some(labels),
        _ => None,
    }
}

/// Parses a cell of labels.
///
/// # Errors
/// A cell that neither names a label nor states that there is none.
pub(super) fn written(cell: &str, separator: Option<&str>) -> Result<Written, String> {
    let cell = bare(cell);
    if cell.is_empty() {
        return Ok(Written::Blank);
    }
    if is_missing(cell) {
        return Ok(Written::Missing);
    }
    if is_none_applies(cell) {
        return Ok(Written::NoneApplies);
    }
    if let Some(labels) = list(cell) {
        let labels: Vec<String> =
            labels.into_iter().filter(|label| !label.trim().is_empty()).collect();
        return Ok(if labels.is_empty() { Written::NoneApplies } else { Written::List(labels) });
    }
    let parts: Vec<&str> = match separator {
        Some(separator) => cell.split(separator).collect(),
        // SharePoint: ";#" between the labels, and numbers of a look-up list.
        None if cell.contains(";#") => {
            let is_number = |part: &&str| part.bytes().all(|b| b.is_ascii_digit());
            cell.split(";#").filter(|part| !is_number(part)).collect()
        }
        None => cell.split([';', '\n', '\r']).collect(),
    };
    let has_bullets = cell.contains('\n');
    let label = |part: &&str| {
        let label = bare(part);
        let bullet = |c: char| matches!(c, '•' | '·' | '*' | '-' | '–');
        let text = label.strip_prefix(bullet).filter(|_| has_bullets).unwrap_or(label);
        bare(text).to_owned()
    };
    let labels: Vec<String> = parts.iter().map(label).filter(|label| !label.is_empty()).collect();
    if labels.is_empty() {
        return Err(format!("\"{cell}\" names no trend"));
    }
    if labels.iter().any(|label| is_none_applies(label)) {
        return Err(format!("\"-\" (none applies) is combined with a trend in \"{cell}\""));
    }
    Ok(Written::Joined(labels))
}

fn is_none_applies(text: &str) -> bool {
    matches!(text, NONE_APPLIES | "\u{2010}" | "\u{2011}" | "\u{2012}" | "–" | "—" | "\u{2212}")
}

/// Words that pandas, R, SQL and spreadsheets write for a missing value.
fn is_missing(cell: &str) -> bool {
    let small = cell.to_ascii_lowercase();
    matches!(small.as_str(), "nan" | "n/a" | "#n/a" | "<na>" | "none" | "null" | "nil" | "#null!")
        || cell == "NA"
}

/// Returns the elements of a list that JSON, Python or numpy wrote: `["a","b"]`, `['a',
/// 'b']`, `['a' 'b']`, `{'a'}`, or without brackets `"a","b"`.
fn list(cell: &str) -> Option<Vec<String>> {
    let bracketed = ["[]", "{}", "()"].iter().find_map(|pair| {
        cell.strip_prefix(&pair[..1]).and_then(|cell| cell.strip_suffix(&pair[1..]))
    });
    let inner = bracketed.or_else(|| cell.starts_with(['"', '\'']).then_some(cell))?;
    if let Ok(labels) = serde_json::from_str::<Vec<String>>(cell) {
        return Some(labels);
    }
    let mut labels = Vec::new();
    let mut rest = inner.trim();
    while let Some(quote) = rest.chars().next() {
        if quote != '\'' && quote != '"' {
            return None;
        }
        let (label, after) = rest[1..].split_once(quote)?;
        labels.push(label.to_owned());
        rest = after.trim_start_matches(|c: char| c == ',' || c.is_whitespace());
    }
    Some(labels)
}

/// Removes spaces and invisible characters around a label.
fn bare(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || is_invisible(c))
}

fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}')
}

/// Normalises a label: NFKC, lower case, one kind of hyphen, single spaces, no invisible
/// characters.
pub(super) fn fold(label: &str) -> String {
    let visible = label.chars().filter(|&c| !is_invisible(c));
    let mut folded = String::new();
    for c in visible.nfkc().flat_map(char::to_lowercase) {
        match c {
            '\u{2010}'..='\u{2015}' | '\u{2212}' => folded.push('-'),
            _ if c.is_whitespace() => {
                if !folded.is_empty() && !folded.ends_with(' ') {
                    folded.push(' ');
                }
            }
            _ => folded.push(c),
        }
    }
    folded.truncate(folded.trim_end().len());
    folded
}
