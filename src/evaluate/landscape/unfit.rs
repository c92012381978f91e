//! Cases that fit no trend well, grouped by their words: candidates for a new trend.

use std::collections::BTreeSet;

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::Serialize;

use super::batch::{Batch, Labels};
use super::similarity::{groups, with_others};
use super::terms::{Term, Words};
use crate::features::SparseRows;
use crate::taxonomy::TrendId;

/// A case fits no trend if its most likely trend has a lower probability than this.
const LEAST_PROBABILITY: f64 = 0.5;

/// Without probabilities: this share of the cases, those least like their trends.
const SHARE: f64 = 0.05;

/// Maximum number of cases that are grouped: the worst.
const MOST: usize = 300;

/// Number of terms listed for a group.
const TOLD: usize = 8;

/// A group of fewer cases is no candidate for a trend.
const LEAST_GROUP: usize = 3;

/// Random sets of other cases that groups are compared with: a group that is more alike than
/// those of all of them is so by chance in one of twenty batches (a Monte Carlo test at 5 %).
const SETS: u64 = 19;

/// Seed of the sets.
const SEED: u64 = 1;

/// How cases that fit no trend are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum UnfitRule {
    /// No trend was given, none passed its threshold, or the most likely one is
    /// less likely than not and nobody has read the case.
    Probability,
    /// No trend was given, or the case is among the 5 % of all cases with words least
    /// similar to those of the other cases of its trends.
    Likeness,
    /// No trend was given: nothing else is known.
    NoTrend,
}

/// Cases that fit no trend well.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Unfit {
    /// How they are found.
    pub rule: UnfitRule,
    /// How many there are.
    pub found: usize,
    /// The cases, worst first; of very many, the worst.
    pub cases: Vec<UnfitCase>,
    /// Groups of three or more cases that are clearly more alike than groups of other cases
    /// are, the largest first.
    pub groups: Vec<UnfitGroup>,
    /// Mean cosine of two cases of one trend, over all trends, to compare groups
    /// with.
    pub likeness_within_trends: Option<f64>,
}

/// A case that fits no trend well.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct UnfitCase {
    /// Its id.
    pub id: String,
    /// Its title; may be empty.
    pub title: String,
    /// Key of the trend that it fits least badly.
    pub nearest: Option<String>,
    /// How likely that one is, if known.
    pub probability: Option<f64>,
    /// The mean cosine of its words with those of the cases of that trend.
    pub likeness: Option<f64>,
}

/// Similar cases that fit no trend well.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct UnfitGroup {
    /// Ids of the cases.
    pub ids: Vec<String>,
    /// Their titles.
    pub titles: Vec<String>,
    /// Terms that set them apart from all other cases.
    pub terms: Vec<Term>,
    /// Mean cosine of two of them.
    pub likeness: Option<f64>,
}

/// A case with its closest trend.
struct Fit {
    case: usize,
    nearest: Option<TrendId>,
    probability: Option<f64>,
    likeness: Option<f64>,
    forced: bool,
}

