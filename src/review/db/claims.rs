//! Who has which case open, so that two reviewers do not do the same work.
//!
//! Claims are kept in memory: they save work, and losing them loses nothing,
//! since a save tells whether the case was decided meanwhile.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

/// How long a case is held for a reviewer who gives no sign.
pub const HELD_FOR: Duration = Duration::from_secs(15 * 60);

/// The claims of all reviewers.
#[derive(Debug, Default)]
pub(crate) struct Claims {
    /// By the number of the case: reviewers and until when.
    held: Mutex<BTreeMap<i64, Vec<(String, SystemTime)>>>,
}

impl Claims {
    /// Holds a case, or holds it longer, unless it is held by as many others as
    /// there is room for. Returns until when it is held, or the other reviewer
    /// whose claim ends first, and when.
    pub(crate) fn hold(
        &self,
        case: i64,
        reviewer: &str,
        room: usize,
        now: SystemTime,
    ) -> Result<SystemTime, (String, SystemTime)> {
        let mut held = self.lock();
        let holders = held.entry(case).or_default();
        holders.retain(|(_, until)| *until > now);
        holders.sort_by_key(|(_, until)| *until);
        let others = holders.iter().filter(|(name, _)| name != reviewer);
        if let Some(first) = others.clone().next().filter(|_| others.count() >= room) {
            return Err(first.clone());
        }
        let until = now + HELD_FOR;
        holders.retain(|(name, _)| name != reviewer);
        holders.push((reviewer.to_owned(), until));
        Ok(until)
    }

    /// Lets a case go.
    pub(crate) fn release(&self, case: i64, reviewer: &str) {
        let mut held = self.lock();
        if let Some(holders) = held.get_mut(&case) {
            holders.retain(|(name, _)| name != reviewer);
            if holders.is_empty() {
                held.remove(&case);
            }
        }
    }

    /// The other reviewers who hold a case, and until when.
    pub(crate) fn others(
        &self,
        case: i64,
        reviewer: &str,
        now: SystemTime,
    ) -> Vec<(String, SystemTime)> {
        let held = self.lock();
        let holders = held.get(&case).into_iter().flatten();
        holders.filter(|(name, until)| name != reviewer && *until > now).cloned().collect()
    }

    /// The cases that a reviewer holds.
    pub(crate) fn of(&self, reviewer: &str, now: SystemTime) -> Vec<i64> {
        self.cases(now, |name| name == reviewer)
    }

    /// The cases that others hold.
    pub(crate) fn of_others(&self, reviewer: &str, now: SystemTime) -> Vec<i64> {
        self.cases(now, |name| name != reviewer)
    }

    fn cases(&self, now: SystemTime, wanted: impl Fn(&str) -> bool) -> Vec<i64> {
        let mut held = self.lock();
        held.retain(|_, holders| {
            holders.retain(|(_, until)| *until > now);
            !holders.is_empty()
        });
        let cases = held.iter().filter(|(_, holders)| holders.iter().any(|(name, _)| wanted(name)));
        cases.map(|(case, _)| *case).collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<i64, Vec<(String, SystemTime)>>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_is_held_by_one_until_released_or_expired() {
        let (claims, now) = (Claims::default(), SystemTime::now());
        let until = claims.hold(1, "ann", 1, now).unwrap();
        assert_eq!(claims.hold(1, "bob", 1, now), Err(("ann".into(), until)));
        assert_eq!(claims.hold(1, "ann", 1, now), Ok(until), "one's own claim is no hindrance");
        let late = now + HELD_FOR;
        assert!(claims.hold(1, "bob", 1, late).is_ok(), "an idle reviewer starves nobody");
        assert_eq!((claims.of("ann", late), claims.of("bob", late)), (vec![], vec![1]));
        claims.release(1, "bob");
        assert!(claims.of("bob", late).is_empty() && claims.of_others("ann", late).is_empty());
    }

    #[test]
    fn a_case_for_two_has_room_for_two() {
        let (claims, now) = (Claims::default(), SystemTime::now());
        claims.hold(1, "ann", 2, now).unwrap();
        claims.hold(1, "bob", 2, now).unwrap();
        assert!(claims.hold(1, "cy", 2, now).is_err());
        assert_eq!(claims.others(1, "ann", now).len(), 1);
    }
}
