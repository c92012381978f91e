//! The elements of HTML: which exist, which are shown, and which separate words.

/// Returns whether HTML has an element of this name (in lower case), or had one, or Word,
/// Excel or Outlook write one.
pub(super) fn is_element(name: &str) -> bool {
    is_inline(name)
        || is_hidden(name)
        || is_office(name)
        || matches!(
            name,
            "address"
                | "applet"
                | "area"
                | "article"
                | "aside"
                | "audio"
                | "base"
                | "basefont"
                | "bgsound"
                | "blockquote"
                | "body"
                | "br"
                | "button"
                | "canvas"
                | "caption"
                | "center"
                | "col"
                | "colgroup"
                | "dd"
                | "details"
                | "dialog"
                | "dir"
                | "div"
                | "dl"
                | "dt"
                | "embed"
                | "fieldset"
                | "figcaption"
                | "figure"
                | "footer"
                | "form"
                | "frame"
                | "frameset"
                | "h1"
                | "h2"
                | "h3"
                | "h4"
                | "h5"
                | "h6"
                | "header"
                | "hgroup"
                | "hr"
                | "html"
                | "img"
                | "input"
                | "legend"
                | "li"
                | "link"
                | "main"
                | "marquee"
                | "math"
                | "menu"
                | "meta"
                | "nav"
                | "object"
                | "ol"
                | "optgroup"
                | "option"
                | "p"
                | "param"
                | "picture"
                | "pre"
                | "progress"
                | "section"
                | "select"
                | "source"
                | "summary"
                | "table"
                | "tbody"
                | "td"
                | "textarea"
                | "tfoot"
                | "th"
                | "thead"
                | "tr"
                | "track"
                | "ul"
                | "video"
                | "xmp"
        )
}

/// Returns whether a browser hides the content of an element.
pub(super) fn is_hidden(name: &str) -> bool {
    matches!(
        name,
        "datalist"
            | "head"
            | "iframe"
            | "noembed"
            | "noframes"
            | "noscript"
            | "script"
            | "style"
            | "svg"
            | "template"
            | "title"
            | "xml"
    )
}

/// Returns whether an element is inline.
fn is_inline(name: &str) -> bool {
    matches!(
        name,
        "a" | "abbr"
            | "acronym"
            | "b"
            | "bdi"
            | "bdo"
            | "big"
            | "blink"
            | "cite"
            | "code"
            | "data"
            | "del"
            | "dfn"
            | "em"
            | "font"
            | "i"
            | "ins"
            | "kbd"
            | "label"
            | "map"
            | "mark"
            | "meter"
            | "nobr"
            | "output"
            | "q"
            | "rb"
            | "rp"
            | "rt"
            | "rtc"
            | "ruby"
            | "s"
            | "samp"
            | "slot"
            | "small"
            | "span"
            | "strike"
            | "strong"
            | "sub"
            | "sup"
            | "time"
            | "tt"
            | "u"
            | "var"
            | "wbr"
    )
}

/// Returns whether an element has a prefix of those that Office programs write.
fn is_office(name: &str) -> bool {
    let prefix = name.split_once(':').map(|(prefix, _)| prefix);
    prefix.is_some_and(|prefix| {
        matches!(prefix, "a" | "m" | "mc" | "o" | "pic" | "st1" | "st2" | "v" | "w" | "wp" | "x")
    })
}

/// Returns whether an attribute has no value.
pub(super) fn is_boolean_attribute(name: &str) -> bool {
    matches!(
        name,
        "allowfullscreen"
            | "async"
            | "autoplay"
            | "checked"
            | "compact"
            | "controls"
            | "defer"
            | "disabled"
            | "download"
            | "hidden"
            | "itemscope"
            | "loop"
            | "multiple"
            | "muted"
            | "noshade"
            | "nowrap"
            | "open"
            | "readonly"
            | "required"
            | "reversed"
            | "selected"
    )
}

/// Returns the text that replaces a tag; `inside` is the byte next to it in the element.
/// The name of a comment is empty.
pub(super) fn gap(name: &str, inside: Option<u8>) -> &'static str {
    match name {
        "" => "",
        "br" | "w:br" => "\n",
        // The number of a footnote is no part of the word before it, "st" of "1st" is.
        "sup" if inside.is_some_and(|b| !b.is_ascii_alphabetic()) => " ",
        "w:p" => "\n\n",
        _ if is_inline(name) || is_office(name) => "",
        _ => "\n\n",
    }
}
