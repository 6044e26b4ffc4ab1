//! `in`, `has_any`, `has_all` and their kin: the list is constants, dynamic arrays, or one table.

use kql_parser::ast::{self, InOp};
use kql_parser::diagnostic::Diagnostic;
use kql_parser::span::Span;
use vizsla_functions::{Value, dynamic, operators, search};
use vizsla_schema::KqlType;

use super::Binder;
use super::convert::json_array;
use super::row::Row;
use crate::bound::{Expr, ExprKind, StepKind};
use crate::error;

impl<'a> Binder<'a> {
    pub(super) fn bind_in(&mut self, it: &'a ast::In, row: &mut Row<'_>) -> Expr {
        if matches!(&*it.left, ast::Expr::Star(_)) {
            return self.bind_any_column_in(it, row);
        }
        let needle = self.bind_scalar(&it.left, row);
        self.in_list(it, needle, row)
    }

    /// `* has_any (…)`, `* in (…)`
    fn bind_any_column_in(&mut self, it: &'a ast::In, row: &mut Row<'_>) -> Expr {
        let columns: Vec<Expr> = row.columns.iter().map(|column| Expr::column(column, it.left.span())).collect();
        let texts = columns.into_iter().filter(|column| matches!(column.ty, KqlType::String | KqlType::Dynamic));
        let terms = texts.map(|column| self.in_list(it, column, row)).collect();
        Expr { kind: ExprKind::Or(terms), ty: KqlType::Bool, span: it.span }
    }

    fn in_list(&mut self, it: &'a ast::In, needle: Expr, row: &mut Row<'_>) -> Expr {
        if let [single] = it.list.as_slice()
            && self.is_tabular(single)
        {
            return self.in_table(it, needle, single);
        }
        let items: Vec<Expr> = it.list.iter().map(|item| self.bind_scalar(item, row)).collect();
        if needle.is_poison() || items.iter().any(Expr::is_poison) {
            return Expr { ty: KqlType::Bool, ..Expr::poison(it.span) };
        }
        let needle = self.needle_as_text(it.op, needle);
        match constants(&items) {
            Some(values) => self.in_constants(it.op, needle, &values, it.span),
            None => self.in_expressions(it, needle, items),
        }
    }

    /// Text operators look at the text of a dynamic; `in` compares a dynamic by value.
    fn needle_as_text(&mut self, op: InOp, needle: Expr) -> Expr {
        match op {
            InOp::In | InOp::NotIn => needle,
            InOp::InCi | InOp::NotInCi | InOp::HasAny | InOp::HasAll => self.convert_to(needle, KqlType::String),
        }
    }

    fn in_constants(&mut self, op: InOp, needle: Expr, values: &[Value], span: Span) -> Expr {
        let negated = match op {
            InOp::In => false,
            InOp::NotIn => true,
            _ => return self.with_list(op, needle, Expr::literal(json_array(values), span), span),
        };
        // Two dynamics compare by their text.
        let needle = if needle.ty == KqlType::Dynamic && values.iter().all(is_text) {
            self.convert_to(needle, KqlType::String)
        } else {
            needle
        };
        let list = values.iter().map(|value| self.convert_to(Expr::literal(value.clone(), span), needle.ty));
        let list: Vec<Expr> = list.collect();
        let exact = list.iter().zip(values).all(|(converted, value)| keeps_value(converted, value));
        if !exact || needle.ty == KqlType::Dynamic {
            return self.with_list(op, needle, Expr::literal(json_array(values), span), span);
        }
        let list = list.iter().filter_map(Expr::as_literal).filter(|value| !value.is_null()).cloned().collect();
        Expr { kind: ExprKind::InList { needle: Box::new(needle), list, negated }, ty: KqlType::Bool, span }
    }

    /// Items that vary by row: a dynamic array is looked into, anything else is one comparison each.
    fn in_expressions(&mut self, it: &'a ast::In, needle: Expr, mut items: Vec<Expr>) -> Expr {
        if items.len() == 1 && items[0].ty == KqlType::Dynamic {
            return self.with_list(it.op, needle, items.remove(0), it.span);
        }
        let terms: Vec<Expr> =
            items.into_iter().map(|item| self.one_of(it.op, needle.clone(), item, it.span)).collect();
        let kind = match it.op {
            InOp::NotIn | InOp::NotInCi | InOp::HasAll => ExprKind::And(terms),
            InOp::In | InOp::InCi | InOp::HasAny => ExprKind::Or(terms),
        };
        Expr { kind, ty: KqlType::Bool, span: it.span }
    }