impl Unfit {
    /// Finds and groups the cases of a batch; without text they are not grouped.
    pub(crate) fn of(batch: &Batch, text: Option<(&Words, &SparseRows)>) -> Self {
        let vectors = text.map(|(_, vectors)| vectors);
        let rule = match (batch.has_probabilities(), batch.labels, vectors) {
            (true, ..) => UnfitRule::Probability,
            (false, Labels::Gold, Some(_)) => UnfitRule::Likeness,
            _ => UnfitRule::NoTrend,
        };
        let likeness = vectors.map(|vectors| TrendLikeness::of(batch, vectors));
        let mut fits: Vec<Fit> =
            (0..batch.cases.len()).map(|case| fit(batch, case, rule, likeness.as_ref())).collect();
        // Sorts worst first, by the criterion of the rule: the least likely, or those
        // without a trend and then the least similar. Stable, so ties keep the order of
        // the file.
        let badness = |fit: &Fit| match rule {
            UnfitRule::Probability => fit.probability.unwrap_or(0.0),
            UnfitRule::Likeness if !batch.cases[fit.case].trends.is_empty() => {
                fit.likeness.unwrap_or(1.0)
            }
            _ => -1.0,
        };
        fits.sort_by(|a, b| badness(a).total_cmp(&badness(b)));
        let mut alike_left = (SHARE * batch.cases.len() as f64).floor() as usize;
        fits.retain(|fit| {
            let none = batch.cases[fit.case].trends.is_empty() || fit.forced;
            let case = &batch.cases[fit.case];
            let is_settled = case.decided_by.is_some() && case.is_read();
            none || match rule {
                UnfitRule::Probability if is_settled => false,
                UnfitRule::Probability => fit.probability.is_some_and(|p| p < LEAST_PROBABILITY),
                UnfitRule::Likeness if fit.likeness.is_some() && alike_left > 0 => {
                    alike_left -= 1;
                    true
                }
                _ => false,
            }
        });
        let found = fits.len();
        fits.truncate(MOST);
        let members: Vec<usize> = fits.iter().map(|fit| fit.case).collect();
        Self {
            rule,
            found,
            groups: text.map_or_else(Vec::new, |text| grouped(batch, text, &members)),
            cases: fits.into_iter().map(|fit| unfit_case(batch, fit)).collect(),
            likeness_within_trends: likeness.and_then(|likeness| likeness.within),
        }
    }
}

fn unfit_case(batch: &Batch, fit: Fit) -> UnfitCase {
    let case = &batch.cases[fit.case];
    UnfitCase {
        id: case.id.clone(),
        title: case.title().to_owned(),
        nearest: fit.nearest.map(|id| batch.taxonomy.key(id).to_owned()),
        probability: fit.probability,
        likeness: fit.likeness,
    }
}

/// The summed words of each trend.
struct TrendLikeness<'v> {
    vectors: &'v SparseRows,
    members: Vec<usize>,
    sums: Vec<Vec<f64>>,
    within: Option<f64>,
}

impl<'v> TrendLikeness<'v> {
    fn of(batch: &Batch, vectors: &'v SparseRows) -> Self {
        let members: Vec<Vec<usize>> =
            batch.taxonomy.iter().map(|(id, _)| batch.members(id)).collect();
        let of_pairs: Vec<f64> = members.iter().filter_map(|m| pair_likeness(vectors, m)).collect();
        Self {
            vectors,
            sums: members.iter().map(|members| vectors.sum(members)).collect(),
            members: members.iter().map(Vec::len).collect(),
            within: (!of_pairs.is_empty())
                .then(|| of_pairs.iter().sum::<f64>() / of_pairs.len() as f64),
        }
    }

    /// Returns the similarity of a case to the other cases of a trend.
    fn to(&self, batch: &Batch, case: usize, trend: TrendId) -> Option<f64> {
        let (sum, members) = (&self.sums[trend.index()], self.members[trend.index()]);
        if self.vectors.row(case).0.is_empty() {
            return None;
        }
        if batch.cases[case].trends.contains(trend) {
            return with_others(self.vectors, case, sum, members);
        }
        (members > 0).then(|| self.vectors.dot(case, sum) / members as f64)
    }
}

/// Returns the mean cosine of two of some cases.
fn pair_likeness(vectors: &SparseRows, members: &[usize]) -> Option<f64> {
    let all = vectors.sum(members);
    let each: Option<Vec<f64>> =
        members.iter().map(|&case| with_others(vectors, case, &all, members.len())).collect();
    let each = each.filter(|each| !each.is_empty())?;
    Some(each.iter().sum::<f64>() / each.len() as f64)
}

