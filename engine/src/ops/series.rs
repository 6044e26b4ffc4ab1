//! `make-series`: aggregates at equal distances along an axis, as arrays (facts 296–299).
//!
//! Rows are grouped by key and bin, the groups of a key collected into lists, and one kernel lays the lists out on the axis.

use std::collections::HashSet;
use std::sync::Arc;

use kql_parser::ast::{BinaryOp, MakeSeries, SeriesRange};
use kql_parser::diagnostic::Diagnostic;
use kql_parser::span::Span;
use vizsla_functions::Value;
use vizsla_functions::lay_out::LAY_OUT;
use vizsla_schema::KqlType;

use super::columns::{column_for, extended, named_columns};
use super::parameters;
use crate::bind::Binder;
use crate::bind::names::NameSource;
use crate::bind::row::Row;
use crate::bound::{AggregateCall, Column, ColumnId, Expr, ExprKind, Plan, Relation};
use crate::error;
use crate::functions::agg;

/// Where an axis begins and ends, and the distance of its points.
struct Axis {
    value: Expr,
    from: Option<Expr>,
    to: Option<Expr>,
    step: Expr,
}

pub(super) fn bind_make_series<'a>(it: &'a MakeSeries, input: &Relation, cx: &mut Binder<'a>) -> Relation {
    parameters::check(&it.parameters, "make-series", &["kind"], cx);
    let nonempty = parameters::choice(&it.parameters, "kind", &[("nonempty", true)], false, cx);
    let axis_name = match cx.name_source(&it.on) {
        NameSource::Written(name) => name,
        NameSource::Derived(name) => name.as_str().into(),
        NameSource::None => Arc::from("Column1"),
    };
    let Some(axis) = bind_axis(it, input, cx) else { return Relation { open: true, ..input.clone() } };
    let by = it.by.as_deref().unwrap_or_default();
    let keys: Vec<Expr> = by.iter().map(|named| cx.bind_scalar(&named.expr, &mut Row::plain(input))).collect();
    let key_names = named_columns(by, &HashSet::new(), cx);
    // Each part has series of its own: what is one value in it is a key like others, and known by its id afterwards.
    let parts = input.partition.iter().flat_map(|it| it.keys.iter().chain(&it.carried));
    let parts: Vec<(ColumnId, KqlType)> = parts.copied().collect();
    let of_part = parts.iter().map(|(id, ty)| Expr { kind: ExprKind::Column(*id), ty: *ty, span: it.span });
    let keys = keys.into_iter().chain(of_part);
    let key_names = key_names.into_iter().chain(parts.iter().map(|_| "".into()));
    let mut row = Row::aggregating(input);
    let mut values = Vec::new();
    for item in &it.aggregates {
        let value = cx.bind_scalar(&item.expr.expr, &mut row);
        let default = item.default.as_ref().map(|default| cx.bind_scalar(default, &mut Row::none()));
        let name = match cx.name_source(&item.expr) {
            NameSource::Written(name) => name,
            NameSource::Derived(name) => name.as_str().into(),
            NameSource::None => format!("Column{}", values.len() + 1).into(),
        };
        values.push((name, value, default));
    }
    let aggregates = row.aggregates();
    let series = Series { axis_name, axis, keys: key_names.zip(keys).collect(), values, nonempty, span: it.span };
    if series.has_holes() {
        return Relation { open: true, ..input.clone() };
    }
    let mut made = series.plan(input, aggregates, cx);
    if parts.is_empty() {
        return made;
    }
    let fresh: Vec<Column> = made.columns.splice(by.len()..by.len() + parts.len(), []).collect();
    let old = parts.iter().zip(&fresh).map(|((id, _), fresh)| (*id, Expr::column(fresh, it.span))).collect();
    Relation { partition: input.partition.clone(), ..made.then(|plan| Plan::Extend { input: plan, columns: old }) }
}

