//! The landscape of a batch as people read it: one page, a workbook, a summary in
//! words; and how tagged or labelled files are read for it.

mod added_columns;
mod changes;
mod charts;
mod cover;
mod groups;
mod overviews;
pub mod page;
mod read;
mod sentences;
mod sheet;
mod suggestion;
mod tables;
#[cfg(test)]
mod tests;
mod words;
#[cfg(feature = "formats")]
pub mod workbook;

pub use read::BatchOptions;
pub use sentences::summary;
