//! Tests of normalisation: the words of a text, and their positions.

use proptest::prelude::*;
use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::UnicodeSegmentation;

use super::*;

fn words(text: &str) -> Vec<String> {
    Normalised::new(text).tokens().map(|token| token.surface.to_owned()).collect()
}

/// Returns the slices of the original text that the words come from.
fn slices(text: &str) -> Vec<&str> {
    let normalised = Normalised::new(text);
    normalised.tokens().map(|token| &text[normalised.original(token.span)]).collect()
}

#[track_caller]
fn is_read_as(text: &str, expected: &str) {
    assert_eq!(
        words(text).join(" "),
        expected,
        "{text:?} is read as {:?}",
        Normalised::new(text).as_str()
    );
}

#[test]
fn plain_text_is_borrowed_as_it_is() {
    for text in [
        "",
        "A plan: co-create, and/or test (24/7), at <5 % cost & risk; R&D, e.g. x < y > z.",
        "Key points:\n- first\n- second\n\nMore - and more\nto come",
    ] {
        assert_eq!(Normalised::new(text).as_str().as_ptr(), text.as_ptr(), "{text}");
    }
}

#[test]
fn characters_that_nobody_sees_are_no_part_of_a_word() {
    let text = "go\u{ad}vern\u{200b}ment\u{200d}s \u{200f}share\u{2060}d\u{feff} da\u{fe0f}ta";
    is_read_as(text, "governments shared data");
    assert_eq!(slices(text)[0], "go\u{ad}vern\u{200b}ment\u{200d}s");
    assert_eq!(slices(text)[1], "share\u{2060}d");
}

#[test]
fn every_way_to_write_a_word_is_the_same_word() {
    let text = "ﬁrst-oﬃce ｄａｔａ 𝐛𝐨𝐥𝐝 e\u{301}te\u{301} city’s l‘eau ㎏ CO₂";
    is_read_as(text, "first office data bold été city's l'eau kg CO2");
    assert_eq!(slices(text)[..4], ["ﬁrst", "oﬃce", "ｄａｔａ", "𝐛𝐨𝐥𝐝"]);
    is_read_as("q\u{323}\u{307} = q\u{307}\u{323}", "q\u{323}\u{307} q\u{323}\u{307}");
    is_read_as("\u{1100}\u{1161}\u{11a8}\u{1112}\u{1161}", "각하");
}

#[test]
fn footnotes_fractions_and_trade_marks_are_not_glued_to_their_word() {
    is_read_as("data² shared¹⁵ 12½ plans Toolkit™ m²", "data shared 12 plans Toolkit");
}

#[test]
fn a_word_that_a_line_end_breaks_is_joined() {
    let text = "infor-\nmation, co\u{2010}\r\noperation GOVERN-  \n  MENT part\u{ad}\nners";
    is_read_as(text, "information cooperation GOVERNMENT partners");
    assert_eq!(slices(text)[0], "infor-\nmation");
    assert_eq!(slices(text)[3], "part\u{ad}\nners");
}

#[test]
fn a_hyphen_at_a_line_end_that_breaks_no_word_stays() {
    is_read_as(
        "Euro-\nMediterranean 2019-\n2020 a plan -\nand pre-\n\nwar",
        "Euro Mediterranean 2019 2020 plan and pre war",
    );
    is_read_as("user-\ncentred, as User-Centred", "user centred as User Centred");
    is_read_as("state-of-\nthe-art and of-the", "state of the art and of the");
}

#[test]
fn the_vocabulary_keeps_a_hyphen() {
    let text = "a user-\ncentred infor-\nmation";
    let knows = |first: &str, second: &str| (first, second) == ("user", "centred");
    let normalised = Normalised::with_vocabulary(text, knows);
    let words: Vec<&str> = normalised.tokens().map(|token| token.surface).collect();
    assert_eq!(words, ["user", "centred", "information"]);
    assert!(normalised.has_open_words());
    assert!(!Normalised::new("user-centred\nnow").has_open_words());
}

#[test]
fn markup_is_read_as_a_browser_shows_it() {
    for (text, expected) in [
        ("<p class=\"lead\">Open<br>data</p><p>for all</p>", "Open data for all"),
        ("<li>one</li><li>two</li>", "one two"),
        (
            "inter<b>nal</b> <a href='https://example.org/data' title=\"a > b\">page</a>",
            "internal page",
        ),
        ("Q&amp;A&nbsp;caf&eacute; caf&#233; &#x64;ata &lt;none&gt;", "café café data none"),
        ("gov&shy;ern&#8203;ment", "government"),
        ("<style>p { color: red }</style><script>if (a<b) c()</script>shown", "shown"),
        ("<head><title>Hidden</title></head><body>shown", "shown"),
        ("<!-- wp:paragraph {\"align\":\"wide\"} --><p>Block</p><!-- /wp:paragraph -->", "Block"),
        (
            "<!--[if gte mso 9]><xml><w:WordDocument/>Normal</xml><![endif]-->Text<o:p>&nbsp;</o:p>",
            "Text",
        ),
        (
            "<![if !supportLists]>1.<![endif]>Item <st1:place w:st=\"on\">Oslo</st1:place>",
            "Item Oslo",
        ),
        ("<p style='mso-list:l0'>Paragraph <span lang=EN-GB>two</span>", "Paragraph two"),
        (
            "Figure<sup>12</sup> shows the 21<sup>st</sup> H<sub>2</sub>O",
            "Figure 12 shows the 21st H2O",
        ),
        ("<img src=\"data:image/png;base64,iVBORw0KGgo=\" alt=\"picture\">seen", "seen"),
        ("<![CDATA[Text of a <em>feed</em>]]>", "Text of feed"),
        ("&lt;p&gt;Escaped &amp;amp;amp; twice&lt;/p&gt;", "Escaped twice"),
        ("<p>Cut off <a href=\"https://example.org/a", "Cut off"),
        ("<P>Capitals</P><BR/>count", "Capitals count"),
    ] {
        is_read_as(text, expected);
    }
    let text = "<p>Tom &amp; J&eacute;r<i>r</i>y&#39;s</p>";
    assert_eq!(slices(text), ["Tom", "J&eacute;r<i>r</i>y&#39;s"]);
}

