//! Functions that only the binder can answer: those that look at columns, tables, the clock, or choose between values.

use kql_parser::ast::{self, TypeofKind};
use kql_parser::diagnostic::Diagnostic;
use kql_parser::span::Span;
use vizsla_functions::Value;
use vizsla_functions::packing::WITHOUT_EMPTY;
use vizsla_schema::KqlType;

use super::Binder;
use super::convert::{common_type, json_array, kql_type};
use super::row::{Row, find_column};
use crate::bound::{Expr, ExprKind, StepKind};
use crate::error;

impl<'a> Binder<'a> {
    /// The call, if its name is one of the binder's own.
    pub(super) fn bind_special(&mut self, call: &'a ast::Call, row: &mut Row<'_>) -> Option<Expr> {
        Some(match &*call.name.text {
            "iff" | "iif" => self.bind_iff(call, row),
            "case" => self.bind_case(call, row),
            "coalesce" | "max_of" | "min_of" => self.bind_same_typed(call, row),
            "not" => self.bind_not(call, row),
            "now" => self.bind_now(call, row),
            "ago" => self.bind_ago(call, row),
            "around" => self.bind_around(call, row),
            "bin_auto" => self.bind_bin_auto(call, row),
            "column_names_of" => self.bind_column_names_of(call),
            "datetime_diff" if is_weeks(call) => {
                let args = self.bind_arguments(&call.arguments, row);
                let def = vizsla_functions::scalar("datetime_diff").expect("the datetime family has this function");
                let weeks = self.apply(def, args, call.span);
                self.convert_to(weeks, KqlType::Real)
            }
            "toscalar" => self.bind_toscalar(call),
            "column_ifexists" | "columnifexists" => self.bind_column_ifexists(call, row),
            "pack_all" => self.bind_pack_all(call, row),
            "bag_pack_columns" => self.bind_pack_columns(call, row),
            "ingestion_time" => self.bind_ingestion_time(call, row),
            "extract" if call.arguments.len() == 4 => self.bind_typed("extract", call, row),
            "extract_json" | "extractjson" if call.arguments.len() == 3 => self.bind_typed("extract_json", call, row),
            _ => return None,
        })
    }

    fn arity(&mut self, call: &ast::Call, takes: &str) -> Expr {
        let message = format!("`{}` takes {takes}, not {}", call.name.text, call.arguments.len());
        self.fail(Diagnostic::error(error::ARITY, call.span).message(message))
    }

    fn bind_iff(&mut self, call: &'a ast::Call, row: &mut Row<'_>) -> Expr {
        let [condition, then, otherwise] = call.arguments.as_slice() else { return self.arity(call, "3 arguments") };
        let condition = self.bind_predicate(&condition.expr, row);
        let values = vec![self.bind_scalar(&then.expr, row), self.bind_scalar(&otherwise.expr, row)];
        self.choice(vec![condition], values, call.span)
    }

    fn bind_case(&mut self, call: &'a ast::Call, row: &mut Row<'_>) -> Expr {
        let arguments = &call.arguments;
        if arguments.len() < 3 || arguments.len().is_multiple_of(2) {
            return self.arity(call, "conditions and values in turn, then one value");
        }
        let (pairs, last) = arguments.split_at(arguments.len() - 1);
        let mut conditions = Vec::new();
        let mut values = Vec::new();
        for pair in pairs.chunks(2) {
            conditions.push(self.bind_predicate(&pair[0].expr, row));
            values.push(self.bind_scalar(&pair[1].expr, row));
        }
        values.push(self.bind_scalar(&last[0].expr, row));
        self.choice(conditions, values, call.span)
    }

