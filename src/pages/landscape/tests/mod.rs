//! Landscapes of small batches with figures that can be counted by hand.

mod reading;

use std::io::Write;

use std::collections::BTreeMap;

use super::*;
use crate::evaluate::landscape::breakdown::Unlike;
use crate::evaluate::landscape::*;
use crate::pages::Cover;
use crate::taxonomy::{Taxonomy, TrendId};

/// Returns a file with a unique name, and its batch.
fn read(extension: &str, content: &str, options: &BatchOptions) -> (Batch, Vec<crate::Error>) {
    let mut file = tempfile::Builder::new().suffix(extension).tempfile().unwrap();
    file.write_all(content.as_bytes()).unwrap();
    Batch::open(&[file.path().to_owned()], options).unwrap()
}

fn batch(content: &str) -> Batch {
    let (batch, errors) = read(".csv", content, &BatchOptions::default());
    assert!(errors.is_empty(), "{errors:?}");
    batch
}

fn landscape(batch: &Batch, params: &LandscapeParams) -> Landscape {
    Landscape::of(batch, &BTreeMap::new(), params).unwrap()
}

/// Rows `(trends, year, country)` under the header of a labelled file.
fn labelled(rows: &[(&str, &str, &str)]) -> Batch {
    let row = |(i, (trends, year, country)): (usize, &(&str, &str, &str))| {
        format!("c{i},title {i},{trends},{year},\"{country}\"\n")
    };
    let rows: String = rows.iter().enumerate().map(row).collect();
    batch(&format!("id,title,trends,year,country\n{rows}"))
}

const TAGGED: &str = "id,title,country,suggested_trends,p_red,p_blue,needs_review,review_reasons,evidence,model\n\
    1,a,France,red,0.9000,0.2000,no,,,m1\n\
    2,b,Togo,red;blue,0.8000,0.7000,no,,,m1\n\
    3,c,Mars,blue,0.1000,0.4000,yes,none-passed,,m1\n\
    4,d,,-,0.0500,0.1000,yes,short,,m1\n";

/// Means of the probabilities in `TAGGED`, by hand: (0.9 + 0.8 + 0.1 + 0.05) / 4
/// and (0.2 + 0.7 + 0.4 + 0.1) / 4.
#[test]
fn without_known_errors_shares_are_corrected_by_probabilities_and_gold_is_not() {
    let figures = landscape(&batch(TAGGED), &LandscapeParams::default());
    let shares: Vec<(usize, f64)> = figures
        .trends
        .iter()
        .map(|trend| (trend.frequency.count, trend.frequency.corrected.unwrap().value))
        .collect();
    assert_eq!(shares.iter().map(|share| share.0).collect::<Vec<_>>(), [2, 2]);
    assert!((shares[0].1 - 0.35).abs() < 1e-12 && (shares[1].1 - 0.4625).abs() < 1e-12);
    assert!(figures.trends.iter().all(|t| t.correction == Some(Correction::MeanProbability)));

    let gold = labelled(&[("red", "", ""), ("blue", "", "")]);
    let errors = HeldOut { gold: 9, found: 5, others: 9, false_alarms: 1 };
    let errors = ["blue", "red"].map(|key| (key.to_owned(), errors)).into();
    let figures = Landscape::of(&gold, &errors, &LandscapeParams::default()).unwrap();
    assert!(figures.trends.iter().all(|t| t.frequency.corrected.is_none()));
}

#[test]
fn errors_belong_to_the_trend_of_their_key_whatever_other_trends_there_are() {
    let errors = HeldOut { gold: 90, found: 81, others: 90, false_alarms: 9 };
    let errors = ["mauve", "red"].map(|key| (key.to_owned(), errors)).into();
    let figures = Landscape::of(&batch(TAGGED), &errors, &LandscapeParams::default()).unwrap();
    let corrections: Vec<_> = figures.trends.iter().map(|t| (&*t.key, t.correction)).collect();
    let expected =
        [("blue", Some(Correction::MeanProbability)), ("red", Some(Correction::AdjustedCount))];
    assert_eq!(corrections, expected);
    let text = summary(&figures);
    assert!(text.contains("errs on these cases as it did"), "{text}");
    assert!(text.contains("were calibrated on"), "{text}");
}