#[test]
fn a_less_than_sign_in_plain_text_survives() {
    for (text, expected) in [
        ("if x<y and y>z then", "if and then"),
        ("age <18 or >65, cost < 5 > 3", "age 18 or 65 cost"),
        ("a<b and c>d", "and"),
        ("Dear <name>, see <the annex> & <!important>", "Dear name see the annex important"),
        ("<3 co-working", "co working"),
        ("R&D; AT&T; Q&A", "AT"),
        ("<p>kept</p> if x<y and y>z", "kept if and"),
    ] {
        is_read_as(text, expected);
    }
}

#[test]
fn addresses_are_no_words() {
    for (text, expected) in [
        ("See https://www.example.org/open-data?x=1#part, (http://a.example/b) now", "See now"),
        ("at www.example.org/page. Or WWW.EXAMPLE.ORG!", "at Or"),
        ("on example.gov/apply and in data.gov", "on and in data.gov"),
        ("write to jane.doe+x@example.org or mailto:info@example.org", "write to or"),
        (
            "![map](data:image/png;base64,iVBORw0KGgoAAAA) [report](https://example.org/report)",
            "map report",
        ),
        (
            "the data: it/they, and/or, 24/7, 1.5/2, Mr./Mrs., plan.The/next",
            "the data it they and or 24 1.5 Mr Mrs plan.The next",
        ),
        ("a M@th Di@vgeia @handle", "th Di vgeia handle"),
    ] {
        is_read_as(text, expected);
    }
}

/// Text with every character and sequence that some step looks for.
fn any_input() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        "[a-zA-Zé]{1,6}",
        "[ \\n\\r\\t-]{1,3}",
        "[<>&;/!?=\"'@.:#\\[\\]-]{1,3}",
        prop::sample::select(vec![
            "<p>",
            "</p>",
            "<br/>",
            "<a href=\"",
            "<script>",
            "</script>",
            "<!--",
            "-->",
            "<![CDATA[",
            "]]>",
            "&amp;",
            "&lt;",
            "&shy;",
            "&#x",
            "&#8203;",
            "&copy",
            "https://",
            "www.",
            "a@b.example",
            "data:a/b,",
            "-\n",
            "\u{ad}",
            "\u{200b}",
            "\u{301}",
            "\u{323}",
            "ﬁ",
            "ｄ",
            "𝐛",
            "’",
            "²",
            "½",
            "\u{1100}",
            "\u{1161}",
            "漢",
            "ไ",
            "\u{a0}",
            "…",
            "\0",
            "<style>",
            "<title>",
            "<o:p>",
            "<sup>",
        ])
        .prop_map(str::to_owned),
    ];
    prop::collection::vec(part, 0..24).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn spans_of_any_text_rise_and_slice_the_original(text in prop_oneof![any_input(), any::<String>()]) {
        let normalised = Normalised::new(&text);
        let mut last = 0;
        for token in normalised.tokens() {
            prop_assert_eq!(&normalised.as_str()[token.span.clone()], token.surface);
            let original = normalised.original(token.span);
            prop_assert!(!text[original.clone()].is_empty());
            prop_assert!(original.start >= last, "{:?}", original);
            last = original.start;
        }
    }

    #[test]
    fn words_without_markup_are_those_of_nfkc(
        text in "[ a1é'\\.\u{301}\u{323}\u{307}ﬁｄ𝐛ﬃẛ\u{1100}\u{1161}\u{11a8}가각㎏Ⅳªﷺא漢アｱﾞ\u{ad}\u{200b}\u{34f}]{0,24}"
    ) {
        let nfkc: String = text.chars().filter(|c| !"\u{ad}\u{200b}\u{34f}".contains(*c)).nfkc().collect();
        let expected: Vec<&str> = nfkc.unicode_words().filter(|word| word.chars().count() > 1).collect();
        prop_assert_eq!(words(&text), expected);
    }

    #[test]
    fn a_text_keeps_its_words_between_markup(
        before in "[a-z]{2,8}", inside in "[a-z]{2,8}", after in "[a-z]{2,8}",
        tag in prop::sample::select(vec!["p", "div", "h2", "td", "li"]),
    ) {
        let text = format!("{before}<{tag} class=\"x y\">{inside}</{tag}>{after}");
        prop_assert_eq!(words(&text), [before.as_str(), &inside, &after]);
        prop_assert_eq!(slices(&text), [before.as_str(), &inside, &after]);
    }
}
