//! Merges the labelled corpus and the decisions, and determines who learns from which
//! case and which cases are scored.

use std::collections::BTreeMap;

use super::decisions::Decisions;
use super::origin::LabelOrigin;
use crate::features::near_duplicates::NEAR;
use crate::features::near_duplicates::Signature;
use crate::tagger::{Case, Corpus, Example};
use crate::taxonomy::{Taxonomy, TrendId, TrendSet};

/// A decision that could not be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// Id of its case.
    pub id: String,
    /// Why.
    pub reason: &'static str,
}

/// A case and its role in the comparison.
pub(super) struct Member {
    /// The case. Its gold is not used; the fields below contain the labels of each side.
    pub(super) case: Case,
    /// The labels that the champion learned.
    pub(super) champion: Option<TrendSet>,
    /// Whether the champion learned them from a decision.
    champion_decided: bool,
    /// The labels that the challenger learns.
    pub(super) challenger: Option<TrendSet>,
    /// The labels to score with: never a decision that is also used for training.
    pub(super) scored: Option<TrendSet>,
    /// The decision, if the champion has not learned it.
    pub(super) decided: Option<TrendSet>,
    /// The trends that the decision gives information about; `None` for all.
    pub(super) asked: Option<TrendSet>,
    /// Those that the labels to score with give information about.
    pub(super) scored_asked: Option<TrendSet>,
    /// The reviewer who decided, if known.
    pub(super) reviewer: Option<String>,
    pub(super) origin: LabelOrigin,
    pub(super) audit: bool,
}

/// All cases of either side.
pub(super) struct Merged {
    pub(super) taxonomy: Taxonomy,
    pub(super) members: Vec<Member>,
    pub(super) left_out: Vec<LeftOut>,
    /// Decisions that the champion learned and that are missing in the given ones.
    pub(super) kept: usize,
    pub(super) forgotten: usize,
    columns: Vec<String>,
    /// Examples of the trends, used by both sides.
    examples: Vec<Example>,
}

impl Member {
    /// Creates a member that the champion learned with the labels `learned`, and that has
    /// no other role yet.
    fn learned(case: &Case, learned: Option<&Case>) -> Self {
        Self {
            champion: learned.and_then(|learned| learned.gold.clone()),
            champion_decided: learned.is_some_and(|l| LabelOrigin::of(l) == LabelOrigin::Decision),
            challenger: None,
            scored: None,
            decided: None,
            asked: None,
            scored_asked: None,
            reviewer: None,
            origin: LabelOrigin::of(case),
            audit: false,
            case: case.clone(),
        }
    }

    /// Returns the label set for stratifying the folds.
    pub(super) fn label(&self) -> TrendSet {
        let labels = [&self.scored, &self.challenger, &self.champion];
        labels.into_iter().flatten().next().cloned().unwrap_or_default()
    }
}

