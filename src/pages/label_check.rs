//! The findings as tables: on one HTML page, and in plain text.

use std::collections::BTreeMap;

use askama::Template;

use crate::error::Result;
use crate::evaluate::label_check::{Contradiction, LabelCheck, Suspect, SuspectTrend};
use crate::pages::kit::Cover;
use crate::pages::kit::format::{DASH, excerpt, listed, percent, short};
use crate::pages::kit::head::{Head, contents};
use crate::pages::kit::table::{Cell, Table};
use crate::tagger::{Case, Corpus};
use crate::taxonomy::Taxonomy;

/// The findings of one kind, ready to be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// Name that is unique on the page.
    pub id: &'static str,
    /// Heading.
    pub title: &'static str,
    /// Explains the findings and what to do about them.
    pub note: String,
    /// Heads of the columns.
    pub head: Vec<&'static str>,
    /// The findings, worst first; as many cells a row as there are columns.
    pub rows: Vec<Vec<String>>,
}

#[derive(Template)]
#[template(path = "label_check.html")]
struct Page {
    head: Head,
    /// Notes of the parts.
    notes: [String; 6],
    suspects: Vec<Suspicion>,
    contradictions: Vec<Contradicting>,
    noise: Table,
    thin: Table,
    rare: Table,
    leaks: Table,
}

/// A case as the page shows it.
struct CaseView {
    id: String,
    title: String,
    excerpt: String,
    /// The address of the case, if its row has one.
    link: Option<String>,
    /// Names of its labels.
    labels: Vec<String>,
}

/// A case with a probably wrong label.
struct Suspicion {
    case: CaseView,
    quality: String,
    proposals: Vec<Proposal>,
}

/// A label to be added or removed.
struct Proposal {
    /// "+ Name" or "− Name".
    change: String,
    probability: String,
    words: Vec<String>,
}

/// Cases with the same text, or nearly, and different labels.
struct Contradicting {
    how: String,
    cases: Vec<CaseView>,
}

/// Characters of the text of a case that are shown.
const EXCERPT: usize = 320;

/// Returns the findings as one HTML page that needs no network and no script; `file` names the labelled
/// file, and `corpus` is what was read of it.
///
/// # Errors
/// [`crate::Error::Report`] if it cannot be rendered.
pub fn render(found: &LabelCheck, corpus: &Corpus, file: &str, cover: &Cover) -> Result<String> {
    let cases = Cases::of(corpus);
    let [suspects, noise, contradictions, thin, rare, leaks] = found.sections(&corpus.taxonomy);
    let mut facts = vec![("File", file.to_owned()), ("Cases", found.cases.to_string())];
    facts.extend(cover.date.clone().map(|date| ("Date", date)));
    let sections = [&suspects, &contradictions, &noise, &thin, &rare, &leaks];
    let page = Page {
        head: Head {
            title: cover.title.clone().unwrap_or_else(|| "Label check".to_owned()),
            facts,
            warnings: Vec::new(),
            contents: contents(&sections.map(|section| (section.id, section.title))),
        },
        suspects: found.suspects.iter().map(|suspect| cases.suspicion(suspect)).collect(),
        contradictions: found.contradictions.iter().map(|c| cases.contradicting(c)).collect(),
        noise: table(&noise),
        thin: cases.thin_table(found),
        rare: table(&rare),
        leaks: table(&leaks),
        notes: [suspects, contradictions, noise, thin, rare, leaks].map(|section| section.note),
    };
    crate::pages::kit::render(&page)
}

/// Returns a section as a table.
fn table(section: &Section) -> Table {
    let id = format!("{}-table", section.id);
    let caption = format!("{}, worst first", section.title);
    let mut table = Table::new(id, caption, section.head.iter().copied());
    for row in &section.rows {
        let mut cells = row.iter().map(String::as_str);
        table.row(cells.next().unwrap_or_default(), cells);
    }
    table
}

/// The cases of a corpus, by id.
struct Cases<'c> {
    taxonomy: &'c Taxonomy,
    by_id: BTreeMap<&'c str, &'c Case>,
}

