//! Which country a name means (ISO 3166), and in which region of the world it
//! lies (UN M49).

use std::collections::BTreeMap;

use keshvar::{Country, CountryIterator};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Names in common use that the ISO data lacks: short names of the OECD and of the World
/// Bank ("Lao PDR", "Korea", "Kyrgyz Rep."), of the UN where they differ from ISO ("DPR
/// Korea"), abbreviations, own names, and Kosovo, which ISO 3166 does not list (the code XK is
/// that of the European Commission).
///
/// Sources: UN Statistics Division, M49; OECD, "Member countries and partners"; World Bank,
/// "Country and lending groups".
const ALIASES: &[(&str, &[&str])] = &[
    ("AE", &["UAE", "Emirates"]),
    ("AG", &["Antigua"]),
    ("BA", &["Bosnia", "Bosnia and Herz."]),
    ("CD", &["DRC", "DR Congo", "Congo, Dem. Rep.", "Congo-Kinshasa"]),
    ("CF", &["Central African Rep."]),
    ("CG", &["Congo", "Congo, Rep.", "Congo-Brazzaville"]),
    ("CN", &["PRC", "China (People's Republic of)", "Mainland China"]),
    ("CZ", &["Czech Rep."]),
    ("DK", &["Danmark"]),
    ("DO", &["Dominican Rep."]),
    ("EE", &["Eesti"]),
    ("EG", &["Egypt, Arab Rep."]),
    ("FI", &["Suomi"]),
    ("FM", &["Micronesia, Fed. Sts."]),
    ("FO", &["Faeroe Islands"]),
    ("GB", &["UK", "Britain", "Great Britain", "England", "Scotland", "Wales", "Northern Ireland"]),
    ("GR", &["Hellas", "EL"]),
    ("HK", &["Hong Kong SAR", "Hong Kong, China", "Hong Kong, China SAR", "Hong Kong SAR, China"]),
    ("HU", &["Magyarország"]),
    ("IE", &["Republic of Ireland"]),
    ("IR", &["Iran, Islamic Rep."]),
    ("JP", &["Nippon"]),
    ("KG", &["Kyrgyz Rep."]),
    ("KP", &["DPRK", "DPR Korea", "Korea, Dem. People's Rep."]),
    ("KR", &["Korea", "Korea, Rep."]),
    ("LA", &["Lao PDR"]),
    ("LV", &["Latvija"]),
    (
        "MK",
        &[
            "FYROM",
            "FYR Macedonia",
            "Republic of Macedonia",
            "Macedonia",
            "North Macedonia",
            "Republic of North Macedonia",
            "Macedonia, FYR",
            "The former Yugoslav Republic of Macedonia",
        ],
    ),
    ("MO", &["Macao (China)", "Macau SAR", "Macao SAR, China", "China, Macao SAR"]),
    ("NL", &["Holland", "Netherlands (Kingdom of the)"]),
    ("NO", &["Norge"]),
    ("NZ", &["Aotearoa", "Aotearoa New Zealand"]),
    ("PL", &["Polska"]),
    (
        "PS",
        &[
            "Palestine",
            "State of Palestine",
            "Palestinian territories",
            "Occupied Palestinian Territory",
            "West Bank and Gaza",
            "West Bank and Gaza Strip",
        ],
    ),
    ("SA", &["KSA"]),
    ("SB", &["Solomon Is."]),
    ("SE", &["Sverige"]),
    ("SK", &["Slovak Rep."]),
    ("SS", &["S. Sudan"]),
    ("TR", &["Republic of Turkey", "Republic of Türkiye"]),
    ("TT", &["Trinidad"]),
    ("TW", &["Chinese Taipei", "Taiwan, China"]),
    ("TZ", &["Tanzania, United Rep."]),
    ("US", &["USA", "US", "America"]),
    ("VA", &["Vatican"]),
    ("VE", &["Venezuela, RB"]),
    ("VI", &["US Virgin Islands"]),
    ("XK", &["Kosovo"]),
    ("YE", &["Yemen, Rep."]),
];

/// The regions of places that ISO 3166 and M49 do not list: those of all their neighbours.
const UNLISTED: &[(&str, &str, &str)] = &[("XK", "Europe", "Southern Europe")];

/// What is no country and yet says where a case is from: groups of their own, in all
/// breakdowns by place.
const BEYOND_COUNTRIES: &[(&str, &[&str])] = &[
    (
        "European Union",
        &["European Union", "European Union (EU)", "EU", "EU27", "EU 28", "European Commission"],
    ),
    (
        "International",
        &[
            "International",
            "Global",
            "Worldwide",
            "World",
            "Multinational",
            "Supranational",
            "International (several countries)",
            "Several countries",
            "Multiple countries",
            "International organisation",
            "International organization",
        ],
    ),
];

