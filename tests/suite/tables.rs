//! Tables as people have them: surroundings of the cases are recognised and reported, and
//! the cases get the same answers as in a plain file.

use std::io::{Read, Write};

use calamine::{Data, Reader, Xlsx};
use rust_xlsxwriter::{ExcelDateTime, Format, Formula, Workbook};

use super::support::{Desk, Table};

/// Two cases as a plain file.
const PLAIN: &str = "id,title,summary,description\n\
    1,Participatory budget,\"Citizens vote, online, on a tenth of the budget\",The city publishes every proposal.\n\
    2,Shared registry,A cloud platform for all agencies,One record per company.\n";

/// Returns the ids, titles and suggestions, which must be the same for every layout of
/// the two cases.
fn answers(table: &Table) -> Vec<[String; 3]> {
    let of = |name: &str| table.column(name).into_iter().map(str::to_owned).collect::<Vec<_>>();
    let (ids, titles, suggested) = (of("id"), of("title"), of("suggested_trends"));
    ids.into_iter().zip(titles).zip(suggested).map(|((id, title), s)| [id, title, s]).collect()
}

/// Runs a file, and asserts the two cases and a message.
#[track_caller]
fn is_read(name: &str, content: impl AsRef<[u8]>, flags: &str, says: &str) {
    let desk = Desk::with(name, content);
    desk.write("plain.csv", PLAIN);
    let expected = answers(&desk.run("tag plain.csv").ok().table());
    let run = desk.run(&format!("tag {name} --output-format csv {flags}")).ok().says(says);
    let found = Table::parse(&run.out, if run.out.contains('\t') { b'\t' } else { b',' });
    assert_eq!(answers(&found), expected, "{}", run.err);
}

#[test]
fn titles_and_instructions_above_the_header_are_left_out() {
    let banner = format!("Submissions of 2024\nExport of 3 May, by the unit\n,,,\n\n{PLAIN}");
    is_read("banner.csv", &banner, "", "banner.csv: the header is in line 5; 2 rows above");
    is_read("banner.csv", &banner, "", "--header-row N");
    is_read("named.csv", &banner, "--header-row 5", "2 rows read");
    // Fields are separated by a character that the title contains, too.
    let other = format!("Export; of May, 2024\n{}", PLAIN.replace(", ", " - ").replace(',', ";"));
    let desk = Desk::with("semicolons.csv", other.replace(" - ", ", "));
    let run = desk.run("tag semicolons.csv").ok();
    assert_eq!(Table::parse(&run.out, b';').column("id"), ["1", "2"]);
    let comment = format!("# made by the export of the portal\n{PLAIN}");
    is_read("comment.csv", comment, "", "line 2");
}

#[test]
fn a_header_that_cannot_be_told_is_asked_for() {
    let desk = Desk::with("foreign.csv", "Report\nNr,Name,Words\n1,a,Citizens vote\n2,b,c\n");
    desk.run("tag foreign.csv")
        .exits(2)
        .says("the file has none of the text columns \"title\", \"summary\", \"description\"")
        .says("line 2 has 3 cells and line 1 only 1, so it may be the header")
        .says("--header-row \"2\"");
    let run = desk.run("tag foreign.csv --header-row 2 --text-columns Words --id-column Nr").ok();
    assert_eq!(run.table().column("Name"), ["a", "b"]);
    desk.run("tag foreign.csv --header-row 9").exits(2).says("last row is on line 4");
}

