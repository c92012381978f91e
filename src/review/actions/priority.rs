//! The order in which cases are read first: where an answer can be expected to correct
//! most, with the cases of the blind check among them.

use rusqlite::Connection;

/// Cases between two of those whose suggestion is hidden.
const BETWEEN: usize = 4;

/// A case that waits, with the place it has now.
struct Waiting {
    number: i64,
    priority: f64,
    expected_errors: f64,
}

/// Sets the priority of every case that is open; the smallest comes first.
///
/// The more errors can be expected of a suggestion, the earlier its case comes. A case
/// whose suggestion is hidden gets the priority of another one, chosen by its place in
/// a random order, so that its own place says nothing about its suggestion, and every
/// fifth case of the queue is one of them.
pub(crate) fn set_priorities(connection: &Connection) -> rusqlite::Result<()> {
    let shown = waiting(connection, "c.revealed", "s.expected_errors DESC, c.number")?;
    // A fingerprint is as good as a random number.
    let hidden = waiting(connection, "NOT c.revealed", "c.fingerprint, c.number")?;
    let mut update = connection.prepare_cached("UPDATE cases SET priority = ? WHERE number = ?")?;
    let mut set = |case: &Waiting, priority: f64| {
        if case.priority == priority {
            return Ok(0);
        }
        update.execute((priority, case.number))
    };
    for case in &shown {
        set(case, -case.expected_errors)?;
    }
    for (case, neighbour) in hidden.iter().zip(neighbours(shown.len())) {
        let other = neighbour.and_then(|place| shown.get(place));
        set(case, other.map_or(0.0, |other| -other.expected_errors))?;
    }
    Ok(())
}

/// For each hidden case in turn, the place of the shown one that it comes with; the
/// last where there are no more.
fn neighbours(shown: usize) -> impl Iterator<Item = Option<usize>> {
    (1..).map(move |turn: usize| (turn * BETWEEN).min(shown).checked_sub(1))
}

fn waiting(connection: &Connection, which: &str, order: &str) -> rusqlite::Result<Vec<Waiting>> {
    let query = format!(
        "SELECT c.number, c.priority, s.expected_errors FROM cases c JOIN suggestions s \
         ON s.case_number = c.number AND s.model = c.model \
         WHERE c.status = 'open' AND {which} ORDER BY {order}"
    );
    let mut statement = connection.prepare(&query)?;
    let rows = statement.query_map([], |row| {
        Ok(Waiting {
            number: row.get("number")?,
            priority: row.get("priority")?,
            expected_errors: row.get("expected_errors")?,
        })
    })?;
    rows.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fifth_case_is_a_hidden_one_until_there_are_no_others() {
        let found: Vec<_> = neighbours(10).take(4).collect();
        assert_eq!(found, [Some(3), Some(7), Some(9), Some(9)]);
        assert_eq!(neighbours(0).next(), Some(None));
    }
}
