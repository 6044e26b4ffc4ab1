//! Steps into a dynamic: `d.a`, `d['b'][0]`, `parse_json(text).user.name`; and `$left.x`, `$right.x`.

use kql_parser::ast::{self, Step};
use kql_parser::diagnostic::Diagnostic;
use vizsla_functions::{Value, dynamic};
use vizsla_schema::{KqlType, suggest};

use super::Binder;
use super::convert::json_array;
use super::row::{Row, find_column};
use crate::bound::{Expr, ExprKind};
use crate::error;

impl<'a> Binder<'a> {
    pub(super) fn bind_path(&mut self, path: &'a ast::Path, row: &mut Row<'_>) -> Expr {
        if let Some(side) = side_of(path) {
            return self.bind_side(path, side, row);
        }
        if let Some(element) = self.bind_element_path(path, row) {
            return element;
        }
        if let Some(state) = self.bind_state(path, row) {
            return state;
        }
        let root = self.bind_path_root(&path.root, row);
        self.bind_steps(root, &path.steps, path, row)
    }

    /// `s1.x` in `scan`: a value of the row that the step matched last.
    fn bind_state(&mut self, path: &'a ast::Path, row: &mut Row<'_>) -> Option<Expr> {
        let columns = row.columns;
        let states = row.states.as_mut()?;
        let (ast::Expr::Name(root), Some(Step::Name(name))) = (&*path.root, path.steps.first()) else { return None };
        let step = states.steps.iter().position(|step| step.name.text == root.text)?;
        if step >= states.visible {
            let message = format!("the step `{}` comes after this one", root.text);
            return Some(self.fail(Diagnostic::error(error::UNKNOWN_NAME, root.span).message(message)));
        }
        let Some(column) = find_column(columns, &name.text) else {
            if row.open {
                return Some(Expr::poison(path.span));
            }
            let hint = suggest(&name.text, columns.iter().map(|column| &*column.name));
            let hint = hint.map(|it| format!("did you mean `{it}`?"));
            let message = format!("the step `{}` has no column named `{}`", root.text, name.text);
            return Some(self.fail(Diagnostic::error(error::UNKNOWN_COLUMN, name.span).message(message).hint(hint)));
        };
        let known = states.read.iter().find(|(of, read, _)| *of == step && read.id == column.id).map(|(.., id)| *id);
        let id = known.unwrap_or_else(|| {
            let id = self.new_id();
            states.read.push((step, column.clone(), id));
            id
        });
        let value = Expr { kind: ExprKind::Column(id), ty: column.ty, span: path.span };
        Some(self.bind_steps_or_column(value, path, row))
    }

    /// `parse_json(x).a` reads `a` from the text of `x`, without parsing all of it.
    fn bind_path_root(&mut self, root: &'a ast::Expr, row: &mut Row<'_>) -> Expr {
        let bound = self.bind_scalar(root, row);
        match bound.kind {
            ExprKind::Call { def, mut args } if def.name == "parse_json" && args.len() == 1 => args.remove(0),
            kind => Expr { kind, ..bound },
        }
    }

    /// Constant steps are one read; a step that varies by row ends one and begins the next.
    fn bind_steps(&mut self, root: Expr, steps: &'a [Step], path: &'a ast::Path, row: &mut Row<'_>) -> Expr {
        if !matches!(root.ty, KqlType::Dynamic | KqlType::String) {
            let message = format!("a {} has no members", root.ty.name());
            return self.fail(Diagnostic::error(error::TYPE_MISMATCH, path.span).message(message));
        }
        let mut value = root;
        let mut constant: Vec<Value> = Vec::new();
        for step in steps {
            match self.bind_step(step, row) {
                Some(Ok(key)) => constant.push(key),
                Some(Err(key)) => {
                    value = self.read(value, &mut constant, path);
                    value = self.index(value, key, path);
                }
                None => return Expr::poison(path.span),
            }
        }
        self.read(value, &mut constant, path)
    }

    /// A constant key or index, or one that varies by row.
    fn bind_step(&mut self, step: &'a Step, row: &mut Row<'_>) -> Option<Result<Value, Expr>> {
        match step {
            Step::Name(name) => Some(Ok(Value::String(name.text.clone()))),
            Step::Index(expr) => {
                let key = self.bind_scalar(expr, row);
                if key.is_poison() {
                    return None;
                }
                let key = if key.ty == KqlType::Int { self.convert_to(key, KqlType::Long) } else { key };
                Some(match key.as_literal() {
                    Some(Value::Dynamic(_)) | None => Err(key),
                    Some(constant) => Ok(constant.clone()),
                })
            }
            Step::Call(call) => {
                let message = format!("`.{}(…)` is not a member of a value", call.name.text);
                self.report(Diagnostic::error(error::UNKNOWN_FUNCTION, call.span).message(message));
                None
            }
            Step::Wildcard(it) => {
                self.report(Diagnostic::error(error::NOT_A_SCALAR, it.span).message("a pattern cannot stand here"));
                None
            }
        }
    }

    fn read(&mut self, value: Expr, steps: &mut Vec<Value>, path: &ast::Path) -> Expr {
        if steps.is_empty() || value.is_poison() {
            return value;
        }
        let steps = Expr::literal(json_array(&std::mem::take(steps)), path.span);
        self.apply(&dynamic::PATH, vec![value, steps], path.span)
    }

    fn index(&mut self, value: Expr, key: Expr, path: &ast::Path) -> Expr {
        self.apply(&dynamic::INDEX, vec![value, key], path.span)
    }

    fn bind_side(&mut self, path: &'a ast::Path, side: &str, row: &mut Row<'_>) -> Expr {
        let columns = if side == "$left" { Some(row.columns) } else { row.right };
        let (Some(columns), Some(Step::Name(name))) = (columns, path.steps.first()) else {
            let message = format!("`{side}` is known only in `on` of a join");
            return self.fail(Diagnostic::error(error::BAD_JOIN, path.span).message(message));
        };
        match find_column(columns, &name.text) {
            Some(column) => {
                let column = Expr::column(column, path.span);
                self.bind_steps_or_column(column, path, row)
            }
            None if row.open => Expr::poison(path.span),
            None => {
                let known = columns.iter().map(|column| &*column.name);
                let hint = suggest(&name.text, known).map(|it| format!("did you mean `{it}`?"));
                let where_ = if side == "$left" { "left" } else { "right" };
                let message = format!("the {where_} side has no column named `{}`", name.text);
                self.fail(Diagnostic::error(error::UNKNOWN_COLUMN, name.span).message(message).hint(hint))
            }
        }
    }

    pub(super) fn bind_steps_or_column(&mut self, column: Expr, path: &'a ast::Path, row: &mut Row<'_>) -> Expr {
        match path.steps.len() {
            1 => column,
            _ => self.bind_steps(column, &path.steps[1..], path, row),
        }
    }
}

/// `$left` or `$right`, if the path starts there.
pub(crate) fn side_of(path: &ast::Path) -> Option<&str> {
    match &*path.root {
        ast::Expr::Name(name) if matches!(&*name.text, "$left" | "$right") => Some(&name.text),
        _ => None,
    }
}
