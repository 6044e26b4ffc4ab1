//! Statements, functions and column lists as text.

use super::{Print, Printer};
use crate::ast::{
    ColumnDeclaration, EntityGroup, Function, FunctionBody, FunctionParameter, LetValue, ParameterKind, Pattern,
    PatternRule, Schema, Statement,
};

impl Printer {
    pub(super) fn columns(&mut self, open: bool, columns: &[ColumnDeclaration]) -> &mut Self {
        self.put(match (open, columns.is_empty()) {
            (true, true) => "(*",
            (true, false) => "(*, ",
            (false, _) => "(",
        });
        self.list(columns).put(")")
    }

    fn body(&mut self, body: &FunctionBody) -> &mut Self {
        self.put("{ ");
        for statement in &body.statements {
            self.node(statement).put("; ");
        }
        if let Some(result) = &body.result {
            self.tabular(result).put(" ");
        }
        self.put("}")
    }

    fn nested(&mut self, inner: impl FnOnce(&mut Self)) {
        let outer = std::mem::replace(&mut self.top_level, false);
        inner(self);
        self.top_level = outer;
    }
}

impl Print for Schema {
    fn print(&self, p: &mut Printer) {
        p.columns(self.open, &self.columns);
    }
}

impl Print for ColumnDeclaration {
    fn print(&self, p: &mut Printer) {
        p.label(&self.name).put(": ").put(self.ty.ty.name());
        if let Some(default) = &self.default {
            p.put(" = ").operand(default);
        }
    }
}

impl Print for EntityGroup {
    fn print(&self, p: &mut Printer) {
        p.put("entity_group [").operands(&self.entities).put("]");
    }
}

impl Print for Statement {
    fn print(&self, p: &mut Printer) {
        match self {
            Self::Let(it) => {
                p.put("let ").node(&it.name).put(" = ");
                match &it.value {
                    LetValue::Expr(value) => p.nested(|p| _ = p.tabular(value)),
                    LetValue::Function(value) => p.nested(|p| _ = p.node(&**value)),
                    LetValue::EntityGroup(value) => _ = p.node(value),
                }
            }
            Self::Set(it) => {
                p.put("set ").node(&it.name);
                if let Some(value) = &it.value {
                    p.put(" = ").operand(value);
                }
            }
            Self::QueryParameters(it) => _ = p.put("declare query_parameters (").list(&it.parameters).put(")"),
            Self::Pattern(it) => p.nested(|p| _ = p.node(it)),
            Self::Alias(it) => _ = p.put("alias database ").node(&it.name).put(" = ").expr(&it.value),
            Self::Restrict(it) => _ = p.put("restrict access to (").operands(&it.entities).put(")"),
            Self::Tabular(it) => _ = p.tabular(it),
            Self::Command(it) => _ = p.put(&it.text),
        }
    }
}

impl Print for Function {
    fn print(&self, p: &mut Printer) {
        p.put(if self.view { "view (" } else { "(" }).list(&self.parameters).put(") ").body(&self.body);
    }
}

impl Print for FunctionParameter {
    fn print(&self, p: &mut Printer) {
        p.label(&self.name).put(": ");
        match &self.kind {
            ParameterKind::Scalar(ty) => p.put(ty.ty.name()),
            ParameterKind::Tabular(schema) => p.node(schema),
        };
        if let Some(default) = &self.default {
            p.put(" = ").operand(default);
        }
    }
}

impl Print for Pattern {
    fn print(&self, p: &mut Printer) {
        p.put("declare pattern ").node(&self.name);
        let Some(definition) = &self.definition else { return };
        p.put(" = (").list(&definition.parameters).put(")");
        if let Some(path) = &definition.path {
            p.put("[").node(path).put("]");
        }
        p.put(" { ").separated(&definition.rules, " ").put(" }");
    }
}

impl Print for PatternRule {
    fn print(&self, p: &mut Printer) {
        p.put("(").operands(&self.arguments).put(")");
        if let Some(path) = &self.path {
            p.put(".[").operand(path).put("]");
        }
        p.put(" = ").body(&self.body).put(";");
    }
}
