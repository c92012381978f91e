//! Gzip and Zstandard around a file of any format.

use std::io::{self, Read, Write};
use std::path::Path;

use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;

/// How the bytes of a file are compressed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Compression {
    /// They are not.
    #[default]
    None,
    /// gzip, one member or several.
    Gzip,
    /// Zstandard, one frame or several.
    Zstd,
}

/// The levels at which we write: those of the `gzip` and `zstd` commands.
const GZIP_LEVEL: u32 = 6;
const ZSTD_LEVEL: i32 = 3;

impl Compression {
    /// The compression that the extension of a file stands for.
    pub fn from_path(path: impl AsRef<Path>) -> Self {
        let extension = path.as_ref().extension().unwrap_or_default();
        if extension.eq_ignore_ascii_case("gz") {
            Self::Gzip
        } else if extension.eq_ignore_ascii_case("zst") {
            Self::Zstd
        } else {
            Self::None
        }
    }

    /// The compression whose mark a file begins with.
    pub(super) fn from_mark(start: &[u8]) -> Self {
        match start {
            [0x1F, 0x8B, ..] => Self::Gzip,
            // The second is a frame to be passed over, as parallel tools write in front.
            [0x28, 0xB5, 0x2F, 0xFD, ..] | [0x50..=0x5F, 0x2A, 0x4D, 0x18, ..] => Self::Zstd,
            _ => Self::None,
        }
    }

    /// The content of a compressed stream.
    pub(super) fn reader(self, stream: Box<dyn Read + Send>) -> io::Result<Box<dyn Read + Send>> {
        Ok(match self {
            Self::None => stream,
            Self::Gzip => Box::new(Explained { name: "gzip", reader: MultiGzDecoder::new(stream) }),
            Self::Zstd => Box::new(Explained { name: "zstd", reader: zstd::Decoder::new(stream)? }),
        })
    }

    /// Compresses what is written to `out`. The result depends on the content
    /// only: no name and no time is stored.
    pub(super) fn writer<'o>(self, out: &'o mut dyn Write) -> io::Result<Compressed<'o>> {
        Ok(match self {
            Self::None => Compressed::None(out),
            Self::Gzip => {
                Compressed::Gzip(GzEncoder::new(out, flate2::Compression::new(GZIP_LEVEL)))
            }
            Self::Zstd => Compressed::Zstd(zstd::Encoder::new(out, ZSTD_LEVEL)?),
        })
    }
}

/// Names the compression, and a remedy, where its data are damaged.
struct Explained<R> {
    name: &'static str,
    reader: R,
}

impl<R: Read> Read for Explained<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.reader.read(buffer).map_err(|error| match error.kind() {
            io::ErrorKind::Interrupted => error,
            kind => {
                let name = self.name;
                let text = format!(
                    "the {name} data are damaged or cut short ({error}); copy or download the \
                     file again"
                );
                io::Error::new(kind, text)
            }
        })
    }
}

/// An output that compresses; [`Compressed::finish`] completes it.
pub(super) enum Compressed<'o> {
    None(&'o mut dyn Write),
    Gzip(GzEncoder<&'o mut dyn Write>),
    Zstd(zstd::Encoder<'static, &'o mut dyn Write>),
}

impl Compressed<'_> {
    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::None(out) => out.write_all(bytes),
            Self::Gzip(out) => out.write_all(bytes),
            Self::Zstd(out) => out.write_all(bytes),
        }
    }

    pub(super) fn finish(self) -> io::Result<()> {
        match self {
            Self::None(_) => Ok(()),
            Self::Gzip(out) => out.finish().map(drop),
            Self::Zstd(out) => out.finish().map(drop),
        }
    }
}