    /// The first value whose condition is true; the last value has none. A null condition is not true (fact 10).
    fn choice(&mut self, conditions: Vec<Expr>, values: Vec<Expr>, span: Span) -> Expr {
        let Some(mut values) = self.unify(values, span) else { return Expr::poison(span) };
        let ty = values[0].ty;
        if values.iter().chain(&conditions).any(Expr::is_poison) {
            return Expr { ty, ..Expr::poison(span) };
        }
        let otherwise = values.pop().expect("a choice has a last value");
        let mut arms = Vec::new();
        for (condition, value) in conditions.into_iter().zip(values) {
            match condition.as_literal() {
                Some(Value::Bool(true)) if arms.is_empty() => return Expr { span, ..value },
                Some(Value::Bool(false) | Value::Null(_)) => {}
                _ => arms.push((condition, value)),
            }
        }
        if arms.is_empty() {
            return Expr { span, ..otherwise };
        }
        Expr { kind: ExprKind::Case { arms, otherwise: Box::new(otherwise) }, ty, span }
    }

    /// All values in one type. Unlike operands, a dynamic among them makes the answer dynamic.
    fn unify(&mut self, values: Vec<Expr>, span: Span) -> Option<Vec<Expr>> {
        let mut ty: Option<KqlType> = None;
        for value in values.iter().filter(|value| !value.is_poison() && !is_untyped_null(value)) {
            let next = match ty {
                // A dynamic beside text is its text; beside anything else the choice is dynamic.
                Some(KqlType::Dynamic) if value.ty != KqlType::String => Some(KqlType::Dynamic),
                Some(ty) if value.ty == KqlType::Dynamic && ty != KqlType::String => Some(KqlType::Dynamic),
                Some(ty) => common_type(ty, value.ty),
                None => Some(value.ty),
            };
            let Some(next) = next else {
                let first = ty.map_or("", KqlType::name);
                let message = format!("the values have different types: {first} and {}", value.ty.name());
                let code = error::with_service(error::TYPE_MISMATCH, "SEM0525");
                self.report(Diagnostic::error(code, span).message(message));
                return None;
            };
            ty = Some(next);
        }
        let ty = ty.unwrap_or(KqlType::Dynamic);
        Some(values.into_iter().map(|value| self.convert_to(value, ty)).collect())
    }

    fn bind_same_typed(&mut self, call: &'a ast::Call, row: &mut Row<'_>) -> Expr {
        if call.arguments.is_empty() {
            return self.arity(call, "at least 1 argument");
        }
        let values = self.bind_arguments(&call.arguments, row);
        let Some(values) = self.unify(values, call.span) else { return Expr::poison(call.span) };
        let def = vizsla_functions::scalar(&call.name.text).expect("the control family has this function");
        self.apply(def, values, call.span)
    }

    fn bind_not(&mut self, call: &'a ast::Call, row: &mut Row<'_>) -> Expr {
        let [argument] = call.arguments.as_slice() else { return self.arity(call, "1 argument") };
        let inner = self.bind_predicate(&argument.expr, row);
        if inner.is_poison() {
            return Expr { ty: KqlType::Bool, ..inner };
        }
        Expr { kind: ExprKind::Not(Box::new(inner)), ty: KqlType::Bool, span: call.span }
    }

    fn bind_now(&mut self, call: &'a ast::Call, row: &mut Row<'_>) -> Expr {
        let now = Expr::literal(Value::DateTime(self.now), call.span);
        match call.arguments.as_slice() {
            [] => now,
            [offset] => {
                let offset = self.bind_scalar(&offset.expr, row);
                self.binary(ast::BinaryOp::Add, now, offset, call.span)
            }
            _ => self.arity(call, "at most 1 argument"),
        }
    }

    fn bind_ago(&mut self, call: &'a ast::Call, row: &mut Row<'_>) -> Expr {
        let [offset] = call.arguments.as_slice() else { return self.arity(call, "1 argument") };
        let now = Expr::literal(Value::DateTime(self.now), call.span);
        let offset = self.bind_scalar(&offset.expr, row);
        self.binary(ast::BinaryOp::Subtract, now, offset, call.span)
    }

