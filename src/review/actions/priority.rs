//! The order of the first queue: cases with the most expected errors first, with cases of
//! the blind check in between.

use rusqlite::Connection;

/// Number of cases between two with a hidden suggestion.
const BETWEEN: usize = 4;

/// A waiting case with its current position.
struct Waiting {
    number: i64,
    priority: f64,
    expected_errors: f64,
}

/// Sets the priority of every case that is open; the smallest comes first. The more
/// expected errors a suggestion has, the earlier its case comes. A case with a hidden
/// suggestion gets the priority of another one, chosen by its place in a random order, so
/// that its position reveals nothing about its suggestion. Every fifth case of the queue
/// is one of these.
pub(crate) fn set_priorities(connection: &Connection) -> rusqlite::Result<()> {
    let shown = waiting(connection, "c.revealed", "s.expected_errors DESC, c.number")?;
    // A fingerprint serves as a random number.
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

/// Returns, for each hidden case, the position of the visible one that it follows, or the
/// last one.
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
