//! The page as its readers and their machines see it.

use super::*;
use crate::decision::{ReadingFacts, Triage, TriageParams, TriageSummary};
use crate::evaluate::interval::{BootstrapParams, intervals, tests::drawn};
use crate::evaluate::slices::Part;
use crate::metrics::Outcome;
use crate::metrics::agreement::between;
use crate::metrics::calibration::{CalibrationParams, Scope, calibration_test, reliability};
use crate::metrics::curve::{co_occurrence, confusion, precision_recall};
use crate::metrics::{Figure, MetricsParams};
use crate::stats::Estimate;
use crate::taxonomy::TrendId;
use scraper::{ElementRef, Html, Selector};

fn metrics(outcomes: &[Outcome], taxonomy: &Taxonomy) -> Metrics {
    Metrics::of(outcomes, taxonomy, &MetricsParams::default()).unwrap()
}

/// Returns a report with nothing but the title and metrics without a case.
fn empty() -> Report {
    let taxonomy = Taxonomy::from_keys(["blue", "green", "red"]).unwrap();
    Report {
        title: "Evaluation".into(),
        date: None,
        subject: "model abc".into(),
        caution: None,
        repeats: 1,
        file: "cases.csv".into(),
        metrics: metrics(&[], &taxonomy),
        taxonomy,
        intervals: Vec::new(),
        slices: Vec::new(),
        baselines: Vec::new(),
        human_line: None,
        per_trend: Vec::new(),
        triage: None,
        reading_plan: None,
        by_limit: None,
        learning_curve: Vec::new(),
        co_occurrence: Vec::new(),
        confusion: Vec::new(),
        terms: Vec::new(),
        mistakes: Vec::new(),
        warnings: Vec::new(),
    }
}

/// Returns a report with every part, of a model that has some skill.
fn full() -> Report {
    let outcomes = drawn(1, 120, 0.6).remove(0);
    let noise = drawn(1, 120, 0.0).remove(0);
    let taxonomy = empty().taxonomy;
    let bootstrap = BootstrapParams { resamples: 50, ..BootstrapParams::default() };
    let simulation = CalibrationParams { draws: 50, ..CalibrationParams::default() };
    let gold = || outcomes.iter().map(|outcome| &outcome.gold);
    let detail = |(id, _): (TrendId, _)| TrendDetail {
        threshold: Some(0.5),
        curve: precision_recall(&outcomes, id),
        reliability: reliability(&outcomes, Scope::Trend(id), 5).unwrap(),
        reliability_before: reliability(&noise, Scope::Trend(id), 5).unwrap(),
        calibration: calibration_test(&outcomes, Scope::Trend(id), &simulation).unwrap(),
    };
    // Half of the decided pairs are accepted, the others rejected.
    let decided = |pairs: usize| Triage {
        accept: Some(0.9),
        reject: Some(0.1),
        expected: TriageSummary {
            accepted: pairs / 2,
            rejected: pairs / 2,
            asked: 100 - pairs,
            false_accepts: pairs / 20,
            missed: pairs / 20,
            gold: 50,
            ..TriageSummary::default()
        },
        ..Triage::undecided(TriageParams::default())
    };
    let learned = |cases: usize, f1: f64| LearningPoint {
        cases,
        macro_f1: Some(f1),
        lower: Some(f1 - 0.1),
        upper: Some(f1 + 0.1),
        mean_average_precision: Some(f1 + 0.05),
    };
    let figures = Figure::headline_and_trends(&taxonomy);
    let plan = ReadingPlan::of(std::slice::from_ref(&outcomes), 3, &bootstrap).unwrap();
    Report {
        metrics: metrics(&outcomes, &taxonomy),
        intervals: intervals(std::slice::from_ref(&outcomes), 3, &figures, &bootstrap).unwrap(),
        slices: vec![Slice {
            part: Part::Normal,
            cases: 120,
            intervals: Vec::new(),
            gold: 1.2,
            suggested: 1.3,
            accepted: 40,
            accepted_right: 38,
            calibration: None,
        }],
        baselines: vec![Baseline { name: "noise", metrics: metrics(&noise, &taxonomy) }],
        human_line: Some(between(gold().zip(gold()), 3)),
        per_trend: taxonomy.iter().map(detail).collect(),
        triage: Some(TriageFindings {
            params: TriageParams { miss_rate: 0.06, ..TriageParams::default() },
            observed: TriageSummary {
                accepted: 20,
                rejected: 30,
                asked: 50,
                decided_cases: 2,
                cases: 20,
                false_accepts: 1,
                missed: 2,
                gold: 50,
                right_cases: Some(1),
            },
            accept_limits: Some((0.9, 0.9)),
            reject_limits: Some((0.1, 0.2)),
            curve: [20, 50, 80].map(decided).to_vec(),
            pays: false,
            cases_needed: Some(900),
        }),
        reading_plan: Some(plan),
        by_limit: Some(ByLimit {
            target_f1: Some(0.9),
            observed: ReadingFacts {
                cases: 120,
                read: 30,
                f1_unread: Some(0.7),
                f1_finished: Some(0.89),
                wrong_tags_left: Some(0.2),
            },
        }),
        learning_curve: vec![learned(50, 0.5), learned(100, 0.6)],
        co_occurrence: co_occurrence(gold(), 3),
        confusion: confusion(&outcomes, 3),
        terms: vec![TrendTerms { key: "red".into(), terms: vec![("rose".into(), 1.25)] }],
        mistakes: vec![Mistake {
            id: "case-7".into(),
            title: "A poppy".into(),
            gold: vec!["red".into()],
            suggested: vec!["blue".into()],
            wrong: vec![
                WrongTrend {
                    name: "red".into(),
                    probability: 0.02,
                    evidence: vec![("sky".into(), -0.5)],
                },
                WrongTrend { name: "blue".into(), probability: 0.97, evidence: Vec::new() },
            ],
            excerpt: "Under the sky".into(),
        }],
        warnings: vec!["The cases are drawn by chance.".into()],
        ..empty()
    }
}

