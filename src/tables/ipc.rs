//! The messages of Arrow IPC, in a stream or a file, checked before they are decoded.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};

use arrow_array::RecordBatch;
use arrow_ipc::convert::try_fb_to_schema;
use arrow_ipc::reader::{FileDecoder, read_footer_length};
use arrow_ipc::{
    Block, CompressionType, Message, MessageHeader, RecordBatch as Header, root_as_footer,
    root_as_message,
};
use arrow_schema::{ArrowError, SchemaRef};

/// The magic bytes at the start and the end of a file.
pub(super) const MARK: &[u8] = b"ARROW1";

const CONTINUATION: [u8; 4] = [0xFF; 4];

/// The maximum compression ratios of LZ4 and Zstandard.
const LZ4_MOST: usize = 255;
const ZSTD_MOST: usize = 32 << 10;

/// The record batches of a stream or file.
pub(super) struct IpcBatches<R> {
    reader: R,
    decoder: FileDecoder,
    /// In a file, the positions of the messages that have not been read.
    blocks: Option<VecDeque<u64>>,
}

/// A message with its body, after eight bytes with its length.
struct Bytes {
    bytes: Vec<u8>,
    /// The start of the body.
    body: usize,
}

/// Opens a stream.
pub(super) fn open_stream<R: Read>(
    mut reader: R,
) -> Result<(IpcBatches<R>, SchemaRef), ArrowError> {
    let first = read_message(&mut reader)?.ok_or_else(|| fault("it is empty"))?;
    let message = first.message()?;
    let schema =
        message.header_as_schema().ok_or_else(|| fault("it does not start with a schema"))?;
    let schema = SchemaRef::new(try_fb_to_schema(schema)?);
    let decoder = FileDecoder::new(SchemaRef::clone(&schema), message.version());
    Ok((IpcBatches { reader, decoder, blocks: None }, schema))
}

/// Opens a file, and returns the number of its messages.
pub(super) fn open_file(
    file: File,
) -> Result<(IpcBatches<BufReader<File>>, SchemaRef, u64), ArrowError> {
    let mut reader = BufReader::new(file);
    let mut end = [0; 10];
    reader.seek(SeekFrom::End(-10))?;
    reader.read_exact(&mut end)?;
    if !end.ends_with(MARK) {
        return Err(fault("the end of the file is missing"));
    }
    let length = read_footer_length(end)?;
    reader.seek(SeekFrom::End(-10 - i64::try_from(length).unwrap_or(i64::MAX - 10)))?;
    let footer = exactly(&mut reader, length, Vec::new())?;
    let footer = root_as_footer(&footer).map_err(|e| fault(&format!("the footer: {e}")))?;
    let schema = footer.schema().ok_or_else(|| fault("the footer has no schema"))?;
    let schema = SchemaRef::new(try_fb_to_schema(schema)?);
    let dictionaries = footer.dictionaries().into_iter().flatten();
    let blocks = dictionaries.chain(footer.recordBatches().into_iter().flatten());
    let offset = |block: &Block| {
        u64::try_from(block.offset()).map_err(|_| fault("the footer points nowhere"))
    };
    let blocks = blocks.map(offset).collect::<Result<VecDeque<u64>, _>>()?;
    let count = blocks.len() as u64;
    let decoder = FileDecoder::new(SchemaRef::clone(&schema), footer.version());
    Ok((IpcBatches { reader, decoder, blocks: Some(blocks) }, schema, count))
}

impl<R: Read> IpcBatches<R> {
    /// Returns the next record batch.
    ///
    /// `seek` goes to a place of the file.
    fn next(
        &mut self,
        seek: impl Fn(&mut R, u64) -> std::io::Result<u64>,
    ) -> Result<Option<RecordBatch>, ArrowError> {
        loop {
            let message = match &mut self.blocks {
                None => read_message(&mut self.reader)?,
                Some(blocks) => {
                    let Some(block) = blocks.pop_front() else { return Ok(None) };
                    seek(&mut self.reader, block)?;
                    Some(read_message(&mut self.reader)?.ok_or_else(|| fault("it is truncated"))?)
                }
            };
            let Some(message) = message else { return Ok(None) };
            if let Some(batch) = self.decode(message)? {
                return Ok(Some(batch));
            }
        }
    }

    /// Decodes a message: a record batch, or nothing for a dictionary that later batches
    /// refer to.
    fn decode(&mut self, bytes: Bytes) -> Result<Option<RecordBatch>, ArrowError> {
        let message = bytes.message()?;
        let kind = message.header_type();
        let dictionary = message.header_as_dictionary_batch();
        let header = dictionary.and_then(|d| d.data()).or(message.header_as_record_batch());
        let header = header.ok_or_else(|| fault("a message is not a record batch"))?;
        check(&header, &bytes.bytes[bytes.body..])?;
        let body = i32::try_from(bytes.body).map_err(|_| fault("a message is too long"))?;
        let block = Block::new(0, body, message.bodyLength());
        let buffer = bytes.bytes.into();
        if kind == MessageHeader::DictionaryBatch {
            self.decoder.read_dictionary(&block, &buffer)?;
            return Ok(None);
        }
        self.decoder.read_record_batch(&block, &buffer)
    }
}

