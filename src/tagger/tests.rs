//! Tests what users of the tagger rely on, on a small corpus.

use proptest::prelude::*;

use super::{
    Event, Recipe, ReviewReason, Scratch, SearchSpace, Suggestion, SuggestionParams, Tagger,
    TaggerParams, Training, TrainingSet,
};
use crate::decision::Verdict;
use crate::features::{CountedCorpus, Field};
use crate::tables::ReadOptions;
use crate::tables::Rows;
use crate::tagger::Model;
use crate::tagger::{Corpus, Example};
use crate::taxonomy::{Taxonomy, TrendId, TrendSet};

/// Forty cases of twelve words each, drawn so that no two are near-duplicates.
fn corpus() -> Corpus {
    const VOTES: [&str; 8] =
        ["residents", "vote", "votes", "budget", "council", "proposal", "assembly", "petition"];
    const DATA: [&str; 8] = [
        "sensors",
        "dashboards",
        "data",
        "analysts",
        "predict",
        "traffic",
        "statistics",
        "forecast",
    ];
    const OTHERS: [&str; 8] =
        ["the", "of", "city", "north", "harbour", "valley", "market", "every"];
    let mut csv = String::from("id,title,summary,description,trends\n");
    let mut draw = 7_usize;
    let mut word = |words: [&'static str; 8]| {
        draw = draw.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        words[draw >> 33 & 7]
    };
    for i in 0..20 {
        for (key, words) in [("voting", VOTES), ("data", DATA)] {
            let mut text = || format!("{} {} {}", word(words), word(OTHERS), word(words));
            csv += &format!("{key}-{i},{},{},{} {},{key}\n", text(), text(), text(), text());
        }
    }
    csv += "b,Both,Data and votes,Residents vote with dashboards of data,data;voting\n";
    let options = ReadOptions::default();
    let rows =
        Rows::from_reader(std::io::Cursor::new(csv.into_bytes()), "cases.csv", &options).unwrap();
    let (corpus, errors) = Corpus::from_rows(rows, &options, None).unwrap();
    assert!(errors.is_empty(), "{errors:?}");
    corpus
}

fn recipe() -> Recipe {
    let mut params = TaggerParams { folds: 3, repeats: 1, ..TaggerParams::default() };
    // Short enough for these texts to have windows.
    params.features.window = Some(5);
    params.check().unwrap()
}

fn trained(corpus: &Corpus, search: Option<&SearchSpace>) -> Tagger {
    let recipe = match search {
        Some(search) => recipe().with_search(search.clone()).unwrap(),
        None => recipe(),
    };
    let set = TrainingSet::new(corpus, recipe).unwrap();
    set.train(&set.rows(), &mut |_| {}).unwrap().tagger
}

fn texts(description: &str) -> [String; 3] {
    ["", "", description].map(str::to_owned)
}

/// Returns the cases with a third trend, which one of them has.
fn with_a_rare_trend() -> Corpus {
    let mut corpus = corpus();
    let taxonomy = Taxonomy::from_keys(["voting", "data", "water"]).unwrap();
    let renumbered =
        |set: &TrendSet| set.iter().filter_map(|id| taxonomy.id(corpus.taxonomy.key(id))).collect();
    let mut gold: Vec<Option<TrendSet>> =
        corpus.cases.iter().map(|case| case.gold.as_ref().map(renumbered)).collect();
    gold[0] = Some([taxonomy.id("water").unwrap()].into_iter().collect());
    corpus.cases.iter_mut().zip(gold).for_each(|(case, gold)| case.gold = gold);
    corpus.cases[0].texts = texts("Wells, pipes and rain barrels bring water to dry farms.").into();
    corpus.taxonomy = taxonomy;
    corpus
}

const OF_WATER: &str = "Rain barrels and wells bring water through pipes to the farms.";

