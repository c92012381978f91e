//! A working folder, the program to run in it, and data.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use assert_cmd::cargo::cargo_bin;
use serde_json::Value;
use tempfile::TempDir;
use trendtag::Taxonomy;

use super::schemas;

/// A separate folder for one test.
pub(crate) struct Desk {
    folder: TempDir,
}

/// The result of running the program.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// CSV with its header, read by an independent reader.
pub(crate) struct Table {
    pub(crate) header: Vec<String>,
    pub(crate) rows: Vec<Vec<String>>,
}

impl Desk {
    pub(crate) fn new() -> Self {
        Self { folder: TempDir::new().unwrap() }
    }

    /// Creates a desk with one file on it.
    pub(crate) fn with(name: &str, content: impl AsRef<[u8]>) -> Self {
        let desk = Self::new();
        desk.write(name, content);
        desk
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    pub(crate) fn bytes(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap()
    }

    pub(crate) fn text(&self, name: &str) -> String {
        String::from_utf8(self.bytes(name)).unwrap()
    }

    /// Returns the names of the files on the desk, sorted.
    pub(crate) fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.folder.path()).unwrap();
        let name = |e: std::io::Result<std::fs::DirEntry>| e.unwrap().file_name();
        let mut names: Vec<String> = entries.map(|e| name(e).into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// Runs `trendtag` with space-separated arguments.
    pub(crate) fn run(&self, arguments: &str) -> Run {
        self.pipe(arguments, "")
    }

    /// Returns the same with something on standard input.
    pub(crate) fn pipe(&self, arguments: &str, stdin: impl AsRef<[u8]>) -> Run {
        let mut command = assert_cmd::Command::new(cargo_bin!("trendtag"));
        command.current_dir(self.folder.path()).args(arguments.split_whitespace());
        let output = command.write_stdin(stdin.as_ref()).output().unwrap();
        let out = String::from_utf8(output.stdout).unwrap();
        if arguments.split_whitespace().any(|argument| argument == "--json") {
            schemas::check(arguments, &out);
        }
        Run {
            code: output.status.code().expect("the program was not killed"),
            out,
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// Returns the message of the system about a missing file.
pub(crate) fn no_such_file() -> String {
    std::io::Error::from_raw_os_error(2).to_string()
}

/// A path as this system writes it.
pub(crate) fn native(path: &str) -> String {
    path.replace('/', std::path::MAIN_SEPARATOR_STR)
}

impl Run {
    /// Asserts the exit code and returns the run.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.out, self.err);
        self
    }

    /// Asserts success and returns the run.
    #[track_caller]
    pub(crate) fn ok(self) -> Self {
        self.exits(0)
    }

    /// Asserts that standard error contains a text and returns the run.
    #[track_caller]
    pub(crate) fn says(self, words: &str) -> Self {
        assert!(self.err.contains(words), "no \"{words}\" in:\n{}", self.err);
        self
    }

    /// Its standard output as CSV.
    pub(crate) fn table(&self) -> Table {
        Table::parse(&self.out, b',')
    }

    /// Its standard output as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap()
    }

    /// Its standard output as JSON Lines.
    pub(crate) fn json_lines(&self) -> Vec<Value> {
        self.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

impl Table {
    pub(crate) fn parse(text: &str, delimiter: u8) -> Self {
        let mut reader =
            csv::ReaderBuilder::new().delimiter(delimiter).from_reader(text.as_bytes());
        let strings = |r: &csv::StringRecord| r.iter().map(str::to_owned).collect::<Vec<_>>();
        let header = strings(reader.headers().unwrap());
        let rows = reader.records().map(|r| strings(&r.unwrap())).collect();
        Self { header, rows }
    }

    /// Returns the cells of a column.
    #[track_caller]
    pub(crate) fn column(&self, name: &str) -> Vec<&str> {
        let index = self.header.iter().position(|h| h == name);
        let index = index.unwrap_or_else(|| panic!("no column {name} in {:?}", self.header));
        self.rows.iter().map(|row| row[index].as_str()).collect()
    }
}

/// Writes rows as CSV.
pub(crate) fn csv_text<R: AsRef<[String]>>(header: &[String], rows: &[R]) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(header).unwrap();
    rows.iter().for_each(|row| writer.write_record(row.as_ref()).unwrap());
    String::from_utf8(writer.into_inner().unwrap()).unwrap()
}

/// Returns a file of the repository.
pub(crate) fn repository(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// Returns the content of a file of `data/`.
pub(crate) fn data(name: &str) -> String {
    std::fs::read_to_string(repository("data").join(name)).unwrap()
}

pub(crate) fn taxonomy() -> Taxonomy {
    Taxonomy::open(&repository("data/taxonomy.toml")).unwrap()
}

/// Returns the keys of the trends, in the order of the taxonomy.
pub(crate) fn keys() -> Vec<String> {
    taxonomy().trends.into_iter().map(|trend| trend.key).collect()
}

/// Returns the first labelled cases of the corpus.
pub(crate) fn cases(count: usize) -> String {
    let cases = Table::parse(&data("cases.csv"), b',');
    csv_text(&cases.header, &cases.rows[..count])
}

/// Returns a desk with 60 labelled cases, their taxonomy, and the model trained on them
/// (once for all stories) as `slice.safetensors`.
pub(crate) fn desk_with_slice() -> Desk {
    static MODEL: OnceLock<Vec<u8>> = OnceLock::new();
    let desk = Desk::with("slice.csv", cases(60));
    desk.write("taxonomy.toml", data("taxonomy.toml"));
    let model = MODEL.get_or_init(|| {
        desk.run("train slice.csv --no-search -o slice.safetensors").ok();
        desk.bytes("slice.safetensors")
    });
    desk.write("slice.safetensors", model);
    desk
}

/// Returns the trends and the labels asked about of a case in the review `r.db`, as exported.
pub(crate) fn exported(desk: &Desk, id: &str) -> (String, String) {
    desk.run("review export --db r.db -o out.csv --force").ok();
    let table = Table::parse(&desk.text("out.csv"), b',');
    let at = |name: &str| table.header.iter().position(|column| column == name).unwrap();
    let row = table.rows.iter().find(|row| row[at("id")] == id).unwrap();
    (row[at("trends")].clone(), row[at("review_labels_asked")].clone())
}

/// Returns the same desk with the slice's model as the first version of `mine`.
pub(crate) fn desk_with_versions() -> Desk {
    let desk = desk_with_slice();
    desk.run("train slice.csv --like slice.safetensors --into mine -q").ok();
    desk
}

/// Short texts with feelings as labels in the columns `id,text,labels,split`:
/// 24 of each label and 24 with none (`-`), two thirds in the split `train`.
pub(crate) fn feelings(labels: [&str; 2]) -> String {
    const WORDS: [[&str; 4]; 3] = [
        ["lovely", "sunshine", "smile", "delight"],
        ["awful", "shouting", "furious", "unfair"],
        ["timetable", "platform", "ticket", "carriage"],
    ];
    const OTHERS: [&str; 24] = [
        "morning", "garden", "river", "letter", "window", "friend", "street", "kitchen", "winter",
        "teacher", "market", "bridge", "music", "doctor", "coffee", "island", "village", "camera",
        "hammer", "pencil", "button", "lantern", "blanket", "harbour",
    ];
    let mut text = String::from("id,text,labels,split\n");
    for i in 0..72 {
        let (kind, word) = (i % 3, &WORDS[i % 3]);
        let other = |step: usize| OTHERS[(i * step + step * step) % OTHERS.len()];
        let label = labels.get(kind).unwrap_or(&"-");
        let split = if i % 9 < 6 { "train" } else { "test" };
        text.push_str(&format!(
            "f{i},{} {} {} {} {} {} {},{label},{split}\n",
            word[i % 4],
            other(5),
            other(7),
            word[(i / 3) % 4],
            other(11),
            other(13),
            word[(i / 7) % 4],
        ));
    }
    text
}

/// Asserts that the list of contents of a page names its sections, in their order.
#[track_caller]
pub(crate) fn assert_lists_its_sections(page: &str) {
    let between = |text: &str, start: &str, end: &str| -> Vec<String> {
        let parts = text.split(start).skip(1);
        parts.map(|part| part.split(end).next().unwrap_or_default().to_owned()).collect()
    };
    let listed = between(&between(page, "<nav", "</nav>").concat(), "<a href=\"#", "</a>");
    let sections = between(page, "<h2 id=\"", "</h2>");
    assert!(!sections.is_empty());
    assert_eq!(listed, sections);
}
