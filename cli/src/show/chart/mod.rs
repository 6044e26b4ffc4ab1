//! `render` in a terminal: bars for categories, braille lines over time or numbers, a big number for a card.
//!
//! Which column is what follows the reference (kusto/query/visualization-timechart and its neighbours): `xcolumn`,
//! `ycolumns` and `series` where they are given; otherwise x is the first datetime (for charts over time) or the first
//! column, the numbers among the others are drawn, and the texts among them split what is drawn into series. Kinds that
//! say nothing in characters (maps, trees) are left to the table.

mod bars;
mod lines;

use std::fmt::Write;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Float64Type, Int32Type, Int64Type};
use nu_ansi_term::{Color, Style};
use vizsla_engine::{KqlType, Render, ResultColumn, Value};
use vizsla_functions::format;

use super::{Layout, readable};

/// Draws a chart, none if the columns do not make one.
type Draw = fn(&Chart, Layout) -> Option<String>;

/// The kinds that are drawn.
const KINDS: &[(&str, Draw)] = &[
    ("anomalychart", lines::draw),
    ("areachart", lines::draw),
    ("barchart", bars::draw),
    ("card", card),
    ("columnchart", bars::draw),
    ("linechart", lines::draw),
    ("piechart", bars::draw_shares),
    ("pivotchart", bars::draw),
    ("scatterchart", lines::draw_dots),
    ("stackedareachart", lines::draw),
    ("timechart", lines::draw),
];

/// Kinds whose x is a moment, wherever that column stands.
const OVER_TIME: &[&str] = &["timechart", "anomalychart"];

/// Whether a chart is drawn in place of the table.
pub(super) fn is_drawn(render: &Render) -> bool {
    kind(render).is_some()
}

/// The chart, ending in a new line; none if its columns do not make one.
pub(super) fn draw(
    columns: &[ResultColumn],
    batches: &[RecordBatch],
    render: &Render,
    layout: Layout,
) -> Option<String> {
    let chart = Chart::read(columns, batches, render)?;
    let drawn = kind(render)?(&chart, layout)?;
    let title = chart.title.as_ref().map(|it| format!("{}\n", paint(it, Style::new().bold(), layout)));
    Some(title.unwrap_or_default() + &drawn)
}

fn kind(render: &Render) -> Option<Draw> {
    KINDS.iter().find(|(name, _)| *name == render.kind.as_ref()).map(|it| it.1)
}

/// What is drawn, read from the rows.
#[derive(Debug)]
struct Chart {
    title: Option<String>,
    /// Type of x.
    x: KqlType,
    series: Vec<Series>,
}

/// The points of one column or of one value of a column.
#[derive(Debug)]
struct Series {
    name: String,
    points: Vec<Point>,
}

/// One number.
#[derive(Debug)]
struct Point {
    /// Where it stands: the value of a number or moment, otherwise its row.
    x: f64,
    /// The same as text.
    label: String,
    y: f64,
}

impl Chart {
    /// None if nothing in the rows is a number.
    fn read(columns: &[ResultColumn], batches: &[RecordBatch], render: &Render) -> Option<Chart> {
        let roles = Roles::of(columns, render)?;
        let title = property(render, "title").map(str::to_owned);
        let mut chart = Chart { title, x: columns[roles.x].ty, series: Vec::new() };
        let mut rows = 0;
        for batch in batches {
            for row in 0..batch.num_rows() {
                chart.read_row(columns, batch, row, rows, &roles);
                rows += 1;
            }
        }
        chart.series.iter().any(|it| !it.points.is_empty()).then_some(chart)
    }