#[test]
fn the_further_header_rows_of_survey_tools_are_no_cases() {
    let rows = PLAIN.split_once('\n').unwrap().1;
    let qualtrics = format!(
        "id,title,summary,description\n\
         Response ID,\"What is it called?\nOne line\",In short?,In full?\n\
         \"{{\"\"ImportId\"\":\"\"_recordId\"\"}}\",\"{{\"\"ImportId\"\":\"\"QID1_TEXT\"\"}}\",\"{{\"\"ImportId\"\":\"\"QID2_TEXT\"\"}}\",\"{{\"\"ImportId\"\":\"\"QID3_TEXT\"\"}}\"\n{rows}"
    );
    is_read("q.csv", &qualtrics, "", "q.csv: lines 2 to 4 belong to the header and are not cases");
    is_read("q.csv", &qualtrics, "--skip-rows 2", "2 rows read, 2 tagged");
    let monkey = format!(
        "id,title,summary,description\n,Open-Ended Response,Open-Ended Response,Open-Ended Response\n{rows}"
    );
    is_read("m.csv", &monkey, "", "line 2 belongs to the header");
    let desk = Desk::with("m.csv", monkey);
    assert_eq!(desk.run("tag m.csv --skip-rows 0").ok().table().rows.len(), 3);
    let joined = format!("{PLAIN}\u{feff}id,title,summary,description\n");
    is_read("joined.csv", joined, "", "1 with the header again, skipped");
}

#[test]
fn encodings_and_quotes_that_hide_the_columns_are_undone() {
    let utf16: Vec<u8> = PLAIN.encode_utf16().flat_map(u16::to_le_bytes).collect();
    is_read("unicode.csv", utf16, "", "2 rows read");
    let utf32: Vec<u8> = PLAIN.chars().flat_map(|c| (c as u32).to_be_bytes()).collect();
    is_read("wide.csv", utf32, "", "2 rows read");
    let tabs = PLAIN.replace(", ", " - ").replace(',', "\t").replace(" - ", ", ");
    let text: Vec<u8> = tabs.encode_utf16().flat_map(u16::to_be_bytes).collect();
    is_read("excel.txt", text, "", "2 rows read");
    let quoted = |line: &str| format!("\"{}\"\n", line.replace('"', "\"\""));
    is_read("all.csv", PLAIN.lines().map(quoted).collect::<String>(), "", "quoted as a whole");
    let some = |line: &str| match line.contains('"') {
        true => quoted(line),
        false => format!("{line}\n"),
    };
    is_read("some.csv", PLAIN.lines().map(some).collect::<String>(), "", "1 quoted as a whole");
}

#[test]
fn separators_that_few_programs_write_are_found_and_aligned_columns_named() {
    for separator in ["~", ":", "#", "=", "|", "^"] {
        let other = PLAIN.replace(", ", " - ").replace(',', separator).replace(" - ", ", ");
        let desk = Desk::with("other.csv", other);
        let run = desk.run("tag other.csv --output-format jsonl").ok().says("2 rows read");
        assert!(run.out.contains("Citizens vote, online, on a tenth"), "{}", run.out);
    }
    let aligned =
        "id  title          summary     description\n1   Open data      One, two    Three\n";
    let desk = Desk::with("aligned.txt", aligned);
    let run = desk.run("tag aligned.txt").exits(2).says("aligned by blanks; save the table as CSV");
    assert!(!run.err.contains("--header-row"), "{}", run.err);
}

