//! The tables of a landscape, each made once for the page and the workbook.

use super::sentences::answers;
use super::sheet::{Sheet, Value};
use crate::evaluate::landscape::breakdown::Breakdown;
use crate::evaluate::landscape::quantify::{Correction, Frequency};
use crate::evaluate::landscape::terms::{Term, TermFigures};
use crate::evaluate::landscape::typical::TrendExamples;
use crate::evaluate::landscape::unfit::Unfit;
use crate::evaluate::landscape::{Change, Landscape};
use crate::pages::kit::format::years;
use crate::stats::Estimate;

/// The heads of the shares of a trend, as labelled and corrected.
const SHARES: [&str; 6] = ["share", "from", "to", "corrected share", "from", "to"];

/// The head of the test of a group.
const P_OF_GROUP: &str = "p, against the others";

impl Landscape {
    /// Returns all tables, in the order of the page.
    pub(super) fn sheets(&self) -> Vec<Sheet> {
        let mut sheets = vec![self.about_sheet(), self.trends_sheet()];
        sheets.extend(self.change.iter().map(change_sheet));
        let breakdowns = self.breakdowns.iter().enumerate();
        sheets.extend(breakdowns.map(|(n, breakdown)| self.breakdown_sheet(n, breakdown)));
        sheets.push(self.pairs_sheet());
        sheets.push(self.combinations_sheet());
        if let Some(terms) = &self.terms {
            sheets.extend([self.apart_sheet(terms), self.rising_sheet(terms)]);
        }
        sheets.extend(self.examples.iter().map(|examples| examples_sheet(examples)));
        sheets.extend([unfit_cases_sheet(&self.unfit), unfit_groups_sheet(&self.unfit)]);
        sheets
    }

    /// Distinctive terms of each trend.
    fn apart_sheet(&self, figures: &TermFigures) -> Sheet {
        let head = ["trend", "term", "cases with the trend", "other cases", "z"];
        let caption = "Terms that set each trend apart from the other cases";
        let sheet = Sheet::new("terms-table", "Terms", caption, head);
        let of_trends = self.trends.iter().zip(&figures.apart);
        with_terms(sheet, of_trends.map(|(trend, terms)| (trend.key.clone(), terms)))
    }

    /// Rising and falling terms.
    fn rising_sheet(&self, figures: &TermFigures) -> Sheet {
        let head = ["among", "term", "cases of its years", "cases of the other years", "z"];
        let caption = "Terms of the recent years, compared with the earlier ones";
        let sheet = Sheet::new("rising-table", "Rising terms", caption, head);
        let of_all = [("rising", &figures.rising), ("falling", &figures.falling)]
            .map(|(way, terms)| (format!("all cases, {way}"), terms));
        let of_trends = self.trends.iter().zip(&figures.rising_in);
        let of_trends = of_trends.map(|(trend, terms)| (format!("{}, rising", trend.key), terms));
        with_terms(sheet, of_all.into_iter().chain(of_trends))
    }

    /// Returns the summary, for readers of the workbook alone.
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
        let head = ["trend", "name", "cases"].into_iter().chain(SHARES);
        let head = head.chain(["corrected cases", "corrected by"]);
        let caption = "How frequent each trend is, as labelled and corrected";
        let mut sheet = Sheet::new("trends-table", "Trends", caption, head);
        for trend in &self.trends {
            let Frequency { cases, count, corrected, .. } = trend.frequency;
            let by = match trend.correction {
                None => Value::Empty,
                Some(Correction::AdjustedCount) => "errors on held-out cases".into(),
                Some(Correction::MeanProbability) => "mean probability".into(),
            };
            let expected = corrected.map(|share| (share.value * cases as f64).round() as usize);
            let cells = [Value::from(&trend.key), (&trend.name).into(), count.into()];
            let last = [expected.map_or(Value::Empty, Value::Count), by];
            sheet.row(cells.into_iter().chain(shares(trend.frequency)).chain(last));
        }
        sheet
    }

    /// Returns one row per group and trend.
    pub(super) fn breakdown_sheet(&self, number: usize, breakdown: &Breakdown) -> Sheet {
        let name = &breakdown.name;
        let head = [name.as_str(), "code", "cases of the group", "trend", "cases"];
        let head = head.into_iter().chain(SHARES).chain([P_OF_GROUP]);
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
                let counted = first.into_iter().chain(counted);
                sheet.row(counted.chain(shares(*frequency)).chain([Value::p(*p)]));
            }
        }
        sheet
    }

    /// Returns one row per group, of one trend.
    pub(super) fn group_sheet(&self, id: String, breakdown: &Breakdown, trend: usize) -> Sheet {
        let name = &breakdown.name;
        let head = [name.as_str(), "cases of the group", "cases"];
        let head = head.into_iter().chain(SHARES).chain([P_OF_GROUP]);
        let caption = format!("{} by {name}", self.trends[trend].key);
        let mut sheet = Sheet::new(id, format!("By {name}"), caption, head);
        for group in &breakdown.groups {
            let frequency = group.trends[trend];
            let counted = [(&group.name).into(), group.cases.into(), frequency.count.into()];
            let p = Value::p(group.p_values[trend]);
            sheet.row(counted.into_iter().chain(shares(frequency)).chain([p]));
        }
        sheet
    }

    /// Returns all pairs of trends.
    pub(super) fn pairs_sheet(&self) -> Sheet {
        let head = ["trend", "other trend", "cases with both", "expected", "lift", "p"];
        let caption =
            "Pairs of trends: cases with both, and the number expected if they were independent";
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

    /// Returns the combinations of trends that cases have.
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

/// Returns a sheet with a row for each term of several kinds of cases, with the name of the kind.
fn with_terms<'t>(
    mut sheet: Sheet,
    kinds: impl IntoIterator<Item = (String, &'t Vec<Term>)>,
) -> Sheet {
    for (kind, terms) in kinds {
        for Term { term, inside, outside, z } in terms {
            let counts = [Value::Count(*inside), Value::Count(*outside)];
            let words = [Value::from(&kind), Value::from(term)];
            sheet.row(words.into_iter().chain(counts).chain([Value::Number(*z)]));
        }
    }
    sheet
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
    let caption = "Groups of similar cases that fit no trend well";
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
        "How often each trend occurs in cases of {recent}, beside those of {earlier}; p-values \
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

/// Returns the cells under [`SHARES`].
fn shares(frequency: Frequency) -> impl Iterator<Item = Value> {
    limits(frequency.raw).into_iter().chain(limits(frequency.corrected))
}

/// Returns an estimate as three cells.
pub(super) fn limits(estimate: Option<Estimate>) -> [Value; 3] {
    match estimate {
        None => [Value::Empty, Value::Empty, Value::Empty],
        Some(Estimate { value, lower, upper }) => [value, lower, upper].map(Value::Share),
    }
}
