//! The findings as tables: on one HTML page, and in plain text.

use askama::Template;

use crate::error::Result;
use crate::evaluate::label_check::LabelCheck;
use crate::pages::kit::table::Table;

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
struct Page<'p> {
    file: &'p str,
    cases: usize,
    /// No table if nothing was found.
    sections: Vec<(Section, Option<Table>)>,
    version: &'static str,
}

/// Returns the findings as one HTML page that needs no network and no script; `file` names
/// the labelled file.
///
/// # Errors
/// [`crate::Error::Report`] if it cannot be rendered.
pub fn render(found: &LabelCheck, file: &str) -> Result<String> {
    let page = Page {
        file,
        cases: found.cases,
        sections: found.sections().into_iter().map(with_table).collect(),
        version: env!("CARGO_PKG_VERSION"),
    };
    crate::pages::kit::render(&page)
}

fn with_table(section: Section) -> (Section, Option<Table>) {
    let caption = format!("{}, worst first", section.title);
    let mut table =
        Table::new(format!("{}-table", section.id), caption, section.head.iter().copied());
    for row in &section.rows {
        if let Some((head, cells)) = row.split_first() {
            table.row(head, cells.iter().cloned());
        }
    }
    let is_empty = section.rows.is_empty();
    (section, (!is_empty).then_some(table))
}

impl LabelCheck {
    /// Returns the findings as tables.
    pub fn sections(&self) -> Vec<Section> {
        vec![
            self.suspects_section(),
            self.noise_section(),
            self.contradictions_section(),
            self.thin_section(),
            self.rare_section(),
            self.leaks_section(),
        ]
    }

    fn suspects_section(&self) -> Section {
        let rows = self.suspects.iter().map(|suspect| {
            let trends = suspect.trends.iter().map(|trend| {
                let verb = if trend.given { "not" } else { "also" };
                let words = trend.evidence.join(", ");
                let words = if words.is_empty() { words } else { format!(" ({words})") };
                format!("{verb} {} {:.0} %{words}", trend.key, 100.0 * trend.probability)
            });
            vec![
                suspect.id.clone(),
                format!("{:.3}", suspect.quality),
                suspect.given.clone(),
                trends.collect::<Vec<_>>().join("; "),
            ]
        });
        Section {
            id: "suspects",
            title: "Probable label errors",
            note: "Models that had not seen a case are confident of another label. \"also\": a trend \
                   that is not given but probable; \"not\": one that is given but improbable; with its \
                   probability and, where the models suggest the trend, the words that speak for \
                   it. Quality runs from 0 to 1."
                .into(),
            head: vec!["case", "quality", "labels", "probably"],
            rows: rows.collect(),
        }
    }

    fn noise_section(&self) -> Section {
        let mut noise: Vec<_> = self.noise.iter().collect();
        noise.sort_by(|a, b| {
            (b.wrongly_given + b.missing).total_cmp(&(a.wrongly_given + a.missing))
        });
        let rows = noise.into_iter().map(|noise| {
            vec![
                noise.key.clone(),
                noise.support.to_string(),
                format!("{:.0}", noise.wrongly_given),
                format!("{:.0}", noise.missing),
            ]
        });
        Section {
            id: "noise",
            title: "Label noise",
            note:
                "Estimated number of wrong labels, which counts honest doubt too: a model that is \
                   often wrong sees many."
                    .into(),
            head: vec!["trend", "cases", "wrongly given", "missing"],
            rows: rows.collect(),
        }
    }

    fn contradictions_section(&self) -> Section {
        let rows = self.contradictions.iter().map(|found| {
            let cases = found.cases.iter().map(|(id, labels)| format!("{id}: {labels}"));
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

    fn rare_section(&self) -> Section {
        let rows = self.rare.iter().map(|(key, support)| vec![key.clone(), support.to_string()]);
        Section {
            id: "rare",
            title: "Trends with little support",
            note: "Trends with too few cases to learn or to measure them well.".into(),
            head: vec!["trend", "cases"],
            rows: rows.collect(),
        }
    }

    fn leaks_section(&self) -> Section {
        let rows = self.leaks.iter().map(|leak| {
            vec![
                leak.term.clone(),
                leak.key.clone(),
                leak.cases.to_string(),
                format!("{:.0} %", 100.0 * leak.purity),
                format!("{:.0} %", 100.0 * leak.coverage),
                if leak.is_name { "name of the trend".into() } else { String::new() },
            ]
        });
        Section {
            id: "leaks",
            title: "Vocabulary that reveals the label",
            note: "Terms nearly all of whose cases have one trend, and which cover much of it: where \
                   they come from the labelling and not from the submission, the model looks better \
                   than it is."
                .into(),
            head: vec!["term", "trend", "cases", "have the trend", "of the trend", ""],
            rows: rows.collect(),
        }
    }
}