/// Returns the closest trend of a case: the most likely one; without probabilities, the
/// one of its own trends (if it has any) with the most similar cases.
fn fit(batch: &Batch, index: usize, rule: UnfitRule, likeness: Option<&TrendLikeness<'_>>) -> Fit {
    let case = &batch.cases[index];
    let like = |id: TrendId| likeness.and_then(|likeness| likeness.to(batch, index, id));
    let ids = || batch.taxonomy.iter().map(|(id, _)| id);
    let best = |of: &dyn Fn(TrendId) -> Option<f64>, own: bool| {
        ids()
            .filter(|&id| !own || case.trends.contains(id))
            .filter_map(|id| Some((id, of(id)?)))
            .reduce(|best, other| if other.1 > best.1 { other } else { best })
    };
    let probability =
        |id: TrendId| case.probabilities.as_ref().and_then(|p| p.get(id.index()).copied());
    let nearest = match rule {
        UnfitRule::Probability => best(&probability, false),
        _ => best(&like, !case.trends.is_empty()),
    };
    let nearest = nearest.map(|(id, _)| id);
    Fit {
        case: index,
        nearest,
        probability: nearest.and_then(probability),
        likeness: nearest.and_then(like),
        forced: case.forced,
    }
}

fn grouped(
    batch: &Batch,
    (words, vectors): (&Words, &SparseRows),
    members: &[usize],
) -> Vec<UnfitGroup> {
    let with_words: Vec<usize> =
        members.iter().copied().filter(|&case| !vectors.row(case).0.is_empty()).collect();
    let found = groups(vectors, &with_words);
    let usual = Usual::of(batch, vectors, &with_words);
    let group = |members: Vec<usize>| {
        let inside: BTreeSet<usize> = members.iter().copied().collect();
        let others: Vec<usize> =
            (0..batch.cases.len()).filter(|case| !inside.contains(case)).collect();
        let cases = || members.iter().map(|&case| &batch.cases[case]);
        UnfitGroup {
            ids: cases().map(|case| case.id.clone()).collect(),
            titles: cases().map(|case| case.title().to_owned()).collect(),
            terms: words.apart(&members, &others, TOLD),
            likeness: pair_likeness(vectors, &members),
        }
    };
    let large = found.into_iter().filter(|members| members.len() >= LEAST_GROUP);
    large.filter(|members| usual.is_passed(vectors, members)).map(group).collect()
}

/// How alike the groups in random sets of other cases are.
struct Usual {
    /// Size and likeness of each.
    groups: Vec<(usize, f64)>,
    /// Whether there were enough other cases.
    is_known: bool,
}

impl Usual {
    /// Groups random sets of other cases as the members were, in sets of the same size.
    fn of(batch: &Batch, vectors: &SparseRows, members: &[usize]) -> Self {
        let taken: BTreeSet<usize> = members.iter().copied().collect();
        let is_other = |case: &usize| !taken.contains(case) && !vectors.row(*case).0.is_empty();
        let others: Vec<usize> = (0..batch.cases.len()).filter(is_other).collect();
        if others.len() < members.len() || members.len() < LEAST_GROUP {
            return Self { groups: Vec::new(), is_known: false };
        }
        let of_set = |set: u64| {
            let mut random = ChaCha8Rng::seed_from_u64(SEED);
            random.set_stream(set);
            let mut chosen = others.clone();
            chosen.shuffle(&mut random);
            chosen.truncate(members.len());
            chosen.sort_unstable();
            let found = groups(vectors, &chosen).into_iter();
            let alike = |group: Vec<usize>| Some((group.len(), pair_likeness(vectors, &group)?));
            found.filter_map(alike).collect::<Vec<_>>()
        };
        let groups = (0..SETS).into_par_iter().map(of_set).collect::<Vec<_>>();
        Self { groups: groups.into_iter().flatten().collect(), is_known: true }
    }

    /// Returns whether a group is more alike than all groups of its size or larger.
    fn is_passed(&self, vectors: &SparseRows, members: &[usize]) -> bool {
        let as_large = self.groups.iter().filter(|(size, _)| *size >= members.len());
        let most = as_large.map(|(_, likeness)| *likeness).fold(0.0, f64::max);
        self.is_known && pair_likeness(vectors, members).is_some_and(|likeness| likeness > most)
    }
}
