//! Operators with two operands, and `between`: which types they take, and what an operand is converted to.

use kql_parser::ast::{self, BinaryOp};
use kql_parser::diagnostic::Diagnostic;
use kql_parser::span::Span;
use vizsla_functions::{Value, operators, search};
use vizsla_schema::KqlType;

use super::Binder;
use super::convert::common_type;
use super::row::Row;
use crate::bound::{Expr, ExprKind};
use crate::error::{self, unsupported};

impl<'a> Binder<'a> {
    pub(super) fn bind_binary(&mut self, it: &'a ast::Binary, row: &mut Row<'_>) -> Expr {
        if matches!(&*it.left, ast::Expr::Star(_)) {
            return self.bind_any_column(it, row);
        }
        let left = self.bind_scalar(&it.left, row);
        let right = self.bind_scalar(&it.right, row);
        self.binary(it.op, left, right, it.span)
    }

    /// `left op right` over bound operands.
    pub(crate) fn binary(&mut self, op: BinaryOp, left: Expr, right: Expr, span: Span) -> Expr {
        use BinaryOp as Op;
        match op {
            Op::Add | Op::Subtract | Op::Multiply | Op::Divide | Op::Modulo => {
                let def = operators::operator(op.spelling()).expect("the operator table has all arithmetic");
                self.apply(def, vec![left, right], span)
            }
            Op::Equal | Op::NotEqual | Op::Less | Op::LessOrEqual | Op::Greater | Op::GreaterOrEqual => {
                self.compare(op, left, right, span)
            }
            Op::Like | Op::NotLike | Op::LikeCs | Op::NotLikeCs => {
                self.fail(unsupported(format_args!("`{}`", op.spelling()), span))
            }
            Op::Matches => self.string_operator("has", left, right, span),
            _ => self.string_operator(op.spelling(), left, right, span),
        }
    }

    fn compare(&mut self, op: BinaryOp, left: Expr, right: Expr, span: Span) -> Expr {
        if left.is_poison() || right.is_poison() {
            return Expr { ty: KqlType::Bool, ..Expr::poison(span) };
        }
        let Some((left, right)) = self.meet(left.clone(), right.clone()) else {
            return self.cannot_compare(op, &left, &right, span);
        };
        let def = operators::operator(op.spelling()).expect("the operator table has all comparisons");
        let ty = KqlType::Bool;
        self.fold(Expr { kind: ExprKind::Call { def, args: vec![left, right] }, ty, span })
    }

    /// Both operands in the type they meet in.
    fn meet(&mut self, left: Expr, right: Expr) -> Option<(Expr, Expr)> {
        if let Some(converted) = self.literal_as(&left, right.ty) {
            return Some((converted, right));
        }
        if let Some(converted) = self.literal_as(&right, left.ty) {
            return Some((left, converted));
        }
        let mut ty = common_type(left.ty, right.ty)?;
        if ty == KqlType::Dynamic {
            // Two dynamics are equal if their text is; the service refuses to compare them at all (fact 124).
            ty = KqlType::String;
        }
        Some((self.convert_to(left, ty), self.convert_to(right, ty)))
    }

    /// Literal text beside a datetime, timespan, guid, bool or number is one (fact 111).
    fn literal_as(&mut self, literal: &Expr, ty: KqlType) -> Option<Expr> {
        if matches!(ty, KqlType::String | KqlType::Dynamic) || literal.ty != KqlType::String {
            return None;
        }
        literal.as_literal()?;
        let converted = self.convert_to(literal.clone(), ty);
        let readable = converted.as_literal().is_some_and(|value| !value.is_null());
        readable.then_some(converted)
    }

    fn cannot_compare(&mut self, op: BinaryOp, left: &Expr, right: &Expr, span: Span) -> Expr {
        let (a, b) = (left.ty.name(), right.ty.name());
        let message = format!("`{}` cannot compare {a} with {b}", op.spelling());
        let hint = match (left.ty, right.ty) {
            (KqlType::String, other) | (other, KqlType::String) => {
                Some(format!("convert one side: `to{}(…)`", other.name()))
            }
            _ => None,
        };
        self.fail(Diagnostic::error(error::TYPE_MISMATCH, span).message(message).hint(hint))
    }

