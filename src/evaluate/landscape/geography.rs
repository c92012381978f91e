//! Which country a name means (ISO 3166), and in which region of the world it
//! lies (UN M49).

use std::collections::BTreeMap;

use keshvar::{Country, CountryIterator};

/// A country or territory of ISO 3166.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    /// Its code of two letters.
    pub(crate) code: String,
    /// Its region of UN M49: a continent; a few islands have none.
    pub(crate) region: Option<String>,
    /// Its sub-region of UN M49.
    pub(crate) subregion: Option<String>,
}

/// All countries, to be found by code or by any of their names.
pub(crate) struct Countries {
    /// `None` if several share the name.
    by_name: BTreeMap<String, Option<usize>>,
    places: Vec<Place>,
}

impl Countries {
    pub(crate) fn new() -> Self {
        let mut by_name: BTreeMap<String, Option<usize>> = BTreeMap::new();
        let mut places = Vec::new();
        for country in CountryIterator::new() {
            let index = places.len();
            for name in names(&country) {
                let known = by_name.entry(plain(&name)).or_insert(Some(index));
                if *known != Some(index) {
                    *known = None;
                }
            }
            places.push(Place {
                code: country.alpha2().to_string().to_uppercase(),
                region: country.maybe_region().map(|region| in_words(&region.to_string())),
                subregion: country.maybe_subregion().map(|region| in_words(&region.to_string())),
            });
        }
        Self { by_name, places }
    }

    /// Returns the country of a name or code; `None` if there is none or several.
    pub(crate) fn find(&self, name: &str) -> Option<&Place> {
        let index = self.by_name.get(&plain(name)).copied().flatten()?;
        self.places.get(index)
    }
}

/// Codes, official names, and names in common use in several languages.
fn names(country: &Country) -> Vec<String> {
    let codes = [country.alpha2().to_string(), country.alpha3().to_string()];
    let names = [country.iso_short_name(), country.iso_long_name()];
    let common = country.unofficial_name_list().iter().copied();
    codes.into_iter().chain(names.into_iter().chain(common).map(str::to_owned)).collect()
}

/// Returns a name without regard to case, punctuation and a leading article.
fn plain(name: &str) -> String {
    let lower = name.to_lowercase().replace('&', " and ");
    let spaced: String = lower.chars().map(|c| if c.is_alphanumeric() { c } else { ' ' }).collect();
    let mut words: Vec<&str> = spaced.split_whitespace().collect();
    if words.len() > 1 && words.first() == Some(&"the") {
        words.remove(0);
    }
    words.join(" ")
}

/// `south-eastern-asia` as it is written: "South-eastern Asia".
fn in_words(name: &str) -> String {
    let name = name.replacen("south-eastern-", "south_eastern-", 1);
    let capital = |word: &str| {
        let mut letters = word.chars();
        let first = letters.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
        if word == "and" { word.to_owned() } else { first + letters.as_str() }
    };
    let words: Vec<String> = name.split('-').map(capital).collect();
    words.join(" ").replace('_', "-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn countries_are_found_by_code_official_and_common_name() {
        let countries = Countries::new();
        let code = |name: &str| countries.find(name).map(|place| place.code.clone());
        for name in ["NL", "nld", "Netherlands", "the Netherlands", "Nederland", "NETHERLANDS "] {
            assert_eq!(code(name).as_deref(), Some("NL"), "{name}");
        }
        for (name, expected) in [
            ("Türkiye", "TR"),
            ("South Korea", "KR"),
            ("United States", "US"),
            ("Vietnam", "VN"),
            ("Trinidad & Tobago", "TT"),
        ] {
            assert_eq!(code(name).as_deref(), Some(expected), "{name}");
        }
    }

    #[test]
    fn what_is_no_single_country_is_unknown() {
        let countries = Countries::new();
        for name in ["European Union", "International", "Atlantis", "", "-"] {
            assert_eq!(countries.find(name), None, "{name}");
        }
    }

    /// UN Statistics Division, "Standard country or area codes for statistical
    /// use (M49)".
    #[test]
    fn regions_are_those_of_the_united_nations() {
        let countries = Countries::new();
        for (name, region, subregion) in [
            ("Estonia", "Europe", "Northern Europe"),
            ("Singapore", "Asia", "South-eastern Asia"),
            ("New Zealand", "Oceania", "Australia and New Zealand"),
            ("Costa Rica", "Americas", "Central America"),
            ("Kenya", "Africa", "Eastern Africa"),
        ] {
            let place = countries.find(name).unwrap();
            assert_eq!(place.region.as_deref(), Some(region), "{name}");
            assert_eq!(place.subregion.as_deref(), Some(subregion), "{name}");
        }
    }
}