#[test]
fn a_trend_of_one_case_without_examples_is_said_and_never_suggested_nor_averaged() {
    let corpus = with_a_rare_trend();
    let set = TrainingSet::new(&corpus, recipe()).unwrap();
    let mut notes = Vec::new();
    let mut watch = |event| {
        if let Event::Note(note) = event {
            notes.push(note);
        }
    };
    let Training { tagger, out_of_fold } = set.train(&set.rows(), &mut watch).unwrap();
    let notes = notes.join("\n");
    assert!(notes.contains("water: only 1 labelled case has it"), "{notes}");
    assert!(notes.contains("never suggested"), "{notes}");
    let water = corpus.taxonomy.id("water").unwrap();
    let tagged = tagger.tag(&texts(OF_WATER), 0, &mut Scratch::default());
    assert!(!tagged.suggested.contains(water), "{tagged:?}");
    assert!(out_of_fold.iter().all(|outcome| !outcome.suggested.contains(water)));
    assert!(tagger.decision().triage.unpromised.contains(water));
    let averaged: Vec<bool> = corpus.taxonomy.iter().map(|(id, _)| id != water).collect();
    assert_eq!(tagger.averaged(), averaged);
    let quality = &tagger.training().quality;
    let others = quality.per_trend.iter().filter(|t| t.key != "water").map(|t| t.f1.unwrap());
    let mean = others.sum::<f64>() / 2.0;
    assert!((quality.overall.macro_average.f1.unwrap() - mean).abs() < 1e-12);
}

#[test]
fn a_trend_of_one_case_with_examples_is_learned_and_suggested_but_asked_about() {
    let mut corpus = with_a_rare_trend();
    let water = corpus.taxonomy.id("water").unwrap();
    let trends: TrendSet = [water].into_iter().collect();
    for text in [
        "Wells bring water to farms.",
        "Rain barrels keep the water of dry months.",
        "Pipes carry water from the wells.",
        "Farms share pipes, pumps and water.",
    ] {
        corpus.examples.push(Example { text: text.into(), trends: trends.clone() });
    }
    let tagger = trained(&corpus, None);
    let tagged = tagger.tag(&texts(OF_WATER), 0, &mut Scratch::default());
    assert!(tagged.suggested.contains(water), "{tagged:?}");
    let sure: Vec<f64> = (0..3).map(|k| if k == water.index() { 1.0 } else { 0.0 }).collect();
    let verdicts = tagger.decision().triage.verdicts(&sure);
    assert_ne!(verdicts[water.index()], Verdict::Accept);
    assert!(tagger.decision().triage.unpromised.contains(water));
    assert!(!tagger.averaged()[water.index()]);
}

#[test]
fn cases_without_a_trend_that_two_of_them_have_teach_nothing() {
    let mut corpus = corpus();
    corpus.cases.truncate(3);
    let only = [TrendId(0)].into_iter().collect();
    let mut gold = [Some(only), Some(TrendSet::default()), Some(TrendSet::default())].into_iter();
    corpus.cases.iter_mut().for_each(|case| case.gold = gold.next().flatten());
    let set = TrainingSet::new(&corpus, recipe()).unwrap();
    let error = set.train(&set.rows(), &mut |_| {}).err().unwrap().to_string();
    assert!(error.contains("no trend has 2 labelled cases"), "{error}");
}

#[test]
fn a_new_text_gets_the_trend_that_its_words_speak_for() {
    let tagger = trained(&corpus(), None);
    let tagged =
        tagger.tag(&texts("Every resident may vote on a proposal."), 3, &mut Scratch::default());
    let keys: Vec<&str> = tagged.suggested.iter().map(|id| tagger.taxonomy().key(id)).collect();
    assert_eq!(keys, ["voting"]);
    assert!(tagged.evidence[0].1.iter().any(|e| e.term == "vote"), "{:?}", tagged.evidence);
}

#[test]
fn scores_are_the_dot_products_of_the_training_vectors() {
    let corpus = corpus();
    let tagger = trained(&corpus, None);
    let weights = [3.0, 2.0, 1.0];
    let documents = corpus.cases.iter().map(|case| {
        case.texts
            .iter()
            .zip(weights)
            .map(|(text, weight)| Field::new(text, weight))
            .collect::<Vec<_>>()
    });
    let counted = CountedCorpus::new(documents, &tagger.params().features);
    let rows: Vec<usize> = (0..corpus.cases.len()).collect();
    let matrix = counted.fit(&rows, &tagger.params().features).matrix(&rows);
    let mut scratch = Scratch::default();
    for (row, case) in corpus.cases.iter().enumerate() {
        let scores = tagger.tag(&case.texts, 0, &mut scratch).scores;
        for (k, score) in scores.iter().enumerate() {
            let column = |j: usize| f64::from(tagger.weights[j * scores.len() + k]);
            let dense: Vec<f64> = (0..matrix.columns()).map(column).collect();
            let expected = tagger.intercept(TrendId(k as u16)) + matrix.dot(row, &dense);
            assert!((score - expected).abs() < 1e-9, "{score} is not {expected}");
        }
    }
}

