//! Compares two models on a batch without labels: cases with different trends, and the
//! largest changes.

use std::path::Path;

use anyhow::{Result, ensure};
use trendtag::TrendId;
use trendtag::evaluate::table::aligned;
use trendtag::tables::{Fields, ReadOptions, Rows};
use trendtag::tagger::{Model, Scratch, Tagged};

use crate::cli::outputs::Failures;

/// Maximum number of changes that are shown.
const MOST: usize = 20;

/// The suggestions of both models for a case.
struct Both {
    id: String,
    suggested: [Vec<String>; 2],
    /// The trend with the largest change in probability, and both probabilities.
    key: String,
    probabilities: [f64; 2],
}

impl Both {
    fn change(&self) -> f64 {
        self.probabilities[1] - self.probabilities[0]
    }
}

/// Compares the suggestions of two models for the cases of a file.
pub(super) fn compared(
    a: &Model,
    b: &Model,
    cases: &Path,
    options: &ReadOptions,
    failures: &mut Failures,
) -> Result<String> {
    let columns = |model: &Model| {
        let mut options = options.clone();
        options.columns.text = model.tagger.params().text_columns();
        options
    };
    let said = |model: &Model, failures: Option<&mut Failures>| -> Result<Vec<(String, Tagged)>> {
        let options = columns(model);
        let mut rows = Rows::open(cases, &options)?;
        let fields = Fields::of(&rows, &options.columns)?;
        let (mut said, mut scratch) = (Vec::new(), Scratch::default());
        let mut failed = failures;
        let mut add = |error| {
            if let Some(failures) = failed.as_mut() {
                failures.add(error);
            }
        };
        while let Some(row) = rows.next_readable(&mut add)? {
            let texts = fields.owned_texts(&row);
            said.push((fields.id(&row).into_owned(), model.tagger.tag(&texts, 0, &mut scratch)));
        }
        Ok(said)
    };
    // The same rows fail for both models.
    let (of_a, of_b) = (said(a, Some(failures))?, said(b, None)?);
    ensure!(!of_a.is_empty(), "{}: there are no cases to compare", cases.display());
    let both: Vec<Both> = of_a.iter().zip(&of_b).map(|(x, y)| both(a, b, x, y)).collect();
    Ok(in_words(a, b, cases, &both))
}

fn both(a: &Model, b: &Model, (id, of_a): &(String, Tagged), (_, of_b): &(String, Tagged)) -> Both {
    let keys = |model: &Model, tagged: &Tagged| {
        let key = |id: TrendId| model.tagger.taxonomy().key(id).to_owned();
        tagged.suggested.iter().map(key).collect::<Vec<String>>()
    };
    let probability = |model: &Model, tagged: &Tagged, key: &str| {
        model.tagger.taxonomy().id(key).map_or(0.0, |id| tagged.probabilities[id.index()])
    };
    let mut most = (String::new(), [0.0_f64; 2]);
    for key in a.tagger.taxonomy().keys().chain(b.tagger.taxonomy().keys()) {
        let found = [probability(a, of_a, key), probability(b, of_b, key)];
        if (found[1] - found[0]).abs() > (most.1[1] - most.1[0]).abs() {
            most = (key.to_owned(), found);
        }
    }
    let suggested = [keys(a, of_a), keys(b, of_b)];
    Both { id: id.clone(), suggested, key: most.0, probabilities: most.1 }
}

fn in_words(a: &Model, b: &Model, cases: &Path, both: &[Both]) -> String {
    let changed = both.iter().filter(|both| both.suggested[0] != both.suggested[1]);
    let mut out = format!(
        "{} of {} cases of {} get other trends from {} than from {}\n\n",
        changed.count(),
        both.len(),
        cases.display(),
        b.version,
        a.version
    );
    let mut keys: Vec<&str> = a.tagger.taxonomy().keys().collect();
    keys.extend(b.tagger.taxonomy().keys().filter(|key| a.tagger.taxonomy().id(key).is_none()));
    let mut rows =
        vec![["trend", "by both", "only by the first", "only by the second"].map(str::to_owned)];
    for key in keys {
        let has = |both: &Both, side: usize| both.suggested[side].iter().any(|k| k == key);
        let count = |first: bool, second: bool| {
            both.iter().filter(|both| has(both, 0) == first && has(both, 1) == second).count()
        };
        let counts = [count(true, true), count(true, false), count(false, true)];
        let [x, y, z] = counts.map(|count| count.to_string());
        rows.push([key.to_owned(), x, y, z]);
    }
    out.push_str(&aligned(&rows));
    let mut largest: Vec<&Both> = both.iter().filter(|both| both.change() != 0.0).collect();
    largest.sort_by(|x, y| y.change().abs().total_cmp(&x.change().abs()).then(x.id.cmp(&y.id)));
    if !largest.is_empty() {
        out.push_str("\nlargest changes\n");
        let mut rows = vec![["case", "trend", "first", "second", "trends"].map(str::to_owned)];
        for both in largest.into_iter().take(MOST) {
            let [first, second] = both.suggested.each_ref().map(|keys| match keys.len() {
                0 => "-".to_owned(),
                _ => keys.join(";"),
            });
            let change = if first == second { first } else { format!("{first} -> {second}") };
            let [p, q] = both.probabilities.map(|p| format!("{p:.2}"));
            rows.push([both.id.clone(), both.key.clone(), p, q, change]);
        }
        out.push_str(&aligned(&rows));
    }
    out
}