    /// Whether a value is not farther from a middle than that.
    fn bind_around(&mut self, call: &'a ast::Call, row: &mut Row<'_>) -> Expr {
        let [value, middle, reach] = call.arguments.as_slice() else { return self.arity(call, "3 arguments") };
        let [value, middle, reach] = [value, middle, reach].map(|it| self.bind_scalar(&it.expr, row));
        let least = self.binary(ast::BinaryOp::Subtract, middle.clone(), reach.clone(), call.span);
        let most = self.binary(ast::BinaryOp::Add, middle, reach, call.span);
        let above = self.binary(ast::BinaryOp::GreaterOrEqual, value.clone(), least, call.span);
        let below = self.binary(ast::BinaryOp::LessOrEqual, value, most, call.span);
        if above.is_poison() || below.is_poison() {
            return Expr { ty: KqlType::Bool, ..Expr::poison(call.span) };
        }
        Expr { kind: ExprKind::And(vec![above, below]), ty: KqlType::Bool, span: call.span }
    }

    /// `bin` or `bin_at` with the size and the fixed point that the query's options say.
    fn bind_bin_auto(&mut self, call: &'a ast::Call, row: &mut Row<'_>) -> Expr {
        let [value] = call.arguments.as_slice() else { return self.arity(call, "1 argument") };
        let mut args = vec![self.bind_scalar(&value.expr, row)];
        let Some(size) = self.options.get("query_bin_auto_size").cloned() else {
            let message = "`bin_auto` needs a size";
            let hint = "say `set query_bin_auto_size = 1h;` before the query";
            return self.fail(Diagnostic::error(error::BAD_ARGUMENT, call.span).message(message).hint(hint));
        };
        args.push(Expr::literal(size, call.span));
        args.extend(self.options.get("query_bin_auto_at").cloned().map(|at| Expr::literal(at, call.span)));
        let name = if args.len() > 2 { "bin_at" } else { "bin" };
        let def = vizsla_functions::scalar(name).expect("the mathematical family has this function");
        self.apply(def, args, call.span)
    }

    /// The names of a table's columns; its rows are not read.
    fn bind_column_names_of(&mut self, call: &'a ast::Call) -> Expr {
        let [table] = call.arguments.as_slice() else { return self.arity(call, "1 argument") };
        if !self.is_tabular(&table.expr) {
            let message = "`column_names_of` takes a table";
            return self.fail(Diagnostic::error(error::NOT_A_TABLE, call.span).message(message));
        }
        let relation = self.bind_table(&table.expr);
        if relation.open {
            return Expr { ty: KqlType::Dynamic, ..Expr::poison(call.span) };
        }
        let names: Vec<Value> = relation.columns.iter().map(|column| Value::String(column.name.clone())).collect();
        Expr::literal(json_array(&names), call.span)
    }

    /// A step finds the first column of the first row (fact 274); a scalar argument is itself.
    fn bind_toscalar(&mut self, call: &'a ast::Call) -> Expr {
        let [argument] = call.arguments.as_slice() else { return self.arity(call, "1 argument") };
        if !self.is_tabular(&argument.expr) {
            return self.bind_scalar(&argument.expr, &mut Row::none());
        }
        let relation = self.bind_table(&argument.expr);
        let Some(first) = relation.columns.first().cloned() else { return Expr::poison(call.span) };
        let ty = first.ty;
        let relation = crate::bound::Relation { columns: vec![first], ..relation };
        let step = self.step(StepKind::Scalar, relation);
        Expr { kind: ExprKind::Step(step), ty, span: call.span }
    }

    fn bind_column_ifexists(&mut self, call: &'a ast::Call, row: &mut Row<'_>) -> Expr {
        let [name, default] = call.arguments.as_slice() else { return self.arity(call, "2 arguments") };
        let Some(Value::String(name)) = self.constant(&name.expr, KqlType::String, "the column's name") else {
            return Expr::poison(call.span);
        };
        match find_column(row.columns, &name) {
            Some(column) => Expr::column(column, call.span),
            None => self.bind_scalar(&default.expr, row),
        }
    }

