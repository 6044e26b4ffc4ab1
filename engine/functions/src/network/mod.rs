//! Functions of addresses, URLs, paths, command lines and user agents.

mod address;
mod command_line;
mod has_ip;
mod ip;
mod lookup;
mod path;
mod url;
mod user_agent;
mod written;

pub use self::lookup::{NETWORKS_OF_IPV4, NETWORKS_OF_IPV6};

use vizsla_schema::KqlType;

use crate::def::{Eval, Param, Returns, ScalarDef, ex, sig};

pub(crate) const ALL: &[ScalarDef] = &[
    GEO_INFO_FROM_IP_ADDRESS,
    command_line::PARSE_COMMAND_LINE,
    has_ip::HAS_ANY_IPV4,
    has_ip::HAS_ANY_IPV4_PREFIX,
    has_ip::HAS_IPV4,
    has_ip::HAS_IPV4_PREFIX,
    ip::IPV4_COMPARE,
    ip::IPV4_IS_IN_ANY_RANGE,
    ip::IPV4_IS_IN_RANGE,
    ip::IPV4_IS_MATCH,
    ip::IPV4_IS_PRIVATE,
    ip::IPV6_COMPARE,
    ip::IPV6_IS_IN_ANY_RANGE,
    ip::IPV6_IS_IN_RANGE,
    ip::IPV6_IS_MATCH,
    path::PARSE_PATH,
    url::PARSE_URL,
    url::PARSE_URLQUERY,
    user_agent::PARSE_USER_AGENT,
    written::FORMAT_IPV4,
    written::FORMAT_IPV4_MASK,
    written::IPV4_NETMASK_SUFFIX,
    written::IPV4_RANGE_TO_CIDR_LIST,
    written::PARSE_IPV4,
    written::PARSE_IPV4_MASK,
    written::PARSE_IPV6,
    written::PARSE_IPV6_MASK,
];

const STRING: Param = Param::Is(KqlType::String);
const LONG: Param = Param::Is(KqlType::Long);
const TO_STRING: Returns = Returns::Is(KqlType::String);
const TO_LONG: Returns = Returns::Is(KqlType::Long);
const TO_BOOL: Returns = Returns::Is(KqlType::Bool);
const TO_DYNAMIC: Returns = Returns::Is(KqlType::Dynamic);

const GEO_INFO_FROM_IP_ADDRESS: ScalarDef = ScalarDef {
    name: "geo_info_from_ip_address",
    signatures: &[sig(&[STRING], TO_DYNAMIC)],
    summary: "An empty bag: Vizsla ships no database of where addresses are. Joining one of your own is the way.",
    source: "geo-info-from-ip-address-function",
    examples: &[ex("geo_info_from_ip_address('20.53.203.50')", "{}")],
    eval: Eval::Kernel(|args| Ok(args.strs(|_| Some("{}")))),
    ..ScalarDef::BASE
};