#[test]
fn what_to_bear_in_mind_is_of_the_correction_that_was_made() {
    let text = summary(&landscape(&batch(TAGGED), &LandscapeParams::default()));
    assert!(text.contains("were calibrated on") && !text.contains("errs on these cases"), "{text}");
}

/// Suggestions without probabilities, the errors known of one trend alone.
#[test]
fn only_the_line_of_a_corrected_trend_is_called_corrected() {
    let row = |i: usize| format!("c{i},title,{},red;blue,m\n", 2019 + i % 2);
    let rows: String = (0..20).map(row).collect();
    let batch = batch(&format!("id,title,year,suggested_trends,model\n{rows}"));
    let errors = HeldOut { gold: 90, found: 81, others: 90, false_alarms: 9 };
    let errors = [("red".to_owned(), errors)].into();
    let figures = Landscape::of(&batch, &errors, &LandscapeParams::default()).unwrap();
    let keys: Vec<&str> = figures.trends.iter().map(|trend| trend.key.as_str()).collect();
    assert_eq!(keys, ["blue", "red"]);
    let legend = |trend: usize| -> (bool, bool) {
        let chart = figures.group_chart(0, &figures.breakdowns[0], trend).unwrap();
        let drawn = chart.to_string();
        let has = |name: &str| drawn.contains(&format!("</span>{name}</li>"));
        (has("estimated"), has("as suggested"))
    };
    assert_eq!((legend(0), legend(1)), ((false, true), (true, true)));
}

#[test]
fn countries_make_regions_and_what_is_no_country_is_told() {
    let rows = [
        ("red", "2020", "France"),
        ("red", "2021", "FR"),
        ("blue", "2021", "Kenya; France"),
        ("blue", "n.d.", "Mars"),
        ("blue", "2021-04-01", ""),
    ];
    let figures = landscape(&labelled(&rows), &LandscapeParams::default());
    let names = |n: usize| -> Vec<(&str, usize)> {
        figures.breakdowns[n].groups.iter().map(|g| (g.name.as_str(), g.cases)).collect()
    };
    assert_eq!(names(0), [("2020", 1), ("2021", 3)]);
    assert_eq!(names(1), [("France", 3), ("Kenya", 1)]);
    assert_eq!(names(2), [("Europe", 3), ("Africa", 1)]);
    let country = &figures.breakdowns[1];
    assert_eq!((country.missing, country.in_several), (1, 1));
    assert_eq!(country.unknown, [("Mars".to_owned(), 1)]);
    assert_eq!(figures.breakdowns[0].unknown, [("n.d.".to_owned(), 1)]);
    assert_eq!(figures.absent, ["level"]);
    let text = summary(&figures);
    for words in ["Mars (1)", "There is no level column", "counted in more than one group"] {
        assert!(text.contains(words), "no \"{words}\" in:\n{text}");
    }
}

#[test]
fn a_column_that_was_asked_for_must_be_there() {
    let batch = labelled(&[("red", "2020", "France")]);
    let params = LandscapeParams { by: vec!["budget".into()], ..LandscapeParams::default() };
    let error = Landscape::of(&batch, &BTreeMap::new(), &params).unwrap_err().to_string();
    assert!(error.contains("\"budget\"") && error.contains("year"), "{error}");
    let params = LandscapeParams { by: vec!["Country".into()], ..LandscapeParams::default() };
    assert_eq!(landscape(&batch, &params).breakdowns[0].kind, Kind::Country);
}

