//! Tests which side learns from which decision, which is scored on it, and the results.

use std::io::Cursor;

use super::*;
use crate::tables::MissingText;
use crate::tables::ReadOptions;
use crate::tables::Rows;
use crate::tagger::{Case, TaggerParams};
use crate::taxonomy::{TrendId, TrendSet};

const WORDS: [[&str; 6]; 2] = [
    ["vote", "assembly", "petition", "residents", "ballot", "council"],
    ["sensor", "forecast", "statistics", "dashboard", "measure", "dataset"],
];
const OTHERS: [&str; 12] = [
    "north", "harbour", "valley", "market", "bridge", "garden", "river", "winter", "letter",
    "window", "street", "island",
];

/// Cases `from..to`, each with one of two trends that its words indicate; no two are
/// near-duplicates.
fn corpus(range: std::ops::Range<usize>, columns: &str) -> Corpus {
    let mut csv = format!("id,title,summary,description,trends{columns}\n");
    for i in range {
        let mut draw =
            i.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963);
        let mut pick = |words: &[&'static str]| {
            draw = draw.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963);
            words[(draw >> 33) % words.len()]
        };
        let own = &WORDS[i % 2];
        let text: Vec<&str> =
            (0..4).flat_map(|_| [pick(own), pick(&OTHERS), pick(&OTHERS)]).collect();
        let trend = ["a", "b"][i % 2];
        csv += &format!(
            "c{i},{} {i},,{},{trend}{}\n",
            text[0],
            text.join(" "),
            columns.replace(|c: char| c != ',', "")
        );
    }
    read(&csv)
}

fn read(csv: &str) -> Corpus {
    let mut options = ReadOptions::default();
    options.columns.missing_text = MissingText::Allow;
    let rows = Rows::from_reader(Cursor::new(csv.to_owned()), "cases.csv", &options).unwrap();
    let taxonomy = crate::Taxonomy::from_keys(["a", "b"]).unwrap();
    Corpus::from_rows(rows, &options, Some(taxonomy)).unwrap().0
}

/// Decided cases: `relabel` maps their gold to the decision of reviewers.
fn decided(
    corpus: &Corpus,
    audit: bool,
    relabel: impl Fn(usize, &TrendSet) -> TrendSet,
) -> Decisions {
    let of = |(i, case): (usize, &Case)| {
        let gold = Some(relabel(i, case.gold.as_ref().unwrap()));
        Decided { case: Case { gold, ..case.clone() }, audit, reviewer: None, asked: None }
    };
    Decisions {
        settled: corpus.cases.iter().enumerate().map(of).collect(),
        conflicts: Vec::new(),
        columns: corpus.columns.clone(),
    }
}

fn honest(_: usize, gold: &TrendSet) -> TrendSet {
    gold.clone()
}

fn flipped(_: usize, gold: &TrendSet) -> TrendSet {
    [TrendId(u16::from(gold.contains(TrendId(0))))].into_iter().collect()
}

fn params() -> RetrainParams {
    RetrainParams { folds: 3, repeats: 1, search: None, ..RetrainParams::default() }
}

/// All results of retraining.
struct Found {
    corpus: Corpus,
    origins: Vec<LabelOrigin>,
    verdict: Verdict,
    challenger_outcomes: Vec<Vec<Outcome>>,
    champion_outcomes: Vec<Vec<Outcome>>,
}

fn retrained(gold: &Corpus, decisions: &Decisions, known: Option<&Corpus>) -> Found {
    let recipe = TaggerParams { folds: 3, ..TaggerParams::default() }.check().unwrap();
    let champion =
        Champion { version: "", recipe: &recipe, cases: known, new_trends: &TrendSet::default() };
    let found = Challenger::train(gold, decisions, champion, &params(), &mut |_| {}).unwrap();
    let compared = found.compare(champion, &params(), &|| {}).unwrap();
    Found {
        corpus: found.corpus,
        origins: found.origins,
        verdict: compared.verdict,
        challenger_outcomes: compared.challenger_outcomes,
        champion_outcomes: compared.champion_outcomes,
    }
}

#[test]
fn decisions_train_and_are_not_scored_and_those_drawn_by_lot_are_scored_and_do_not_train() {
    let gold = corpus(0..60, "");
    let mut decisions = decided(&corpus(60..70, ""), false, honest);
    decisions.settled.extend(decided(&corpus(70..75, ""), true, honest).settled);
    let found = retrained(&gold, &decisions, None);
    assert_eq!(found.corpus.cases.len(), 70);
    let of_decisions = found.origins.iter().filter(|o| **o == LabelOrigin::Decision).count();
    assert_eq!(of_decisions, 10);
    assert_eq!((found.verdict.cases, found.verdict.audit), (65, 5));
    let scored = |outcomes: &[Vec<Outcome>]| -> std::collections::BTreeSet<String> {
        outcomes[0].iter().map(|o| o.id.clone()).collect()
    };
    let ids = scored(&found.challenger_outcomes);
    assert_eq!(ids, scored(&found.champion_outcomes));
    assert!(ids.contains("c72") && !ids.contains("c65"));
    let checked = &found.verdict.direction.as_ref().unwrap().groups[0];
    assert_eq!(checked.decisions, 15, "all are checked");
    assert!(found.verdict.passes(), "{:?}", found.verdict.reasons);
}