#[test]
fn characters_that_nothing_shows_are_no_part_of_a_word() {
    let nul = PLAIN.replace("Citizens", "Citi\0zens").replace("cloud", "clo\u{1}ud");
    let desk = Desk::with("hidden.csv", nul);
    desk.write("plain.csv", PLAIN);
    let suggested = |file: &str| {
        let table = desk.run(&format!("tag {file}")).ok().table();
        table.column("p_participation").into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(suggested("hidden.csv"), suggested("plain.csv"));
}

#[test]
fn json_is_read_however_its_objects_are_laid_out() {
    let objects = [
        "{\"id\": 1, \"title\": \"Participatory budget\",\n \"summary\": \"Citizens vote, online, on a tenth of the budget\",\n\
         \"description\": \"The city publishes every proposal.\"}",
        "{\n  \"id\": 2,\n  \"title\": \"Shared registry\",\n  \"summary\": \"A cloud platform for all agencies\",\n\
         \"description\": \"One record per company.\"\n}",
    ];
    is_read("array.json", format!("[{}]", objects.join(",\n")), "", "2 rows read");
    is_read("objects.json", objects.join("\n"), "", "2 rows read");
    is_read("named.csv", format!("[{}]", objects.join(",\n")), "", "2 rows read");
    is_read("line.json", format!("[{}]", objects.join(",").replace('\n', "")), "", "2 rows read");
    let desk = Desk::with("frame.json", "{\"id\":{\"0\":1},\"title\":{\"0\":\"Citizens vote\"}}");
    desk.run("tag frame.json").exits(2).says("orient=\"records\", lines=True");
    let long = "{\"id\":12345678901234567890123,\"title\":\"a\",\"summary\":\"b\",\"description\":\"c\"}\n";
    desk.write("long.jsonl", long);
    let run = desk.run("tag long.jsonl --output-format csv").ok();
    assert_eq!(run.table().column("id"), ["12345678901234567890123"]);
}

#[test]
fn a_folder_of_texts_is_one_case_per_file() {
    let desk = Desk::with("texts/b.txt", "Citizens vote on a tenth of the budget of the city.");
    desk.write("texts/a.md", "# Registry\n\nOne cloud platform, shared by all agencies.");
    desk.write("texts/c.pdf", "%PDF-1.7");
    let run = desk.run("tag texts").ok().says("not the others (1, such as \"c.pdf\")");
    let table = run.table();
    assert_eq!(table.column("id"), ["a.md", "b.txt"]);
    assert!(table.column("text")[0].starts_with("# Registry\n"));
    desk.write("same.csv", "id,text\nb.txt,Citizens vote on a tenth of the budget of the city.\n");
    let same = desk.run("tag same.csv --text-columns text").ok().table();
    assert_eq!(table.rows[1], same.rows[0], "the same text in a table");
    desk.run("tag texts/b.txt").exits(2).says("a folder of such files is read");
    desk.write("tables/a.csv", PLAIN);
    desk.run("tag tables").exits(2).says("is a folder without .txt or .md files").says("a.csv");
}

#[test]
fn a_misspelt_column_is_refused_before_any_work() {
    let desk = Desk::with("in.csv", PLAIN);
    let names = "\"id\", \"title\", \"summary\", \"description\"";
    for (flags, says) in [
        ("--columns id,tittle", format!("it has no column \"tittle\", but {names}")),
        ("--text-columns title,sumary", "\"summary\" may be \"sumary\"".to_owned()),
    ] {
        desk.run(&format!("tag in.csv -o out.csv {flags}")).exits(2).says(&says);
    }
    desk.write("in.jsonl", "{\"id\":1,\"title\":\"a\",\"summary\":\"b\",\"description\":\"c\"}\n");
    desk.run("tag in.jsonl --columns id,tittle").exits(2).says("no column \"tittle\"");
    desk.write("less.csv", "id,title\n1,Citizens vote\n");
    desk.run("tag less.csv")
        .exits(2)
        .says("of the text columns \"title\", \"summary\", \"description\", the columns \"summary\", \"description\"")
        .says("the file has \"id\", \"title\"")
        .says("--allow-missing-columns");
    let run = desk.run("tag less.csv --allow-missing-columns").ok();
    run.says("0 failed; read without the text columns description, summary");
    desk.run("tag in.csv less.csv -o out.csv").exits(2).says("less.csv: of the text columns");
    assert_eq!(desk.names(), ["in.csv", "in.jsonl", "less.csv"]);
}

#[test]
fn a_blank_id_is_not_taken_for_the_number_of_another_row() {
    let rows = ",Citizens vote,a,b\n1,Open data,a,b\n";
    let desk = Desk::with("in.csv", format!("id,title,summary,description\n{rows}"));
    let run = desk.run("tag in.csv").ok();
    assert!(!run.err.contains("duplicate id"), "{}", run.err);
    assert_eq!(run.table().column("id"), ["", "1"]);
    let rows =
        "1,Citizens vote,a,b\n1.0,Open data,a,b\n 1,Registry,a,b\n2.0,Sensors,a,b\n2,Bus,a,b\n";
    desk.write("alike.csv", format!("id,title,summary,description\n{rows}"));
    let run = desk.run("tag alike.csv").ok();
    let told = run.err.lines().filter(|line| line.contains("differs from an earlier"));
    assert_eq!(told.count(), 3, "{}", run.err);
    run.says(
        "row 2 (line 3): the id \"1.0\" differs from an earlier \"1\" only by blanks or \".0\"",
    );
}

#[test]
fn the_flag_that_is_named_for_other_text_columns_can_be_given_as_it_is() {
    let header = "id;\"title, in English\";Abstract;Beschreibung";
    let rows =
        "1;Citizens vote;All of them vote on it online;All proposals are published by the city\n";
    let desk = Desk::with("in.csv", format!("{header}\n{rows}"));
    desk.run("tag in.csv")
        .exits(2)
        .says("\"title, in English\" may be \"title\"")
        .says("--text-columns '\"title, in English\",Abstract,Beschreibung'");
    desk.write("in.jsonl", "{\"text\":\"Citizens vote on a tenth of the budget\"}\n");
    desk.run("tag in.jsonl").exits(2).says("\"text\" is text").says("--text-columns \"text\"");
    desk.run("tag in.jsonl --text-columns text").ok();
    desk.write("bare.csv", "A1,Citizens vote,The city publishes every proposal.\nA2,b,c\n");
    desk.run("tag bare.csv").exits(2).says("a file without a header needs one");
}

/// Returns a workbook that a closure fills.
fn workbook(fill: impl FnOnce(&mut Workbook)) -> Vec<u8> {
    let mut workbook = Workbook::new();
    fill(&mut workbook);
    workbook.save_to_buffer().unwrap()
}

/// A sheet with the two cases, starting at a row.
fn add_cases(workbook: &mut Workbook, name: &str, first: u32) {
    let sheet = workbook.add_worksheet().set_name(name).unwrap();
    let table = Table::parse(PLAIN, b',');
    for (row, cells) in (first..).zip([&table.header].into_iter().chain(&table.rows)) {
        for (column, cell) in (1..).zip(cells) {
            sheet.write_string(row, column, cell).unwrap();
        }
    }
}

#[test]
fn the_sheet_with_the_cases_is_found_and_the_others_are_named() {
    let readme = |workbook: &mut Workbook| {
        let sheet = workbook.add_worksheet().set_name("Readme").unwrap();
        sheet.write_string(0, 0, "How to fill in").unwrap();
        sheet.write_string(2, 0, "Write one submission per row.").unwrap();
    };
    let one = workbook(|book| {
        readme(book);
        add_cases(book, "Cases", 0);
    });
    is_read(
        "one.xlsx",
        one,
        "",
        "read from the sheet \"Cases\", the only one that has the columns",
    );
    let two = workbook(|book| {
        readme(book);
        add_cases(book, "2023", 0);
        add_cases(book, "2024", 3);
    });
    let desk = Desk::with("two.xlsx", &two);
    desk.run("tag two.xlsx").exits(2).says("\"Readme\"").says("\"2023\", \"2024\"").says("--sheet");
    is_read("two.xlsx", &two, "--sheet 2024", "2 rows read");
    let first = workbook(|book| {
        add_cases(book, "2023", 0);
        add_cases(book, "2024", 0);
    });
    is_read(
        "first.xlsx",
        first,
        "",
        "only the sheet \"2023\" is read; the same columns are in \"2024\"",
    );
    desk.write(
        "none.xlsx",
        workbook(|book| {
            readme(book);
            book.add_worksheet().set_name("Other").unwrap().write_string(0, 0, "x").unwrap();
        }),
    );
    desk.run("tag none.xlsx").exits(2).says("\"Readme\" was read; there are also \"Other\"");
    desk.write(
        "hidden.xlsx",
        workbook(|book| {
            readme(book);
            add_cases(book, "Cases", 0);
            book.worksheet_from_name("Cases").unwrap().set_hidden(true);
        }),
    );
    desk.run("tag hidden.xlsx")
        .exits(2)
        .says("\"Cases\" is hidden and has the columns")
        .says("--sheet \"Cases\"");
    let banner = workbook(|book| {
        add_cases(book, "Cases", 4);
        let sheet = book.worksheet_from_index(0).unwrap();
        sheet.write_string(0, 0, "Submissions of 2024").unwrap();
        sheet.write_string(1, 3, "do not edit").unwrap();
    });
    is_read("banner.xlsx", &banner, "", "banner.xlsx: the header is in row 5");
    is_read("banner.xlsx", &banner, "--header-row 5", "2 rows read");
}

#[test]
fn error_cells_and_formulas_without_a_result_are_named_and_never_words() {
    let book = workbook(|book| {
        add_cases(book, "Cases", 0);
        let sheet = book.worksheet_from_index(0).unwrap();
        let broken = Formula::new("=VLOOKUP(1,X1:Y2,2)").set_result("#N/A");
        sheet.write_formula(2, 3, broken).unwrap();
        sheet.write_string(0, 5, "note").unwrap();
        sheet.write_formula(1, 5, Formula::new("=X9").set_result("#REF!")).unwrap();
    });
    let desk = Desk::with("broken.xlsx", book);
    let run = desk.run("tag broken.xlsx").exits(1);
    let run = run.says("row 2 (line 3), column \"summary\": D3: the cell has the error #N/A");
    assert_eq!(run.table().column("id"), ["1"]);
    assert_eq!(run.table().column("note"), ["#REF!"], "kept where nothing is read from it");
    desk.write("broken.csv", PLAIN.replace("Shared registry", "#WERT!"));
    desk.run("tag broken.csv").exits(1).says("column \"title\": the cell has the error #WERT!");

    // Formulas as a library writes them without computing: with no result, or 0.
    for stored in ["", "0"] {
        let mut book = workbook(|book| {
            add_cases(book, "Cases", 0);
            let sheet = book.worksheet_from_index(0).unwrap();
            sheet.write_formula(1, 2, Formula::new("=A9&A8").set_result("0")).unwrap();
            sheet.write_formula(2, 1, Formula::new("=1+1").set_result("0")).unwrap();
        });
        if stored.is_empty() {
            book = with_sheet(&book, "</f><v>0</v>", "</f><v></v>");
        }
        desk.write("open.xlsx", book);
        let run = desk.run("tag open.xlsx").exits(1);
        let run = run.says("2 cells have a formula whose result is not stored, such as C2, B3");
        run.says("row 1 (line 2), column \"title\": C2: the cell has a formula whose result is not stored")
            .says("row 2 (line 3), column \"id\": B3:")
            .says("2 rows read, 0 tagged, 2 failed");
    }
}

#[test]
fn a_formula_that_cannot_be_understood_leaves_the_values_readable() {
    let book = workbook(|book| {
        add_cases(book, "Cases", 0);
        let sheet = book.worksheet_from_index(0).unwrap();
        sheet.write_string(0, 5, "country").unwrap();
        sheet.write_formula(1, 5, Formula::new("=A9").set_result("Peru")).unwrap();
    });
    let damaged = with_sheet(&book, "<f>", "<f t=\"shared\" si=\"none\">");
    let desk = Desk::with("formula.xlsx", damaged);
    let run = desk.run("tag formula.xlsx").ok();
    assert_eq!(run.table().column("country"), ["Peru", ""]);
}

/// Returns the workbook with some text of its first sheet replaced.
fn with_sheet(book: &[u8], from: &str, to: &str) -> Vec<u8> {
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(book)).unwrap();
    let mut written = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for index in 0..archive.len() {
        let mut part = archive.by_index(index).unwrap();
        let name = part.name().unwrap().to_string();
        let mut content = Vec::new();
        part.read_to_end(&mut content).unwrap();
        if name.ends_with("sheet1.xml") {
            let text = String::from_utf8(content).unwrap();
            content = text.replace(from, to).into_bytes();
        }
        written.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        written.write_all(&content).unwrap();
    }
    written.finish().unwrap().into_inner()
}

