//! Uses the library as another program would: without features, with cases in
//! memory.

use trendtag::tables::{Columns, ReadOptions, Rows};
use trendtag::{Corpus, Model, Result, TaggerParams, Taxonomy};

/// Learns to distinguish complaints about roads from complaints about waste.
///
/// # Errors
/// If the cases cannot be learned from.
pub fn learned() -> Result<Model> {
    let roads = ["pothole", "asphalt", "kerb", "bridge", "cycle lane"];
    let waste = ["rubbish", "bins", "recycling", "litter", "compost"];
    let cases = (0..40).map(|i| {
        let (words, key) = if i % 2 == 0 { (roads, "roads") } else { (waste, "waste") };
        let text = format!("{} and {} at house {i}", words[i % 5], words[(i / 10 + i + 1) % 5]);
        (format!("case-{i}"), vec![text], vec![key])
    });
    let corpus = Corpus::from_cases(Taxonomy::from_keys(["roads", "waste"])?, cases)?;
    Model::new(TaggerParams::default().train(&corpus)?.tagger)
}

/// Returns the keys of the trends that are suggested for a text.
pub fn suggested<'m>(model: &'m Model, text: &str) -> Vec<&'m str> {
    let tagged = model.tag(&[text]);
    tagged.suggested.iter().map(|trend| model.tagger.taxonomy().key(trend)).collect()
}

/// Returns the texts of a column of a file, in order.
///
/// # Errors
/// If the file or one of its rows cannot be read.
pub fn texts(file: &[u8], name: &str, column: &str) -> Result<Vec<String>> {
    let columns = Columns { text: vec![column.to_owned()], ..Columns::default() };
    let options = ReadOptions { columns, ..ReadOptions::default() };
    let rows = Rows::from_reader(std::io::Cursor::new(file.to_vec()), name, &options)?;
    rows.map(|row| Ok(row?.get(column).unwrap_or_default().into_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMPLAINT: &str = "The pothole in the asphalt is back";

    #[test]
    fn a_model_is_trained_in_memory_and_tags() {
        let model = learned().unwrap();
        assert_eq!(suggested(&model, COMPLAINT), ["roads"]);
        assert_eq!(suggested(&model, "The bins are full of litter"), ["waste"]);
    }

    #[test]
    fn a_saved_model_gives_the_same_answers() {
        let model = learned().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("complaints.safetensors");
        model.save(&path, false).unwrap();
        let loaded = Model::open(&path).unwrap();
        assert_eq!(loaded.version, model.version);
        assert_eq!(loaded.tag(&[COMPLAINT]), model.tag(&[COMPLAINT]));
        assert!(model.save(&path, false).is_err(), "an existing file was replaced");
    }

    #[test]
    fn csv_and_json_lines_are_read_and_other_formats_name_the_feature() {
        let csv = b"id,complaint\n1,\"A pothole, again\"\n2,Full bins\n";
        assert_eq!(texts(csv, "a.csv", "complaint").unwrap(), ["A pothole, again", "Full bins"]);
        let lines = b"{\"id\": 1, \"complaint\": \"Litter\"}\n";
        assert_eq!(texts(lines, "a.jsonl", "complaint").unwrap(), ["Litter"]);
        let error = texts(b"PAR1\x15", "a.parquet", "complaint").unwrap_err().to_string();
        assert!(error.contains("feature \"formats\""), "{error}");
    }

    #[test]
    fn the_built_in_model_comes_along() {
        let model = Model::built_in().unwrap();
        let text = "Citizens draft the city's budget in online assemblies.";
        assert!(!model.tag(&[text]).suggested.is_empty());
    }
}