/// 20 cases a year over four years, `red` in 2, 3, 14 and 15 of them: the latest
/// years with a third of the cases are the last two.
#[test]
fn a_change_is_found_and_no_change_is_not() {
    let rows: Vec<(&str, String, &str)> = [2, 3, 14, 15]
        .iter()
        .enumerate()
        .flat_map(|(year, &red)| {
            (0..20).map(move |i| {
                let trends = if i < red { "red;blue" } else { "blue" };
                (trends, (2018 + year).to_string(), "")
            })
        })
        .collect();
    let rows: Vec<(&str, &str, &str)> = rows.iter().map(|(t, y, c)| (*t, y.as_str(), *c)).collect();
    let figures = landscape(&labelled(&rows), &LandscapeParams::default());
    let change = figures.change.as_ref().unwrap();
    assert_eq!((change.earlier, change.recent), ((2018, 2019), (2020, 2021)));
    let red = &change.trends[1];
    assert_eq!((red.earlier.count, red.recent.count), (5, 29));
    assert!((red.difference.unwrap().value - 0.6).abs() < 1e-12);
    assert!(red.p_difference_corrected.unwrap() < 0.001 && red.p_steady_corrected.unwrap() < 0.001);
    assert!(red.steady.unwrap().slope > 0.2);
    let blue = &change.trends[0];
    assert_eq!((blue.p_difference, blue.steady), (Some(1.0), None), "blue is in all cases");
    assert!(
        summary(&figures).contains("“red” from 12\u{a0}% to 72\u{a0}%, +60\u{a0}pp"),
        "{}",
        summary(&figures)
    );

    let by = vec!["country".to_owned()];
    let params = LandscapeParams { since: Some(2021), by, ..LandscapeParams::default() };
    let figures = landscape(&labelled(&rows), &params);
    assert_eq!(figures.change.unwrap().earlier, (2018, 2020), "measured whatever it is grouped by");
}

#[test]
fn one_year_and_too_few_cases_are_said_in_words() {
    let one = [("red", "2020", ""), ("blue", "2020", "")];
    let figures = landscape(&labelled(&one), &LandscapeParams::default());
    assert!(figures.no_change.unwrap().contains("are of 2020"));
    let few = [("red", "2020", ""), ("blue", "2021", "")];
    let figures = landscape(&labelled(&few), &LandscapeParams::default());
    assert!(figures.no_change.unwrap().contains("fewer than 5"));
    let none = [("red", "", ""), ("blue", "", "")];
    let figures = landscape(&labelled(&none), &LandscapeParams::default());
    assert!(figures.no_change.unwrap().contains("No case has a year"));
}

/// By hand: one case has two of two trends, so one case must have both, however they are
/// dealt: it is expected, and nothing is found.
#[test]
fn pairs_are_held_against_cases_with_as_many_trends_and_combinations_are_exact() {
    let rows = [("red;blue", "", ""), ("red", "", ""), ("red", "", ""), ("blue", "", "")];
    let together = landscape(&labelled(&rows), &LandscapeParams::default()).together;
    let pair = &together.pairs[0];
    assert_eq!((pair.both, pair.expected, pair.lift, pair.p), (1, 1.0, Some(1.0), None));
    let combinations: Vec<(Vec<String>, usize)> =
        together.combinations.into_iter().map(|c| (c.trends, c.cases)).collect();
    let of = |keys: &[&str], cases| (keys.iter().map(|k| (*k).to_owned()).collect(), cases);
    assert_eq!(combinations, [of(&["red"], 2), of(&["blue"], 1), of(&["blue", "red"], 1)]);
}

/// Texts of three kinds: two trends, and a third kind that no trend fits.
fn themed() -> Batch {
    themed_and("")
}

/// As [`themed`], with more rows.
fn themed_and(rows: &str) -> Batch {
    let row = |i: usize| {
        let (words, probabilities) = match i % 3 {
            0 => ("bicycle lane cyclist helmet", "red,0.95,0.02"),
            1 => ("library book reading children", "blue,0.03,0.93"),
            _ => ("harbour crane container ship", "-,0.10,0.20"),
        };
        format!("{i},case {i},{words} number{i},{probabilities},no,,m\n")
    };
    let header = "id,title,summary,suggested_trends,p_red,p_blue,needs_review,evidence,model\n";
    batch(&format!("{header}{}{rows}", (0..30).map(row).collect::<String>()))
}

