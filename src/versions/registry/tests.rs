//! Tests the life of versions, on small models.

use std::io::Cursor;
use std::path::PathBuf;

use super::*;
use crate::tables::ReadOptions;
use crate::tables::Rows;
use crate::tagger::TaggerParams;

/// Creates versions in a separate folder.
struct Home {
    registry: Registry,
    _folder: tempfile::TempDir,
}

fn act(when: &str) -> Act {
    Act { who: "Ann".into(), when: when.into(), reason: Some("a test".into()) }
}

/// Returns a model of thirty cases; another seed word gives another version.
fn model(word: &str) -> (Model, Corpus) {
    let mut text = "id,title,summary,description,trends,country\n".to_owned();
    for i in 0..30 {
        let (word, label) = if i % 2 == 0 { (word, "a") } else { ("plain", "b") };
        text.push_str(&format!("c{i},{word} {word},case number {i} of {word},,{label},NL\n"));
    }
    let options = ReadOptions::default();
    let rows = Rows::from_reader(Cursor::new(text), "cases.csv", &options).unwrap();
    let (corpus, _) = Corpus::from_rows(rows, &options, None).unwrap();
    let tagger = TaggerParams::default().train(&corpus).unwrap().tagger;
    (Model::new(tagger).unwrap(), corpus)
}

impl Home {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { registry: Registry::at(&folder.path().join("models/mine")), _folder: folder }
    }

    fn add(&self, word: &str) -> String {
        let (model, corpus) = model(word);
        let origins = vec![LabelOrigin::Gold; corpus.cases.len()];
        let record = Record::new(&model, &corpus, &origins);
        self.registry
            .add(&model, &corpus, &origins, &record, &act("2026-01-01T00:00:00Z"))
            .unwrap();
        model.version
    }

    fn promote(&self, version: &str) -> Option<String> {
        self.registry.promote(version, None, &act("2026-01-01T00:00:00Z")).unwrap()
    }

    fn file(&self, name: &str) -> PathBuf {
        self.registry.folder().join(name)
    }

    fn says(&self, what: Result<impl Sized>, words: &str) {
        let error = crate::error::with_causes(&what.err().expect("it is refused"));
        assert!(error.contains(words), "no \"{words}\" in {error}");
    }
}

#[test]
fn a_version_keeps_its_cases_and_training_on_them_gives_its_bytes() {
    let home = Home::new();
    let version = home.add("bright");
    let model = home.registry.model(&version).unwrap();
    let corpus = home.registry.cases(&model).unwrap();
    assert_eq!(crate::tagger::fingerprint(&corpus), model.tagger.training().fingerprint);
    let again = model.tagger.params().train(&corpus).unwrap().tagger;
    let again = Model::new(again).unwrap().to_bytes().unwrap();
    assert_eq!(again, std::fs::read(home.file(&format!("{version}.safetensors"))).unwrap());
}

#[test]
fn rolling_back_walks_through_earlier_champions_and_stops_at_the_first() {
    let home = Home::new();
    let [a, b, c] = ["bright", "dim", "pale"].map(|word| home.add(word));
    assert_eq!(home.registry.champion().unwrap(), None);
    home.says(home.registry.champion_model(), "has been promoted");
    assert_eq!(home.promote(&a), None);
    assert_eq!(home.promote(&b), Some(a.clone()));
    assert_eq!(home.promote(&c), Some(b.clone()));
    let back = |from: &str, to: &str| {
        let found = home.registry.rollback(&act("2026-01-02T00:00:00Z")).unwrap();
        assert_eq!(found, (from.to_owned(), to.to_owned()));
        assert_eq!(home.registry.champion_model().unwrap().version, to);
    };
    back(&c, &b);
    back(&b, &a);
    home.says(home.registry.rollback(&act("")), "no earlier champion");
    assert_eq!(home.registry.champion().unwrap(), Some(a));
    let done: Vec<What> = home.registry.journal().unwrap().iter().map(|e| e.what).collect();
    use What::{Added, Promoted, RolledBack};
    assert_eq!(done[..3], [Added; 3]);
    assert_eq!(done[3..], [Promoted, Promoted, Promoted, RolledBack, RolledBack]);
}

#[test]
fn a_promotion_cut_off_after_its_entry_is_not_taken_for_one() {
    let home = Home::new();
    let [a, b, c] = ["bright", "dim", "pale"].map(|word| home.add(word));
    home.promote(&a);
    home.promote(&b);
    // The state after a power failure before the champion's file is replaced.
    let before = std::fs::read(home.file("champion.txt")).unwrap();
    home.promote(&c);
    std::fs::write(home.file("champion.txt"), before).unwrap();
    assert_eq!(home.registry.rollback(&act("")).unwrap(), (b, a));
}

