//! Which names and request ids are valid.

use super::refusal::Refusal;

/// Checks a request id and the name of a reviewer.
///
/// # Errors
/// [`Refusal::Invalid`].
pub(crate) fn check_names(request_id: &str, reviewer: &str) -> Result<(), Refusal> {
    if !(8..=100).contains(&request_id.len()) || request_id.chars().any(char::is_control) {
        let reason = "use 8 to 100 characters".into();
        return Err(Refusal::Invalid { field: "request_id", reason });
    }
    check_reviewer(reviewer)
}

/// Checks the name of a reviewer.
///
/// # Errors
/// [`Refusal::Invalid`].
pub(crate) fn check_reviewer(reviewer: &str) -> Result<(), Refusal> {
    let length = reviewer.chars().count();
    if !(1..=80).contains(&length)
        || reviewer.trim() != reviewer
        || reviewer.chars().any(char::is_control)
    {
        let reason = "use a name of 1 to 80 characters, without spaces around it".into();
        return Err(Refusal::Invalid { field: "reviewer", reason });
    }
    Ok(())
}