#[test]
fn a_trend_that_no_case_has_is_never_likely_and_breaks_nothing() {
    let mut corpus = corpus();
    corpus.taxonomy = Taxonomy::from_keys(["data", "voting", "unheard-of"]).unwrap();
    let tagger = trained(&corpus, None);
    let tagged = tagger.tag(&texts("Residents vote"), 1, &mut Scratch::default());
    assert!(tagged.probabilities[2] < 0.1, "{:?}", tagged.probabilities);
}

#[test]
fn empty_short_and_foreign_texts_are_sent_to_review_with_the_reason() {
    let tagger = trained(&corpus(), None);
    let reasons = |text: &str| {
        let tagged = tagger.tag(&texts(text), 0, &mut Scratch::default());
        assert!(tagged.probabilities.iter().all(|p| p.is_finite()));
        tagged.review.iter().map(|r| r.words()).collect::<Vec<_>>().join(", ")
    };
    assert!(reasons("").starts_with("no text"));
    assert!(reasons("Vote").contains("very short text"));
    for unspaced in
        ["市民がまちの予算について投票します。", "市民投票决定城市预算", "ประชาชนลงคะแนน"]
    {
        assert!(reasons(unspaced).contains("another language"), "{unspaced}");
        assert!(!reasons(unspaced).contains("no text"), "{unspaced}");
    }
    for wordless in ["???", "🎉🎉", "- , ;", "<p></p>", "https://example.org"] {
        assert!(reasons(wordless).starts_with("no text"), "{wordless}");
        assert!(!reasons(wordless).contains("another language"), "{wordless}");
    }
    let german = "Die Bürgerinnen und Bürger stimmen über den Haushalt der Stadt ab, und die Verwaltung \
        veröffentlicht jeden Vorschlag im Netz, damit alle ihn lesen können.";
    assert!(reasons(german).contains("another language"));
    let english =
        "Residents vote on the budget of the city and the council publishes every proposal.";
    assert!(!reasons(english).contains("another language"));
}

#[test]
fn a_case_is_to_be_read_above_the_limit_and_always_without_one() {
    let mut tagger = trained(&corpus(), None);
    // Too few cases to estimate the quality of unread ones.
    assert_eq!(tagger.decision.reading.as_ref().unwrap().limit, None);
    let clear = texts("Every resident of the city may vote on a proposal for the budget.");
    let tag = |tagger: &Tagger| tagger.tag(&clear, 0, &mut Scratch::default());
    let is_marked = |tagger: &Tagger| tag(tagger).review.contains(&ReviewReason::Unsure);
    assert!(is_marked(&tagger));
    let errors = tag(&tagger).expected_errors;
    let limit = |tagger: &mut Tagger, limit| {
        tagger.decision.reading.as_mut().unwrap().limit = Some(limit);
    };
    limit(&mut tagger, errors);
    assert!(!is_marked(&tagger));
    limit(&mut tagger, errors * 0.999);
    assert!(is_marked(&tagger));
    tagger.decision.reading = None;
    assert!(is_marked(&tagger), "a model of an earlier version has no limit");
}

#[test]
fn a_text_of_more_than_twice_the_words_of_any_training_case_is_to_be_read() {
    let corpus = corpus();
    let tagger = trained(&corpus, None);
    // The longest case has twelve words.
    let is_long = |words: usize| {
        let text = texts(&"vote ".repeat(words));
        let tagged = tagger.tag(&text, 0, &mut Scratch::default());
        tagged.review.contains(&ReviewReason::Long)
    };
    let most = tagger.decision.most_words.unwrap();
    assert!(most >= 24 && !is_long(most) && is_long(most + 1), "{most}");
}

