//! The tables of a landscape, each made once for the page and the workbook.

use super::cover::{facts, title, warnings};
use super::sentences::{UnfitWords, findings, paragraph};
use super::sheet::{Sheet, Value};
use super::words::{falling, given};
use crate::evaluate::landscape::breakdown::Breakdown;
use crate::evaluate::landscape::quantify::{Correction, Frequency};
use crate::evaluate::landscape::terms::{Term, TermFigures};
use crate::evaluate::landscape::typical::TrendExamples;
use crate::evaluate::landscape::unfit::Unfit;
use crate::evaluate::landscape::{Change, Landscape, UnfitRule};
use crate::pages::kit::Cover;
use crate::pages::kit::format::years;
use crate::stats::Estimate;

/// The head of the test of a group.
const P_OF_GROUP: &str = "adjusted p, against the others";

impl Landscape {
    /// Returns all tables, in the order of the page.
    pub(super) fn sheets(&self, cover: &Cover) -> Vec<Sheet> {
        let mut sheets = vec![self.trends_sheet()];
        sheets.extend(self.change.iter().map(|change| self.change_sheet(change)));
        let breakdowns = self.breakdowns.iter().enumerate();
        sheets.extend(breakdowns.map(|(n, breakdown)| self.breakdown_sheet(n, breakdown)));
        sheets.push(self.pairs_sheet());
        sheets.push(self.combinations_sheet());
        if let Some(terms) = &self.terms {
            sheets.extend([self.apart_sheet(terms), self.rising_sheet(terms)]);
        }
        sheets.extend(self.examples.iter().map(|examples| self.examples_sheet(examples)));
        sheets.extend([self.unfit_cases_sheet(), unfit_groups_sheet(&self.unfit)]);
        sheets.insert(0, self.summary_sheet(cover, &sheets));
        sheets
    }

    /// Returns the heads of the shares of a trend, as given and estimated.
    fn share_heads(&self) -> [String; 6] {
        let given = self.share_head();
        [given.as_str(), "from", "to", "estimated share", "from", "to"].map(str::to_owned)
    }

    /// Distinctive terms of each trend.
    fn apart_sheet(&self, figures: &TermFigures) -> Sheet {
        let head = ["trend", "term", "cases with the trend", "other cases", "z"];
        let caption = "Terms that set each trend apart from the other cases";
        let sheet = Sheet::new("terms-table", "Terms", caption, head);
        let of_trends = self.trends.iter().zip(&figures.apart);
        with_terms(sheet, of_trends.map(|(trend, terms)| (trend.name.clone(), terms)))
    }

    /// Rising and falling terms.
    fn rising_sheet(&self, figures: &TermFigures) -> Sheet {
        let head = ["among", "term", "cases of its years", "cases of the other years", "z"];
        let caption = "Terms of the recent years, compared with the earlier ones";
        let sheet = Sheet::new("rising-table", "Rising terms", caption, head);
        let of_all = [("rising", &figures.rising), ("falling", &figures.falling)]
            .map(|(way, terms)| (format!("all cases, {way}"), terms));
        let of_trends = self.trends.iter().zip(&figures.rising_in);
        let of_trends = of_trends.map(|(trend, terms)| (format!("{}, rising", trend.name), terms));
        with_terms(sheet, of_all.into_iter().chain(of_trends))
    }

    /// What the page says before its tables, and what the other sheets show.
    fn summary_sheet(&self, cover: &Cover, sheets: &[Sheet]) -> Sheet {
        let mut sheet = Sheet::new("summary-table", "Summary", "Summary", ["", title(self, cover)]);
        for (name, fact) in facts(self, cover) {
            sheet.row([name.into(), fact.into()]);
        }
        for warning in warnings(self) {
            sheet.row(["Please note".into(), warning.into()]);
        }
        sheet.row(["Summary".into(), paragraph(self).into()]);
        for finding in findings(self) {
            for sentence in finding.sentences {
                sheet.row([finding.heading.into(), sentence.into()]);
            }
        }
        for Sheet { name, caption, .. } in sheets {
            sheet.row([format!("Sheet “{name}”").into(), caption.into()]);
        }
        sheet
    }

    /// How frequent each trend is.
    pub(super) fn trends_sheet(&self) -> Sheet {
        let head = ["trend", "key", "cases"].map(str::to_owned).into_iter();
        let head = head.chain(self.share_heads());
        let head = head.chain(["estimated cases", "estimated by"].map(str::to_owned));
        let caption = format!("How frequent each trend is, {} and estimated", given(self));
        let mut sheet = Sheet::new("trends-table", "Trends", caption, head);
        for trend in falling(self).into_iter().map(|trend| &self.trends[trend]) {
            let Frequency { cases, count, corrected, .. } = trend.frequency;
            let by = match trend.correction {
                None => Value::Empty,
                Some(Correction::AdjustedCount) => "errors on held-out cases".into(),
                Some(Correction::MeanProbability) => "mean probability".into(),
                Some(Correction::PartlyRead) => "read cases and mean probability".into(),
            };
            let expected = corrected.map(|share| (share.value * cases as f64).round() as usize);
            let cells = [Value::from(&trend.name), (&trend.key).into(), count.into()];
            let last = [expected.map_or(Value::Empty, Value::Count), by];
            sheet.row(cells.into_iter().chain(shares(trend.frequency)).chain(last));
        }
        sheet
    }

