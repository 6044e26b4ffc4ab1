//! `render`: a hint for whoever shows the result.

use std::sync::Arc;

use kql_parser::ast;

use crate::bind::Binder;
use crate::bound::{Relation, Render};

pub(super) fn bind(it: &ast::Render, input: Relation, _: &mut Binder<'_>) -> Relation {
    let properties = it.properties.iter().map(|property| {
        let values: Vec<String> = property.values.iter().map(word).collect();
        (property.name.text.clone(), values.join(", "))
    });
    let render = Render { kind: it.chart.text.clone(), properties: properties.collect() };
    Relation { render: Some(Arc::new(render)), ..input }
}

fn word(value: &ast::Expr) -> String {
    match value {
        ast::Expr::Name(name) => name.text.to_string(),
        ast::Expr::Literal(literal) => match &literal.value {
            ast::Value::String(text) => text.to_string(),
            ast::Value::Long(value) => value.to_string(),
            ast::Value::Real(value) => value.to_string(),
            ast::Value::Bool(value) => value.to_string(),
            _ => String::new(),
        },
        _ => String::new(),
    }
}