#[test]
fn terms_and_examples_belong_to_their_trend() {
    let figures = landscape(&themed(), &LandscapeParams::default());
    let terms = figures.terms.unwrap();
    let words = |trend: usize| -> Vec<&str> {
        terms.apart[trend].iter().map(|term| term.term.as_str()).collect()
    };
    assert_eq!(words(0), ["book", "children", "library", "reading"]);
    assert_eq!(words(1), ["bicycle", "cyclist", "helmet", "lane"]);
    assert_eq!((terms.apart[0][0].inside, terms.apart[0][0].outside), (10, 0));
    let examples = figures.examples.unwrap();
    assert_eq!((examples[1].typical.len(), examples[1].unusual.len()), (5, 5));
    assert!(examples[1].typical[0].likeness >= examples[1].unusual[0].likeness);
}

#[test]
fn the_case_with_other_words_is_the_most_unusual_of_its_trend() {
    let odd = "30,case 30,bicycle museum opens museum shop,red,0.90,0.05,no,,m\n";
    let figures = landscape(&themed_and(odd), &LandscapeParams::default());
    let red = &figures.examples.unwrap()[1];
    assert_eq!((red.key.as_str(), red.unusual[0].id.as_str()), ("red", "30"));
    assert!(red.typical.iter().all(|case| case.id != "30"));
    let [most, least] = [&red.typical[0], &red.unusual[0]].map(|case| case.likeness);
    assert!(most > 1.5 * least, "{most} and {least}");
}

#[test]
fn cases_that_fit_no_trend_are_grouped_by_their_words() {
    let unfit = landscape(&themed(), &LandscapeParams::default()).unfit;
    assert_eq!((unfit.rule, unfit.found, unfit.groups.len()), (UnfitRule::Probability, 10, 1));
    let group = &unfit.groups[0];
    assert_eq!(group.ids.len(), 10);
    let terms: Vec<&str> = group.terms.iter().map(|term| term.term.as_str()).collect();
    assert_eq!(terms, ["container", "crane", "harbour", "ship"]);
    assert_eq!(unfit.cases[0].nearest.as_deref(), Some("blue"));
}

/// 42 gold cases: one without a trend, and a twentieth of all, that is 2, with words
/// least similar to those of their trends.
#[test]
fn of_gold_the_cases_least_like_their_trends_fit_none() {
    let row = |i: usize| match i {
        7 => "7,harbour crane container ship,red\n".to_owned(),
        11 => "11,harbour dock container ship,blue\n".to_owned(),
        20 => "20,bicycle lane cyclist helmet,-\n".to_owned(),
        i if i % 2 == 0 => format!("{i},bicycle lane cyclist helmet,blue\n"),
        i => format!("{i},library book reading children,red\n"),
    };
    let content: String = (0..42).map(row).collect();
    let unfit =
        landscape(&batch(&format!("id,title,trends\n{content}")), &LandscapeParams::default())
            .unfit;
    assert_eq!((unfit.rule, unfit.found), (UnfitRule::Likeness, 3));
    let facts: Vec<(&str, Option<&str>)> =
        unfit.cases.iter().map(|case| (case.id.as_str(), case.nearest.as_deref())).collect();
    assert_eq!(facts, [("20", Some("blue")), ("7", Some("red")), ("11", Some("blue"))]);
    assert_eq!(unfit.cases[1].likeness, Some(0.0), "no word of any other case of its trend");
}

#[test]
fn files_without_text_are_counted_and_an_empty_batch_has_no_figures() {
    let figures = landscape(&batch("id,trends\n1,red\n2,blue\n"), &LandscapeParams::default());
    assert_eq!((figures.cases, figures.terms, figures.examples), (2, None, None));
    assert_eq!(figures.unfit.rule, UnfitRule::NoTrend);

    let known = vec![Taxonomy::from_keys(["blue", "red"]).unwrap()];
    let options = BatchOptions { known, ..BatchOptions::default() };
    for header in ["id,title,trends,year,country,level\n", TAGGED.split('1').next().unwrap()] {
        let (empty, errors) = read(".csv", header, &options);
        assert!(errors.is_empty() && empty.cases.is_empty());
        let figures = landscape(&empty, &LandscapeParams::default());
        assert!(summary(&figures).contains("The batch is empty"), "{}", summary(&figures));
        assert_eq!(figures.trends[0].frequency.raw, None);
        let page = page::render(&figures, &Cover::default()).unwrap();
        assert!(!page.contains("NaN") && !page.contains("<svg"));
        #[cfg(feature = "formats")]
        workbook::render(&figures, &Cover::default()).unwrap();
    }
}

