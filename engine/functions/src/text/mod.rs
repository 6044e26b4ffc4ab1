//! Functions of strings: measured, cut, put together, encoded, hashed.

mod base64;
mod build;
mod compress;
mod cut;
mod hash;
mod measure;
pub(crate) mod position;
mod punycode;
mod unicode;
pub(crate) mod url;
mod written;

use vizsla_schema::KqlType;

use crate::def::{Param, Returns, ScalarDef};
use crate::dynamic;

pub(crate) const ALL: &[ScalarDef] = &[
    base64::DECODE_TOARRAY,
    base64::DECODE_TOGUID,
    base64::DECODE_TOSTRING,
    base64::ENCODE_FROMARRAY,
    base64::ENCODE_FROMGUID,
    base64::ENCODE_TOSTRING,
    build::REPLACE_STRING,
    build::REPLACE_STRINGS,
    build::STRCAT,
    build::STRCAT_ARRAY,
    build::STRCAT_DELIM,
    build::STRREP,
    build::TOLOWER,
    build::TOUPPER,
    build::TRANSLATE,
    compress::GZIP_COMPRESS,
    compress::GZIP_DECOMPRESS,
    compress::ZLIB_COMPRESS,
    compress::ZLIB_DECOMPRESS,
    cut::PARSE_CSV,
    cut::REVERSE,
    cut::SPLIT,
    cut::SUBSTRING,
    hash::HASH,
    hash::HASH_COMBINE,
    hash::HASH_MANY,
    hash::HASH_MD5,
    hash::HASH_SHA1,
    hash::HASH_SHA256,
    hash::HASH_XXHASH64,
    hash::NEW_GUID,
    measure::COUNTOF,
    measure::ISASCII,
    measure::ISUTF8,
    measure::STRCMP,
    measure::STRING_SIZE,
    measure::STRLEN,
    position::INDEXOF,
    punycode::DOMAIN_FROM_STRING,
    punycode::DOMAIN_TO_STRING,
    punycode::FROM_STRING,
    punycode::TO_STRING,
    unicode::FROM_STRING,
    unicode::TO_STRING,
    url::DECODE,
    url::ENCODE,
    url::ENCODE_COMPONENT,
    written::FORMAT_BYTES,
    written::PARSE_VERSION,
    written::TOHEX,
];

const STRING: Param = Param::Is(KqlType::String);
/// A text and nothing that would have to become one: the emulator refuses a dynamic here (fact 76).
const TEXT_ONLY: Param = Param::Exactly(KqlType::String);
const LONG: Param = Param::Is(KqlType::Long);
const TO_STRING: Returns = Returns::Is(KqlType::String);
const TO_LONG: Returns = Returns::Is(KqlType::Long);
const TO_BOOL: Returns = Returns::Is(KqlType::Bool);
const TO_DYNAMIC: Returns = Returns::Is(KqlType::Dynamic);

/// The text forms of an array's elements, `""` for nulls; nothing if this is no array.
fn texts_of(array: &str) -> Vec<std::borrow::Cow<'_, str>> {
    dynamic::elements(array).into_iter().flatten().map(dynamic::text_of).collect()
}
