//! The pace of a reviewer, and the time that the remaining cases will take.

use std::time::Duration;

use rusqlite::Connection;
use schemars::JsonSchema;
use serde::Serialize;

use crate::review::db::queue::IMPORT;
use crate::review::db::reviewer::Reviewer;

/// The pace of a reviewer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, JsonSchema)]
pub struct Pace {
    /// Median time of the last cases, in seconds; `None` if there are too few.
    pub seconds_per_case: Option<f64>,
    /// Number of cases that the median is based on.
    pub cases: u64,
    /// Number of cases that wait for the reviewer.
    pub open: u64,
    /// Time for these cases at this pace, in seconds.
    pub seconds_left: Option<f64>,
}

/// Number of recent decisions to use.
const LAST: usize = 200;

/// Minimum number of cases for a pace.
const FEWEST: usize = 5;

/// A longer time for a case counts as a break.
const BREAK: Duration = Duration::from_secs(10 * 60);

impl Pace {
    pub(crate) fn load(
        connection: &Connection,
        reviewer: &Reviewer,
        open: u64,
    ) -> rusqlite::Result<Self> {
        // The decisions of one action count as one.
        let query = "SELECT max(time) AS time FROM decisions WHERE person = ? AND queue <> ? \
                     AND request NOT LIKE 'import-%' AND kind <> 'undo' \
                     GROUP BY request ORDER BY max(number) DESC LIMIT ?";
        let mut statement = connection.prepare_cached(query)?;
        let times = statement
            .query_map((&reviewer.name, IMPORT, LAST as i64), |row| row.get::<_, String>("time"))?;
        Ok(Self::of(&times.collect::<rusqlite::Result<Vec<_>>>()?, open))
    }

    /// `times` is sorted with the latest first.
    fn of(times: &[String], open: u64) -> Self {
        let times: Vec<_> =
            times.iter().filter_map(|time| humantime::parse_rfc3339(time).ok()).collect();
        let gaps = times.windows(2).filter_map(|pair| match pair {
            // A clock that was set back gives no pace.
            [later, earlier] => later.duration_since(*earlier).ok(),
            _ => None,
        });
        let mut gaps: Vec<Duration> = gaps.filter(|gap| *gap <= BREAK).collect();
        gaps.sort_unstable();
        let middle = gaps.get(gaps.len().saturating_sub(1) / 2).filter(|_| gaps.len() >= FEWEST);
        let seconds_per_case = middle.map(Duration::as_secs_f64);
        Self {
            seconds_per_case,
            cases: gaps.len() as u64,
            open,
            seconds_left: seconds_per_case.map(|seconds| seconds * open as f64),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(seconds: &[u64]) -> Vec<String> {
        let time = |seconds: &u64| {
            let time = std::time::SystemTime::UNIX_EPOCH + Duration::from_secs(*seconds);
            humantime::format_rfc3339_millis(time).to_string()
        };
        seconds.iter().rev().map(time).collect()
    }

    #[test]
    fn the_pace_is_the_middle_of_the_gaps_without_breaks() {
        // Gaps of 10, 10, 20, 30 and 40 seconds, and a break of an hour.
        let pace = Pace::of(&times(&[0, 10, 20, 40, 70, 110, 3710]), 30);
        assert_eq!((pace.seconds_per_case, pace.cases), (Some(20.0), 5));
        assert_eq!(pace.seconds_left, Some(600.0));
    }

    #[test]
    fn few_cases_and_clocks_that_were_set_back_show_none() {
        assert_eq!(Pace::of(&times(&[0, 10, 20]), 3).seconds_per_case, None);
        assert_eq!(Pace::of(&times(&[50, 40, 30, 20, 10, 0, 5]), 3).cases, 1);
        assert_eq!(Pace::of(&[], 0), Pace::default());
    }
}