#[test]
fn a_group_unlike_the_others_is_marked_and_small_groups_are_not_tested() {
    let row = |i: usize| match i {
        0..15 => ("red", "", "France"),
        15..30 => ("blue", "", "Kenya"),
        _ => ("red", "", "Togo"),
    };
    let rows: Vec<_> = (0..33).map(row).collect();
    let figures = landscape(&labelled(&rows), &LandscapeParams::default());
    let groups = &figures.breakdowns[1].groups;
    assert!(groups[1].p_values[TrendId(0).index()].unwrap() < 0.001, "all of Kenya is blue");
    assert_eq!(groups[2].p_values, [None, None], "Togo has three cases");
    let page = page::render(&figures, &Cover::default()).unwrap();
    assert!(page.contains("▲") && page.contains("▼"));
}

/// By hand: half of the first group has red, and a quarter of the 400 cases that
/// are outside it. Those with red are in four groups each: counted once a group,
/// they would be 400 of 700.
#[test]
fn a_case_in_several_groups_counts_once_among_the_others() {
    let row = |i: usize| match i {
        0..50 => "red,first",
        50..100 => "blue,first",
        100..200 => "red,second;third;fourth;fifth",
        _ => "blue,sixth",
    };
    let rows: String = (0..500).map(|i| format!("c{i},title,{}\n", row(i))).collect();
    let params = LandscapeParams { by: vec!["level".into()], ..LandscapeParams::default() };
    let batch = batch(&format!("id,title,trends,level\n{rows}"));
    let by_level = &landscape(&batch, &params).breakdowns[0];
    let first = by_level.groups.iter().find(|group| group.name == "first").unwrap();
    let red = batch.taxonomy.id("red").unwrap().index();
    assert_eq!(first.unlike(red), Some(Unlike::More));
}

/// Sentences about batches so small that a careless one would be untrue.
#[test]
fn small_batches_are_described_as_they_are() {
    let told = |content: &str| {
        summary(&landscape(&batch(content), &LandscapeParams::default())).replace('\u{a0}', " ")
    };
    let one = told("id,title,trends,year,country\n1,a bus,red,2020,Kosovo\n");
    for words in [
        "The batch has 1 case with 1 labelled trend.",
        "“red” is given to 100 % of the cases (95 % interval 21 % to 100 %).",
        "By country and region, groups cannot be compared",
        "There is only one trend.",
    ] {
        assert!(one.contains(words), "no \"{words}\" in\n{one}");
    }
    assert!(!one.contains("no group differs") && !one.contains("in no region"), "{one}");
    let places = told(
        "id,title,trends,country\n1,a,red,Antarctica\n2,b,-,Atlantis\n3,c,red,European Commission\n",
    );
    assert!(
        places.contains("By country: not recognised as a country, and left out: Atlantis (1).")
    );
    assert!(places.contains("in no region of the United Nations, and left out: Antarctica (1)."));
    let head = "id,title,trends,decided_by,model,p_red\n";
    let open = told(&format!("{head}1,a,,open,,\n2,b,,conflict,m,0.5\n"));
    assert!(open.contains("No case of the batch has trends"), "{open}");
    assert!(open.contains("reviewers disagree about 1 and 1 waits for a blind answer"), "{open}");
    let read = told(&format!("{head}1,a,red,reviewer,m,0.4\n"));
    assert!(
        read.contains("The batch has 1 case, which people have read. It has 1 trend."),
        "{read}"
    );
    assert!(!read.contains("passed its threshold"), "a person decided: {read}");
    let some =
        told(&format!("{head}1,a,red,reviewer,m,0.4\n2,b,,unusable,m,1\n3,c,-,bulk,m,0.2\n"));
    let words = "Of the 3 cases of the batch, 2 have final trends; people have read 1 of these (50 %), \
                 and the model m decided the others.";
    assert!(some.contains(words), "{some}");
}
