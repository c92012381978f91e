//! The trends by groups of cases: years, countries, regions, or the values of
//! any column.

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::LandscapeParams;
use super::batch::{Batch, BatchCase};
use super::geography::{Countries, beyond_countries};
use super::quantify::{Counting, Frequency};
use crate::error::{Error, Result};
use crate::stats::fisher;
use crate::stats::holm_of_some;
use crate::stats::is_beyond_chance;
use crate::taxonomy::TrendId;

/// The kind of the values in a breakdown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Years, in their order.
    Year,
    /// Countries of ISO 3166.
    Country,
    /// Regions of UN M49 in which the countries lie.
    Region,
    /// Sub-regions of UN M49.
    Subregion,
    /// The values of the column.
    Value,
}

/// The trends by groups of cases.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Breakdown {
    /// The requested name: a column, "region" or "subregion".
    pub name: String,
    /// The column with its values.
    pub column: String,
    /// The kind of the values.
    pub kind: Kind,
    /// The groups: years in their order, others by falling number of cases.
    pub groups: Vec<Group>,
    /// Cases without a value.
    pub missing: usize,
    /// Values that are no year or no country, with their numbers of cases.
    pub unknown: Vec<(String, usize)>,
    /// Cases that are in more than one group.
    pub in_several: usize,
}

/// The cases with one value.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Group {
    /// The value as the file writes it (of several spellings the most frequent).
    pub name: String,
    /// The ISO 3166 code of a country.
    pub code: Option<String>,
    /// Number of cases.
    pub cases: usize,
    /// One per trend.
    pub trends: Vec<Frequency>,
    /// One per trend: the p-value of Fisher's exact test that the trend is as frequent in
    /// the group as in the other groups, corrected for all tests of the breakdown (Holm
    /// 1979); `None` if the group is too small.
    pub p_values: Vec<Option<f64>>,
    /// One per trend: of the cases in the other groups, how many have it, and their number.
    #[serde(skip)]
    pub(crate) others: Vec<(usize, usize)>,
    /// The year as a number.
    #[serde(skip)]
    pub(crate) year: Option<i32>,
    /// Indices of the cases.
    #[serde(skip)]
    pub(crate) members: Vec<usize>,
}

/// A group before its trends are counted.
#[derive(Default)]
struct Members {
    spellings: BTreeMap<String, usize>,
    code: Option<String>,
    year: Option<i32>,
    cases: Vec<usize>,
}

/// How a group differs from the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unlike {
    /// A trend is more frequent in it.
    More,
    /// A trend is less frequent in it.
    Less,
}

impl Group {
    /// Returns how a trend's share differs from that in the other groups, if the
    /// difference is statistically significant.
    pub(crate) fn unlike(&self, trend: usize) -> Option<Unlike> {
        let ((count, cases), (other, all)) = (self.counts(trend), self.others[trend]);
        let unlike = if count * all > other * cases { Unlike::More } else { Unlike::Less };
        is_beyond_chance(self.p_values[trend]).then_some(unlike)
    }

    fn counts(&self, trend: usize) -> (usize, usize) {
        (self.trends[trend].count, self.cases)
    }
}

