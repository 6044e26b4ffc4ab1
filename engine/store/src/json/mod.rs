//! JSON as event data has it: one record a line, read without building a tree.
//!
//! [`scan`] walks over a line and gives the places of its values; [`cell`] turns one such value into a value of a column.
//! Numbers are never passed through floating point on their way into text, so all their digits survive.

pub(crate) mod cell;
pub(crate) mod infer;
pub(crate) mod scan;