/// The axis with its ends in the type of its values. `in range(a, b, s)` includes its end, `to` does not.
fn bind_axis<'a>(it: &'a MakeSeries, input: &Relation, cx: &mut Binder<'a>) -> Option<Axis> {
    let value = cx.bind_scalar(&it.on.expr, &mut Row::plain(input));
    let none = &mut Row::none();
    let (from, to, step, closed) = match &*it.range {
        SeriesRange::FromToStep { from, to, step } => {
            let from = from.as_ref().map(|from| cx.bind_scalar(from, none));
            let to = to.as_ref().map(|to| cx.bind_scalar(to, none));
            (from, to, cx.bind_scalar(step, none), false)
        }
        SeriesRange::InRange { from, to, step } => {
            let (from, to) = (cx.bind_scalar(from, none), cx.bind_scalar(to, none));
            (Some(from), Some(to), cx.bind_scalar(step, none), true)
        }
    };
    if from.iter().chain(&to).chain([&value, &step]).any(Expr::is_poison) {
        return None;
    }
    let ty = match value.ty {
        KqlType::Int => KqlType::Long,
        KqlType::Long if step.ty == KqlType::Real => KqlType::Real,
        KqlType::Long | KqlType::Real | KqlType::DateTime | KqlType::TimeSpan => value.ty,
        other => {
            let message = format!("the axis of `make-series` is a number or a time, not a {}", other.name());
            cx.report(Diagnostic::error(error::TYPE_MISMATCH, value.span).message(message));
            return None;
        }
    };
    let step_ty = if ty == KqlType::DateTime { KqlType::TimeSpan } else { ty };
    let step = cx.convert_to(step, step_ty);
    let from = from.map(|from| cx.convert_to(from, ty));
    let to = to.map(|to| cx.convert_to(to, ty));
    let to = match (to, closed) {
        (Some(to), true) => Some(cx.binary(BinaryOp::Add, to, step.clone(), it.span)),
        (to, _) => to,
    };
    let value = cx.convert_to(value, ty);
    // `in range` bins at multiples of the step, `from` at itself.
    let from = match (from, closed) {
        (Some(from), true) => bin(from, step.clone(), None, it.span, cx),
        (from, _) => from,
    };
    Some(Axis { value, from, to, step })
}

fn bin(value: Expr, step: Expr, at: Option<Expr>, span: Span, cx: &mut Binder<'_>) -> Option<Expr> {
    let name = if at.is_some() { "bin_at" } else { "bin" };
    let def = vizsla_functions::scalar(name)?;
    let args = [value, step].into_iter().chain(at).collect();
    Some(cx.apply(def, args, span))
}

/// A bound `make-series`.
struct Series {
    axis_name: Arc<str>,
    axis: Axis,
    keys: Vec<(Arc<str>, Expr)>,
    values: Vec<(Arc<str>, Expr, Option<Expr>)>,
    nonempty: bool,
    span: Span,
}

impl Series {
    fn has_holes(&self) -> bool {
        let values = self.values.iter().flat_map(|(_, value, default)| std::iter::once(value).chain(default));
        values.chain(self.keys.iter().map(|(_, key)| key)).any(Expr::is_poison)
    }

    fn plan(self, input: &Relation, aggregates: Vec<AggregateCall>, cx: &mut Binder<'_>) -> Relation {
        let span = self.span;
        let (keys, bins) = self.bins(input, aggregates, cx);
        let axis = Column { id: bins.axis, name: self.axis_name.clone(), ty: self.axis.value.ty };
        let places = collect(&Expr::column(&axis, span), cx);
        let mut lists = vec![places];
        let mut extend = Vec::new();
        for (name, value, _) in &self.values {
            let value = column_for(name.clone(), value.clone(), &mut extend, cx);
            lists.push(collect(&Expr::column(&value, span), cx));
        }
        let outputs: Vec<(ColumnId, KqlType)> = lists.iter().map(|list| list.outputs[0]).collect();
        let group = keys.iter().map(|key| (key.id, Expr::column(key, span))).collect();
        let valued = extended(bins.plan, extend);
        let plan = Plan::Aggregate { input: Arc::new(valued), keys: group, aggregates: lists, order: Vec::new() };
        self.laid_out(plan, keys, &outputs, cx)
    }

