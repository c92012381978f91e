//! The priority of a case in the queue of uncertain cases.

use rusqlite::Connection;

use crate::decision::{Triage, logit};

/// How close a case is to being decided otherwise: the smallest distance, in
/// log-odds, of any trend's probability to its threshold or to a triage limit.
pub(crate) fn margin(probabilities: &[f64], thresholds: &[f64], triage: &Triage) -> f64 {
    let limits = [triage.accept, triage.reject];
    let of_trend = |(&p, &threshold): (&f64, &f64)| {
        let limits = limits.into_iter().flatten().chain([threshold]);
        limits.map(|limit| (logit(p) - logit(limit)).abs()).fold(f64::INFINITY, f64::min)
    };
    // A model has at least one trend.
    probabilities.iter().zip(thresholds).map(of_trend).fold(f64::MAX, f64::min)
}

/// Sets the priority of every case: its margin divided by the rarity of its number
/// of suggested trends, so that a case with an unusual number comes earlier. The
/// smallest priority comes first.
pub(crate) fn set_priorities(connection: &Connection) -> rusqlite::Result<()> {
    let counts = "SELECT s.count AS trends, count(*) AS cases FROM suggestions s JOIN cases c \
                  ON c.number = s.case_number AND c.model = s.model GROUP BY s.count";
    let mut statement = connection.prepare(counts)?;
    let counts = statement.query_map([], |row| Ok((row.get("trends")?, row.get("cases")?)))?;
    let counts = counts.collect::<rusqlite::Result<Vec<(i64, i64)>>>()?;
    let total: i64 = counts.iter().map(|(_, cases)| cases).sum();
    let mut update = connection.prepare(
        "UPDATE cases SET priority = s.margin / ?1 FROM suggestions s \
         WHERE s.case_number = cases.number AND s.model = cases.model AND s.count = ?2 \
         AND priority IS NOT s.margin / ?1",
    )?;
    for (count, cases) in counts {
        update.execute((rarity(cases, total), count))?;
    }
    Ok(())
}

/// 1 if all cases have this number of trends, and 1 more for each halving of the
/// share of cases that have it.
fn rarity(cases: i64, total: i64) -> f64 {
    1.0 + (total.max(1) as f64 / cases.max(1) as f64).log2()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decision::TriageParams;

    #[test]
    fn the_margin_is_the_distance_to_the_nearest_threshold_or_limit() {
        let mut triage = Triage::undecided(TriageParams::default());
        let found = margin(&[0.5, 0.9], &[0.4, 0.4], &triage);
        assert!((found - (0.0 - logit(0.4))).abs() < 1e-12, "0.5 is nearest to 0.4: {found}");
        triage.accept = Some(0.9);
        assert!(margin(&[0.5, 0.9], &[0.4, 0.4], &triage).abs() < 1e-12);
    }

    #[test]
    fn a_number_of_trends_that_few_cases_have_is_rare() {
        assert_eq!((rarity(8, 8), rarity(4, 8), rarity(1, 8)), (1.0, 2.0, 4.0));
    }
}
