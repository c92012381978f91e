//! The time of day, as the database stores it.

use std::time::{Duration, Instant, SystemTime};

/// Returns the current time as stored: UTC, to the millisecond.
pub(crate) fn now() -> String {
    time_text(SystemTime::now())
}

/// Converts a moment of the monotonic clock to the time of day.
pub(crate) fn time_of(moment: Instant) -> String {
    time_text(SystemTime::now() + moment.saturating_duration_since(Instant::now()))
}

/// Formats a time. Times outside the supported range are clamped.
pub(crate) fn time_text(time: SystemTime) -> String {
    let last = SystemTime::UNIX_EPOCH + LAST_TIME;
    humantime::format_rfc3339_millis(time.clamp(SystemTime::UNIX_EPOCH, last)).to_string()
}

/// The supported range: 1970 to the last second of the year 9999.
const LAST_TIME: Duration = Duration::from_secs(253_402_300_799);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_setting_of_the_clock_has_a_time() {
        let before = SystemTime::UNIX_EPOCH - Duration::from_secs(1);
        assert_eq!(time_text(before), "1970-01-01T00:00:00.000Z");
        let far = SystemTime::UNIX_EPOCH + 2 * LAST_TIME;
        assert_eq!(time_text(far), "9999-12-31T23:59:59.000Z");
    }
}
