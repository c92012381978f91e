//! Claims: which reviewer has which case open, so that two reviewers do not do the same
//! work. Claims are kept in memory. Losing them loses no answer, because a save reports
//! whether the case was decided in the meantime. They expire by a monotonic clock.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::reviewer::Reviewer;

/// How long a case is held for a reviewer who does nothing.
pub const HELD_FOR: Duration = Duration::from_secs(15 * 60);

/// Maximum number of cases that one reviewer holds; the claims that end first are
/// dropped.
const MOST_HELD: usize = 50;

/// The claims of all reviewers.
#[derive(Debug, Default)]
pub(crate) struct Claims {
    /// Claims by the number of the case.
    held: Mutex<BTreeMap<i64, Vec<Claim>>>,
}

/// A reviewer who has a case open.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Claim {
    pub(crate) reviewer: Reviewer,
    pub(crate) until: Instant,
}

impl Claims {
    /// Holds a case, or extends the hold, unless the maximum number of others hold it. Returns
    /// the end of the hold, or the claim of another reviewer that ends first. Reviewers whose
    /// answers left no more `room` do not count again; their claims end a moment later. They
    /// are given by their keys.
    pub(crate) fn hold(
        &self,
        case: i64,
        reviewer: &Reviewer,
        (room, answered): (usize, &[String]),
        now: Instant,
    ) -> Result<Instant, Claim> {
        let mut held = self.lock();
        let claims = held.entry(case).or_default();
        claims.retain(|claim| claim.until > now);
        claims.sort_by_key(|claim| claim.until);
        let others = claims.iter().filter(|claim| {
            let key = &claim.reviewer.key;
            *key != reviewer.key && !answered.contains(key)
        });
        if let Some(first) = others.clone().next().filter(|_| others.count() >= room) {
            return Err(first.clone());
        }
        let until = now + HELD_FOR;
        claims.retain(|claim| claim.reviewer.key != reviewer.key);
        claims.push(Claim { reviewer: reviewer.clone(), until });
        release_oldest(&mut held, reviewer);
        Ok(until)
    }

    /// Releases a case.
    pub(crate) fn release(&self, case: i64, reviewer: &Reviewer) {
        remove(&mut self.lock(), case, reviewer);
    }

    /// Returns the claims of other reviewers on a case.
    pub(crate) fn others(&self, case: i64, reviewer: &Reviewer, now: Instant) -> Vec<Claim> {
        let held = self.lock();
        let claims = held.get(&case).into_iter().flatten();
        let others = claims.filter(|claim| claim.reviewer.key != reviewer.key && claim.until > now);
        others.cloned().collect()
    }

    /// Returns the cases that a reviewer holds.
    pub(crate) fn of(&self, reviewer: &Reviewer, now: Instant) -> Vec<i64> {
        self.cases(now, |claim| claim.reviewer.key == reviewer.key)
    }

    /// Returns the cases that others hold.
    pub(crate) fn of_others(&self, reviewer: &Reviewer, now: Instant) -> Vec<i64> {
        self.cases(now, |claim| claim.reviewer.key != reviewer.key)
    }

    fn cases(&self, now: Instant, wanted: impl Fn(&Claim) -> bool) -> Vec<i64> {
        let mut held = self.lock();
        held.retain(|_, claims| {
            claims.retain(|claim| claim.until > now);
            !claims.is_empty()
        });
        let cases = held.iter().filter(|(_, claims)| claims.iter().any(&wanted));
        cases.map(|(case, _)| *case).collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<i64, Vec<Claim>>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Releases the claims of a reviewer beyond [`MOST_HELD`], those that end first.
fn release_oldest(held: &mut BTreeMap<i64, Vec<Claim>>, reviewer: &Reviewer) {
    let own = held.iter().flat_map(|(case, claims)| {
        let own = claims.iter().filter(|claim| claim.reviewer.key == reviewer.key);
        own.map(|claim| (claim.until, *case))
    });
    let mut own: Vec<(Instant, i64)> = own.collect();
    own.sort_unstable();
    let beyond = own.len().saturating_sub(MOST_HELD);
    for (_, case) in own.into_iter().take(beyond) {
        remove(held, case, reviewer);
    }
}

fn remove(held: &mut BTreeMap<i64, Vec<Claim>>, case: i64, reviewer: &Reviewer) {
    if let Some(claims) = held.get_mut(&case) {
        claims.retain(|claim| claim.reviewer.key != reviewer.key);
        if claims.is_empty() {
            held.remove(&case);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reviewer(name: &str) -> Reviewer {
        Reviewer { name: name.to_owned(), key: name.to_owned() }
    }

    #[test]
    fn a_case_is_held_by_one_until_released_or_expired() {
        let (claims, now) = (Claims::default(), Instant::now());
        let [ann, bob] = ["ann", "bob"].map(reviewer);
        let until = claims.hold(1, &ann, (1, &[]), now).unwrap();
        let held = claims.hold(1, &bob, (1, &[]), now).unwrap_err();
        assert_eq!((held.reviewer.name.as_str(), held.until), ("ann", until));
        assert_eq!(claims.hold(1, &ann, (1, &[]), now), Ok(until), "an own claim is no hindrance");
        let late = now + HELD_FOR;
        assert!(claims.hold(1, &bob, (1, &[]), late).is_ok(), "an idle reviewer blocks nobody");
        assert_eq!((claims.of(&ann, late), claims.of(&bob, late)), (vec![], vec![1]));
        claims.release(1, &bob);
        assert!(claims.of(&bob, late).is_empty() && claims.of_others(&ann, late).is_empty());
    }

    #[test]
    fn a_case_for_two_has_room_for_two() {
        let (claims, now) = (Claims::default(), Instant::now());
        let [ann, bob, cy] = ["ann", "bob", "cy"].map(reviewer);
        claims.hold(1, &ann, (2, &[]), now).unwrap();
        claims.hold(1, &bob, (2, &[]), now).unwrap();
        assert!(claims.hold(1, &cy, (2, &[]), now).is_err());
        assert_eq!(claims.others(1, &ann, now).len(), 1);
    }

    #[test]
    fn a_reviewer_who_has_answered_takes_no_room_until_released() {
        let (claims, now) = (Claims::default(), Instant::now());
        let [ann, bob, cy] = ["ann", "bob", "cy"].map(reviewer);
        claims.hold(1, &ann, (2, &[]), now).unwrap();
        claims.hold(1, &bob, (2, &[]), now).unwrap();
        // Bob's answer is on disk, and the claim is still there.
        let answered = ["bob".to_owned()];
        assert!(claims.hold(1, &ann, (1, &answered), now).is_ok(), "ann keeps the case");
        assert!(claims.hold(1, &cy, (1, &answered), now).is_err(), "ann alone fills it");
    }

    #[test]
    fn one_reviewer_cannot_hold_everything() {
        let (claims, now) = (Claims::default(), Instant::now());
        let ann = reviewer("ann");
        for case in 0..200_i64 {
            let later = now + Duration::from_millis(case.unsigned_abs());
            claims.hold(case, &ann, (1, &[]), later).unwrap();
        }
        let held = claims.of(&ann, now);
        assert_eq!((held.len(), held.first()), (MOST_HELD, Some(&150)));
    }
}