    /// Aggregates by key and bin.
    fn bins(&self, input: &Relation, aggregates: Vec<AggregateCall>, cx: &mut Binder<'_>) -> (Vec<Column>, Bins) {
        let Axis { value, from, to, step } = &self.axis;
        let mut conditions = Vec::new();
        if let Some(from) = from {
            conditions.push(cx.binary(BinaryOp::GreaterOrEqual, value.clone(), from.clone(), self.span));
        }
        if let Some(to) = to {
            conditions.push(cx.binary(BinaryOp::Less, value.clone(), to.clone(), self.span));
        }
        let predicate = Expr { kind: ExprKind::And(conditions), ty: KqlType::Bool, span: self.span };
        let within = input.then(|plan| Plan::Filter { input: plan, predicate });
        let binned = bin(value.clone(), step.clone(), from.clone(), self.span, cx).unwrap_or_else(|| value.clone());
        let axis = cx.new_id();
        let mut group = vec![(axis, binned)];
        let mut keys = Vec::new();
        for (name, key) in &self.keys {
            let column = cx.new_column(name.clone(), key.ty);
            group.push((column.id, key.clone()));
            keys.push(column);
        }
        let plan = Plan::Aggregate { input: within.plan, keys: group, aggregates, order: input.order.clone() };
        (keys, Bins { plan: Arc::new(plan), axis })
    }

    /// The lists laid out on the axis: keys, a column for each aggregate, the axis last (fact 297).
    fn laid_out(
        &self,
        plan: Plan,
        mut columns: Vec<Column>,
        lists: &[(ColumnId, KqlType)],
        cx: &mut Binder<'_>,
    ) -> Relation {
        let span = self.span;
        let read = |(id, ty): (ColumnId, KqlType)| Expr { kind: ExprKind::Column(id), ty, span };
        let number = |end: &Option<Expr>, cx: &mut Binder<'_>| match end {
            Some(end) => cx.convert_to(end.clone(), number_type(end.ty)),
            None => Expr::literal(Value::Null(number_type(self.axis.value.ty)), span),
        };
        let step_ty = number_type(self.axis.step.ty);
        let ends =
            [number(&self.axis.from, cx), number(&self.axis.to, cx), cx.convert_to(self.axis.step.clone(), step_ty)];
        let kind = Expr::literal(Value::String(self.axis.value.ty.name().into()), span);
        let places = read(lists[0]);
        let mut extend = Vec::new();
        for ((name, value, default), list) in self.values.iter().zip(&lists[1..]) {
            let default = default.clone().unwrap_or_else(|| Expr::literal(Value::Long(0), span));
            let default =
                cx.convert_to(default, if value.ty == KqlType::Real { KqlType::Real } else { default_type(value.ty) });
            let default = cx.convert_to(default, KqlType::Dynamic);
            let mut args = vec![places.clone(), read(*list), kind.clone()];
            args.extend(ends.iter().cloned());
            args.push(default);
            let laid = cx.apply(&LAY_OUT, args, span);
            columns.push(column_for(name.clone(), laid, &mut extend, cx));
        }
        let mut args = vec![places.clone(), places, kind];
        args.extend(ends);
        let axis = cx.apply(&LAY_OUT, args, span);
        columns.push(column_for(self.axis_name.clone(), axis, &mut extend, cx));
        let laid = Relation::new(extended(Arc::new(plan), extend), columns);
        if self.nonempty || !self.keys.is_empty() {
            return laid;
        }
        // Without keys there is one group even of no rows, which only `kind=nonempty` shows (fact 298).
        let length = vizsla_functions::scalar("array_length").expect("the dynamic family has `array_length`");
        let filled = cx.apply(length, vec![read(lists[0])], span);
        let predicate = cx.binary(BinaryOp::Greater, filled, Expr::literal(Value::Long(0), span), span);
        laid.then(|plan| Plan::Filter { input: plan, predicate })
    }
}

/// Groups by key and bin, and the bin's column.
struct Bins {
    plan: Arc<Plan>,
    axis: ColumnId,
}

/// What times count as on the axis.
fn number_type(ty: KqlType) -> KqlType {
    if ty == KqlType::Real { KqlType::Real } else { KqlType::Long }
}

fn default_type(ty: KqlType) -> KqlType {
    if ty == KqlType::Int { KqlType::Long } else { ty }
}

/// All values of a column as a list, nulls too. Times of the axis go in as numbers.
fn collect(value: &Expr, cx: &mut Binder<'_>) -> AggregateCall {
    let value = match value.ty {
        KqlType::DateTime | KqlType::TimeSpan => cx.convert_to(value.clone(), KqlType::Long),
        _ => value.clone(),
    };
    let def = agg::aggregate("make_list_with_nulls").expect("the aggregates have `make_list_with_nulls`");
    cx.aggregate_call(def, vec![value.clone()], value.span).expect("`make_list_with_nulls` takes any column")
}