impl Merged {
    /// Merges the cases. `known` are the cases that the champion learned from, if they
    /// are known.
    pub(super) fn new(gold: &Corpus, decisions: &Decisions, known: Option<&Corpus>) -> Self {
        let mut left_out: Vec<LeftOut> = Vec::new();
        let mut leave_out = |id: &str, reason| left_out.push(LeftOut { id: id.to_owned(), reason });
        let knows_gold_only = known.is_none();
        let all_known: &[Case] = known.map_or(&[], |known| &known.cases);
        let known_columns: &[String] = known.map_or(&[], |known| &known.columns);
        let mut known: BTreeMap<&str, &Case> =
            known.iter().flat_map(|c| &c.cases).map(|case| (case.id.as_str(), case)).collect();
        let mut members: Vec<Member> = Vec::new();
        let mut places: BTreeMap<&str, usize> = BTreeMap::new();
        for case in gold.cases.iter().filter(|case| case.gold.is_some()) {
            let learned = known.remove(case.id.as_str());
            let learned = if knows_gold_only { Some(case) } else { learned };
            places.insert(&case.id, members.len());
            let is_gold = LabelOrigin::of(case) == LabelOrigin::Gold;
            members.push(Member {
                challenger: case.gold.clone(),
                scored: case.gold.clone().filter(|_| is_gold),
                scored_asked: case.asked(&gold.taxonomy),
                ..Member::learned(case, learned)
            });
        }
        for id in &decisions.conflicts {
            leave_out(id, "reviewers disagree, and nobody has settled it");
        }
        for decided in &decisions.settled {
            let (case, decision) = (&decided.case, decided.case.gold.clone());
            let member = if let Some(&place) = places.get(case.id.as_str()) {
                let member = &mut members[place];
                if !is_same_text(case, &member.case) {
                    leave_out(&case.id, "a labelled case of this id has another text");
                    continue;
                }
                // Trends that the reviewer was not asked about keep the labels of the
                // case.
                let unasked =
                    |id: &TrendId| decided.asked.as_ref().is_some_and(|asked| !asked.contains(*id));
                let kept = member.challenger.iter().flat_map(TrendSet::iter).filter(unasked);
                let decision: Option<TrendSet> =
                    decision.as_ref().map(|decision| decision.iter().chain(kept).collect());
                if !decided.audit {
                    // Together they say something of what either was asked about.
                    let before = member.case.asked(&gold.taxonomy);
                    let both = before.as_ref().zip(decided.asked.as_ref());
                    let both: Option<TrendSet> =
                        both.map(|(a, b)| a.iter().chain(b.iter()).collect());
                    member.case.set_asked(both.as_ref(), &gold.taxonomy);
                    member.challenger.clone_from(&decision);
                    member.origin = LabelOrigin::Decision;
                }
                member
            } else if case.texts.iter().all(|text| text.trim().is_empty()) {
                leave_out(&case.id, "it has no text, and no labelled case has its id");
                continue;
            } else {
                let mut member = Member::learned(case, known.remove(case.id.as_str()));
                member.origin = LabelOrigin::Decision;
                member.audit = decided.audit;
                member.scored_asked.clone_from(&decided.asked);
                let gets_it =
                    if decided.audit { &mut member.scored } else { &mut member.challenger };
                gets_it.clone_from(&decision);
                let place = members.len();
                members.push(member);
                &mut members[place]
            };
            let learned_already = member.champion_decided && member.champion == decision;
            member.decided = decision.filter(|_| !learned_already);
            member.reviewer.clone_from(&decided.reviewer);
            member.asked.clone_from(&decided.asked);
        }
        // Decisions that the champion has learned are kept; the challenger does not learn
        // from its other cases.
        let (mut kept, mut forgotten) = (0, 0);
        let left = all_known.iter().filter(|case| known.contains_key(case.id.as_str()));
        for case in left {
            let mut member = Member::learned(case, Some(case));
            if member.champion_decided {
                member.challenger.clone_from(&member.champion);
                kept += 1;
            } else {
                forgotten += 1;
            }
            members.push(member);
        }
        let mut columns = gold.columns.clone();
        for column in decisions.columns.iter().chain(known_columns) {
            if !columns.contains(column) {
                columns.push(column.clone());
            }
        }
        let (taxonomy, examples) = (gold.taxonomy.clone(), gold.examples.clone());
        Self { taxonomy, members, left_out, kept, forgotten, columns, examples }
    }

    /// Returns the cases with the label sets of `label`, without those for which it
    /// returns none.
    pub(super) fn corpus(&self, label: impl Fn(&Member) -> Option<TrendSet>) -> Corpus {
        let labelled = |member: &Member| {
            label(member).map(|gold| Case { gold: Some(gold), ..member.case.clone() })
        };
        Corpus {
            taxonomy: self.taxonomy.clone(),
            columns: self.columns.clone(),
            cases: self.members.iter().filter_map(labelled).collect(),
            notes: Vec::new(),
            examples: self.examples.clone(),
        }
    }

    /// Returns the number of cases to compare on: with gold labels, and of the blind
    /// check.
    pub(super) fn yardsticks(&self) -> (usize, usize) {
        let scored = self.members.iter().filter(|member| member.scored.is_some());
        let (answers, gold): (Vec<&Member>, Vec<&Member>) = scored.partition(|m| m.audit);
        (gold.len(), answers.len())
    }

    /// Returns the training data of the challenger, and the origins of its labels.
    pub(super) fn challenger_corpus(&self) -> (Corpus, Vec<LabelOrigin>) {
        let learned = self.members.iter().filter(|member| member.challenger.is_some());
        let origins = learned.map(|member| member.origin).collect();
        (self.corpus(|member| member.challenger.clone()), origins)
    }
}

/// Returns whether a decision is about the text of a case: its words are nearly the same,
/// or it has no text and only the id.
fn is_same_text(decided: &Case, case: &Case) -> bool {
    match (Signature::of_texts(&decided.texts), Signature::of_texts(&case.texts)) {
        (Some(a), Some(b)) => a.similarity(&b) >= NEAR,
        (None, _) => true,
        (Some(_), None) => false,
    }
}
