//! The operator `parse`: a text taken apart by literals, skips and typed columns (page `parse-operator`, facts 259–268).
//!
//! [`ParsePattern::new`] compiles what stands after `with`; [`ParsePattern::parse`] takes a column of texts apart.
//!
//! ```ignore
//! // parse Line with * "pid=" Pid: long " user=" User
//! let pattern = ParsePattern::new(Kind::Simple, "", &[
//!     Part::Skip, Part::Literal("pid=".into()), Part::Column(KqlType::Long),
//!     Part::Literal(" user=".into()), Part::Column(KqlType::String),
//! ])?;
//! let parsed = pattern.parse(&lines)?; // .matched, .columns[0]: Pid, .columns[1]: User
//! ```
//!
//! A pattern becomes one regular expression, but where it has none but literals and free columns, which is the usual
//! case, plain searches for the literals give the same answer many times faster.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, BooleanArray, StringViewArray};
use arrow::buffer::BooleanBuffer;
use memchr::memmem::Finder;
use regex::{CaptureLocations, Regex};
use vizsla_schema::KqlType;

use super::literal::without_groups;
use super::typed;

/// What `kind=` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Literals are plain; a column that does not convert blanks the whole row.
    Simple,
    /// Literals are plain; each column converts on its own.
    Relaxed,
    /// Literals are regular expressions, and columns match by the shape of their type.
    Regex,
}

/// One piece of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// `*`.
    Skip,
    /// A string literal.
    Literal(String),
    /// A column of this type.
    Column(KqlType),
}

/// Why the language refuses a pattern that reads well, with the service's code; `None` if it does not.
pub fn problem(kind: Kind, flags: &str, parts: &[Part]) -> Option<(&'static str, &'static str)> {
    let pairs = || parts.windows(2).map(|pair| (&pair[0], &pair[1]));
    let is_column = |part: &Part| matches!(part, Part::Column(_));
    match () {
        () if parts.contains(&Part::Literal(String::new())) => Some(("SEM0476", "a literal of the pattern is empty")),
        () if pairs().any(|pair| pair == (&Part::Column(KqlType::String), &Part::Skip)) => {
            Some(("SEM0476", "`*` after a column of type `string` leaves open where the column ends"))
        }
        () if pairs().any(|(left, right)| is_column(left) && is_column(right)) => {
            Some(("SEM0476", "a literal must stand between two columns"))
        }
        () if kind != Kind::Regex && !flags.is_empty() => Some(("SEM0472", "flags go with `kind=regex` only")),
        () => None,
    }
}

/// A compiled pattern.
#[derive(Debug)]
pub struct ParsePattern {
    kind: Kind,
    types: Vec<KqlType>,
    plan: Plan,
}

/// What a pattern found in a column of texts.
#[derive(Debug)]
pub struct Parsed {
    /// Rows that match: what `parse-where` keeps.
    pub matched: BooleanArray,
    /// One array for each column of the pattern, in plan types; `""` or null where a row does not match.
    pub columns: Vec<ArrayRef>,
}

#[derive(Debug)]
enum Plan {
    Literals(Literals),
    /// Columns are the groups from 1 on.
    Regex(Arc<Regex>),
}

/// A place in a text, as byte offsets.
type Span = Option<(usize, usize)>;

impl ParsePattern {
    /// Compiles a pattern; `flags` are those of `kind=regex`.
    ///
    /// # Errors
    /// If a literal or the flags are not well formed as a regular expression.
    pub fn new(kind: Kind, flags: &str, parts: &[Part]) -> Result<Self, regex::Error> {
        let column = |part: &Part| match part {
            Part::Column(ty) => Some(*ty),
            Part::Skip | Part::Literal(_) => None,
        };
        let types = parts.iter().filter_map(column).collect();
        let plan = match Literals::new(kind, parts) {
            Some(literals) => Plan::Literals(literals),
            None => Plan::Regex(super::pattern(&expression(kind, flags, parts))?),
        };
        Ok(ParsePattern { kind, types, plan })
    }

