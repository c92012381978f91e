//! What each page begins with: its title, facts and warnings, and its list of contents.

/// The beginning of a page.
pub(crate) struct Head {
    /// The heading.
    pub(crate) title: String,
    /// Names of facts, and the facts.
    pub(crate) facts: Vec<(&'static str, String)>,
    /// What has to be known before anything else.
    pub(crate) warnings: Vec<String>,
    /// The sections: the id of each heading, and the heading.
    pub(crate) contents: Vec<(String, String)>,
}

/// Returns a list of contents.
pub(crate) fn contents(sections: &[(&str, &str)]) -> Vec<(String, String)> {
    sections.iter().map(|(id, heading)| ((*id).to_owned(), (*heading).to_owned())).collect()
}
