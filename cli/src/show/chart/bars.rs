//! Horizontal bars, one for each category and series.

use std::collections::HashMap;
use std::fmt::Write;

use nu_ansi_term::Style;
use unicode_width::UnicodeWidthStr;

use super::{Chart, brief, colour, paint};
use crate::show::{Layout, shortened};

/// Bars that fit a person's attention; the rest is counted.
const MOST: usize = 50;
/// Characters of a label.
const LONGEST_LABEL: usize = 32;
/// Eighths of a character.
const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

struct Bar {
    label: String,
    value: f64,
    text: String,
    style: Style,
}

/// A bar for each number.
pub(super) fn draw(chart: &Chart, layout: Layout) -> Option<String> {
    Some(stacked(&bars(chart, brief), layout))
}

/// A bar for each number with its share of the whole.
pub(super) fn draw_shares(chart: &Chart, layout: Layout) -> Option<String> {
    let whole: f64 = chart.series.iter().flat_map(|it| &it.points).map(|it| it.y.abs()).sum();
    let share = |value: f64| format!("{} ({:.1} %)", brief(value), 100.0 * value.abs() / whole.max(f64::MIN_POSITIVE));
    Some(stacked(&bars(chart, share), layout))
}

fn bars(chart: &Chart, text: impl Fn(f64) -> String) -> Vec<Bar> {
    let mut bars = Vec::new();
    // Bars of one category stand together, where the category was first met.
    let mut places: HashMap<&str, usize> = HashMap::new();
    for (index, series) in chart.series.iter().enumerate() {
        for point in &series.points {
            let category = if point.label.is_empty() { "(empty)" } else { &point.label };
            let label =
                if chart.series.len() > 1 { format!("{category} · {}", series.name) } else { category.to_owned() };
            let label = shortened(label, LONGEST_LABEL);
            let next = places.len();
            let place = *places.entry(&point.label).or_insert(next);
            bars.push((place, Bar { label, value: point.y, text: text(point.y), style: colour(index) }));
        }
    }
    bars.sort_by_key(|it| it.0);
    bars.into_iter().map(|it| it.1).collect()
}

fn stacked(bars: &[Bar], layout: Layout) -> String {
    let shown = &bars[..bars.len().min(MOST)];
    let label_width = shown.iter().map(|it| it.label.width()).max().unwrap_or_default();
    let text_width = shown.iter().map(|it| it.text.width()).max().unwrap_or_default();
    let room = usize::from(layout.width.unwrap_or(80)).saturating_sub(label_width + text_width + 4).max(8);
    let longest = shown.iter().map(|it| it.value.abs()).fold(f64::MIN_POSITIVE, f64::max);
    let mut out = String::new();
    for bar in shown {
        let indent = " ".repeat(label_width - bar.label.width());
        let eighths = (bar.value.abs() / longest * (room * 8) as f64).round() as usize;
        let body = format!("{}{}", "█".repeat(eighths / 8), EIGHTHS[eighths % 8]);
        let _ = writeln!(out, "{indent}{} │{} {}", bar.label, paint(&body, bar.style, layout), bar.text);
    }
    if bars.len() > shown.len() {
        let _ = writeln!(out, "… and {} more", bars.len() - shown.len());
    }
    out
}

#[cfg(test)]
mod tests {
    use vizsla_engine::{KqlType, Value};

    use super::super::draw;
    use super::super::tests::{PLAIN, render};
    use crate::show::testing::table;

    fn drawn(kind: &str) -> String {
        let row = |name: &str, count| vec![Value::String(name.into()), Value::Long(count)];
        let (columns, batch) = table(
            &[("Action", KqlType::String), ("n", KqlType::Long)],
            &[row("Created", 30), row("Deleted", 15), row("", 0)],
        );
        draw(&columns, &[batch], &render(kind, &[]), PLAIN).expect("it is a chart")
    }

    #[test]
    fn bars_measure_against_the_longest() {
        let expected = "\
Created │███████████████████████████ 30
Deleted │█████████████▌ 15
(empty) │ 0
";
        assert_eq!(drawn("barchart"), expected);
    }

    #[test]
    fn a_pie_says_its_shares() {
        assert!(drawn("piechart").contains("15 (33.3 %)"), "{}", drawn("piechart"));
    }
}
