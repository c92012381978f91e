//! Label sets and outcomes with those trends alone that two models both know.

use crate::metrics::Outcome;
use crate::taxonomy::{LabelReader, Taxonomy, TrendId, TrendSet};

/// Some trends of a taxonomy, numbered again from 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedTrends {
    ids: Vec<TrendId>,
    /// These trends alone.
    pub taxonomy: Taxonomy,
}

impl SharedTrends {
    /// Returns all trends of a taxonomy except the new ones.
    pub fn without(taxonomy: &Taxonomy, new: &TrendSet) -> Self {
        let ids = taxonomy.iter().map(|(id, _)| id).filter(|&id| !new.contains(id));
        Self::of(taxonomy, ids.collect())
    }

    /// These trends of a taxonomy.
    pub fn of(taxonomy: &Taxonomy, ids: Vec<TrendId>) -> Self {
        let trends = ids.iter().filter_map(|&id| taxonomy.get(id).cloned()).collect();
        Self { ids, taxonomy: Taxonomy { trends, ..taxonomy.clone() } }
    }

    /// Returns the trends that an earlier and a later taxonomy both have, in the same order: by
    /// key, or by a name or an earlier key of the later one. Trends that were merged are
    /// not the same.
    pub fn between(earlier: &Taxonomy, later: &Taxonomy) -> [Self; 2] {
        let reader = LabelReader::new(later, None);
        let places: Vec<(TrendId, TrendId)> = (earlier.iter())
            .filter_map(|(id, trend)| Some((id, reader.find(&trend.key)?)))
            .collect();
        let is_alone = |of: &TrendId| places.iter().filter(|(_, to)| to == of).count() == 1;
        let shared = || places.iter().filter(|(_, to)| is_alone(to));
        let of_later = Self::of(later, shared().map(|(_, to)| *to).collect());
        let ids = shared().map(|(from, _)| *from).collect();
        // Both are called what the later one calls them.
        [Self { ids, taxonomy: of_later.taxonomy.clone() }, of_later]
    }

    /// Returns the later taxonomy with the trends that only the earlier one has: labels of both can
    /// be read with it.
    pub fn all_of(earlier: &Taxonomy, later: &Taxonomy) -> Taxonomy {
        let reader = LabelReader::new(later, None);
        let others = earlier.trends.iter().filter(|trend| reader.find(&trend.key).is_none());
        let trends = later.trends.iter().chain(others).cloned().collect();
        Taxonomy { trends, ..later.clone() }
    }

    /// Returns the trends of the other taxonomy that are not among these.
    pub fn others(&self, taxonomy: &Taxonomy) -> Self {
        Self::without(taxonomy, &self.ids.iter().copied().collect())
    }

    /// Returns a label set with these trends alone.
    pub fn set(&self, set: &TrendSet) -> TrendSet {
        let places = self.ids.iter().enumerate();
        places.filter(|(_, id)| set.contains(**id)).map(|(k, _)| TrendId(k as u16)).collect()
    }

    /// Returns an outcome with these trends alone.
    pub fn outcome(&self, outcome: &Outcome) -> Outcome {
        Outcome {
            id: outcome.id.clone(),
            gold: self.set(&outcome.gold),
            suggested: self.set(&outcome.suggested),
            probabilities: self.ids.iter().map(|id| outcome.probabilities[id.index()]).collect(),
        }
    }

    /// Outcomes with these trends alone, once per repeat.
    pub fn outcomes(&self, repeats: &[Vec<Outcome>]) -> Vec<Vec<Outcome>> {
        let of_repeat =
            |outcomes: &Vec<Outcome>| outcomes.iter().map(|o| self.outcome(o)).collect();
        repeats.iter().map(of_repeat).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taxonomy(toml: &str) -> Taxonomy {
        Taxonomy::from_toml(toml, "t.toml").unwrap()
    }

    #[test]
    fn renamed_trends_are_the_same_and_merged_or_new_ones_are_not() {
        let earlier = Taxonomy::from_keys(["a", "b", "c", "d", "gone"]).unwrap();
        let later = taxonomy(
            "[[trend]]\nkey = 'new'\n[[trend]]\nkey = 'b2'\naliases = ['b']\n\
             [[trend]]\nkey = 'cd'\nreplaces = ['c', 'd']\n[[trend]]\nkey = 'a'\n",
        );
        let [first, second] = SharedTrends::between(&earlier, &later);
        assert_eq!(first.taxonomy.keys().collect::<Vec<_>>(), ["a", "b2"]);
        assert_eq!(first.taxonomy, second.taxonomy);
        let set: TrendSet = [TrendId(1), TrendId(4)].into_iter().collect();
        assert_eq!(first.set(&set), [TrendId(1)].into_iter().collect());
        assert_eq!(second.set(&set), [TrendId(1)].into_iter().collect());
        let others = |shared: &SharedTrends, of| -> Vec<String> {
            shared.others(of).taxonomy.keys().map(str::to_owned).collect()
        };
        assert_eq!(others(&first, &earlier), ["c", "d", "gone"]);
        assert_eq!(others(&second, &later), ["new", "cd"]);
        let all = SharedTrends::all_of(&earlier, &later);
        assert_eq!(all.keys().collect::<Vec<_>>(), ["new", "b2", "cd", "a", "gone"]);
    }
}