impl<R: Read> IpcBatches<R> {
    /// Returns the record batches of a stream.
    pub(super) fn streamed(mut self) -> impl Iterator<Item = Result<RecordBatch, ArrowError>> {
        let nowhere = |_: &mut R, _| Ok(0);
        std::iter::from_fn(move || self.next(nowhere).transpose())
    }
}

impl<R: Read + Seek> IpcBatches<R> {
    /// Returns the record batches of a file; `done` receives the number of messages that are
    /// left.
    pub(super) fn by_footer(
        mut self,
        mut done: impl FnMut(u64),
    ) -> impl Iterator<Item = Result<RecordBatch, ArrowError>> {
        let seek = |reader: &mut R, at| reader.seek(SeekFrom::Start(at));
        std::iter::from_fn(move || {
            let next = self.next(seek).transpose();
            done(self.blocks.as_ref().map_or(0, |blocks| blocks.len() as u64));
            next
        })
    }
}

impl Bytes {
    fn message(&self) -> Result<Message<'_>, ArrowError> {
        root_as_message(&self.bytes[8..self.body]).map_err(|e| fault(&format!("a message: {e}")))
    }
}

/// Reads the message at the reader's position; `None` at the end of a stream. Memory
/// grows only with the bytes that arrive, whatever the declared lengths.
fn read_message(reader: &mut impl Read) -> Result<Option<Bytes>, ArrowError> {
    let mut length = Vec::new();
    Read::by_ref(reader).take(4).read_to_end(&mut length)?;
    if length.is_empty() {
        return Ok(None);
    }
    if length == CONTINUATION {
        length = exactly(reader, 4, Vec::new())?;
    }
    // Before Arrow 0.15 there was no such mark before the length.
    let length: [u8; 4] = length.try_into().map_err(|_| fault("it is truncated"))?;
    let metadata = match i32::from_le_bytes(length) {
        0 => return Ok(None),
        length => usize::try_from(length).map_err(|_| fault("a length is negative"))?,
    };
    let mut bytes = CONTINUATION.to_vec();
    bytes.extend(length);
    let bytes = exactly(reader, metadata, bytes)?;
    let mut message = Bytes { body: bytes.len(), bytes };
    let body = usize::try_from(message.message()?.bodyLength());
    let body = body.map_err(|_| fault("a length is negative"))?;
    message.bytes = exactly(reader, body, message.bytes)?;
    Ok(Some(message))
}

/// Appends `count` bytes.
fn exactly(
    reader: &mut impl Read,
    length: usize,
    mut bytes: Vec<u8>,
) -> Result<Vec<u8>, ArrowError> {
    let read = reader.take(length as u64).read_to_end(&mut bytes)?;
    if read == length { Ok(bytes) } else { Err(fault("it is truncated")) }
}

/// Refuses buffers outside their message, and buffers with a declared size that their
/// compressed bytes cannot expand to, because the decoder would allocate that much
/// memory.
fn check(header: &Header<'_>, body: &[u8]) -> Result<(), ArrowError> {
    for buffer in header.buffers().into_iter().flatten() {
        let place =
            usize::try_from(buffer.offset()).ok().zip(usize::try_from(buffer.length()).ok());
        let bytes = place.and_then(|(at, length)| body.get(at..at.checked_add(length)?));
        let bytes = bytes.ok_or_else(|| fault("a buffer lies outside its message"))?;
        let Some(compression) = header.compression() else { continue };
        let Some((declared, data)) = bytes.split_first_chunk::<8>() else { continue };
        // A negative size means that the buffer is not compressed after all.
        let Ok(declared) = usize::try_from(i64::from_le_bytes(*declared)) else { continue };
        if declared == 0 {
            continue;
        }
        let at_most = |factor| declared <= data.len().saturating_mul(factor);
        let is_possible = match compression.codec() {
            CompressionType::ZSTD => {
                let told = zstd::zstd_safe::get_frame_content_size(data);
                at_most(ZSTD_MOST)
                    && told.is_ok_and(|told| told.is_none_or(|n| n == declared as u64))
            }
            _ => at_most(LZ4_MOST),
        };
        if !is_possible {
            return Err(fault("a buffer declares a size that it cannot have"));
        }
    }
    Ok(())
}

fn fault(text: &str) -> ArrowError {
    ArrowError::IpcError(text.into())
}