impl<'c> Cases<'c> {
    fn of(corpus: &'c Corpus) -> Self {
        let by_id = corpus.cases.iter().map(|case| (case.id.as_str(), case)).collect();
        Self { taxonomy: &corpus.taxonomy, by_id }
    }

    fn view(&self, id: &str) -> CaseView {
        let case = self.by_id.get(id);
        let text =
            |n: usize| case.and_then(|case| case.texts.get(n)).map_or("", |text| text.trim());
        let rest = case.map_or(&[][..], |case| case.texts.get(1..).unwrap_or_default()).join(" ");
        // With one text column there is no title.
        let (title, body) = match rest.trim() {
            "" => (String::new(), text(0)),
            rest => (excerpt(text(0), 160), rest),
        };
        let gold = case.and_then(|case| case.gold.as_ref());
        let labels = gold.into_iter().flat_map(|gold| gold.iter());
        CaseView {
            id: id.to_owned(),
            title,
            excerpt: excerpt(body, EXCERPT),
            link: case.and_then(|case| address(case)),
            labels: labels.map(|id| self.taxonomy.label(id).to_owned()).collect(),
        }
    }

    fn suspicion(&self, suspect: &Suspect) -> Suspicion {
        let proposal = |trend: &SuspectTrend| Proposal {
            change: format!("{} {}", sign(trend), name(self.taxonomy, &trend.key)),
            probability: percent(trend.probability),
            words: trend.evidence.clone(),
        };
        Suspicion {
            case: self.view(&suspect.id),
            quality: short(Some(suspect.quality)),
            proposals: suspect.trends.iter().map(proposal).collect(),
        }
    }

    fn contradicting(&self, found: &Contradiction) -> Contradicting {
        let how = match found.exact {
            true => "The same text".to_owned(),
            false => format!("Nearly the same text (similarity {})", short(Some(found.similarity))),
        };
        Contradicting { how, cases: found.cases.iter().map(|(id, _)| self.view(id)).collect() }
    }

    fn thin_table(&self, found: &LabelCheck) -> Table {
        let head = ["case", "title", "words", "labels"];
        let mut table = Table::new("thin-table", "Thin texts, shortest first", head);
        for thin in &found.thin {
            let case = self.view(&thin.id);
            let title = if case.title.is_empty() { case.excerpt } else { case.title };
            let labels =
                if case.labels.is_empty() { DASH.to_owned() } else { listed(&case.labels) };
            table.row(
                Cell::from(case.id).linked(case.link),
                [title, thin.words.to_string(), labels],
            );
        }
        table
    }
}

/// Returns the name of a trend, given its key.
fn name<'n>(taxonomy: &'n Taxonomy, key: &'n str) -> &'n str {
    taxonomy.id(key).map_or(key, |id| taxonomy.label(id))
}

/// Returns the names of the trends of a cell of keys.
fn names(taxonomy: &Taxonomy, cell: &str) -> String {
    cell.split(';').map(|key| name(taxonomy, key)).collect::<Vec<_>>().join("; ")
}

/// Returns whether a label is to be added or removed.
fn sign(trend: &SuspectTrend) -> &'static str {
    if trend.given { "−" } else { "+" }
}

/// Returns the first cell of a case that is an address of the web.
fn address(case: &Case) -> Option<String> {
    let is_address = |cell: &str| {
        let rest = cell.strip_prefix("https://").or_else(|| cell.strip_prefix("http://"));
        rest.is_some_and(|rest| !rest.is_empty() && !rest.contains(char::is_whitespace))
    };
    let cells = case.record.values().map(|(_, cell)| cell.trim().to_owned());
    cells.into_iter().find(|cell| is_address(cell))
}

impl LabelCheck {
    /// Returns the findings as tables, with the names of the trends: suspects, noise,
    /// contradictions, thin texts, rare trends, leaks.
    pub fn sections(&self, taxonomy: &Taxonomy) -> [Section; 6] {
        [
            self.suspects_section(taxonomy),
            self.noise_section(taxonomy),
            self.contradictions_section(taxonomy),
            self.thin_section(),
            self.rare_section(taxonomy),
            self.leaks_section(taxonomy),
        ]
    }

