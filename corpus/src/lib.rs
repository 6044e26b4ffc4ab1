//! What Vizsla is measured with: case files, conformance scoreboards and generated events.
//!
//! - [`case`] reads `cases/**/*.md` (prose, a query, its answer), runs them through anything that implements
//!   [`Driver`] and reports every difference at once;
//! - [`compare`] decides whether an answer agrees with a documented one, by the rules of
//!   `shared/conformance/compare.py`;
//! - [`scoreboard`] asks every question of the conformance sets, counts the answers and holds them to the recorded
//!   floors.
//!
//! This crate knows neither the engine nor DataFusion: answers come in as [`Table`]s of JSON cells, so the same
//! questions serve the library, the command line and the server.

pub mod case;
pub mod compare;
pub mod generate;
pub mod scoreboard;
mod table;

pub use case::{CaseOptions, Driver};
pub use table::{Cell, Failure, Table};