impl Breakdown {
    /// Returns the breakdown by `name`; `None` if there is no such column.
    pub(crate) fn of(
        name: &str,
        batch: &Batch,
        counting: &Counting,
        countries: &Countries,
        params: &LandscapeParams,
    ) -> Option<Self> {
        let (kind, column) = kind(name, batch, params)?;
        let mut groups: BTreeMap<String, Members> = BTreeMap::new();
        let mut unknown: BTreeMap<String, usize> = BTreeMap::new();
        let (mut missing, mut in_several) = (0, 0);
        for (index, case) in batch.cases.iter().enumerate() {
            let values = case.values(&column);
            missing += usize::from(values.is_empty());
            let mut placed = 0;
            for value in values {
                let Some(place) = Place::of(kind, &value, countries) else {
                    *unknown.entry(value).or_default() += 1;
                    continue;
                };
                let group = groups.entry(place.key).or_default();
                *group.spellings.entry(place.spelling).or_default() += 1;
                (group.code, group.year) = (place.code, place.year);
                if group.cases.last() != Some(&index) {
                    group.cases.push(index);
                    placed += 1;
                }
            }
            in_several += usize::from(placed > 1);
        }
        let mut groups: Vec<Group> =
            groups.into_values().map(|members| members.counted(batch, counting)).collect();
        if kind != Kind::Year {
            groups.sort_by(|a, b| b.cases.cmp(&a.cases).then(a.name.cmp(&b.name)));
        }
        compare(&mut groups, batch, params.least_cases);
        let mut unknown: Vec<(String, usize)> = unknown.into_iter().collect();
        unknown.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
        let name = name.to_owned();
        Some(Self { name, column, kind, groups, missing, unknown, in_several })
    }
}

/// Returns an error for a column that was asked for and is not there.
pub(crate) fn no_column(name: &str, batch: &Batch) -> Error {
    Error::bad_file(
        batch.files.join(", "),
        format!("there is no column \"{name}\" to group by"),
        format!("name one of {}", batch.columns.join(", ")),
    )
}

/// Returns the kind of a requested name, and its column. A column with that name takes
/// precedence over a region derived from the country.
fn kind(name: &str, batch: &Batch, params: &LandscapeParams) -> Option<(Kind, String)> {
    let country = batch.column(&params.country_column);
    if let Some(column) = batch.column(name) {
        let kind = if country == Some(column) {
            Kind::Country
        } else if batch.column(&params.year_column) == Some(column) {
            Kind::Year
        } else {
            Kind::Value
        };
        return Some((kind, column.to_owned()));
    }
    let kind = match name {
        "region" => Kind::Region,
        "subregion" => Kind::Subregion,
        _ => return None,
    };
    Some((kind, country?.to_owned()))
}

/// The group of a value.
struct Place {
    /// Orders the groups and distinguishes them.
    key: String,
    spelling: String,
    code: Option<String>,
    year: Option<i32>,
}

impl Place {
    /// Returns the group of a value; `None` if it is not of the kind.
    fn of(kind: Kind, value: &str, countries: &Countries) -> Option<Self> {
        let of_name = |key: String, spelling: &str| Self {
            key,
            spelling: spelling.to_owned(),
            code: None,
            year: None,
        };
        if matches!(kind, Kind::Country | Kind::Region | Kind::Subregion)
            && let Some(group) = beyond_countries(value)
        {
            // After all codes of countries; a region has no such name.
            return Some(of_name(format!("~{group}"), group));
        }
        match kind {
            Kind::Value => Some(of_name(value.to_lowercase(), value)),
            Kind::Year => {
                let year = year(value)?;
                let place = of_name(format!("{year:05}"), &year.to_string());
                Some(Self { year: Some(year), ..place })
            }
            Kind::Country => {
                let code = countries.find(value)?.code.clone();
                Some(Self { code: Some(code.clone()), ..of_name(code, value) })
            }
            Kind::Region | Kind::Subregion => {
                let place = countries.find(value)?;
                let region = if kind == Kind::Region { &place.region } else { &place.subregion };
                region.as_ref().map(|region| of_name(region.clone(), region))
            }
        }
    }
}

/// Returns the year at the start of a value: `2021`, `2021-05-03`, `2021.0`.
fn year(value: &str) -> Option<i32> {
    let digits = value.bytes().take_while(u8::is_ascii_digit).count();
    let year = value.get(..digits)?.parse().ok()?;
    let rest = value[digits..].bytes().next();
    (digits == 4 && rest.is_none_or(|b| b"-/. ".contains(&b))).then_some(year)
}

