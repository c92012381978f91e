//! Writes Apache Parquet one row group at a time, so that a file can be resumed after any
//! of them.

use ::parquet::arrow::ArrowWriter;
use ::parquet::basic::{Compression, ZstdLevel};
use ::parquet::errors::{ParquetError, Result};
use ::parquet::file::metadata::{
    FileMetaData, ParquetMetaData, ParquetMetaDataReader, ParquetMetaDataWriter, RowGroupMetaData,
};
use ::parquet::file::properties::{EnabledStatistics, WriterProperties};

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;

/// The magic bytes at the start and the end of a file.
pub(super) const MARK: &[u8] = b"PAR1";

/// Encodes each row group as a separate file in memory, and concatenates them. The footer
/// needs only the metadata of these files with shifted offsets.
pub(super) struct GroupWriter {
    schema: SchemaRef,
    group: Option<ArrowWriter<Vec<u8>>>,
    /// Metadata of the complete row groups, with their final offsets.
    groups: Vec<RowGroupMetaData>,
    /// Bytes of the output so far.
    position: usize,
}

/// A complete row group.
#[derive(Default)]
pub(super) struct Group {
    pub(super) bytes: Vec<u8>,
    /// The state for [`GroupWriter::go_on`]; none without rows.
    pub(super) metadata: Vec<u8>,
}

impl GroupWriter {
    pub(super) fn new(schema: SchemaRef) -> Result<Self> {
        // Types that cannot be written are reported before the first row.
        let group = Some(file_of_group(&schema)?);
        Ok(Self { schema, group, groups: Vec::new(), position: MARK.len() })
    }

    /// Continues after existing row groups, given by their metadata.
    pub(super) fn go_on(&mut self, groups: &[Vec<u8>]) -> Result<()> {
        groups.iter().filter(|metadata| !metadata.is_empty()).try_for_each(|m| self.place(m))
    }

    pub(super) fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        let group = match &mut self.group {
            Some(group) => group,
            none => none.insert(file_of_group(&self.schema)?),
        };
        group.write(batch)
    }

    /// Completes the current row group.
    pub(super) fn cut(&mut self) -> Result<Group> {
        let Some(group) = self.group.take().filter(|group| group.in_progress_rows() > 0) else {
            return Ok(Group::default());
        };
        let mut bytes = group.into_inner()?;
        let metadata = bytes.split_off(start_of_metadata(&bytes)?);
        let metadata = metadata[..metadata.len() - 8].to_vec();
        self.place(&metadata)?;
        Ok(Group { bytes: bytes.split_off(MARK.len()), metadata })
    }

    /// Returns the footer, after the last cut.
    pub(super) fn finish(self) -> Result<Vec<u8>> {
        // A file without rows supplies what all files have in common.
        let empty = file_of_group(&self.schema)?.into_inner()?;
        let common = &empty[start_of_metadata(&empty)?..empty.len() - 8];
        let common = ParquetMetaDataReader::decode_metadata(common)?;
        let common = common.file_metadata();
        let file = FileMetaData::new(
            common.version(),
            self.groups.iter().map(RowGroupMetaData::num_rows).sum(),
            common.created_by().map(str::to_owned),
            common.key_value_metadata().cloned(),
            common.schema_descr_ptr(),
            common.column_orders().cloned(),
        );
        let mut footer = Vec::new();
        let metadata = ParquetMetaData::new(file, self.groups);
        ParquetMetaDataWriter::new(&mut footer, &metadata).finish()?;
        Ok(footer)
    }

    /// Moves a row group from the start of its own file to the end of the output.
    fn place(&mut self, metadata: &[u8]) -> Result<()> {
        let metadata = ParquetMetaDataReader::decode_metadata(metadata)?;
        let group = metadata.row_groups().first();
        let group = group.ok_or_else(|| fault("a row group has no metadata"))?;
        let by = i64::try_from(self.position - MARK.len()).map_err(|_| fault("it is too long"))?;
        let mut end = MARK.len() as u64;
        let mut columns = Vec::with_capacity(group.num_columns());
        for column in group.columns() {
            let (start, length) = column.byte_range();
            end = end.max(start + length);
            let data = column.data_page_offset() + by;
            let dictionary = column.dictionary_page_offset().map(|offset| offset + by);
            let moved = column.clone().into_builder().set_data_page_offset(data);
            columns.push(moved.set_dictionary_page_offset(dictionary).build()?);
        }
        let mut moved = group.clone().into_builder().set_column_metadata(columns);
        if let Some(offset) = group.file_offset() {
            moved = moved.set_file_offset(offset + by);
        }
        if let Ok(ordinal) = i32::try_from(self.groups.len()) {
            moved = moved.set_ordinal(ordinal);
        }
        self.groups.push(moved.build()?);
        self.position += end as usize - MARK.len();
        Ok(())
    }
}

/// Creates a file for one row group, without page indexes, which are stored outside the
/// row group.
fn file_of_group(schema: &SchemaRef) -> Result<ArrowWriter<Vec<u8>>> {
    let properties = WriterProperties::builder()
        .set_created_by(concat!("trendtag ", env!("CARGO_PKG_VERSION")).into())
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_offset_index_disabled(true)
        .set_max_row_group_row_count(None)
        .set_max_row_group_bytes(None)
        .build();
    ArrowWriter::try_new(Vec::new(), SchemaRef::clone(schema), Some(properties))
}

/// Returns the start of the metadata of a file, from their length in the four bytes
/// before the magic bytes.
fn start_of_metadata(file: &[u8]) -> Result<usize> {
    let length = file.last_chunk::<8>().and_then(|end| end.first_chunk::<4>());
    let length = length.map(|length| u32::from_le_bytes(*length) as usize);
    let start = length.and_then(|length| file.len().checked_sub(length + 8));
    start.filter(|start| *start >= MARK.len()).ok_or_else(|| fault("a row group has no footer"))
}

fn fault(reason: &str) -> ParquetError {
    ParquetError::General(reason.into())
}