#[test]
fn a_stored_suggestion_is_the_one_that_was_made_also_if_no_trend_passed() {
    let mut tagger = trained(&corpus(), None);
    // No trend passes: the nearest one is suggested anyway, and unsure.
    tagger.decision.thresholds = vec![0.999; tagger.taxonomy().len()];
    let text = texts("Every resident of the city may vote on a proposal for the budget.");
    let tagged = tagger.tag(&text, 0, &mut Scratch::default());
    let model = Model::new(tagger).unwrap();
    let made = Suggestion::with_thresholds(&model, &tagged);
    assert!(made.review_reasons.contains(&ReviewReason::NonePassed), "{made:?}");
    assert_eq!(made.suggested.len(), 1);
    assert!(made.unsure_trends.contains(&made.suggested[0]), "{made:?}");
    let stored = SuggestionParams::of(&model.tagger).suggestion(
        &model.version,
        &tagged.probabilities,
        &made.suggested,
        tagged.review.clone(),
    );
    assert_eq!(stored, made);
}

#[test]
fn saving_and_loading_changes_no_answer_and_no_byte() {
    let corpus = corpus();
    let model = Model::new(trained(&corpus, None)).unwrap();
    let bytes = model.to_bytes().unwrap();
    let loaded = Model::from_bytes(&bytes, "model").unwrap();
    assert_eq!(loaded.version, model.version);
    assert_eq!(loaded.to_bytes().unwrap(), bytes);
    for case in &corpus.cases {
        let tag = |m: &Model| m.tagger.tag(&case.texts, 5, &mut Scratch::default());
        assert_eq!(tag(&loaded), tag(&model));
    }
}

#[test]
fn any_number_of_threads_trains_the_same_bytes() {
    let corpus = corpus();
    let search = SearchSpace::default();
    let bytes = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| Model::new(trained(&corpus, Some(&search))).unwrap().to_bytes().unwrap())
    };
    assert_eq!(bytes(1), bytes(2));
}

#[test]
fn damaged_foreign_and_newer_models_are_refused_in_words() {
    let bytes = Model::new(trained(&corpus(), None)).unwrap().to_bytes().unwrap();
    let refusal = |bytes: &[u8]| match Model::from_bytes(bytes, "m.safetensors") {
        Err(error) => error.to_string(),
        Ok(_) => panic!("taken for a model"),
    };
    assert!(refusal(&bytes[..bytes.len() - 9]).contains("m.safetensors: not a usable model"));
    assert!(refusal(b"").contains("not a usable model"));
    let mut changed = bytes.clone();
    let last = changed.len() - 1;
    changed[last] ^= 1;
    assert!(refusal(&changed).contains("checksum"), "{}", refusal(&changed));
    let entry = br#"\"format\":"#;
    let at = bytes.windows(entry.len()).position(|w| w == entry).unwrap() + entry.len();
    let mut newer = bytes.clone();
    newer[at] = b'9';
    assert!(refusal(&newer).contains("its format is 9"), "{}", refusal(&newer));
    let twice = corpus().taxonomy.trends[1].key.clone();
    for key in ["", "-", "a;b", &twice] {
        let mut odd = corpus();
        odd.taxonomy.trends[0].key = key.into();
        let bytes = Model::new(trained(&odd, None)).unwrap().to_bytes().unwrap();
        assert!(refusal(&bytes).contains("its taxonomy is invalid"), "{key}");
    }
}

#[test]
fn training_says_what_is_missing() {
    let mut unlabelled = corpus();
    unlabelled.cases.iter_mut().for_each(|case| case.gold = None);
    let error = TrainingSet::new(&unlabelled, recipe()).err().unwrap().to_string();
    assert!(error.contains("no case is labelled") && error.contains("trends column"), "{error}");

    let mut few = corpus();
    few.cases.retain(|case| ["voting-0", "voting-1"].contains(&case.id.as_str()));
    let set = TrainingSet::new(&few, recipe()).unwrap();
    let error = set.train(&[0, 1], &mut |_| {}).err().unwrap().to_string();
    assert!(error.contains("fewer folds"), "{error}");
}

