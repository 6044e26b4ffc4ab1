//! `matches regex`.

use vizsla_schema::KqlType;

use super::{check_pattern, compiled};
use crate::args::Args;
use crate::def::{Eval, KernelResult, Param, Returns, ScalarDef, ex, sig};
use crate::search::{answer, matching};

/// The operator `matches regex`.
pub(crate) const MATCHES_REGEX: ScalarDef = ScalarDef {
    name: "matches regex",
    signatures: &[sig(&[Param::Is(KqlType::String), Param::Const(KqlType::String)], Returns::Is(KqlType::Bool))],
    summary: "Whether a pattern matches somewhere in a text, minding case.",
    source: "matches-regex-operator",
    examples: &[ex("'2020-01-15' matches regex @'^\\d{4}-'", "True"), ex("'٣' matches regex @'\\d'", "True")],
    check: Some(|constants| check_pattern(constants, 1).map(|_| ())),
    eval: Eval::Kernel(|args| matches(args, false)),
    ..ScalarDef::BASE
};

/// The opposite, for `not(… matches regex …)`; the language has no spelling for it.
pub(crate) const NOT_MATCHES_REGEX: ScalarDef = ScalarDef {
    name: "!matches regex",
    summary: "Whether a pattern matches nowhere in a text; ours, for `not(a matches regex b)`.",
    examples: &[],
    eval: Eval::Kernel(|args| matches(args, true)),
    ..MATCHES_REGEX
};

fn matches(args: &Args<'_>, negated: bool) -> KernelResult {
    let pattern = compiled(args.constant_text(1))?;
    Ok(answer(matching(args.text(0), args.rows(), |text| pattern.is_match(text)), negated))
}
