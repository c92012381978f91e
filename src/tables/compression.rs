//! Gzip and Zstandard around a file of any format.

use std::io::{self, Read, Write};
use std::path::Path;

use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use serde::Serialize;

/// How the bytes of a file are compressed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Compression {
    /// Not compressed.
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
    /// Returns the compression for the extension of a file.
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

    /// Returns the compression for the magic bytes of a file.
    pub(super) fn from_mark(start: &[u8]) -> Self {
        match start {
            [0x1F, 0x8B, ..] => Self::Gzip,
            // The second one is a skippable frame, which parallel tools write at the
            // start.
            [0x28, 0xB5, 0x2F, 0xFD, ..] | [0x50..=0x5F, 0x2A, 0x4D, 0x18, ..] => Self::Zstd,
            _ => Self::None,
        }
    }

    /// Returns the content of a compressed stream.
    pub(super) fn reader(self, stream: Box<dyn Read + Send>) -> io::Result<Box<dyn Read + Send>> {
        Ok(match self {
            Self::None => stream,
            Self::Gzip => Box::new(Explained { name: "gzip", reader: MultiGzDecoder::new(stream) }),
            Self::Zstd => Box::new(Explained { name: "zstd", reader: zstd::Decoder::new(stream)? }),
        })
    }

    /// Compresses what is written. The result depends only on the content and the
    /// positions of the cuts: no name and no time is stored.
    pub(super) fn writer(self) -> Compressed {
        Compressed { compression: self, encoder: None }
    }
}

/// Adds the compression and a remedy to errors about damaged data.
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
                    "the {name} data are damaged or truncated ({error}); copy or download the \
                     file again"
                );
                io::Error::new(kind, text)
            }
        })
    }
}

/// Compresses an output as one or more members (gzip) or frames (Zstandard), each of
/// which can be read independently.
pub(super) struct Compressed {
    compression: Compression,
    /// The current member.
    encoder: Option<Encoder>,
}

enum Encoder {
    Gzip(GzEncoder<Vec<u8>>),
    Zstd(zstd::Encoder<'static, Vec<u8>>),
}

impl Compressed {
    /// Compresses bytes, and starts a member if there is none. Finished bytes go to
    /// `out`.
    pub(super) fn write(&mut self, bytes: &[u8], out: &mut dyn Write) -> io::Result<()> {
        let encoder = match (&mut self.encoder, self.compression) {
            (_, Compression::None) => return out.write_all(bytes),
            (Some(encoder), _) => encoder,
            (none, compression) => none.insert(Encoder::new(compression)?),
        };
        let ready = match encoder {
            Encoder::Gzip(encoder) => {
                encoder.write_all(bytes)?;
                encoder.get_mut()
            }
            Encoder::Zstd(encoder) => {
                encoder.write_all(bytes)?;
                encoder.get_mut()
            }
        };
        out.write_all(ready)?;
        ready.clear();
        Ok(())
    }

    /// Completes the current member, if any.
    pub(super) fn cut(&mut self, out: &mut dyn Write) -> io::Result<()> {
        match self.encoder.take() {
            None => Ok(()),
            Some(Encoder::Gzip(encoder)) => out.write_all(&encoder.finish()?),
            Some(Encoder::Zstd(encoder)) => out.write_all(&encoder.finish()?),
        }
    }
}

impl Encoder {
    fn new(compression: Compression) -> io::Result<Self> {
        Ok(match compression {
            Compression::Zstd => Self::Zstd(zstd::Encoder::new(Vec::new(), ZSTD_LEVEL)?),
            _ => {
                let level = flate2::Compression::new(GZIP_LEVEL);
                Self::Gzip(GzEncoder::new(Vec::new(), level))
            }
        })
    }
}
