//! A text gets the same answer as its copy from a PDF, a word processor, a web form or an
//! e-mail.

use super::support::{Desk, Table, csv_text, data};

/// Rewrites the texts of the shipped cases and compares the answers. Probabilities are
/// compared as they are printed, to the fourth decimal.
#[track_caller]
fn answers_stay(disguise: impl Fn(&str) -> String) {
    columns_stay(disguise, |name| name.starts_with("p_") || name == "needs_review");
}

/// As [`answers_stay`], for suggestions alone: a word that can be read as two changes
/// probabilities a little.
#[track_caller]
fn suggestions_stay(disguise: impl Fn(&str) -> String) {
    columns_stay(disguise, |_| false);
}

#[track_caller]
fn columns_stay(disguise: impl Fn(&str) -> String, is_compared: impl Fn(&str) -> bool) {
    let mut cases = Table::parse(&data("cases.csv"), b',');
    let desk = Desk::with("plain.csv", csv_text(&cases.header, &cases.rows));
    let index = |name| cases.header.iter().position(|header| header == name).unwrap();
    let texts = ["title", "summary", "description"].map(index);
    let mut changed = 0;
    for row in &mut cases.rows {
        for &text in &texts {
            let disguised = disguise(&row[text]);
            changed += usize::from(disguised != row[text]);
            row[text] = disguised;
        }
    }
    assert!(changed > 20, "{changed} texts are disguised");
    desk.write("disguised.csv", csv_text(&cases.header, &cases.rows));
    let answers = |file: &str| {
        let table = desk.run(&format!("tag {file}")).ok().table();
        let is_answer = |name: &&String| {
            ["id", "suggested_trends"].contains(&name.as_str()) || is_compared(name)
        };
        let columns: Vec<_> = table.header.iter().filter(is_answer).cloned().collect();
        let of_column = |name: &String| table.column(name).into_iter().map(str::to_owned).collect();
        columns.iter().map(of_column).collect::<Vec<Vec<String>>>()
    };
    let (plain, disguised) = (answers("plain.csv"), answers("disguised.csv"));
    let differs = |&row: &usize| plain.iter().zip(&disguised).any(|(a, b)| a[row] != b[row]);
    let rows: Vec<usize> = (0..plain[0].len()).filter(differs).collect();
    let of_row = |answers: &[Vec<String>], row: usize| {
        answers.iter().map(|column| column[row].clone()).collect::<Vec<_>>().join(" ")
    };
    let shown = rows
        .iter()
        .take(10)
        .map(|&row| format!("{}\n{}\n", of_row(&plain, row), of_row(&disguised, row)));
    assert!(rows.is_empty(), "{} cases:\n{}", rows.len(), shown.collect::<String>());
}

/// Puts something into the middle of each word of six or more letters.
fn within_words(text: &str, inside: &str) -> String {
    let split = |word: &str| match word.chars().count() {
        6.. => {
            let (middle, next) = word.char_indices().nth(3).unwrap();
            match next.is_lowercase() || word == word.to_uppercase() {
                true => format!("{}{inside}{}", &word[..middle], &word[middle..]),
                false => word.to_owned(),
            }
        }
        _ => word.to_owned(),
    };
    each_word(text, split)
}

fn each_word(text: &str, change: impl Fn(&str) -> String) -> String {
    let mut changed = String::new();
    for part in text.split_inclusive(|c: char| !c.is_alphabetic()) {
        let word = part.trim_end_matches(|c: char| !c.is_alphabetic());
        changed += &change(word);
        changed += &part[word.len()..];
    }
    changed
}

fn each_character(text: &str, change: impl Fn(char) -> Option<&'static str>) -> String {
    text.chars().map(|c| change(c).map_or(c.to_string(), str::to_owned)).collect()
}

#[test]
fn characters_that_nobody_sees_change_nothing() {
    for invisible in
        ["\u{ad}", "\u{200b}", "\u{200c}", "\u{200d}", "\u{2060}", "\u{feff}", "\u{200f}"]
    {
        answers_stay(|text| within_words(text, invisible));
    }
    answers_stay(|text| each_word(text, |word| format!("\u{202a}{word}\u{202c}")));
}