/// Returns the name of the group of a value that is no single country, if it is one of those that are
/// known.
pub(crate) fn beyond_countries(value: &str) -> Option<&'static str> {
    let value = plain(value);
    let is_it = |(_, names): &&(&str, &[&str])| names.iter().any(|name| plain(name) == value);
    BEYOND_COUNTRIES.iter().find(is_it).map(|(group, _)| *group)
}

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
        for (code, names) in ALIASES {
            let known = places.iter().position(|place: &Place| place.code == *code);
            let index = known.unwrap_or_else(|| {
                let [region, subregion] = match UNLISTED.iter().find(|unlisted| unlisted.0 == *code)
                {
                    Some((_, region, subregion)) => [Some(*region), Some(*subregion)],
                    None => [None, None],
                };
                let [region, subregion] = [region, subregion].map(|name| name.map(str::to_owned));
                places.push(Place { code: (*code).to_owned(), region, subregion });
                places.len() - 1
            });
            // A name in common use goes before what makes it ambiguous elsewhere.
            names.iter().for_each(|name| _ = by_name.insert(plain(name), Some(index)));
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

/// Returns a name without regard to case, accents, punctuation, articles, and the points of
/// abbreviations: "U.S.A." is "usa", "St. Lucia" is "saint lucia".
fn plain(name: &str) -> String {
    let lower = name.to_lowercase().replace('&', " and ");
    let bare = lower.nfd().filter(|c| !is_combining_mark(*c));
    let spaced: String = bare.map(|c| if c.is_alphanumeric() { c } else { ' ' }).collect();
    let mut words: Vec<String> = Vec::new();
    let mut was_letter = false;
    for word in spaced.split_whitespace().filter(|word| *word != "the") {
        let is_letter = word.chars().count() == 1;
        match words.last_mut().filter(|_| is_letter && was_letter) {
            Some(letters) => letters.push_str(word),
            None => words.push(if word == "st" { "saint".to_owned() } else { word.to_owned() }),
        }
        was_letter = is_letter;
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

    /// Short names of the UN and the OECD, and how people write them.
    #[test]
    fn names_in_common_use_are_found() {
        let countries = Countries::new();
        for (names, expected) in [
            ("Lao PDR; Laos; Lao P.D.R.; Lao People's Democratic Republic", "LA"),
            ("Turkey; Turkiye; Republic of Turkey", "TR"),
            ("Czechia; Czech Republic; Czech Rep.", "CZ"),
            ("Korea; Republic of Korea; Korea, Rep.; Korea (Republic of)", "KR"),
            ("DPRK; North Korea; Democratic People's Republic of Korea", "KP"),
            ("Viet Nam; Vietnam; viet-nam", "VN"),
            ("Côte d'Ivoire; Côte d’Ivoire; Cote d'Ivoire; Ivory Coast", "CI"),
            ("UK; U.K.; United Kingdom; Great Britain; Scotland", "GB"),
            ("USA; U.S.A.; US; U.S.; United States; United States of America", "US"),
            ("Russia; Russian Federation", "RU"),
            ("Congo; Republic of the Congo; Congo-Brazzaville", "CG"),
            ("DRC; DR Congo; Democratic Republic of the Congo", "CD"),
            ("Bolivia (Plurinational State of); Bolivia", "BO"),
            ("Slovak Republic; Slovakia", "SK"),
            ("Kyrgyzstan; Kyrgyz Republic", "KG"),
            ("Chinese Taipei; Taiwan", "TW"),
            ("Gambia (the); The Gambia; Gambia, The", "GM"),
            ("St. Lucia; St Lucia; Saint Lucia", "LC"),
            ("Kosovo; Kosovo*", "XK"),
            ("Macedonia; North Macedonia; FYR Macedonia; Republic of Macedonia", "MK"),
            ("Burma; Myanmar", "MM"),
            ("Swaziland; Eswatini", "SZ"),
            ("Palestine; State of Palestine; Palestine, State of; Palestinian Territories", "PS"),
            ("Hong Kong; Hong Kong, China; Hong Kong SAR", "HK"),
            ("Macau; Macao", "MO"),
            ("Cape Verde; Cabo Verde", "CV"),
            ("East Timor; Timor-Leste", "TL"),
            ("Iran; Iran (Islamic Republic of)", "IR"),
            ("Moldova; Republic of Moldova", "MD"),
            ("Syria; Syrian Arab Republic", "SY"),
            ("Tanzania; United Republic of Tanzania", "TZ"),
            ("Venezuela; Venezuela (Bolivarian Republic of)", "VE"),
            ("Brunei; Brunei Darussalam", "BN"),
            ("The Netherlands; Holland; Netherlands (Kingdom of the)", "NL"),
            ("UAE; United Arab Emirates", "AE"),
            ("England; Wales", "GB"),
            ("Vatican City; Holy See", "VA"),
            ("São Tomé and Príncipe; Sao Tome & Principe", "ST"),
            ("China (People’s Republic of); P.R.C.", "CN"),
        ] {
            for name in names.split("; ") {
                let code = countries.find(name).map(|place| place.code.as_str());
                assert_eq!(code, Some(expected), "{name}");
            }
        }
    }

    #[test]
    fn the_union_and_what_is_international_are_groups_of_their_own() {
        for (value, group) in [
            ("European Union", Some("European Union")),
            ("the EU", Some("European Union")),
            ("EU", Some("European Union")),
            ("European Commission", Some("European Union")),
            ("International", Some("International")),
            ("international", Some("International")),
            ("Atlantis", None),
        ] {
            assert_eq!(beyond_countries(value), group, "{value}");
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
            ("Taiwan", "Asia", "Eastern Asia"),
            ("Hong Kong", "Asia", "Eastern Asia"),
            ("Palestine", "Asia", "Western Asia"),
            ("Kosovo", "Europe", "Southern Europe"),
        ] {
            let place = countries.find(name).unwrap();
            assert_eq!(place.region.as_deref(), Some(region), "{name}");
            assert_eq!(place.subregion.as_deref(), Some(subregion), "{name}");
        }
    }
}