    /// Takes each text apart.
    pub fn parse(&self, texts: &StringViewArray) -> Parsed {
        let (matched, captured) = self.captures(texts);
        let columns: Vec<ArrayRef> =
            self.types.iter().zip(&captured).map(|(ty, texts)| typed::column(*ty, texts)).collect();
        if self.kind == Kind::Relaxed {
            return Parsed { matched, columns };
        }
        // All or nothing: a failed conversion, of an empty capture too, unmatches the row (fact 260).
        let converted = |row: usize| columns.iter().all(|column| column.is_valid(row));
        let matched = BooleanBuffer::collect_bool(texts.len(), |row| matched.value(row) && converted(row));
        let columns =
            self.types.iter().zip(&columns).map(|(ty, column)| typed::blanked(*ty, column, &matched)).collect();
        Parsed { matched: BooleanArray::from(matched), columns }
    }

    /// Which rows match as text, and what each column captures there; a capture is null where the row does not match.
    pub fn captures(&self, texts: &StringViewArray) -> (BooleanArray, Vec<StringViewArray>) {
        let mut spans = vec![None; self.types.len()];
        let mut captured = vec![Vec::with_capacity(texts.len()); self.types.len()];
        let mut matcher = Matcher::new(&self.plan);
        let matched = BooleanBuffer::collect_bool(texts.len(), |row| {
            let text = if texts.is_valid(row) { texts.value(row) } else { "" };
            let matched = matcher.matches(text, &mut spans);
            for (column, span) in captured.iter_mut().zip(&spans) {
                column.push(span.filter(|_| matched));
            }
            matched
        });
        let columns = captured.iter().map(|spans| sliced(texts, spans)).collect();
        (BooleanArray::from(matched), columns)
    }
}

/// The captured parts of texts, as views of the same bytes.
fn sliced(texts: &StringViewArray, spans: &[Span]) -> StringViewArray {
    let values = spans.iter().enumerate().map(|(row, span)| span.map(|(start, end)| &texts.value(row)[start..end]));
    values.collect()
}

struct Matcher<'p> {
    plan: &'p Plan,
    places: Option<CaptureLocations>,
}

impl<'p> Matcher<'p> {
    fn new(plan: &'p Plan) -> Self {
        let places = match plan {
            Plan::Regex(regex) => Some(regex.capture_locations()),
            Plan::Literals(_) => None,
        };
        Matcher { plan, places }
    }

    fn matches(&mut self, text: &str, spans: &mut [Span]) -> bool {
        match (self.plan, &mut self.places) {
            (Plan::Regex(regex), Some(places)) => {
                let matched = regex.captures_read(places, text).is_some();
                spans.iter_mut().enumerate().for_each(|(column, span)| *span = places.get(column + 1));
                matched
            }
            (Plan::Literals(literals), _) => literals.matches(text, spans),
            (Plan::Regex(_), None) => unreachable!("a matcher of an expression has places"),
        }
    }
}

/// A pattern of plain literals with free columns or skips between them, which lazy captures match exactly as a search
/// for one literal after the other does: the earliest place of each leaves the most for the rest.
#[derive(Debug)]
struct Literals {
    steps: Vec<Step>,
    /// What stands after the last literal; nothing means that the literal must end the text.
    tail: Option<Gap>,
}

#[derive(Debug)]
struct Step {
    gap: Option<Gap>,
    literal: String,
    finder: Finder<'static>,
}

/// What a gap between literals does with the text in it.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Gap {
    Skip,
    Capture,
}

impl Literals {
    /// `None` if the pattern needs an expression: regular expressions, or a column that matches by its shape.
    fn new(kind: Kind, parts: &[Part]) -> Option<Self> {
        let (mut steps, mut gap): (Vec<Step>, Option<Gap>) = (Vec::new(), None);
        for part in parts {
            match part {
                Part::Literal(literal) => {
                    let finder = Finder::new(literal.as_bytes()).into_owned();
                    steps.push(Step { gap: gap.take(), literal: literal.clone(), finder });
                }
                // Two in a row: a typed column before `*` matches by its shape.
                Part::Skip | Part::Column(_) if gap.is_some() => return None,
                Part::Skip => gap = Some(Gap::Skip),
                Part::Column(_) => gap = Some(Gap::Capture),
            }
        }
        let plain = kind != Kind::Regex && steps.iter().skip(1).all(|step| step.gap.is_some());
        plain.then_some(Literals { steps, tail: gap })
    }