    /// `has`, `contains`, `=~`, `matches regex` …: text on both sides; a dynamic counts as its text.
    pub(crate) fn string_operator(&mut self, name: &str, left: Expr, right: Expr, span: Span) -> Expr {
        if left.is_poison() || right.is_poison() {
            return Expr { ty: KqlType::Bool, ..Expr::poison(span) };
        }
        for operand in [&left, &right] {
            if !matches!(operand.ty, KqlType::String | KqlType::Dynamic | KqlType::Guid) {
                let message = format!("`{name}` needs text, not {}", operand.ty.name());
                let hint = "convert it: `tostring(…)`";
                let service = if matches!(name, "=~" | "!~") { "SEM0065" } else { "SEM0709" };
                let code = error::with_service(error::TYPE_MISMATCH, service);
                return self.fail(Diagnostic::error(code, operand.span).message(message).hint(hint));
            }
        }
        if name == "matches regex" && right.as_literal().is_none() {
            let message = "the pattern has to be a constant";
            return self.fail(Diagnostic::error(error::CONSTANT_REQUIRED, right.span).message(message));
        }
        let (left, right) = (self.convert_to(left, KqlType::String), self.convert_to(right, KqlType::String));
        let def = search::operator(name).expect("the search table has all string operators");
        self.checked_call(def, vec![left, right], KqlType::Bool, span)
    }

    /// `* has "x"`: any column of text has it.
    fn bind_any_column(&mut self, it: &'a ast::Binary, row: &mut Row<'_>) -> Expr {
        let right = self.bind_scalar(&it.right, row);
        let texts: Vec<Expr> = row.columns.iter().map(|column| Expr::column(column, it.left.span())).collect();
        self.any_of(it.op, &texts, &right, it.span)
    }

    /// `op` on each of `columns` that it can compare with `right`, any of which may be true.
    pub(crate) fn any_of(&mut self, op: BinaryOp, columns: &[Expr], right: &Expr, span: Span) -> Expr {
        let mut terms = Vec::new();
        for column in columns {
            let searched = matches!(column.ty, KqlType::String | KqlType::Dynamic);
            let comparable = matches!(op, BinaryOp::Equal) && common_type(column.ty, right.ty).is_some();
            if searched || comparable {
                terms.push(self.binary(op, column.clone(), right.clone(), span));
            } else if right.ty == KqlType::String && !matches!(column.ty, KqlType::Real | KqlType::Decimal) {
                // A term is looked for in the text of integers, times and the like too, but not of fractions.
                let text = self.convert_to(column.clone(), KqlType::String);
                terms.push(self.binary(op, text, right.clone(), span));
            }
        }
        match terms.len() {
            0 => Expr::literal(Value::Bool(false), span),
            1 => terms.remove(0),
            _ => Expr { kind: ExprKind::Or(terms), ty: KqlType::Bool, span },
        }
    }

    pub(super) fn bind_between(&mut self, it: &'a ast::Between, row: &mut Row<'_>) -> Expr {
        let value = self.bind_scalar(&it.value, row);
        let low = self.bind_scalar(&it.low, row);
        let high = self.bind_scalar(&it.high, row);
        if value.is_poison() || low.is_poison() || high.is_poison() {
            return Expr { ty: KqlType::Bool, ..Expr::poison(it.span) };
        }
        let Some((value, low)) = self.meet(value.clone(), low.clone()) else {
            return self.cannot_compare(BinaryOp::GreaterOrEqual, &value, &low, it.span);
        };
        // `datetime between (a .. 3d)` means up to a + 3d (fact 88).
        let high = match (low.ty, high.ty) {
            (KqlType::DateTime, KqlType::TimeSpan) => self.binary(BinaryOp::Add, low.clone(), high, it.span),
            _ => high,
        };
        let Some((value, high)) = self.meet(value.clone(), high.clone()) else {
            let (from, to) = (value.ty.name(), high.ty.name());
            let message = format!("a range of {from} cannot end in a {to}");
            let service = if value.ty == KqlType::TimeSpan { "SEM0232" } else { "SEM0234" };
            let code = error::with_service(error::TYPE_MISMATCH, service);
            return self.fail(Diagnostic::error(code, high.span).message(message));
        };
        let low = self.convert_to(low, value.ty);
        self.range_test(it.negated, value, low, high, it.span)
    }

    fn range_test(&mut self, negated: bool, value: Expr, low: Expr, high: Expr, span: Span) -> Expr {
        let ordered = matches!(
            value.ty,
            KqlType::Int | KqlType::Long | KqlType::Real | KqlType::Decimal | KqlType::DateTime | KqlType::TimeSpan
        );
        if !ordered && value.ty != KqlType::Bool {
            let message = format!("`between` needs numbers or times, not {}", value.ty.name());
            let code = error::with_service(error::TYPE_MISMATCH, "SEM0208");
            return self.fail(Diagnostic::error(code, span).message(message));
        }
        let name = if negated { "!between" } else { "between" };
        let def = operators::operator(name).expect("the operator table has `between`");
        self.apply(def, vec![value, low, high], span)
    }
}