    fn one_of(&mut self, op: InOp, needle: Expr, item: Expr, span: Span) -> Expr {
        use kql_parser::ast::BinaryOp as Op;
        if item.ty == KqlType::Dynamic && item.as_literal().is_none() {
            return self.with_list(op, needle, item, span);
        }
        let op = match op {
            InOp::In => Op::Equal,
            InOp::NotIn => Op::NotEqual,
            InOp::InCi => Op::EqualCi,
            InOp::NotInCi => Op::NotEqualCi,
            InOp::HasAny | InOp::HasAll => Op::Has,
        };
        self.binary(op, needle, item, span)
    }

    fn with_list(&mut self, op: InOp, needle: Expr, list: Expr, span: Span) -> Expr {
        let def = match op {
            InOp::In | InOp::NotIn => operators::operator(op.spelling()),
            _ => search::operator(op.spelling()),
        };
        let def = def.expect("every list operator has a kernel");
        self.apply(def, vec![needle, list], span)
    }

    /// `x in (T | project y)`: a step finds the distinct values of the first column.
    fn in_table(&mut self, it: &'a ast::In, needle: Expr, table: &'a ast::Expr) -> Expr {
        let relation = self.bind_table(table);
        let Some(first) = relation.columns.first().cloned() else {
            if relation.open {
                return Expr { ty: KqlType::Bool, ..Expr::poison(it.span) };
            }
            let message = "the table after this operator has no columns";
            return self.fail(Diagnostic::error(error::NOT_A_TABLE, table.span()).message(message));
        };
        if needle.is_poison() {
            return Expr { ty: KqlType::Bool, ..Expr::poison(it.span) };
        }
        let mut needle = self.needle_as_text(it.op, needle);
        if needle.ty == KqlType::Dynamic && first.ty == KqlType::String {
            needle = self.convert_to(needle, KqlType::String);
        }
        let relation = crate::bound::Relation { columns: vec![first], ..relation.unordered() };
        let list = self.step(StepKind::List, relation);
        let def = match it.op {
            InOp::In | InOp::NotIn => operators::operator(it.op.spelling()),
            _ => search::operator(it.op.spelling()),
        };
        let def = def.expect("every list operator has a kernel");
        Expr { kind: ExprKind::CallWithList { def, needle: Box::new(needle), list }, ty: KqlType::Bool, span: it.span }
    }
}

/// All items as constants, dynamic arrays flattened; `None` if one is not constant.
fn constants(items: &[Expr]) -> Option<Vec<Value>> {
    let mut values = Vec::new();
    for item in items {
        match item.as_literal()? {
            Value::Dynamic(json) => match dynamic::elements(json) {
                Some(elements) => values.extend(elements.into_iter().map(element_value)),
                None => values.push(element_value(json)),
            },
            other => values.push(other.clone()),
        }
    }
    Some(values)
}

/// A JSON scalar as the value it denotes; arrays and bags stay dynamic.
fn element_value(json: &str) -> Value {
    match dynamic::parse(json) {
        Some(dynamic::Json::String(text)) => Value::String(text.as_str().into()),
        Some(dynamic::Json::Long(value)) => Value::Long(value),
        Some(dynamic::Json::Real(value)) => Value::Real(value),
        Some(dynamic::Json::Bool(value)) => Value::Bool(value),
        Some(dynamic::Json::Null) => Value::Null(KqlType::Dynamic),
        _ => Value::Dynamic(json.into()),
    }
}

fn is_text(value: &Value) -> bool {
    matches!(value, Value::String(_))
}

/// Whether a converted constant is still the same value: `2.5` as a long is not.
fn keeps_value(converted: &Expr, value: &Value) -> bool {
    match (converted.as_literal(), value) {
        (None, _) => false,
        (Some(Value::Null(_)), Value::Null(_)) => true,
        (Some(Value::Null(_)), _) => false,
        (Some(Value::Long(_) | Value::Int(_)), Value::Real(_) | Value::Decimal(_)) => false,
        (Some(Value::Int(narrow)), Value::Long(wide)) => i64::from(*narrow) == *wide,
        (Some(Value::String(_)), Value::String(_)) => true,
        // Text never equals a number, nor a number text.
        (Some(Value::String(_)), _) => false,
        (Some(Value::Long(_) | Value::Int(_) | Value::Real(_) | Value::Bool(_)), Value::String(_)) => false,
        (Some(_), _) => true,
    }
}
