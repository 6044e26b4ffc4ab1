//! The shape of a pattern: which nodes there are, and which edges link them.

use std::sync::Arc;

use kql_parser::ast::{EdgeDirection, GraphMatch, GraphPart, HopRange, Name};
use kql_parser::diagnostic::Diagnostic;
use kql_parser::span::Span;
use vizsla_schema::KqlType;

use crate::bind::Binder;
use crate::error::{self, unsupported};

/// The most combinations of lengths that are written out, and the most edges in all of them together: each is a join.
const MAX_COMBINATIONS: u64 = 64;
const MAX_EDGES: u64 = 256;

/// Nodes and the edges between them.
#[derive(Debug, Default)]
pub(super) struct Pattern {
    /// Their names; one without a name is a node of its own.
    pub(super) nodes: Vec<Option<Arc<str>>>,
    pub(super) links: Vec<Link>,
}

/// An edge of a pattern, or several in a row.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) name: Option<Arc<str>>,
    /// Left and right node, as written.
    pub(super) left: usize,
    pub(super) right: usize,
    pub(super) direction: EdgeDirection,
    /// Fewest and most edges; `None` is one edge, which has properties of its own.
    pub(super) hops: Option<(u64, u64)>,
}

impl Link {
    /// Whether its edges may be followed either way.
    pub(super) fn any(&self) -> bool {
        self.direction == EdgeDirection::Any
    }

    fn range(&self) -> (u64, u64) {
        self.hops.unwrap_or((1, 1))
    }
}

impl Pattern {
    /// Reads the patterns of an operator; `None` if they are not right, which is reported.
    pub(super) fn read<'a>(it: &'a GraphMatch, cx: &mut Binder<'a>) -> Option<Pattern> {
        let mut pattern = Pattern::default();
        for written in &it.patterns {
            let mut last = None;
            let mut edge = None;
            for part in &written.parts {
                match part {
                    GraphPart::Edge { name, direction, hops, span } => edge = Some((name, *direction, hops, *span)),
                    GraphPart::Node { name, .. } => {
                        let node = pattern.node(name.as_ref(), cx)?;
                        if let (Some(left), Some((name, direction, hops, span))) = (last, edge.take()) {
                            let hops = hops.as_deref().map(|hops| range(hops, span, cx));
                            let hops = match hops {
                                Some(range) => Some(range?),
                                None => None,
                            };
                            let name = pattern.edge_name(name.as_ref(), cx)?;
                            pattern.links.push(Link { name, left, right: node, direction, hops });
                        }
                        last = Some(node);
                    }
                }
            }
        }
        pattern.is_connected(it.span, cx).then_some(())?;
        pattern.is_bounded(it.span, cx).then_some(pattern)
    }

    fn node(&mut self, name: Option<&Name>, cx: &mut Binder<'_>) -> Option<usize> {
        if let Some(name) = name {
            if self.links.iter().any(|link| link.name.as_deref() == Some(&*name.text)) {
                twice(name, cx);
                return None;
            }
            if let Some(known) = self.nodes.iter().position(|known| known.as_deref() == Some(&*name.text)) {
                return Some(known);
            }
        }
        self.nodes.push(name.map(|name| name.text.clone()));
        Some(self.nodes.len() - 1)
    }

    fn edge_name(&self, name: Option<&Name>, cx: &mut Binder<'_>) -> Option<Option<Arc<str>>> {
        let Some(name) = name else { return Some(None) };
        let mut known = self.nodes.iter().chain(self.links.iter().map(|link| &link.name));
        if known.any(|known| known.as_deref() == Some(&*name.text)) {
            twice(name, cx);
            return None;
        }
        Some(Some(name.text.clone()))
    }

    fn is_connected(&self, span: Span, cx: &mut Binder<'_>) -> bool {
        let mut reached = vec![false; self.nodes.len()];
        reached.iter_mut().take(1).for_each(|first| *first = true);
        for _ in &self.links {
            for link in &self.links {
                let either = reached[link.left] || reached[link.right];
                (reached[link.left], reached[link.right]) = (either, either);
            }
        }
        let connected = reached.iter().all(|reached| *reached);
        if !connected {
            let message = "the patterns have to share a node";
            let code = error::with_service(error::BAD_ARGUMENT, "SEM1011");
            cx.report(Diagnostic::error(code, span).message(message));
        }
        connected
    }

    fn is_bounded(&self, span: Span, cx: &mut Binder<'_>) -> bool {
        let choices = |link: &Link| link.range().1 - link.range().0 + 1;
        let combinations = self.links.iter().try_fold(1_u64, |all, link| all.checked_mul(choices(link)));
        let few = combinations.is_some_and(|count| count <= MAX_COMBINATIONS);
        let small = few && self.lengths().iter().map(|lengths| lengths.iter().sum::<u64>()).sum::<u64>() <= MAX_EDGES;
        if !small {
            let message = format!("the pattern is too long: with all its lengths it has more than {MAX_EDGES} edges");
            cx.report(Diagnostic::error(error::TOO_LARGE, span).message(message));
        }
        small
    }

    /// Every combination of the links' lengths.
    pub(super) fn lengths(&self) -> Vec<Vec<u64>> {
        let mut all: Vec<Vec<u64>> = vec![Vec::new()];
        for link in &self.links {
            let (min, max) = link.range();
            let longer = |lengths: &Vec<u64>| {
                let lengths = lengths.clone();
                (min..=max).map(move |length| lengths.iter().copied().chain([length]).collect())
            };
            all = all.iter().flat_map(longer).collect();
        }
        all
    }
}

fn twice(name: &Name, cx: &mut Binder<'_>) {
    let message = format!("`{}` is the name of an edge and of something else", name.text);
    cx.report(Diagnostic::error(error::DUPLICATE_LET, name.span).message(message));
}

/// `*1..3`
fn range<'a>(hops: &'a HopRange, span: Span, cx: &mut Binder<'a>) -> Option<(u64, u64)> {
    let mut bound = |value| {
        let value = cx.constant(value, KqlType::Long, "a number of edges").and_then(|value| value.as_long());
        value.map(|value| u64::try_from(value).unwrap_or(0))
    };
    let (min, max) = (bound(&hops.min)?, bound(&hops.max)?);
    if min == 0 {
        cx.report(unsupported("paths of no edges", span));
        return None;
    }
    if max < min || max > MAX_EDGES {
        let message = format!("a path has from 1 to {MAX_EDGES} edges");
        cx.report(Diagnostic::error(error::BAD_ARGUMENT, span).message(message));
        return None;
    }
    Some((min, max))
}