    fn matches(&self, text: &str, spans: &mut [Span]) -> bool {
        let (mut from, mut column) = (0, 0);
        for (index, step) in self.steps.iter().enumerate() {
            let ends_text = self.tail.is_none() && index + 1 == self.steps.len();
            let Some(start) = step.start(text, from, ends_text) else { return false };
            if step.gap == Some(Gap::Capture) {
                spans[column] = Some((from, start));
                column += 1;
            }
            from = start + step.literal.len();
        }
        if self.tail == Some(Gap::Capture) {
            spans[column] = Some((from, text.len()));
        }
        true
    }
}

impl Step {
    /// Where this literal starts; the first may start anywhere, and one that ends the pattern ends the text.
    fn start(&self, text: &str, from: usize, ends_text: bool) -> Option<usize> {
        if ends_text {
            return text[from..].ends_with(&self.literal).then(|| text.len() - self.literal.len());
        }
        self.finder.find(&text.as_bytes()[from..]).map(|start| from + start)
    }
}

/// The whole pattern as one regular expression, its columns as groups 1, 2, …
fn expression(kind: Kind, flags: &str, parts: &[Part]) -> String {
    let mut out = match (kind, flags) {
        (Kind::Regex, "") => String::new(),
        (Kind::Regex, flags) => format!("(?{flags})"),
        // A text may have lines, which plain patterns know nothing of.
        (Kind::Simple | Kind::Relaxed, _) => "(?s)".to_owned(),
    };
    for (index, part) in parts.iter().enumerate() {
        match part {
            // Lazy whatever the flags say, which `U` would turn around.
            Part::Skip if flags.contains('U') => out.push_str(".*"),
            Part::Skip => out.push_str(".*?"),
            Part::Literal(literal) if kind == Kind::Regex => out.push_str(&without_groups(literal)),
            Part::Literal(literal) => out.push_str(&regex::escape(literal)),
            Part::Column(ty) => out.push_str(&capture(kind, *ty, &parts[index + 1..])),
        }
    }
    if kind != Kind::Regex && parts.last() != Some(&Part::Skip) {
        out.push_str(r"\z");
    }
    out
}

