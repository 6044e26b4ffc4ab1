//! Indexes beside Parquet files: in which blocks of a file a word or value can be, and which times they span.
//!
//! `events.parquet` has its index in `events.parquet.vzx`, or under another folder where exports may not be written to. It
//! holds for each text column the *keys* of each block of [`BLOCK`] rows: the terms of its values in folded case, and for
//! columns that name entities the whole values too. For each time column it holds the span of each block.
//!
//! An answer is a superset of the rows, so a filter always runs again over what is read. An index that is missing, stale,
//! damaged or of another version is passed over with a reason ([`Skipped`]); it never changes an answer.
//!
//! **Why hashes and no dictionary.** Most distinct words of command lines are noise, one GUID or base64 block a row, and a
//! dictionary of all of them is larger than the data. Here a key costs the bits that tell it apart from the others of its
//! file ([`postings`]), whatever its length, and a look-up reads one bucket of a few hundred bytes. The price: an index
//! answers which blocks hold a word, not which words begin with a prefix.

mod bits;
mod build;
mod bytes;
mod collect;
mod file;
mod find;
mod keys;
mod make;
mod postings;
#[cfg(test)]
mod tests;

pub use build::{IndexOptions, IndexReport, Indexed, build_all, drop_all, verify_all};
pub(crate) use file::{Identity, forged};
pub use file::{Index, Skipped};
pub use find::{Constraint, Kept, Match};
pub use keys::widened;

/// Rows of a block, the unit in which an index answers. Pages of optimised files have about as many rows; halving it adds
/// one bit to each posting and brings back half as many false rows.
pub const BLOCK: u64 = 512;

/// Rows of a segment, a whole number of blocks. Memory while building is some dozens of bytes for each key of a segment.
const SEGMENT: u64 = 1 << 19;

/// How an index's name ends, behind the whole name of its data file.
pub const SUFFIX: &str = ".vzx";