    fn read_row(&mut self, columns: &[ResultColumn], batch: &RecordBatch, row: usize, at: usize, roles: &Roles) {
        let text = |column: usize| readable(batch, column, row, columns[column].ty);
        let split: Vec<String> = roles.split.iter().map(|column| text(*column)).collect();
        let x = position(batch.column(roles.x).as_ref(), row, columns[roles.x].ty).unwrap_or(at as f64);
        for y in &roles.y {
            let Some(value) = number(batch.column(*y).as_ref(), row, columns[*y].ty) else { continue };
            let name = match (split.is_empty(), roles.y.len()) {
                (true, _) => columns[*y].name.to_string(),
                (false, 1) => split.join(", "),
                (false, _) => format!("{}: {}", split.join(", "), columns[*y].name),
            };
            let point = Point { x, label: text(roles.x), y: value };
            match self.series.iter_mut().find(|it| it.name == name) {
                Some(series) => series.points.push(point),
                None => self.series.push(Series { name, points: vec![point] }),
            }
        }
    }
}

/// Which column is what.
struct Roles {
    x: usize,
    y: Vec<usize>,
    split: Vec<usize>,
}

impl Roles {
    fn of(columns: &[ResultColumn], render: &Render) -> Option<Roles> {
        let named = |name: &str| columns.iter().position(|it| it.name.as_ref() == name);
        let list = |key| {
            property(render, key).map(|it| it.split(',').filter_map(|name| named(name.trim())).collect::<Vec<_>>())
        };
        let moment = columns.iter().position(|it| it.ty == KqlType::DateTime);
        let over_time = OVER_TIME.contains(&render.kind.as_ref());
        let x = property(render, "xcolumn").and_then(named).or(moment.filter(|_| over_time)).unwrap_or(0);
        let others = || (0..columns.len()).filter(|at| *at != x);
        let numbers = || others().filter(|at| is_drawable(columns[*at].ty)).collect::<Vec<_>>();
        let mut y: Vec<usize> = list("ycolumns").unwrap_or_else(numbers);
        // `count | render card`: the only column is the number.
        if y.is_empty() && columns.len() == 1 && is_drawable(columns[0].ty) {
            y.push(0);
        }
        let texts = || others().filter(|at| columns[*at].ty == KqlType::String).collect();
        let split: Vec<usize> = list("series").unwrap_or_else(texts);
        y.retain(|at| !split.contains(at));
        (!y.is_empty()).then_some(Roles { x, y, split })
    }
}

fn property<'r>(render: &'r Render, key: &str) -> Option<&'r str> {
    let value = render.properties.iter().find(|(name, _)| name.as_ref() == key).map(|it| it.1.as_str())?;
    Some(value.trim_matches(['"', '\'']))
}

fn is_drawable(ty: KqlType) -> bool {
    ty.is_numeric() || ty == KqlType::TimeSpan
}

/// The number in a cell. A timespan counts in seconds.
fn number(array: &dyn Array, row: usize, ty: KqlType) -> Option<f64> {
    let value = match Value::from_array(array, row, ty) {
        Value::Int(value) => f64::from(value),
        Value::Long(value) => value as f64,
        Value::Real(value) => value,
        Value::Decimal(units) => units as f64 / 1e18,
        Value::TimeSpan(ticks) => ticks as f64 / 1e7,
        _ => return None,
    };
    value.is_finite().then_some(value)
}

/// Where a cell stands on an axis, if its type has an order that can be measured.
fn position(array: &dyn Array, row: usize, ty: KqlType) -> Option<f64> {
    if array.is_null(row) {
        return None;
    }
    match ty {
        KqlType::DateTime | KqlType::TimeSpan | KqlType::Long => {
            Some(array.as_primitive::<Int64Type>().value(row) as f64)
        }
        KqlType::Int => Some(f64::from(array.as_primitive::<Int32Type>().value(row))),
        KqlType::Real => Some(array.as_primitive::<Float64Type>().value(row)).filter(|it| it.is_finite()),
        KqlType::Decimal => number(array, row, ty),
        KqlType::Bool | KqlType::String | KqlType::Guid | KqlType::Dynamic => None,
    }
}