fn select<'p>(page: &'p Html, selector: &str) -> Vec<ElementRef<'p>> {
    page.select(&Selector::parse(selector).unwrap()).collect()
}

/// Parses a page and checks what every page guarantees.
fn checked(report: &Report) -> (String, Html) {
    let text = rendered(report).unwrap();
    let page = Html::parse_document(&text);
    assert!(page.errors.is_empty(), "broken markup: {:?}", page.errors);
    assert_eq!(select(&page, "main, h1").len(), 2);
    let mut ids: Vec<&str> = select(&page, "[id]").iter().filter_map(|e| e.attr("id")).collect();
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count, "an id occurs twice");
    for link in select(&page, "a") {
        let href = link.attr("href").unwrap();
        if href.starts_with("data:") {
            assert!(link.attr("download").is_some(), "a file to be kept");
            continue;
        }
        let target = href.strip_prefix('#').unwrap();
        assert!(ids.contains(&target), "no place for the link to {target}");
    }
    for named in select(&page, "[aria-labelledby]") {
        for id in named.attr("aria-labelledby").unwrap().split(' ') {
            assert!(ids.contains(&id), "no label {id}");
        }
    }
    let outside = "script, link, img, iframe, [src], [style], [href*='//'], [action]";
    assert!(select(&page, outside).is_empty(), "the page must stand alone");
    assert!(!text.contains("NaN") && !text.contains("inf<"), "an undefined figure is not a dash");
    (text, page)
}

#[test]
fn a_full_report_has_every_chart_with_title_description_and_its_data_as_a_table() {
    let (_, page) = checked(&full());
    let charts = select(&page, "svg");
    // Two per trend, reading plan, expected errors, triage, learning curve.
    assert_eq!(charts.len(), 2 * 3 + 4);
    assert_eq!(select(&page, "svg[role=img] > title").len(), charts.len());
    assert_eq!(select(&page, "svg[role=img] > desc").len(), charts.len());
    for data in select(&page, "figure:has(svg) + details table") {
        assert!(data.select(&Selector::parse("tbody td").unwrap()).next().is_some());
    }
    assert_eq!(select(&page, "figure:has(svg) + details table caption").len(), charts.len());
    for table in select(&page, "table") {
        let row_headers = table.select(&Selector::parse("tbody th[scope=row]").unwrap()).count();
        assert_eq!(row_headers, table.select(&Selector::parse("tbody tr").unwrap()).count());
    }
    assert_eq!(select(&page, ".scroll[tabindex='0']").len(), select(&page, "table").len());
}

#[test]
fn an_empty_report_says_in_words_what_was_not_measured() {
    let (text, page) = checked(&empty());
    assert!(select(&page, "svg").is_empty());
    for words in [
        "There is nothing to measure",
        "No baseline was measured.",
        "How far annotators agree was not measured.",
        "Intervals were not measured.",
        "Curves were not measured.",
        "Reliability was not measured.",
        "The reading plan was not measured.",
        "Triage was not measured.",
        "The learning curve was not measured.",
        "Confusion was not measured.",
        "No mistakes were listed.",
    ] {
        assert!(text.contains(words), "{words}");
    }
}