#[test]
fn a_decision_on_a_gold_case_is_learned_and_the_case_is_still_scored_by_its_gold() {
    let gold = corpus(0..60, "");
    let decisions = decided(&corpus(0..3, ""), false, flipped);
    let found = retrained(&gold, &decisions, None);
    let learned = |i: usize| found.corpus.cases[i].gold.clone();
    assert_ne!(learned(0), gold.cases[0].gold);
    assert_eq!(learned(5), gold.cases[5].gold);
    let outcome = found.challenger_outcomes[0].iter().find(|o| o.id == "c0").unwrap();
    assert_eq!(Some(&outcome.gold), gold.cases[0].gold.as_ref());
}

#[test]
fn what_cannot_be_used_is_left_out_and_named() {
    let gold = corpus(0..60, "");
    let mut decisions = decided(&corpus(60..62, ""), false, honest);
    decisions.settled[0].case.id = "c7".into();
    decisions.settled[1].case.texts.iter_mut().for_each(String::clear);
    decisions.conflicts.push("c90".into());
    let merged = Merged::new(&gold, &decisions, None);
    let left: Vec<(&str, &str)> =
        merged.left_out.iter().map(|left| (left.id.as_str(), left.reason)).collect();
    assert_eq!(
        left,
        [
            ("c90", "reviewers disagree, and nobody has settled it"),
            ("c7", "a labelled case of this id has another text"),
            ("c61", "it has no text, and no labelled case has its id"),
        ]
    );
    assert_eq!(merged.challenger_corpus().0.cases.len(), 60);
}

#[test]
fn a_decision_is_new_until_the_champion_has_learned_it() {
    let gold = corpus(0..60, "");
    let mut decisions = decided(&corpus(60..70, ""), false, honest);
    let first = Merged::new(&gold, &decisions, Some(&gold));
    let new = |merged: &Merged| merged.members.iter().filter(|m| m.decided.is_some()).count();
    assert_eq!(new(&first), 10);
    // The cases that a version stores.
    let (mut known, origins) = first.challenger_corpus();
    let marked = corpus(60..70, ",label_origin");
    assert_eq!(origins.iter().filter(|o| **o == LabelOrigin::Decision).count(), 10);
    for (case, marked) in known.cases[60..].iter_mut().zip(&marked.cases) {
        let csv = format!("id,title,trends,label_origin\n{},x,a,decision\n", marked.id);
        case.record = read(&csv).cases[0].record.clone();
    }
    assert_eq!(new(&Merged::new(&gold, &decisions, Some(&known))), 0);
    // A decision that equals the gold is still new, because someone checked the case.
    decisions.settled.extend(decided(&corpus(0..1, ""), false, honest).settled);
    assert_eq!(new(&Merged::new(&gold, &decisions, Some(&known))), 1);
}

#[test]
fn near_duplicates_are_in_one_fold_whatever_the_repeat() {
    let gold = corpus(0..60, "");
    let mut copies = decided(&corpus(0..60, ""), false, flipped);
    copies.settled.iter_mut().for_each(|d| d.case.id.insert_str(0, "copy-of-"));
    let merged = Merged::new(&gold, &copies, None);
    let all = merged.corpus(|member| Some(member.label()));
    let set = TrainingSet::new(&all, TaggerParams::default().check().unwrap()).unwrap();
    let plan = Plan { folds: 3, repeats: 2, seed: 1 };
    for folds in comparison::folds(&merged, set.groups(), &plan).unwrap() {
        assert!((0..60).all(|i| folds[i] == folds[60 + i]));
    }
}

#[test]
fn a_labelled_text_that_comes_back_with_other_trends_is_pointed_out() {
    let gold = corpus(0..60, "");
    let mut copies = decided(&corpus(0..4, ""), false, flipped);
    copies.settled.iter_mut().for_each(|d| d.case.id.insert_str(0, "copy-of-"));
    copies.settled.extend(decided(&corpus(60..75, ""), false, honest).settled);
    let verdict = retrained(&gold, &copies, None).verdict;
    let words = "give other trends than it has: 4, such as copy-of-c0 (as c0), copy-of-c1 (as c1)";
    assert!(verdict.warnings.iter().any(|w| w.contains(words)), "{:?}", verdict.warnings);
    assert!(verdict.look_at[..4].iter().all(|id| id.starts_with("copy-of-")), "{verdict:?}");
}