/// The group of a column with what follows it in the pattern.
fn capture(kind: Kind, ty: KqlType, after: &[Part]) -> String {
    match (kind, after) {
        (Kind::Regex, _) => format!("({})", typed::regex_shape(ty)),
        // Before `*` nothing but the shape of its type says where a column ends; at the very end it may be missing.
        (_, [Part::Skip]) => format!("((?:{})?)", typed::plain_shape(ty)),
        (_, [Part::Skip, ..]) => format!("({})", typed::plain_shape(ty)),
        _ => "(.*?)".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use KqlType::{Bool, Int, Long, String as Str};

    fn parts(pattern: &[&str]) -> Vec<Part> {
        let part = |text: &&str| match *text {
            "*" => Part::Skip,
            ":string" => Part::Column(Str),
            ":long" => Part::Column(Long),
            ":int" => Part::Column(Int),
            ":bool" => Part::Column(Bool),
            ":datetime" => Part::Column(KqlType::DateTime),
            literal => Part::Literal(literal.to_owned()),
        };
        pattern.iter().map(part).collect()
    }

    /// The row's columns as text, joined by `|`; `-` if it does not match.
    fn parse(kind: Kind, flags: &str, pattern: &[&str], text: &str) -> String {
        let pattern = ParsePattern::new(kind, flags, &parts(pattern)).unwrap();
        let parsed = pattern.parse(&StringViewArray::from(vec![text]));
        let cell = |(ty, column): (&KqlType, &ArrayRef)| {
            let mut out = String::new();
            crate::format::text(column, 0, *ty, &mut out);
            out
        };
        let cells: Vec<String> = pattern.types.iter().zip(&parsed.columns).map(cell).collect();
        if parsed.matched.value(0) { cells.join("|") } else { format!("-{}", cells.concat()) }
    }

    #[test]
    fn simple_patterns_are_lazy_and_reach_the_end() {
        for (pattern, text, expected) in [
            (&["name=", ":string", " age=", ":int"][..], "name=alice age=30", "alice|30"),
            (&["name=", ":string", " age=", ":int"], "garbage", "-"),
            (&["  ", ":string", "  ", ":string"], "  spaced  out  text  ", "spaced|out  text  "),
            (&["a", ":string", "c"], "aXcYc", "XcY"),
            (&["a", ":string", "c", "*"], "aXcYc", "X"),
            (&["a", ":string", "b"], "abcbd", "-"),
            (&["*", "x=", ":string", ","], "y=1,x=2,", "2"),
            (&["a.b", ":string"], "axbZ", "-"),
            (&[":string", " ", ":string", " ", ":int"], "GET /a 200", "GET|/a|200"),
            (&["x\n", ":string"], "x\ny\nz", "y\nz"),
            (&["a=", ":long", ",b=", ":string", ",c=", ":long"], "a=1,b=2,c=zz", "-"),
            (&["a=", ":long", ",b=", ":string"], "a=,b=2", "-"),
            (&["n=", ":long", "*", "m=", ":string"], "n=27x m=1", "27|1"),
            (&["q=", ":bool", "*", "m=", ":string"], "q=12x m=1", "True|1"),
            (&["n=", ":long"], "n=27 junk", "-"),
            (&["lockTime=", ":datetime", ",", "*"], "lockTime=02/17/2016 08:40:01, x", "2016-02-17T08:40:01.0000000Z"),
        ] {
            assert_eq!(parse(Kind::Simple, "", pattern, text), expected, "{pattern:?} over {text:?}");
        }
    }

    #[test]
    fn relaxed_patterns_convert_each_column_on_its_own() {
        let pattern = ["a=", ":long", ",b=", ":string", ",c=", ":long", ",d=", ":string"];
        assert_eq!(parse(Kind::Relaxed, "", &pattern, "a=1,b=2,c=zz,d=4"), "1|2||4");
    }

    #[test]
    fn regex_patterns_are_greedy_and_match_by_shape() {
        for (flags, pattern, text, expected) in [
            ("", &["a", ":string", "c", "*"][..], "aXcYc", "XcY"),
            ("U", &["a", ":string", "c", "*"], "aXcYc", "X"),
            ("", &["[a-z]+", ":string", "[a-z]+", ":string"], "ab12cd34", "12c|34"),
            ("", &["a(b)", ":string", "cd", ":string"], "ab12cd34", "12|34"),
            ("", &["n=", ":long"], "n=27 junk", "27"),
            ("U", &["n=", ":long"], "n=27 junk", "2"),
            ("", &["q=", ":bool", "*", "m=", ":string"], "q=12x m=1", "-"),
            ("i", &["NAME=", ":string"], "name=x", "x"),
            ("", &[")", ":string"], "a)b", "b"),
            ("", &["(a", ":string"], "(ab", "b"),
            ("", &[":string", "[0-9]+", ":string"], "MixedCASE123end", "MixedCASE12|end"),
        ] {
            assert_eq!(parse(Kind::Regex, flags, pattern, text), expected, "{pattern:?} over {text:?}");
        }
    }

    #[test]
    fn ambiguous_patterns_are_refused() {
        for (kind, flags, pattern, code) in [
            (Kind::Simple, "", &["a", ":string", "*", "b"][..], Some("SEM0476")),
            (Kind::Simple, "", &["a", ":long", "*", "b"], None),
            (Kind::Simple, "", &["", ":long"], Some("SEM0476")),
            (Kind::Simple, "", &["a", ":long", ":long"], Some("SEM0476")),
            (Kind::Simple, "i", &["a"], Some("SEM0472")),
            (Kind::Regex, "i", &["a"], None),
        ] {
            assert_eq!(problem(kind, flags, &parts(pattern)).map(|it| it.0), code, "{pattern:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn plain_search_agrees_with_the_expression(text in "[abX]{0,12}", shape in 0..4usize) {
            let pattern = [
                &["a", ":string", "b"][..], &["*", "a", ":string", "b", "*"], &[":string", "ab", ":string"],
                &["a", ":string", "X", ":string", "b"],
            ][shape];
            let fast = ParsePattern::new(Kind::Relaxed, "", &parts(pattern)).unwrap();
            let regex = super::super::pattern(&expression(Kind::Relaxed, "", &parts(pattern))).unwrap();
            let slow = ParsePattern { kind: fast.kind, types: fast.types.clone(), plan: Plan::Regex(regex) };
            let texts = StringViewArray::from(vec![text.as_str()]);
            proptest::prop_assert_eq!(fast.captures(&texts), slow.captures(&texts));
        }
    }
}