#[test]
fn a_trend_without_gold_has_words_in_the_place_of_its_curve() {
    let mut report = full();
    report.per_trend[1] = TrendDetail::default();
    let (text, page) = checked(&report);
    assert_eq!(select(&page, "svg").len(), 2 * 2 + 4);
    assert!(text.contains("No case has this trend as a reference label, so there is no curve."));
}

#[test]
fn hostile_text_is_shown_as_text() {
    let hostile = r#"</title></style><script>alert("1")</script><b a='"#;
    let mut report = full();
    for text in [&mut report.title, &mut report.subject, &mut report.file] {
        *text = hostile.into();
    }
    for trend in &mut report.taxonomy.trends {
        trend.key = format!("{}{hostile}", trend.key);
        trend.name = hostile.into();
        trend.definition = hostile.into();
    }
    for trend in &mut report.metrics.per_trend {
        trend.key = hostile.into();
    }
    report.baselines[0].name = hostile;
    report.terms[0] = TrendTerms { key: hostile.into(), terms: vec![(hostile.to_owned(), 1.0)] };
    report.mistakes[0].id = hostile.into();
    report.mistakes[0].title = hostile.into();
    report.mistakes[0].excerpt = hostile.into();
    report.mistakes[0].gold = vec![hostile.into()];
    report.mistakes[0].wrong[0].evidence[0].0 = hostile.into();
    report.warnings = vec![hostile.into()];

    let (_, page) = checked(&report);
    assert!(select(&page, "b").is_empty());
    let heading: String = select(&page, "h1")[0].text().collect();
    assert_eq!(heading, hostile);
    let excerpt: String = select(&page, "blockquote p")[0].text().collect();
    assert_eq!(excerpt, hostile);
}

#[test]
fn the_same_report_gives_the_same_bytes() {
    assert_eq!(rendered(&full()).unwrap(), rendered(&full()).unwrap());
}

#[test]
fn of_many_trends_those_with_the_most_support_are_drawn_and_all_are_in_the_table() {
    let keys: Vec<String> = (0..40).map(|i| format!("t{i:02}")).collect();
    let taxonomy = Taxonomy::from_keys(keys.iter().map(String::as_str)).unwrap();
    // Trend i is gold in the cases from i on: the first have the most support.
    let outcomes: Vec<Outcome> = (0..40)
        .map(|case| Outcome {
            id: case.to_string(),
            gold: (0..=case).map(TrendId).collect(),
            suggested: (0..=case).map(TrendId).collect(),
            probabilities: vec![0.5; 40],
        })
        .collect();
    let report = Report {
        metrics: metrics(&outcomes, &taxonomy),
        per_trend: taxonomy
            .iter()
            .map(|(id, _)| TrendDetail {
                curve: precision_recall(&outcomes, id),
                ..TrendDetail::default()
            })
            .collect(),
        co_occurrence: vec![vec![1; 40]; 40],
        taxonomy,
        ..empty()
    };
    let (text, page) = checked(&report);
    assert_eq!(select(&page, "svg").len(), 12);
    assert!(text.contains("Of 40 trends the 12 with the most support are drawn"));
    let drawn: Vec<String> =
        select(&page, "#curves ~ .cards h3").iter().map(|h| h.text().collect()).collect();
    assert_eq!(drawn, keys[..12]);
    let rows = select(&page, ".scroll[aria-labelledby=trends-table] tbody tr:not(.sum)");
    assert_eq!(rows.len(), 40);
}

#[test]
fn a_part_about_other_trends_is_refused_by_name() {
    let mut report = full();
    report.confusion.pop();
    let error = rendered(&report).unwrap_err().to_string();
    assert!(error.contains("the confusion is not about the 3 trends"), "{error}");
}

/// Returns all sentences of the summary under one heading.
fn said(report: &Report, heading: &str) -> String {
    let findings = sentences::summary(report);
    let finding = findings.iter().find(|finding| finding.heading == heading).unwrap();
    finding.sentences.join(" ").replace('\u{a0}', " ")
}

#[test]
fn the_summary_says_what_triage_decides_and_how_sure_that_is() {
    let text = said(&full(), "Decisions without a reviewer");
    assert_eq!(
        text,
        "50 % of the decisions, each about one trend of one case, need no reviewer: 20 are \
         accepted, 30 rejected, 50 asked about. All trends are decided for 10 % of the \
         cases; entirely right of these: 1 of 2 (50 % [9 %, 91 %]). Automatic acceptance finds 38 % of \
         the true trends. Trends of probability 0.90 or more are accepted; those up to 0.10 \
         to 0.20 are rejected; the rest is left to a reviewer. 95 % of the accepted are right \
         (asked for: at least 90 %); 4 % of the true trends are wrongly rejected (allowed: at most \
         6 %). The limits promise both with approximately 90 % confidence, for cases like those \
         that they were chosen on. To decide half of the pairs and accept three tenths of the true \
         trends, about 900 labelled cases would be needed."
    );
    let mut report = full();
    let triage = report.triage.as_mut().unwrap();
    (triage.accept_limits, triage.reject_limits, triage.pays) = (None, None, true);
    let text = said(&report, "Decisions without a reviewer");
    assert_eq!(text, "Nothing: no limits keep to the errors allowed.");
    let triage = report.triage.as_mut().unwrap();
    (triage.pays, triage.cases_needed) = (false, None);
    let text = said(&report, "Decisions without a reviewer");
    assert!(text.ends_with("even a hundred times as many labelled cases would not be enough."));
}