#[test]
fn an_entry_cut_off_in_its_midst_spoils_neither_the_journal_nor_the_next_entry() {
    let home = Home::new();
    let [a, b] = ["bright", "dim"].map(|word| home.add(word));
    home.promote(&a);
    let path = home.file("journal.jsonl");
    let mut text = std::fs::read_to_string(&path).unwrap();
    text.push_str("{\"time\":\"2026-01-02T00:00:00Z\",\"who\":\"Ren");
    let mut bytes = text.into_bytes();
    // The first of the two bytes of an "é".
    bytes.push(0xc3);
    std::fs::write(&path, &bytes).unwrap();
    assert_eq!(home.registry.journal().unwrap().len(), 3);
    home.promote(&b);
    assert_eq!(home.registry.journal().unwrap().len(), 4);
    home.registry.verify_journal().unwrap();
    assert_eq!(home.registry.rollback(&act("")).unwrap(), (b, a));
}

#[test]
fn what_is_broken_is_named_and_never_promoted() {
    let home = Home::new();
    let [a, b] = ["bright", "dim"].map(|word| home.add(word));
    home.promote(&a);
    let path = home.file(&format!("{b}.safetensors"));
    let whole = std::fs::read(&path).unwrap();
    let mut changed = whole.clone();
    *changed.last_mut().unwrap() ^= 1;
    let other = std::fs::read(home.file(&format!("{a}.safetensors"))).unwrap();
    for (bytes, words) in [
        (changed.as_slice(), "checksum"),
        (&whole[..whole.len() / 2], "not a usable model"),
        (b"not a model", "not a usable model"),
        (&other, "it is version"),
    ] {
        std::fs::write(&path, bytes).unwrap();
        home.says(home.registry.verify(&b), words);
        home.says(home.registry.promote(&b, None, &act("")), words);
    }
    std::fs::write(&path, &whole).unwrap();
    let sample = home.file(&format!("{b}.sample.jsonl"));
    let text = std::fs::read_to_string(&sample).unwrap();
    std::fs::write(&sample, text.replace("\"suggested\":[\"a\"]", "\"suggested\":[\"b\"]"))
        .unwrap();
    home.says(
        home.registry.promote(&b, None, &act("")),
        "no longer gives the same answer for case",
    );
    assert_eq!(home.registry.champion().unwrap(), Some(a));
    assert_eq!(home.registry.journal().unwrap().len(), 3, "nothing changed");
}

#[test]
fn a_challenger_compared_with_a_champion_of_before_is_not_promoted() {
    let home = Home::new();
    let [a, b, c] = ["bright", "dim", "pale"].map(|word| home.add(word));
    home.promote(&a);
    home.promote(&b);
    let found = home.registry.promote(&c, Some(&Some(a)), &act(""));
    home.says(found, "promoted meanwhile");
    assert_eq!(home.registry.champion().unwrap(), Some(b));
}

#[test]
fn pruning_keeps_the_champion_and_those_last_used_and_sweeps_leftovers() {
    let home = Home::new();
    let words = ["bright", "dim", "pale", "dark"];
    let [a, b, c, d] = words.map(|word| home.add(word));
    [&a, &b, &c].into_iter().for_each(|version| _ = home.promote(version));
    let half = format!("{a}.cases.csv{}", crate::tables::output::SUFFIX);
    std::fs::write(home.file(&half), "half").unwrap();
    let elsewhere = format!("tagged.csv{}", crate::tables::output::SUFFIX);
    std::fs::write(home.file(&elsewhere), "another run's").unwrap();
    std::fs::write(home.file("0123456789ab.md"), "of a version that never was").unwrap();
    std::fs::write(home.file("notes.md"), "a user's own").unwrap();

    let mut expected = vec![a.clone(), d];
    expected.sort();
    let planned = home.registry.prune(1, true, &act("")).unwrap();
    assert_eq!(planned.versions, expected);
    assert_eq!(planned.leftovers.len(), 2);
    assert_eq!(home.registry.versions().unwrap().len(), 4, "a dry run removes nothing");
    assert_eq!(home.registry.prune(1, false, &act("")).unwrap(), planned);
    let mut left = home.registry.versions().unwrap();
    left.sort_by_key(|v| *v != c);
    assert_eq!(left, [c.clone(), b.clone()]);
    assert!(home.file("notes.md").exists() && home.file(&elsewhere).exists());
    assert!(!home.file(&half).exists());
    assert!(!home.file(&format!("{a}.cases.csv")).exists());
    assert_eq!(home.registry.rollback(&act("")).unwrap(), (c, b));
}