#[test]
fn a_trend_that_a_decision_was_not_asked_about_is_as_expected() {
    let gold = corpus(0..60, "");
    // Each second case is about b, and nobody was asked about it.
    let mut decisions = decided(&corpus(60..90, ""), false, |_, gold| {
        gold.iter().filter(|id| *id == TrendId(0)).collect()
    });
    let of_direction = |decisions: &Decisions| {
        let direction = retrained(&gold, decisions, None).verdict.direction.unwrap();
        (direction.worst(), direction.groups[0].trends[1].expected)
    };
    assert_eq!(of_direction(&decisions).0, DirectionFinding::Refuse);
    decisions.settled.iter_mut().for_each(|d| d.asked = Some([TrendId(0)].into_iter().collect()));
    assert_eq!(of_direction(&decisions), (DirectionFinding::Fine, 0.0));
}

#[test]
fn too_few_labelled_cases_to_check_decisions_are_said() {
    let verdict = retrained(&corpus(0..30, ""), &decided(&corpus(60..75, ""), false, honest), None);
    let words = "not checked for mistakes: that needs 40 labelled cases, and there are 30";
    let warnings = verdict.verdict.warnings;
    assert!(warnings.iter().any(|w| w.contains(words)), "{warnings:?}");
}

#[test]
fn a_batch_of_wrong_decisions_is_refused_and_says_so() {
    let gold = corpus(0..60, "");
    let found = retrained(&gold, &decided(&corpus(60..90, ""), false, flipped), None);
    assert!(!found.verdict.passes());
    let whole = &found.verdict.direction.as_ref().unwrap().groups[0];
    assert_eq!(whole.finding, DirectionFinding::Refuse, "{whole:?}");
    assert!(whole.p_value < 0.01, "{whole:?}");
    let names_it = |reason: &String| reason.contains("withheld trends that the texts clearly show");
    assert!(found.verdict.reasons.iter().any(names_it), "{:?}", found.verdict.reasons);
    assert_eq!(found.verdict.look_at.len(), 10);
}

#[test]
fn a_recipe_that_is_no_other_on_the_same_cases_makes_no_difference() {
    let gold = corpus(0..60, "");
    let found = retrained(&gold, &Decisions::default(), None);
    assert!(found.verdict.differences.iter().all(|d| d.difference.is_none_or(|d| d == 0.0)));
    assert_eq!(found.verdict.direction, None);
    assert_eq!(found.champion_outcomes, found.challenger_outcomes);
}

#[test]
fn each_limit_of_the_gate_refuses_for_itself_and_says_by_how_much() {
    let gold = corpus(0..60, "");
    let good = retrained(&gold, &Decisions::default(), None).verdict;
    let reasons = |change: fn(&mut Verdict)| {
        let mut verdict = good.clone();
        change(&mut verdict);
        verdict.find_reasons(&gold.taxonomy)
    };
    assert!(reasons(|_| {}).is_empty());
    for (change, words) in [
        (
            (|v: &mut Verdict| v.differences[0].lower = Some(-0.02)) as fn(&mut Verdict),
            "macro F1 may be worse by 0.020, more than the margin of 0.01",
        ),
        (|v| v.differences[0].lower = None, "macro F1 cannot be compared"),
        (|v| v.differences[4].difference = Some(-0.06), "F1 of b falls by 0.060, more than 0.05"),
        (
            |v| v.calibration = [Some(0.02), Some(0.08)],
            "the calibration error rises from 0.020 to 0.080, by more than 0.05",
        ),
    ] {
        let found = reasons(change);
        assert!(found.len() == 1 && found[0].contains(words), "no \"{words}\" in {found:?}");
    }
    let inside = |v: &mut Verdict| {
        v.differences[0].lower = Some(-0.0099);
        v.differences[4].difference = Some(-0.0499);
        v.calibration = [Some(0.02), Some(0.0699)];
    };
    assert!(reasons(inside).is_empty());
}

#[test]
fn margins_that_cannot_work_are_named() {
    let gold = corpus(0..60, "");
    let recipe = TaggerParams::default().check().unwrap();
    let champion =
        Champion { version: "", recipe: &recipe, cases: None, new_trends: &TrendSet::default() };
    for margin in [-0.1, f64::NAN, 2.0] {
        let gate = GateParams { margin, ..GateParams::default() };
        let params = RetrainParams { gate, ..params() };
        let found = Challenger::train(&gold, &Decisions::default(), champion, &params, &mut |_| {});
        assert!(found.err().unwrap().to_string().starts_with("margin = "));
    }
}

#[test]
fn a_decision_merged_into_the_corpus_trains_and_is_no_yardstick() {
    let gold = read("id,title,trends,label_origin\nx,One,a,gold\ny,Two,b,decision\nz,Three,a,\n");
    let merged = Merged::new(&gold, &Decisions::default(), None);
    let parts = merged.members.iter().map(|m| (m.challenger.is_some(), m.scored.is_some()));
    assert_eq!(parts.collect::<Vec<_>>(), [(true, true), (true, false), (true, true)]);
}

#[test]
fn a_confidence_without_an_interval_is_refused_at_once() {
    for confidence in [0.5, 1.0, f64::NAN] {
        let gate = GateParams { confidence, ..GateParams::default() };
        assert!(gate.check().unwrap_err().to_string().starts_with("confidence = "));
    }
    assert!(GateParams { confidence: 0.51, ..GateParams::default() }.check().is_ok());
}