    /// Returns one row per group and trend.
    pub(super) fn breakdown_sheet(&self, number: usize, breakdown: &Breakdown) -> Sheet {
        let name = &breakdown.name;
        let head = [name.as_str(), "code", "cases of the group", "trend", "cases"];
        let head = head.map(str::to_owned).into_iter().chain(self.share_heads());
        let head = head.chain([P_OF_GROUP.to_owned()]);
        let caption = format!("Trends by {name}");
        let mut sheet =
            Sheet::new(format!("by-{number}-table"), format!("By {name}"), caption, head);
        for group in &breakdown.groups {
            for ((trend, frequency), p) in
                self.trends.iter().zip(&group.trends).zip(&group.p_values)
            {
                let code = group.code.as_ref().map_or(Value::Empty, Value::from);
                let first = [Value::from(&group.name), code, group.cases.into()];
                let counted = [Value::from(&trend.name), frequency.count.into()];
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
        let head = head.map(str::to_owned).into_iter().chain(self.share_heads());
        let head = head.chain([P_OF_GROUP.to_owned()]);
        let caption = format!("{} by {name}", self.trends[trend].name);
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
        let head = [
            "trend",
            "other trend",
            "cases with both",
            "expected",
            "observed / expected",
            "adjusted p",
        ];
        let caption = "Pairs of trends: cases with both, and how many are expected if each case \
                       keeps its number of trends and each trend its number of cases";
        let mut sheet = Sheet::new("pairs-table", "Pairs", caption, head);
        for pair in &self.together.pairs {
            sheet.row([
                self.name(&pair.first).into(),
                self.name(&pair.second).into(),
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
                trends => {
                    let names: Vec<&str> = trends.iter().map(|key| self.name(key)).collect();
                    names.join(" + ")
                }
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

impl Landscape {
    /// Typical and unusual cases.
    fn examples_sheet(&self, examples: &[TrendExamples]) -> Sheet {
        let head = ["trend", "kind", "id", "title", "similarity", "probability"];
        let caption = "Cases most and least similar to the others of their trend";
        let mut sheet = Sheet::new("examples-table", "Typical and unusual cases", caption, head);
        for trend in examples {
            let name = self.name(&trend.key);
            for (kind, cases) in [("typical", &trend.typical), ("unusual", &trend.unusual)] {
                for case in cases {
                    let named = [name.into(), kind.into(), (&case.id).into(), (&case.title).into()];
                    let figures = [Value::Number(case.likeness), Value::share(case.probability)];
                    sheet.row(named.into_iter().chain(figures));
                }
            }
        }
        sheet
    }

    /// Cases without a clear trend.
    pub(super) fn unfit_cases_sheet(&self) -> Sheet {
        let words = UnfitWords::of(self.unfit.rule);
        let has_probabilities = self.unfit.rule == UnfitRule::Probability;
        let mut head = vec!["id", "title", "closest trend"];
        head.extend(has_probabilities.then_some("probability"));
        head.push("similarity");
        let mut sheet = Sheet::new("unfit-table", words.heading, words.caption, head);
        for case in &self.unfit.cases {
            let nearest = case.nearest.as_ref();
            let mut row = vec![(&case.id).into(), (&case.title).into()];
            row.push(nearest.map_or(Value::Empty, |key| self.name(key).into()));
            row.extend(has_probabilities.then(|| Value::share(case.probability)));
            row.push(Value::number(case.likeness));
            sheet.row(row);
        }
        sheet
    }

    /// How trends change.
    pub(super) fn change_sheet(&self, change: &Change) -> Sheet {
        let (earlier, recent) = (years(change.earlier), years(change.recent));
        let head = [
            "trend".to_owned(),
            format!("cases {earlier}"),
            format!("share {earlier}"),
            format!("cases {recent}"),
            format!("share {recent}"),
            format!("difference {}", given(self)),
            "from".to_owned(),
            "to".to_owned(),
            "estimated difference".to_owned(),
            "from".to_owned(),
            "to".to_owned(),
            "p of the difference".to_owned(),
            "p of a steady change".to_owned(),
            "adjusted p of the difference".to_owned(),
            "adjusted p of a steady change".to_owned(),
        ];
        let caption = format!(
            "How often each trend occurs in cases of {recent}, beside those of {earlier}; p-values \
             before and after adjustment for all tests of the table"
        );
        let mut sheet = Sheet::new("change-table", "Change", caption, head);
        for trend in &change.trends {
            let share = |f: Frequency| Value::share(f.raw.map(|share| share.value));
            let counted = [
                self.name(&trend.key).into(),
                trend.earlier.count.into(),
                share(trend.earlier),
                trend.recent.count.into(),
                share(trend.recent),
            ];
            let differences =
                point_limits(trend.difference).into_iter().chain(point_limits(trend.corrected));
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
}

fn unfit_groups_sheet(unfit: &Unfit) -> Sheet {
    let head = ["group", "cases", "similarity", "terms", "ids"];
    let caption = "Groups of similar cases among them";
    let mut sheet = Sheet::new("groups-table", "Groups of similar cases", caption, head);
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

/// Returns the cells of the shares of a trend.
fn shares(frequency: Frequency) -> impl Iterator<Item = Value> {
    limits(frequency.raw).into_iter().chain(limits(frequency.corrected))
}

/// Returns an estimated difference as three cells.
fn point_limits(estimate: Option<Estimate>) -> [Value; 3] {
    match estimate {
        None => [Value::Empty, Value::Empty, Value::Empty],
        Some(Estimate { value, lower, upper }) => [value, lower, upper].map(Value::Points),
    }
}

/// Returns an estimate as three cells.
fn limits(estimate: Option<Estimate>) -> [Value; 3] {
    match estimate {
        None => [Value::Empty, Value::Empty, Value::Empty],
        Some(Estimate { value, lower, upper }) => [value, lower, upper].map(Value::Share),
    }
}