#[test]
fn pruning_keeps_versions_that_the_journal_never_named_while_there_is_room() {
    let home = Home::new();
    let [a, b, c] = ["bright", "dim", "pale"].map(|word| home.add(word));
    home.promote(&a);
    home.promote(&b);
    assert!(home.registry.prune(2, false, &act("")).unwrap().versions.is_empty());
    assert_eq!(home.registry.prune(1, false, &act("")).unwrap().versions, [c]);
}

#[test]
fn a_folder_that_is_not_there_is_refused_and_not_made() {
    let home = Home::new();
    home.says(home.registry.rollback(&act("")), "there is no versioned model here");
    home.says(home.registry.prune(0, true, &act("")), "there is no versioned model here");
    home.says(home.registry.promote("1a2b", None, &act("")), "there is no versioned model here");
    assert!(!home.registry.folder().exists());
}

#[test]
fn a_record_of_another_form_names_the_remedy_whatever_its_fields() {
    let home = Home::new();
    let version = home.add("bright");
    let path = home.file(&format!("{version}.evaluation.json"));
    std::fs::write(&path, "{\"schema\": 7, \"figures\": []}").unwrap();
    home.says(home.registry.record(&version), "use the version of trendtag that wrote it");
    std::fs::write(&path, "{\"schema\": 1}").unwrap();
    home.says(home.registry.record(&version), "it cannot be read");
}

#[test]
fn a_lock_is_had_by_one_at_a_time_and_retraining_keeps_nobody_from_rolling_back() {
    let home = Home::new();
    let first = Lock::attempt(&home.registry, Work::Retrain).unwrap();
    assert!(first.is_some());
    assert!(Lock::attempt(&home.registry, Work::Retrain).unwrap().is_none());
    assert!(Lock::attempt(&home.registry, Work::Change).unwrap().is_some());
    drop(first);
    assert!(Lock::attempt(&home.registry, Work::Retrain).unwrap().is_some());
}

#[test]
fn a_version_is_found_by_its_first_characters_if_they_are_enough() {
    let home = Home::new();
    let [a, _] = ["bright", "dim"].map(|word| home.add(word));
    assert_eq!(home.registry.version(&a[..11]).unwrap(), a);
    home.says(home.registry.version("zzz"), "no version zzz");
    home.says(home.registry.version(""), "may be any of");
}

#[test]
fn a_model_is_opened_by_file_folder_or_not_at_all() {
    let home = Home::new();
    let version = home.add("bright");
    home.promote(&version);
    let file = home.file(&format!("{version}.safetensors"));
    for name in [home.registry.folder(), &file] {
        assert_eq!(open_model(name).unwrap().version, version);
    }
    home.says(open_model(&home.file("other")), "there is no model file, folder of versions");
    std::fs::write(home.file("champion.txt"), "../../elsewhere\n").unwrap();
    home.says(open_model(home.registry.folder()), "does not name a version");
}

#[test]
fn the_card_tells_data_quality_terms_limits_and_how_to_make_it_again() {
    let home = Home::new();
    let version = home.add("bright");
    let card = home.registry.card(&version).unwrap();
    for words in [
        "# Model card: mine, version",
        "30 labelled cases (30 gold), fingerprint `",
        "| a | a | 15 | 50.0 % |",
        "By country: NL 30.",
        "\"alpha\":0.8",
        "As recorded in the model itself",
        "- a: bright",
        "Learned from few cases: a (15), b (15).",
        "gives the same bytes",
    ] {
        assert!(card.contains(words), "no \"{words}\" in\n{card}");
    }
}

#[test]
fn cases_that_were_changed_are_not_taken_for_those_learned_from() {
    let home = Home::new();
    let version = home.add("bright");
    let path = home.file(&format!("{version}.cases.csv"));
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replacen("case number 3 ", "case number 4 ", 1)).unwrap();
    let model = home.registry.model(&version).unwrap();
    home.says(home.registry.cases(&model), "these are not the training cases of the version");
    home.says(home.registry.verify(&version), "these are not the training cases of the version");
}

#[test]
fn a_champion_file_that_names_no_version_is_mended_by_a_promotion() {
    let home = Home::new();
    let version = home.add("bright");
    for garbled in [b"".as_slice(), b"../elsewhere\n", b"\xff\xfe"] {
        std::fs::write(home.file("champion.txt"), garbled).unwrap();
        home.says(home.registry.champion(), "does not name a version");
        let expected = home.registry.promote(&version, Some(&None), &act(""));
        home.says(expected, "does not name a version");
        assert_eq!(home.promote(&version), None);
        assert_eq!(home.registry.champion().unwrap(), Some(version.clone()));
    }
}