#[test]
fn the_summary_says_how_much_has_to_be_read() {
    let mut report = full();
    let plan = report.reading_plan.as_mut().unwrap();
    plan.targets[0].share = Some(Estimate { value: 0.235, lower: 0.19, upper: 0.28 });
    plan.targets[0].random_share = Some(0.45);
    plan.targets[1].share = Some(Estimate { value: 0.0, lower: 0.0, upper: 0.1 });
    plan.calibration.expected = 0.5;
    plan.calibration.found = Some(Estimate { value: 0.48, lower: 0.4, upper: 0.56 });
    assert_eq!(
        said(&report, "Reading"),
        "A batch reaches a macro F1 of 0.90 once 24 % of its cases are read (95 % interval 19 % to \
         28 %), those with the most expected errors first; in random order it takes 45 %. A macro \
         F1 of 0.95 is reached without reading. Unread, 0.50 wrong tags per case were expected and \
         0.48 found: the difference is within chance. The models themselves, which aim at 0.90, \
         marked 25 % of the cases; with them read, macro F1 rises from 0.70 to 0.89."
    );
    report.by_limit.as_mut().unwrap().target_f1 = None;
    let text = said(&report, "Reading");
    assert!(text.ends_with("it marks every case."), "{text}");
}

#[test]
fn the_summary_compares_with_the_best_baseline_and_with_annotators() {
    let mut report = full();
    report.metrics.overall.macro_average.f1 = Some(0.75);
    report.baselines[0].metrics.overall.macro_average.f1 = Some(0.5);
    let compared = |report: &Report| said(report, "Comparison");
    assert_eq!(
        compared(&report),
        "The best baseline, noise, reaches a macro F1 of 0.50: 0.25 less. Two annotators agree \
         with a macro F1 of 1.00 on 120 cases: the model stays 0.25 below."
    );
    report.baselines[0].metrics.overall.macro_average.f1 = Some(0.75);
    assert!(compared(&report).contains("reaches a macro F1 of 0.75: this model is no better."));
}

#[test]
fn the_summary_says_whether_the_interval_keeps_clear_of_the_best_baseline() {
    let mut report = full();
    let lower = report.intervals[0].lower.unwrap();
    let mut with_baseline = |f1: f64| {
        report.baselines[0].metrics.overall.macro_average.f1 = Some(f1);
        said(&report, "Certainty")
    };
    assert!(with_baseline(lower - 0.01).contains("Even the lower end is above"));
    assert!(with_baseline(lower + 0.01).contains("The interval reaches down to"));
}

#[test]
fn the_summary_names_trends_whose_probabilities_are_off() {
    let mut report = full();
    for (detail, error) in report.per_trend.iter_mut().zip([0.01, 0.2, 0.3]) {
        detail.calibration.as_mut().unwrap().error = error;
        detail.calibration.as_mut().unwrap().p99_if_calibrated = 0.1;
    }
    let text = said(&report, "Certainty");
    assert!(text.contains("not well calibrated for green and red (off by more"), "{text}");
}

#[test]
fn the_summary_says_what_to_watch() {
    let mut report = full();
    report.confusion = vec![vec![0, 3, 0], vec![1, 0, 0], vec![0, 0, 0]];
    report.metrics.per_trend[2].f1 = Some(0.3);
    report.metrics.per_trend[0].f1 = Some(0.9);
    report.metrics.per_trend[1].f1 = Some(0.9);
    let text = said(&report, "Watch out for");
    for words in [
        "F1 is below 0.60 for red.",
        "The most frequent confusion: “blue” is missed where “green” is suggested wrongly (3 cases).",
        "From 50 to 100 training cases macro F1 rose by 0.10: this step is within its uncertainty",
        "Cases without a gold trend:",
        "The cases are drawn by chance.",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    report.learning_curve[1].lower = Some(0.61);
    let text = said(&report, "Watch out for");
    assert!(text.contains("rose by 0.10: more labelled cases will probably help"), "{text}");
}