#[test]
fn merged_cells_are_said_and_filled_on_request() {
    let book = workbook(|book| {
        add_cases(book, "Cases", 0);
        let sheet = book.worksheet_from_index(0).unwrap();
        sheet.write_string(0, 5, "country").unwrap();
        sheet.merge_range(1, 5, 2, 5, "Peru", &Format::new()).unwrap();
    });
    let desk = Desk::with("merged.xlsx", book);
    let run = desk.run("tag merged.xlsx").ok();
    assert_eq!(run.table().column("country"), ["Peru", ""]);
    run.says("1 merged cell reaches over several rows, such as F2:F3").says("--fill-merged");
    let run = desk.run("tag merged.xlsx --fill-merged").ok();
    assert_eq!(run.table().column("country"), ["Peru", "Peru"]);
    assert!(!run.err.contains("merged"), "{}", run.err);
}

#[test]
fn numbers_dates_and_flags_stay_so_from_workbook_to_workbook() {
    let date = Format::new().set_num_format("dd/mm/yyyy");
    let book = workbook(|book| {
        add_cases(book, "Cases", 0);
        let sheet = book.worksheet_from_index(0).unwrap();
        for (column, name) in (5..).zip(["share", "from", "at", "took", "checked", "note"]) {
            sheet.write_string(0, column, name).unwrap();
        }
        sheet.write_number(1, 5, 0.25).unwrap();
        let day = ExcelDateTime::parse_from_str("2024-05-31").unwrap();
        sheet.write_datetime_with_format(1, 6, &day, &date).unwrap();
        let moment = ExcelDateTime::parse_from_str("2024-05-31T10:30:00").unwrap();
        sheet
            .write_datetime_with_format(
                1,
                7,
                &moment,
                &Format::new().set_num_format("yyyy-mm-dd hh:mm"),
            )
            .unwrap();
        let hours = Format::new().set_num_format("[h]:mm");
        sheet.write_number_with_format(1, 8, 1.5, &hours).unwrap();
        sheet.write_boolean(1, 9, true).unwrap();
        sheet.write_string(1, 10, "007").unwrap();
    });
    let desk = Desk::with("in.xlsx", book);
    desk.run("tag in.xlsx -o out.xlsx").ok();
    let mut out: Xlsx<_> = calamine::open_workbook(desk.path("out.xlsx")).unwrap();
    let sheet = out.worksheet_range_at(0).unwrap().unwrap();
    let cells: Vec<&Data> = (4..10).map(|at| sheet.get_value((1, at)).unwrap()).collect();
    assert_eq!(*cells[0], Data::Float(0.25));
    let time = |cell: &Data| match cell {
        Data::DateTime(time) => (time.as_f64(), time.is_duration()),
        other => panic!("{other:?}"),
    };
    assert_eq!(time(cells[1]), (45_443.0, false));
    assert_eq!(time(cells[2]), (45443.4375, false));
    assert_eq!(time(cells[3]), (1.5, true));
    assert_eq!((cells[4], cells[5]), (&Data::Bool(true), &Data::String("007".into())));
    // In a text format they are unchanged.
    let table = desk.run("tag out.xlsx --output-format csv").ok().table();
    let cells = ["share", "from", "at", "took", "checked", "note"].map(|n| table.column(n)[0]);
    assert_eq!(cells, ["0.25", "2024-05-31", "2024-05-31 10:30:00", "36:00:00", "TRUE", "007"]);
}