impl Members {
    fn counted(self, batch: &Batch, counting: &Counting) -> Group {
        let most = self.spellings.values().copied().max().unwrap_or(0);
        let name = self.spellings.into_iter().find(|(_, count)| *count == most);
        let cases: Vec<&BatchCase> = self.cases.iter().map(|&index| &batch.cases[index]).collect();
        let trends: Vec<Frequency> =
            batch.taxonomy.iter().map(|(id, _)| counting.frequency(id, &cases)).collect();
        Group {
            name: name.map(|(name, _)| name).unwrap_or_default(),
            code: self.code,
            cases: cases.len(),
            p_values: vec![None; trends.len()],
            others: vec![(0, 0); trends.len()],
            trends,
            year: self.year,
            members: self.cases,
        }
    }
}

/// Tests each group of enough cases against the cases outside it.
fn compare(groups: &mut [Group], batch: &Batch, least_cases: usize) {
    let mut inside = vec![false; batch.cases.len()];
    groups.iter().flat_map(|group| &group.members).for_each(|&index| inside[index] = true);
    let all = inside.iter().filter(|inside| **inside).count();
    let with: Vec<usize> =
        batch.taxonomy.iter().map(|(id, _)| has_trend(batch, id, &inside)).collect();
    // A case in several groups counts once among the others.
    for group in groups.iter_mut() {
        let others = with.iter().zip(&group.trends);
        group.others =
            others.map(|(with, trend)| (with - trend.count, all - group.cases)).collect();
    }
    let comparable = groups.len() > 1;
    let test = |group: &Group, trend: usize| {
        if group.cases < least_cases || !comparable {
            return None;
        }
        fisher(group.counts(trend), group.others[trend])
    };
    let p_values: Vec<Option<f64>> = groups
        .iter()
        .flat_map(|group| (0..with.len()).map(move |trend| test(group, trend)))
        .collect();
    let mut corrected = holm_of_some(&p_values).into_iter();
    for group in groups {
        group.p_values = corrected.by_ref().take(with.len()).collect();
    }
}

fn has_trend(batch: &Batch, trend: TrendId, inside: &[bool]) -> usize {
    let cases = batch.cases.iter().zip(inside);
    cases.filter(|(case, inside)| **inside && case.trends.contains(trend)).count()
}

/// Returns all breakdowns asked for. Of the usual ones, those without a column are left
/// out; they are named in the second part.
///
/// # Errors
/// [`Error::BadFile`] if there is no column of a name that was asked for.
pub(crate) fn breakdowns(
    batch: &Batch,
    counting: &Counting,
    countries: &Countries,
    params: &LandscapeParams,
) -> Result<(Vec<Breakdown>, Vec<String>)> {
    let usual = [params.year_column.as_str(), &params.country_column, "region", "level"];
    let asked: Vec<&str> = match params.by.as_slice() {
        [] => usual.into(),
        by => by.iter().map(String::as_str).collect(),
    };
    let (mut found, mut absent) = (Vec::new(), Vec::new());
    for name in asked {
        match Breakdown::of(name, batch, counting, countries, params) {
            Some(breakdown) => found.push(breakdown),
            // A batch of no rows may have no columns either.
            None if params.by.is_empty() || batch.columns.is_empty() => {
                absent.push(name.to_owned());
            }
            None => return Err(no_column(name, batch)),
        }
    }
    Ok((found, absent))
}

/// Returns the breakdown by year, that among those asked for if there is one; `None` if
/// there is no such column.
pub(crate) fn by_year<'b>(
    asked: &'b [Breakdown],
    batch: &Batch,
    counting: &Counting,
    countries: &Countries,
    params: &LandscapeParams,
) -> Option<Cow<'b, Breakdown>> {
    if let Some(years) = asked.iter().find(|breakdown| breakdown.kind == Kind::Year) {
        return Some(Cow::Borrowed(years));
    }
    let years = Breakdown::of(&params.year_column, batch, counting, countries, params)?;
    (years.kind == Kind::Year).then_some(Cow::Owned(years))
}