#[test]
fn pruning_keeps_what_a_rollback_goes_back_to_before_candidates_and_other_files() {
    let home = Home::new();
    let [a, b, c] = ["bright", "dim", "pale"].map(|word| home.add(word));
    home.promote(&a);
    home.promote(&b);
    let kept = home.registry.record(&c).unwrap();
    home.registry.note_kept(&kept, &act("")).unwrap();
    std::fs::write(home.file("export.safetensors"), "a user's own").unwrap();
    assert_eq!(home.registry.prune(1, false, &act("")).unwrap().versions, [c]);
    assert!(home.file("export.safetensors").exists());
    assert_eq!(home.registry.rollback(&act("")).unwrap(), (b, a));
}

#[test]
fn a_promotion_cut_off_is_not_gone_back_before_after_a_rollback_to_its_version() {
    let home = Home::new();
    let [a, b] = ["bright", "dim"].map(|word| home.add(word));
    home.promote(&a);
    home.promote(&b);
    let before = std::fs::read(home.file("champion.txt")).unwrap();
    home.promote(&a);
    std::fs::write(home.file("champion.txt"), before).unwrap();
    assert_eq!(home.registry.rollback(&act("")).unwrap(), (b, a));
    home.says(home.registry.rollback(&act("")), "no earlier champion");
}

#[test]
fn a_record_of_another_version_is_refused() {
    let home = Home::new();
    let [a, b] = ["bright", "dim"].map(|word| home.add(word));
    let file = |version: &str| home.file(&format!("{version}.evaluation.json"));
    std::fs::copy(file(&a), file(&b)).unwrap();
    home.says(home.registry.verify(&b), &format!("it is the record of version {a}"));
}

#[test]
fn a_version_that_was_not_compared_with_the_champion_is_promoted_only_with_a_reason() {
    let home = Home::new();
    let [a, b] = ["bright", "dim"].map(|word| home.add(word));
    let silent = Act { reason: Some(" ".into()), ..act("2026-01-01T00:00:00Z") };
    home.registry.promote(&a, None, &silent).unwrap();
    assert_eq!(home.registry.objections(&a).unwrap(), [""; 0]);
    let objections = home.registry.objections(&b).unwrap();
    assert_eq!(objections, [format!("it was never compared with the champion {a}")]);
    home.says(home.registry.promote(&b, None, &silent), "never compared");
    home.says(home.registry.promote(&b, Some(&Some(a.clone())), &silent), "never compared");
    assert_eq!(home.registry.champion().unwrap(), Some(a));
    home.promote(&b);
    let last = home.registry.journal().unwrap().pop().unwrap();
    assert!(last.forced && last.version == b, "{last:?}");
}

#[test]
fn any_change_of_a_file_the_journal_or_the_champion_is_found() {
    let home = Home::new();
    let [a, b] = ["bright", "dim"].map(|word| home.add(word));
    home.promote(&a);
    home.promote(&b);
    let verify_all = || {
        home.registry.verify_journal()?;
        home.registry.verify_champion()?;
        [&a, &b].into_iter().try_for_each(|version| home.registry.verify(version))
    };
    verify_all().unwrap();
    let changed = |name: &str, change: &dyn Fn(String) -> String, words: &str| {
        let path = home.file(name);
        let before = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, change(before.clone())).unwrap();
        assert_ne!(std::fs::read_to_string(&path).unwrap(), before, "{name}");
        home.says(verify_all(), words);
        std::fs::write(&path, before).unwrap();
        verify_all().unwrap();
    };
    let line = |text: String, number: usize, change: fn(&str) -> String| -> String {
        let change = |(i, line): (usize, &str)| {
            if i == number { change(line) } else { format!("{line}\n") }
        };
        text.lines().enumerate().map(change).collect()
    };
    changed(&format!("{a}.md"), &|text| text.replace("30 labelled", "90 labelled"), "was changed");
    let record = format!("{b}.evaluation.json");
    changed(&record, &|text| text.replace("\"cases\": 30", "\"cases\": 31"), "was changed");
    let other_who = |line: &str| line.replace("\"who\":\"Ann\"", "\"who\":\"Bob\"") + "\n";
    for number in [0, 1, 3] {
        changed("journal.jsonl", &|text| line(text, number, other_who), "was changed");
    }
    let removed = |_: &str| String::new();
    changed("journal.jsonl", &|text| line(text, 2, removed), "entry 3, or one before it");
    let without_sum = |line: &str| format!("{}}}\n", line.rsplit_once(",\"sum\"").unwrap().0);
    changed("journal.jsonl", &|text| line(text, 3, without_sum), "entry 4, or one before it");
    // The last promotion is removed, so no promotion names the champion.
    changed("journal.jsonl", &|text| line(text, 3, removed), "the journal last promoted");
    changed("champion.txt", &|_| "0123456789ab\n".into(), "the champion is missing");
    let c = home.add("pale");
    changed("champion.txt", &|_| format!("{c}\n"), "the journal last promoted");
}
