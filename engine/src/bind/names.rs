//! What columns are called when the query does not say (facts 170–179, 192–194, 203).

use std::collections::HashSet;
use std::sync::Arc;

use kql_parser::ast::{self, Step};
use vizsla_functions::def::Naming;

use super::Binder;
use super::env::Binding;
use crate::functions::agg::{self, AggNaming};

/// Where a column's name comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NameSource {
    /// Written: `x = …`, or a plain column.
    Written(Arc<str>),
    /// Derived from the expression: `tostring(x)` is `x`, `sum(x)` is `sum_x`. Gives way to others.
    Derived(String),
    /// Nothing to go by: `Column1`, `Column2`, …
    None,
}

/// The names of one clause's columns, or the index of a written name that another has too (SEM0034).
///
/// `taken` are columns that automatic `ColumnN` names step over: those of the input in `extend` and `summarize`.
pub(crate) fn allocate(sources: &[NameSource], taken: &HashSet<&str>) -> Result<Vec<Arc<str>>, usize> {
    let mut written: HashSet<&str> = HashSet::new();
    for (index, source) in sources.iter().enumerate() {
        if let NameSource::Written(name) = source
            && !written.insert(name)
        {
            return Err(index);
        }
    }
    let mut used: HashSet<Arc<str>> = HashSet::new();
    let mut unnamed = 0;
    let mut names = Vec::with_capacity(sources.len());
    for source in sources {
        let name: Arc<str> = match source {
            // `project i+1, Column1=100`: the written name is the one that gives way (fact 177).
            NameSource::Written(name) if used.contains(name) => numbered(name, |it| used.contains(it)),
            NameSource::Written(name) => name.clone(),
            NameSource::Derived(name) if !used.contains(name.as_str()) && !written.contains(name.as_str()) => {
                name.as_str().into()
            }
            NameSource::Derived(name) => numbered(name, |it| used.contains(it) || written.contains(it)),
            NameSource::None => loop {
                unnamed += 1;
                let name = format!("Column{unnamed}");
                if !used.contains(name.as_str()) && !taken.contains(name.as_str()) {
                    break name.into();
                }
            },
        };
        used.insert(name.clone());
        names.push(name);
    }
    Ok(names)
}

/// `name1`, `name2`, …: the first that is free.
pub(crate) fn numbered(name: &str, taken: impl Fn(&str) -> bool) -> Arc<str> {
    (1..).map(|n| format!("{name}{n}")).find(|name| !taken(name)).expect("numbers do not run out").into()
}

impl Binder<'_> {
    /// The name of a column given as `names = expr` or just `expr`.
    pub(crate) fn name_source(&self, named: &ast::NamedExpr) -> NameSource {
        match (named.names.first(), &named.expr) {
            (Some(name), _) => NameSource::Written(name.text.clone()),
            (None, ast::Expr::Name(name)) if !self.is_scalar_let(&name.text) => NameSource::Written(name.text.clone()),
            (None, expr) => self.derived_name(expr).map_or(NameSource::None, NameSource::Derived),
        }
    }

    fn is_scalar_let(&self, name: &str) -> bool {
        matches!(self.env.get(name), Some(Binding::Scalar(_)))
    }

    /// The name an expression lends to its column.
    pub(crate) fn derived_name(&self, expr: &ast::Expr) -> Option<String> {
        match expr {
            ast::Expr::Name(name) => Some(name.text.to_string()),
            ast::Expr::Path(path) => self.path_name(path),
            ast::Expr::Call(call) => self.call_name(call),
            _ => None,
        }
    }

    /// A path joins its steps: `d.b[0]` is `d_b_0`, `d.b[-1]` is `d_b__1` (fact 175).
    fn path_name(&self, path: &ast::Path) -> Option<String> {
        let mut parts = Vec::new();
        if super::path::side_of(path).is_none() {
            parts.extend(self.derived_name(&path.root));
        }
        for step in &path.steps {
            parts.push(match step {
                Step::Name(name) => name.text.to_string(),
                Step::Index(index) => index_name(index)?,
                Step::Call(_) | Step::Wildcard(_) => return None,
            });
        }
        Some(parts.join("_"))
    }

    fn call_name(&self, call: &ast::Call) -> Option<String> {
        let name = &*call.name.text;
        if matches!(self.env.get(name), Some(Binding::Function(_))) {
            return None;
        }
        // A name inside a call is the column's too: `toint(Total = count())`.
        let name_of = |argument: &ast::NamedExpr| match argument.names.first() {
            Some(name) => Some(name.text.to_string()),
            None => self.derived_name(&argument.expr),
        };
        let first = || call.arguments.first().and_then(name_of);
        if let Some(def) = agg::aggregate(name) {
            let names = || call.arguments.iter().map(|argument| self.derived_name(&argument.expr).unwrap_or_default());
            return match def.naming {
                AggNaming::Prefix(prefix) => Some(format!("{prefix}_{}", first().unwrap_or_default())),
                AggNaming::PrefixBoth(prefix) => {
                    Some(format!("{prefix}_{}", names().take(2).collect::<Vec<_>>().join("_")))
                }
                AggNaming::Percentile => {
                    let rank = call.arguments.last().and_then(|argument| rank_name(&argument.expr));
                    let rank = rank.map(|rank| format!("_{rank}")).unwrap_or_default();
                    Some(format!("{name}_{}{rank}", first().unwrap_or_default()))
                }
                AggNaming::PassThrough => first(),
                AggNaming::ArgPrefix(prefix) => Some(format!("{prefix}_{}", first().unwrap_or_default())),
            };
        }
        match crate::functions::scalar(name)?.naming {
            Naming::Column => None,
            Naming::PassThrough => first(),
            Naming::Prefix(prefix) => Some(format!("{prefix}{}", first().unwrap_or_default())),
        }
    }
}

/// `50`, `99_9`
fn rank_name(rank: &ast::Expr) -> Option<String> {
    let ast::Expr::Literal(literal) = rank else { return None };
    match &literal.value {
        ast::Value::Long(rank) => Some(rank.to_string()),
        ast::Value::Real(rank) => Some(rank.to_string().replace('.', "_")),
        _ => None,
    }
}

fn index_name(index: &ast::Expr) -> Option<String> {
    match index {
        ast::Expr::Literal(literal) => match &literal.value {
            ast::Value::String(text) => Some(text.to_string()),
            ast::Value::Long(value) => Some(value.to_string().replace('-', "_")),
            ast::Value::Int(value) => Some(value.to_string().replace('-', "_")),
            _ => None,
        },
        ast::Expr::Unary(minus) if minus.op == ast::UnaryOp::Minus => Some(format!("_{}", index_name(&minus.operand)?)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(sources: &[NameSource], taken: &[&str]) -> Result<Vec<String>, usize> {
        allocate(sources, &taken.iter().copied().collect()).map(|it| it.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn automatic_names_step_aside() {
        let written = |name: &str| NameSource::Written(name.into());
        let derived = |name: &str| NameSource::Derived(name.to_owned());
        for (sources, taken, expected) in [
            (vec![NameSource::None, NameSource::None], vec![], vec!["Column1", "Column2"]),
            (vec![written("a"), NameSource::None], vec!["Column1"], vec!["a", "Column2"]),
            (vec![derived("x"), derived("x"), written("x1")], vec![], vec!["x", "x2", "x1"]),
            (vec![NameSource::None, written("Column1")], vec![], vec!["Column1", "Column11"]),
        ] {
            assert_eq!(names(&sources, &taken).unwrap(), expected, "{sources:?}");
        }
        assert_eq!(names(&[written("x"), written("x")], &[]), Err(1));
    }
}
