//! Running a program: a session of DataFusion set up for KQL, steps in order, results as guarded streams.

mod groups;
mod guard;
mod run;
pub(crate) mod scan;
mod session;

pub(crate) use guard::{Guard, Stop};
pub(crate) use run::Run;
pub(crate) use session::Session;