/// A position as the text of its type.
fn position_text(position: f64, ty: KqlType) -> String {
    let mut text = String::new();
    match ty {
        KqlType::DateTime => {
            format::write_datetime(position as i64, &mut text);
            text.truncate("0000-00-00T00:00".len());
            text.replace('T', " ")
        }
        KqlType::TimeSpan => {
            format::write_timespan(position as i64, &mut text);
            text
        }
        _ => brief(position),
    }
}

/// A number in a few characters.
fn brief(value: f64) -> String {
    if value.fract() == 0.0 && value.abs() < 1e15 {
        return format!("{value:.0}");
    }
    let decimals = if value.abs() >= 100.0 { 1 } else { 3 };
    format!("{value:.decimals$}")
}

/// The first number, large enough to be seen.
fn card(chart: &Chart, layout: Layout) -> Option<String> {
    let mut text = String::new();
    for series in &chart.series {
        let value = brief(series.points.first()?.y);
        let _ = writeln!(text, "\n  {}\n  {}", paint(&value, Style::new().bold(), layout), series.name);
    }
    Some(text)
}

/// The colour of a series.
fn colour(series: usize) -> Style {
    const COLOURS: [Color; 6] =
        [Color::Cyan, Color::Yellow, Color::Green, Color::Magenta, Color::LightRed, Color::LightBlue];
    COLOURS[series % COLOURS.len()].normal()
}

fn paint(text: &str, style: Style, layout: Layout) -> String {
    if layout.colour { style.paint(text).to_string() } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::super::testing::table;
    use super::*;

    pub(super) fn render(kind: &str, properties: &[(&str, &str)]) -> Render {
        let properties = properties.iter().map(|(name, value)| ((*name).into(), (*value).to_owned())).collect();
        Render { kind: kind.into(), properties }
    }

    pub(super) const PLAIN: Layout = Layout { width: Some(40), colour: false };

    #[test]
    fn columns_find_their_roles() {
        use KqlType::{DateTime, Long, Real, String};
        let columns = |types: &[KqlType]| -> Vec<ResultColumn> {
            let name = |at: usize| -> std::sync::Arc<str> { ["a", "b", "c", "d"][at].into() };
            types.iter().enumerate().map(|(at, ty)| ResultColumn { name: name(at), ty: *ty }).collect()
        };
        for (types, render, expected) in [
            (&[String, Long][..], render("barchart", &[]), Some((0, vec![1], vec![]))),
            (&[String, DateTime, Long], render("timechart", &[]), Some((1, vec![2], vec![0]))),
            (&[Long, Real, Long], render("linechart", &[]), Some((0, vec![1, 2], vec![]))),
            (&[Long, Real, Long], render("linechart", &[("ycolumns", "c")]), Some((0, vec![2], vec![]))),
            (&[Long, String, Long], render("barchart", &[("xcolumn", "b")]), Some((1, vec![0, 2], vec![]))),
            (&[String, Long, Long], render("barchart", &[("series", "b")]), Some((0, vec![2], vec![1]))),
            (&[Long], render("card", &[]), Some((0, vec![0], vec![]))),
            (&[String, String], render("barchart", &[]), None),
        ] {
            let roles = Roles::of(&columns(types), &render).map(|it| (it.x, it.y, it.split));
            assert_eq!(roles, expected, "{types:?} {render:?}");
        }
    }

    #[test]
    fn a_card_shows_its_number() {
        let (columns, batch) = table(&[("Count", KqlType::Long)], &[vec![Value::Long(42)]]);
        let drawn = draw(&columns, &[batch], &render("card", &[("title", "Alerts")]), PLAIN);
        assert_eq!(drawn.as_deref(), Some("Alerts\n\n  42\n  Count\n"));
    }

    #[test]
    fn what_cannot_be_drawn_is_left_to_the_table() {
        assert!(!is_drawn(&render("table", &[])));
        assert!(!is_drawn(&render("treemap", &[])));
        let (columns, batch) = table(&[("a", KqlType::Long)], &[vec![Value::Null(KqlType::Long)]]);
        assert_eq!(draw(&columns, &[batch], &render("barchart", &[]), PLAIN), None);
    }
}