#[test]
fn trends_of_another_taxonomy_are_an_error_and_no_panic() {
    let corpus = corpus();
    let tagger = trained(&corpus, None);
    let larger = Taxonomy::from_keys(["a", "b", "c", "d"]).unwrap();
    let (foreign, _) = larger.iter().last().unwrap();
    assert_eq!((tagger.taxonomy().key(foreign), tagger.taxonomy().label(foreign)), ("?", "?"));
    assert_eq!(tagger.taxonomy().format_cell(&[foreign].into_iter().collect()), "?");
    assert!(tagger.strongest_terms(foreign, 5).is_empty());
    assert_eq!(tagger.intercept(foreign), 0.0);

    let refusal = |corpus: &Corpus| TrainingSet::new(corpus, recipe()).err().unwrap().to_string();
    let mut labelled = corpus.clone();
    labelled.cases[1].gold = Some([foreign].into_iter().collect());
    assert!(refusal(&labelled).contains("the case \"data-0\" has a trend that is not among the 2"));
    let mut shown = corpus.clone();
    let example = Example { trends: [foreign].into_iter().collect(), text: "Votes".to_owned() };
    shown.examples.push(example);
    assert!(refusal(&shown).contains("the example \"Votes\" has a trend"));
    let mut read_with_others = corpus;
    read_with_others.taxonomy = larger;
    let tested = crate::evaluate::protocol::on_corpus(&tagger, &read_with_others, 0);
    let error = tested.unwrap_err().to_string();
    assert!(error.contains("read the cases with the same taxonomy"), "{error}");
}

#[test]
fn only_params_that_can_work_make_a_recipe_and_a_search_is_checked_with_them() {
    let message = |checked: crate::Result<Recipe>| checked.unwrap_err().to_string();
    let params = TaggerParams { folds: 1, ..TaggerParams::default() };
    assert!(message(params.check()).starts_with("folds = 1"));
    let search = |change: fn(&mut SearchSpace)| {
        let mut space = SearchSpace::default();
        change(&mut space);
        message(recipe().with_search(space))
    };
    assert!(search(|space| space.alpha.push(-1.0)).starts_with("alpha = -1"));
    assert!(search(|space| space.word_ngrams.push((2, 1))).starts_with("words.ngrams = 2-1"));
    assert!(search(|space| space.least_gain = f64::NAN).starts_with("least_gain = NaN"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn contributions_and_intercept_add_up_to_the_score_for_any_text(
        title in any::<String>(),
        words in proptest::collection::vec("Vote|votes|VOTE|data|the|of|budget|Résidents|\\PC{0,9}", 0..40),
    ) {
        thread_local!(static TAGGER: Tagger = trained(&corpus(), None));
        let texts = [title, String::new(), words.join(" ")];
        TAGGER.with(|tagger| {
            let tagged = tagger.tag(&texts, 3, &mut Scratch::default());
            for (k, evidence) in tagger.explain(&texts).iter().enumerate() {
                let sum: f64 = evidence.iter().map(|e| e.contribution).sum();
                let score = sum + tagger.intercept(TrendId(k as u16));
                prop_assert!((score - tagged.scores[k]).abs() < 1e-9, "{} {}", score, tagged.scores[k]);
                prop_assert!(tagged.probabilities[k].is_finite());
                for e in evidence {
                    for span in &e.spans {
                        prop_assert!(texts[span.field].get(span.start..span.end).is_some());
                    }
                }
            }
            Ok(())
        })?;
    }

    #[test]
    fn what_was_tagged_before_changes_nothing(
        texts in proptest::collection::vec(proptest::collection::vec("[a-zA-Z]{1,5}|vote|Vote|data", 0..20), 1..8),
    ) {
        thread_local!(static TAGGER: Tagger = trained(&corpus(), None));
        TAGGER.with(|tagger| {
            let mut shared = Scratch::default();
            for words in &texts {
                let text = [String::new(), String::new(), words.join(" ")];
                prop_assert_eq!(tagger.tag(&text, 4, &mut shared), tagger.tag(&text, 4, &mut Scratch::default()));
            }
            Ok(())
        })?;
    }
}
