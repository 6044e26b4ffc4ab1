//! The tables of Defender advanced hunting as data.
//!
//! What a table is called, which columns it has, of which type, and which of them name a device, a user
//! or a file is written once, in `tables/<Table>.toml`; binding, completion, storage, indexes, the event
//! generator and the reference pages are derived from it. Nothing here reads events or knows a query.
//!
//! ```
//! use vizsla_schema::{Catalog, KqlType, Role};
//!
//! let catalog = Catalog::defender();
//! let table = catalog.table("DeviceProcessEvents").expect("a Defender table");
//! let device = table.column("DeviceId").expect("its device column");
//! assert_eq!(device.ty, KqlType::String);
//! assert!(device.roles.contains(&Role::Device));
//! assert_eq!(catalog.nearest("DeviceProcesEvents"), Some("DeviceProcessEvents"));
//! ```

mod action_types;
mod built_in;
mod catalog;
mod sentinel;
mod suggest;
mod table;
pub mod terms;
mod ticks;
mod types;

pub use action_types::action_types;
pub use catalog::Catalog;
pub use sentinel::{is_sentinel_column, is_sentinel_table, retired_table};
pub use suggest::suggest;
pub use table::{ColumnDef, ResolvedColumn, Role, TableDef, TableError, arrow_schema};
pub use ticks::Ticks;
pub use types::KqlType;