    /// `pack_all([ignore_null_empty])`: every column in one bag.
    fn bind_pack_all(&mut self, call: &'a ast::Call, row: &mut Row<'_>) -> Expr {
        let ignore = match call.arguments.as_slice() {
            [] => false,
            [flag] => self.constant(&flag.expr, KqlType::Bool, "this argument") == Some(Value::Bool(true)),
            _ => return self.arity(call, "at most 1 argument"),
        };
        let columns: Vec<_> = row.columns.iter().collect();
        self.pack(&columns, ignore, call.span)
    }

    fn bind_pack_columns(&mut self, call: &'a ast::Call, row: &mut Row<'_>) -> Expr {
        let mut columns = Vec::new();
        for argument in &call.arguments {
            match &argument.expr {
                ast::Expr::Name(name) if row.column(&name.text).is_some() => columns.extend(row.column(&name.text)),
                other => {
                    let message = "`bag_pack_columns` takes names of columns";
                    return self.fail(Diagnostic::error(error::UNKNOWN_COLUMN, other.span()).message(message));
                }
            }
        }
        self.pack(&columns, false, call.span)
    }

    /// A bag of columns by name, perhaps without those that are null or empty.
    pub(crate) fn pack(&mut self, columns: &[&crate::bound::Column], ignore_empty: bool, span: Span) -> Expr {
        if columns.is_empty() {
            return Expr::literal(Value::Dynamic("{}".into()), span);
        }
        let def = vizsla_functions::scalar("bag_pack").expect("the dynamic family has `bag_pack`");
        let mut args = Vec::with_capacity(columns.len() * 2);
        for column in columns {
            args.push(Expr::literal(Value::String(column.name.clone()), span));
            args.push(Expr::column(column, span));
        }
        let bag = self.apply(def, args, span);
        if ignore_empty { self.apply(&WITHOUT_EMPTY, vec![bag], span) } else { bag }
    }

    /// When a row was ingested. Files do not say, so it is when the event happened: our choice, said in a warning.
    fn bind_ingestion_time(&mut self, call: &'a ast::Call, row: &mut Row<'_>) -> Expr {
        if !call.arguments.is_empty() {
            return self.arity(call, "no arguments");
        }
        match find_column(row.columns, "Timestamp").filter(|column| column.ty == KqlType::DateTime) {
            Some(column) => {
                let message = "files do not say when a row was ingested: `ingestion_time()` is its `Timestamp` here";
                self.report(Diagnostic::warning(error::SURPRISE, call.span).message(message));
                Expr::column(column, call.span)
            }
            None if row.open => Expr { ty: KqlType::DateTime, ..Expr::poison(call.span) },
            None => Expr::literal(Value::Null(KqlType::DateTime), call.span),
        }
    }

    /// `extract(pattern, group, text, typeof(T))`, `extract_json(path, text, typeof(T))`
    fn bind_typed(&mut self, name: &str, call: &'a ast::Call, row: &mut Row<'_>) -> Expr {
        let (arguments, last) = call.arguments.split_at(call.arguments.len() - 1);
        let ast::Expr::Typeof(ty) = &last[0].expr else {
            return self.arity(call, "`typeof(…)` as its last argument");
        };
        let TypeofKind::Scalar(ty) = &ty.kind else { return self.arity(call, "one type in `typeof`") };
        let args = self.bind_arguments(arguments, row);
        let def = vizsla_functions::scalar(name).expect("the functions have this name");
        let text = self.apply(def, args, call.span);
        self.convert_to(text, kql_type(ty.ty))
    }
}

/// Weeks are counted in reals, all other periods in longs (fact 157).
fn is_weeks(call: &ast::Call) -> bool {
    let Some(ast::Expr::Literal(part)) = call.arguments.first().map(|it| &it.expr) else { return false };
    matches!(&part.value, ast::Value::String(name) if name.eq_ignore_ascii_case("week"))
}

/// `dynamic(null)` has a type but goes with any.
fn is_untyped_null(value: &Expr) -> bool {
    matches!(value.as_literal(), Some(Value::Null(KqlType::Dynamic)))
}