    fn suspects_section(&self, taxonomy: &Taxonomy) -> Section {
        let rows = self.suspects.iter().map(|suspect| {
            let trends = suspect.trends.iter().map(|trend| {
                let words = trend.evidence.join(", ");
                let words = if words.is_empty() { words } else { format!(" ({words})") };
                let name = name(taxonomy, &trend.key);
                format!("{} {name} {:.0} %{words}", sign(trend), 100.0 * trend.probability)
            });
            vec![
                suspect.id.clone(),
                format!("{:.3}", suspect.quality),
                names(taxonomy, &suspect.given),
                trends.collect::<Vec<_>>().join("; "),
            ]
        });
        Section {
            id: "suspects",
            title: "Probable label errors",
            note: "Models that were not trained on the case would label it differently: + add a label, \
                   − remove one, with the probability of the trend and, if the models suggest it, \
                   the words that speak for it. The quality of the labels runs from 0 to 1."
                .into(),
            head: vec!["case", "quality", "labels", "proposed"],
            rows: rows.collect(),
        }
    }

    fn noise_section(&self, taxonomy: &Taxonomy) -> Section {
        let mut noise: Vec<_> = self.noise.iter().collect();
        noise.sort_by(|a, b| {
            (b.wrongly_given + b.missing).total_cmp(&(a.wrongly_given + a.missing))
        });
        let rows = noise.into_iter().map(|noise| {
            vec![
                name(taxonomy, &noise.key).to_owned(),
                noise.support.to_string(),
                format!("{:.0}", noise.wrongly_given),
                format!("{:.0}", noise.missing),
            ]
        });
        Section {
            id: "noise",
            title: "Label noise",
            note:
                "Estimated number of wrong labels per trend. Cases on which people can differ count too, \
                   and a model that is often wrong sees many."
                    .into(),
            head: vec!["trend", "cases", "wrongly given", "missing"],
            rows: rows.collect(),
        }
    }

    fn contradictions_section(&self, taxonomy: &Taxonomy) -> Section {
        let rows = self.contradictions.iter().map(|found| {
            let cases =
                found.cases.iter().map(|(id, labels)| format!("{id}: {}", names(taxonomy, labels)));
            vec![
                cases.collect::<Vec<_>>().join(" | "),
                if found.exact { "the same".into() } else { format!("{:.2}", found.similarity) },
            ]
        });
        Section {
            id: "contradictions",
            title: "Contradictions",
            note: "Cases with the same text, or nearly, and different labels.".into(),
            head: vec!["cases and labels", "similarity"],
            rows: rows.collect(),
        }
    }

    fn thin_section(&self) -> Section {
        let rows = self.thin.iter().map(|thin| vec![thin.id.clone(), thin.words.to_string()]);
        Section {
            id: "thin",
            title: "Thin texts",
            note: "Cases with far fewer words than most: too little to learn from.".into(),
            head: vec!["case", "words"],
            rows: rows.collect(),
        }
    }

    fn rare_section(&self, taxonomy: &Taxonomy) -> Section {
        let rows = self
            .rare
            .iter()
            .map(|(key, support)| vec![name(taxonomy, key).to_owned(), support.to_string()]);
        Section {
            id: "rare",
            title: "Trends with little support",
            note: "Trends with too few cases to learn or to measure them well.".into(),
            head: vec!["trend", "cases"],
            rows: rows.collect(),
        }
    }

    fn leaks_section(&self, taxonomy: &Taxonomy) -> Section {
        let rows = self.leaks.iter().map(|leak| {
            vec![
                leak.term.clone(),
                name(taxonomy, &leak.key).to_owned(),
                leak.cases.to_string(),
                format!("{:.0} %", 100.0 * leak.purity),
                format!("{:.0} %", 100.0 * leak.coverage),
                if leak.is_name { "name of the trend".into() } else { String::new() },
            ]
        });
        Section {
            id: "leaks",
            title: "Vocabulary that reveals the label",
            note: "Terms of which nearly all cases have one trend, and which cover much of it. If they \
                   come from the labelling and not from the submission, the model looks better \
                   than it is."
                .into(),
            head: vec!["term", "trend", "cases", "have the trend", "of the trend", "note"],
            rows: rows.collect(),
        }
    }
}
