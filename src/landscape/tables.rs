//! The tables of a landscape, each made once for the page and the workbook.

use super::breakdown::Breakdown;
use super::quantify::{Correction, Frequency};
use super::sentences::answers;
use super::sheet::{Sheet, Value};
use super::terms::{Term, TermFigures};
use super::typical::TrendExamples;
use super::unfit::Unfit;
use super::{Change, Landscape};
use crate::statistics::Estimate;

impl Landscape {
    /// All tables, in the order of the page.
    pub(super) fn sheets(&self) -> Vec<Sheet> {
        let mut sheets = vec![self.about_sheet(), self.trends_sheet()];
        sheets.extend(self.change.iter().map(change_sheet));
        let breakdowns = self.breakdowns.iter().enumerate();
        sheets.extend(breakdowns.map(|(n, breakdown)| self.breakdown_sheet(n, breakdown)));
        sheets.push(self.pairs_sheet());
        sheets.push(self.combinations_sheet());
        if let Some(terms) = &self.terms {
            sheets.push(self.terms_sheet(terms));
            sheets.push(self.rising_sheet(terms));
        }
        sheets.extend(self.examples.iter().map(|examples| examples_sheet(examples)));
        sheets.extend([unfit_cases_sheet(&self.unfit), unfit_groups_sheet(&self.unfit)]);
        sheets
    }

    /// What sets each trend apart.
    fn terms_sheet(&self, figures: &TermFigures) -> Sheet {
        let head = ["trend", "term", "cases with the trend", "other cases", "z"];
        let caption = "Terms that set each trend apart from the other cases";
        let mut sheet = Sheet::new("terms-table", "Terms", caption, head);
        for (trend, terms) in self.trends.iter().zip(&figures.apart) {
            terms.iter().for_each(|term| sheet.row(term_row(&trend.key, term)));
        }
        sheet
    }

    /// What rises and falls.
    fn rising_sheet(&self, figures: &TermFigures) -> Sheet {
        let head = ["among", "term", "cases of its years", "cases of the other years", "z"];
        let caption = "Terms of the recent years, beside the earlier ones";
        let mut sheet = Sheet::new("rising-table", "Rising terms", caption, head);
        for (among, terms) in [("rising", &figures.rising), ("falling", &figures.falling)] {
            terms.iter().for_each(|term| sheet.row(term_row(&format!("all cases, {among}"), term)));
        }
        for (trend, terms) in self.trends.iter().zip(&figures.rising_in) {
            terms
                .iter()
                .for_each(|term| sheet.row(term_row(&format!("{}, rising", trend.key), term)));
        }
        sheet
    }

    /// The summary, for those who see nothing but the workbook.
    fn about_sheet(&self) -> Sheet {
        let mut sheet = Sheet::new("about-table", "About", "Summary", ["question", "answer"]);
        for answer in answers(self) {
            for sentence in answer.sentences {
                sheet.row([answer.question.into(), sentence.into()]);
            }
        }
        sheet
    }

    /// How frequent each trend is.
    pub(super) fn trends_sheet(&self) -> Sheet {
        let head = [
            "trend",
            "name",
            "cases",
            "share",
            "from",
            "to",
            "corrected share",
            "from",
            "to",
            "corrected cases",
            "corrected by",
        ];
        let caption = "How frequent each trend is, as labelled and corrected";
        let mut sheet = Sheet::new("trends-table", "Trends", caption, head);
        for trend in &self.trends {
            let Frequency { cases, count, raw, corrected } = trend.frequency;
            let by = match trend.correction {
                None => Value::Empty,
                Some(Correction::AdjustedCount) => "errors on held-out cases".into(),
                Some(Correction::MeanProbability) => "mean probability".into(),
            };
            let expected = corrected.map(|share| (share.value * cases as f64).round() as usize);
            let cells = [Value::from(&trend.key), (&trend.name).into(), count.into()];
            let last = [expected.map_or(Value::Empty, Value::Count), by];
            sheet.row(cells.into_iter().chain(limits(raw)).chain(limits(corrected)).chain(last));
        }
        sheet
    }

    /// One row per group and trend.
    pub(super) fn breakdown_sheet(&self, number: usize, breakdown: &Breakdown) -> Sheet {
        let name = &breakdown.name;
        let head = [
            name.as_str(),
            "code",
            "cases of the group",
            "trend",
            "cases",
            "share",
            "from",
            "to",
            "corrected share",
            "from",
            "to",
            "p, against the others",
        ];
        let caption = format!("Trends by {name}");
        let mut sheet =
            Sheet::new(format!("by-{number}-table"), format!("By {name}"), caption, head);
        for group in &breakdown.groups {
            for ((trend, frequency), p) in
                self.trends.iter().zip(&group.trends).zip(&group.p_values)
            {
                let code = group.code.as_ref().map_or(Value::Empty, Value::from);
                let first = [Value::from(&group.name), code, group.cases.into()];
                let counted = [Value::from(&trend.key), frequency.count.into()];
                let shares = limits(frequency.raw).into_iter().chain(limits(frequency.corrected));
                sheet.row(first.into_iter().chain(counted).chain(shares).chain([Value::p(*p)]));
            }
        }
        sheet
    }

