//! A drawing as PNG.

use std::sync::{Arc, LazyLock};

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::fontdb::Database;
use resvg::usvg::{Options, Tree};

use crate::error::{Error, Result};

/// Dots of the picture for each unit of the file.
const SCALE: f32 = 2.0;

/// The only font: fonts of the machine would give other pictures elsewhere.
static FONTS: LazyLock<Arc<Database>> = LazyLock::new(|| {
    let mut fonts = Database::new();
    fonts.load_font_data(dejavu::sans_condensed::regular().to_vec());
    let family = fonts.faces().next().and_then(|face| face.families.first().cloned());
    if let Some((family, _)) = family {
        fonts.set_sans_serif_family(family);
    }
    Arc::new(fonts)
});

/// Draws an SVG file.
pub(super) fn of(svg: &str) -> Result<Vec<u8>> {
    let options = Options { fontdb: Arc::clone(&FONTS), ..Options::default() };
    let tree = Tree::from_str(svg, &options).map_err(failed)?;
    let size = tree.size().to_int_size();
    let [width, height] = [size.width(), size.height()].map(|side| side * SCALE as u32);
    let mut picture = Pixmap::new(width, height).ok_or_else(|| failed("it has no size"))?;
    resvg::render(&tree, Transform::from_scale(SCALE, SCALE), &mut picture.as_mut());
    picture.encode_png().map_err(failed)
}

fn failed(reason: impl ToString) -> Error {
    Error::Report {
        reason: format!("a chart cannot be drawn: {}", reason.to_string()),
        remedy: "this is a fault of the program; please report it".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chart_becomes_a_picture_with_its_text_and_the_same_bytes_each_time() {
        let svg = |text: &str| {
            format!(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"60\" height=\"20\" \
                 font-family=\"system-ui, sans-serif\"><rect width=\"60\" height=\"20\" fill=\"#fff\"/>\
                 <text x=\"5\" y=\"15\">{text}</text></svg>"
            )
        };
        let picture = of(&svg("Žluťoučký")).unwrap();
        assert!(picture.starts_with(b"\x89PNG"));
        assert_eq!(picture, of(&svg("Žluťoučký")).unwrap());
        let blank = of(&svg("")).unwrap();
        assert!(picture.len() > blank.len(), "text is drawn");
        assert!(of("no drawing").is_err());
    }
}
