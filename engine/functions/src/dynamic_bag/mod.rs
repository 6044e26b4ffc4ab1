//! Functions of bags in dynamics, and those between dynamics and text.
//!
//! Where a function wants a bag and a row holds something else, the answer is null, never an error (fact 139).

mod change;
mod json;
mod keys;
mod pack;
mod xml;

use vizsla_schema::KqlType as T;

use crate::def::{Returns, ScalarDef};

pub(crate) const ALL: &[ScalarDef] = &[
    change::BAG_MERGE,
    change::BAG_REMOVE_KEYS,
    change::BAG_SET_KEY,
    json::DYNAMIC_TO_JSON,
    json::EXTRACT_JSON,
    json::GETTYPE,
    json::PARSE_JSON,
    keys::BAG_HAS_KEY,
    keys::BAG_KEYS,
    keys::TREEPATH,
    pack::BAG_PACK,
    pack::BAG_PACK_COLUMNS,
    pack::BAG_ZIP,
    pack::PACK_ALL,
    xml::PARSE_XML,
];

const DYNAMIC: Returns = Returns::Is(T::Dynamic);