    /// All pairs of trends.
    pub(super) fn pairs_sheet(&self) -> Sheet {
        let head = ["trend", "other trend", "cases with both", "expected", "lift", "p"];
        let caption = "Pairs of trends: cases with both, and how many there would be by chance";
        let mut sheet = Sheet::new("pairs-table", "Pairs", caption, head);
        for pair in &self.together.pairs {
            sheet.row([
                (&pair.first).into(),
                (&pair.second).into(),
                pair.both.into(),
                Value::Number(pair.expected),
                Value::number(pair.lift),
                Value::p(pair.p_corrected),
            ]);
        }
        sheet
    }

    /// The combinations of trends that cases have.
    pub(super) fn combinations_sheet(&self) -> Sheet {
        let head = ["trends", "cases", "share"];
        let caption = "Combinations of trends: cases with exactly these";
        let mut sheet = Sheet::new("combinations-table", "Combinations", caption, head);
        for combination in &self.together.combinations {
            let trends = match combination.trends.as_slice() {
                [] => "no trend".to_owned(),
                trends => trends.join(" + "),
            };
            let share = combination.cases as f64 / self.cases.max(1) as f64;
            sheet.row([trends.into(), combination.cases.into(), Value::Share(share)]);
        }
        sheet
    }
}

fn term_row(among: &str, term: &Term) -> [Value; 5] {
    [
        among.into(),
        (&term.term).into(),
        term.inside.into(),
        term.outside.into(),
        Value::Number(term.z),
    ]
}

/// Typical and unusual cases.
fn examples_sheet(examples: &[TrendExamples]) -> Sheet {
    let head = ["trend", "kind", "id", "title", "likeness", "probability"];
    let caption = "Cases most and least like the others of their trend";
    let mut sheet = Sheet::new("examples-table", "Typical and unusual", caption, head);
    for trend in examples {
        for (kind, cases) in [("typical", &trend.typical), ("unusual", &trend.unusual)] {
            for case in cases {
                let named =
                    [(&trend.key).into(), kind.into(), (&case.id).into(), (&case.title).into()];
                let figures = [Value::Number(case.likeness), Value::share(case.probability)];
                sheet.row(named.into_iter().chain(figures));
            }
        }
    }
    sheet
}

/// Cases that fit no trend well.
pub(super) fn unfit_cases_sheet(unfit: &Unfit) -> Sheet {
    let head = ["id", "title", "fits least badly", "probability", "likeness"];
    let caption = "Cases that fit no trend well, worst first";
    let mut sheet = Sheet::new("unfit-table", "No trend", caption, head);
    for case in &unfit.cases {
        sheet.row([
            (&case.id).into(),
            (&case.title).into(),
            case.nearest.as_ref().map_or(Value::Empty, Value::from),
            Value::share(case.probability),
            Value::number(case.likeness),
        ]);
    }
    sheet
}

fn unfit_groups_sheet(unfit: &Unfit) -> Sheet {
    let head = ["group", "cases", "likeness", "terms", "ids"];
    let caption = "Groups of alike cases that fit no trend well";
    let mut sheet = Sheet::new("groups-table", "No trend, groups", caption, head);
    for (number, group) in unfit.groups.iter().enumerate() {
        let terms: Vec<&str> = group.terms.iter().map(|term| term.term.as_str()).collect();
        sheet.row([
            Value::Count(number + 1),
            group.ids.len().into(),
            Value::number(group.likeness),
            terms.join(", ").into(),
            group.ids.join(", ").into(),
        ]);
    }
    sheet
}

/// How trends change.
pub(super) fn change_sheet(change: &Change) -> Sheet {
    let (earlier, recent) = (years(change.earlier), years(change.recent));
    let head = [
        "trend".to_owned(),
        format!("cases {earlier}"),
        format!("share {earlier}"),
        format!("cases {recent}"),
        format!("share {recent}"),
        "difference".to_owned(),
        "from".to_owned(),
        "to".to_owned(),
        "corrected difference".to_owned(),
        "from".to_owned(),
        "to".to_owned(),
        "p of the difference".to_owned(),
        "p of a steady change".to_owned(),
        "p of the difference, corrected".to_owned(),
        "p of a steady change, corrected".to_owned(),
    ];
    let caption = format!(
        "How often each trend stands in cases of {recent}, beside those of {earlier}; p-values \
         before and after correction for all tests of the table"
    );
    let mut sheet = Sheet::new("change-table", "Change", caption, head);
    for trend in &change.trends {
        let share = |f: Frequency| Value::share(f.raw.map(|share| share.value));
        let counted = [
            Value::from(&trend.key),
            trend.earlier.count.into(),
            share(trend.earlier),
            trend.recent.count.into(),
            share(trend.recent),
        ];
        let differences = limits(trend.difference).into_iter().chain(limits(trend.corrected));
        let tests = [
            trend.p_difference,
            trend.steady.map(|steady| steady.p),
            trend.p_difference_corrected,
            trend.p_steady_corrected,
        ];
        sheet.row(counted.into_iter().chain(differences).chain(tests.map(Value::p)));
    }
    sheet
}

/// A range of years in words.
pub(super) fn years((first, last): (i32, i32)) -> String {
    if first == last { first.to_string() } else { format!("{first}–{last}") }
}

/// An estimate as three cells.
pub(super) fn limits(estimate: Option<Estimate>) -> [Value; 3] {
    match estimate {
        None => [Value::Empty, Value::Empty, Value::Empty],
        Some(Estimate { value, lower, upper }) => [value, lower, upper].map(Value::Share),
    }
}