#[test]
fn ligatures_and_full_width_letters_are_letters() {
    answers_stay(|text| {
        text.replace("ffi", "ﬃ").replace("fi", "ﬁ").replace("fl", "ﬂ").replace("ff", "ﬀ")
    });
    let wide = |c: char| char::from_u32(c as u32 + 0xfee0).filter(|_| c.is_ascii_alphanumeric());
    answers_stay(|text| text.chars().map(|c| wide(c).unwrap_or(c)).collect());
    let bold = |c: char| match c {
        'a'..='z' => char::from_u32(c as u32 - u32::from(b'a') + 0x1d41a),
        'A'..='Z' => char::from_u32(c as u32 - u32::from(b'A') + 0x1d400),
        _ => None,
    };
    answers_stay(|text| text.chars().map(|c| bold(c).unwrap_or(c)).collect());
}

#[test]
fn accents_may_be_composed_or_not() {
    use unicode_normalization::UnicodeNormalization;
    answers_stay(|text| text.nfd().collect());
}

#[test]
fn quotes_spaces_and_hyphens_of_a_word_processor_change_nothing() {
    answers_stay(|text| {
        each_character(text, |c| match c {
            '\'' => Some("\u{2019}"),
            ' ' => Some("\u{a0}"),
            '-' => Some("\u{2011}"),
            _ => None,
        })
    });
}

#[test]
fn words_that_a_line_end_breaks_are_joined() {
    // "nonprofit", broken in its middle, is read as "non-profit", which is more frequent.
    suggestions_stay(|text| within_words(text, "-\n"));
    suggestions_stay(|text| text.replace('-', "-\n"));
    answers_stay(|text| within_words(text, "\u{ad}\r\n"));
}

fn escaped(text: &str) -> String {
    each_character(text, |c| match c {
        '&' => Some("&amp;"),
        '<' => Some("&lt;"),
        '>' => Some("&gt;"),
        '\'' => Some("&#39;"),
        '"' => Some("&quot;"),
        'é' => Some("&eacute;"),
        _ => None,
    })
}

#[test]
fn entities_are_characters() {
    answers_stay(escaped);
    answers_stay(|text| escaped(text).replace(' ', "&nbsp;"));
    answers_stay(|text| escaped(&escaped(text)));
    answers_stay(|text| escaped(&within_words(text, "\u{ad}")).replace('\u{ad}', "&shy;"));
    answers_stay(|text| text.chars().map(|c| format!("&#{};", c as u32)).collect());
}

#[test]
fn markup_of_word_changes_nothing() {
    let header = "<!--[if gte mso 9]><xml><w:WordDocument><w:View>Normal</w:View></w:WordDocument></xml>\
        <![endif]--><style><!-- p.MsoNormal {margin:0cm; font-family:\"Calibri\",sans-serif;} --></style>";
    answers_stay(|text| {
        let paragraph = |line: &str| {
            format!(
                "<p class=MsoNormal style='margin-bottom:0cm;line-height:normal'><![if !supportLists]>\
                 <![endif]><span lang=EN-GB style='mso-fareast-language:EN-GB'>{}<o:p></o:p></span></p>",
                escaped(line)
            )
        };
        header.to_owned() + &text.split('\n').map(paragraph).collect::<String>()
    });
}

#[test]
fn markup_of_the_web_changes_nothing() {
    answers_stay(|text| {
        let block = |line: &str| {
            format!(
                "<!-- wp:paragraph {{\"align\":\"wide\",\"className\":\"public data\"}} -->\n<p id=\"citizens\">{}\
                 </p>\n<!-- /wp:paragraph -->\n",
                escaped(line)
            )
        };
        text.split('\n').map(block).collect()
    });
    answers_stay(|text| {
        let text = each_word(&escaped(text), |word| match word.len() {
            7 => format!(
                "<a href=\"https://example.org/data/{word}?x=1&y=2\" title=\"open data\">{word}</a>"
            ),
            8 => format!("<strong>{word}</strong>"),
            _ => word.to_owned(),
        });
        format!(
            "<div>{text}<script>var data = \"citizens\";</script></div><img src=\"data:image/png;base64,Data\">"
        )
    });
}

#[test]
fn addresses_change_nothing() {
    answers_stay(|text| {
        let link = " https://www.example.org/participation/open-data?citizens=1. ";
        text.replace(". ", &format!(".{link}")) + " open.data@citizens.example www.data.example/ai"
    });
}
