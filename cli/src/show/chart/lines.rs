//! Lines and dots on a grid of braille characters, each two dots wide and four high.
//!
//! ```text
//! 120 ┤      ⢀⠔⠢⡀
//!     │    ⡠⠊  ⠈⠢⣀
//!   0 ┤⣀⠤⠊         ⠉⠒
//!      2026-03-02 00:00   2026-03-08 23:00
//! ```

use std::fmt::Write;

use unicode_width::UnicodeWidthStr;

use super::{Chart, brief, colour, paint, position_text};
use crate::show::Layout;

/// Lines of a chart.
const HEIGHT: usize = 12;
/// Series named below the chart.
const LEGEND: usize = 12;

/// Points joined by lines.
pub(super) fn draw(chart: &Chart, layout: Layout) -> Option<String> {
    plot(chart, layout, true)
}

/// Points alone.
pub(super) fn draw_dots(chart: &Chart, layout: Layout) -> Option<String> {
    plot(chart, layout, false)
}

/// A range of values, never empty.
#[derive(Clone, Copy)]
struct Range {
    low: f64,
    high: f64,
}

impl Range {
    fn of(values: impl Iterator<Item = f64>) -> Option<Range> {
        let range = values.fold(None, |range: Option<Range>, it| {
            let range = range.unwrap_or(Range { low: it, high: it });
            Some(Range { low: range.low.min(it), high: range.high.max(it) })
        })?;
        Some(if range.low == range.high { Range { high: range.low + 1.0, ..range } } else { range })
    }

    /// Which of `steps` places `value` stands at.
    fn place(self, value: f64, steps: usize) -> usize {
        let share = (value - self.low) / (self.high - self.low);
        // Saturates, and a range too wide for a double ends at 0.
        ((share * (steps - 1) as f64).round() as usize).min(steps - 1)
    }
}

fn plot(chart: &Chart, layout: Layout, joined: bool) -> Option<String> {
    let points = || chart.series.iter().flat_map(|it| &it.points);
    let x = Range::of(points().map(|it| it.x))?;
    // Numbers that are never negative are measured from 0, so that heights compare.
    let y = Range::of(points().map(|it| it.y).chain([0.0]).filter(|it| it.is_finite()))?;
    let labels = [brief(y.high), brief(f64::midpoint(y.low, y.high)), brief(y.low)];
    let gutter = labels.iter().map(|it| it.width()).max().unwrap_or_default();
    let width = usize::from(layout.width.unwrap_or(80)).saturating_sub(gutter + 3).max(10);
    let mut grid = Grid::new(width, HEIGHT);
    for (index, series) in chart.series.iter().enumerate() {
        let mut dots: Vec<(usize, usize)> = Vec::with_capacity(series.points.len());
        dots.extend(series.points.iter().map(|it| (x.place(it.x, width * 2), y.place(it.y, HEIGHT * 4))));
        if joined {
            dots.sort_by_key(|it| it.0);
            dots.windows(2).for_each(|pair| grid.line(pair[0], pair[1], index));
        }
        dots.iter().for_each(|dot| grid.dot(*dot, index));
    }
    let mut out = String::new();
    for row in 0..HEIGHT {
        let label: &str = match row {
            0 => &labels[0],
            _ if row == HEIGHT / 2 => &labels[1],
            _ if row == HEIGHT - 1 => &labels[2],
            _ => "",
        };
        let tick = if label.is_empty() { '│' } else { '┤' };
        let _ = writeln!(out, "{label:>gutter$} {tick}{}", grid.row(row, layout).trim_end());
    }
    let (from, to) = (position_text(x.low, chart.x), position_text(x.high, chart.x));
    let between = width.saturating_sub(from.width() + to.width()).max(1);
    let _ = writeln!(out, "{} {from}{}{to}", " ".repeat(gutter + 1), " ".repeat(between));
    out.push_str(&legend(chart, layout));
    Some(out)
}

/// Which colour is which series; one alone needs no explanation beyond its name.
fn legend(chart: &Chart, layout: Layout) -> String {
    let name =
        |(index, series): (usize, &super::Series)| format!("{} {}", paint("■", colour(index), layout), series.name);
    let names: Vec<String> = chart.series.iter().enumerate().take(LEGEND).map(name).collect();
    let more = chart.series.len().saturating_sub(LEGEND);
    let more = if more > 0 { format!("   … and {more} more") } else { String::new() };
    format!("{}{more}\n", names.join("   "))
}

/// Characters of dots. The origin is at the bottom left.
struct Grid {
    width: usize,
    height: usize,
    /// Pattern and the series that was drawn last, row by row from the top.
    cells: Vec<(u8, usize)>,
}

impl Grid {
    fn new(width: usize, height: usize) -> Grid {
        Grid { width, height, cells: vec![(0, 0); width * height] }
    }

    fn dot(&mut self, (x, y): (usize, usize), series: usize) {
        /// Bits of the braille block by row and column of the dot.
        const BITS: [[u8; 2]; 4] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];
        let from_top = self.height * 4 - 1 - y;
        let cell = &mut self.cells[from_top / 4 * self.width + x / 2];
        *cell = (cell.0 | BITS[from_top % 4][x % 2], series);
    }

    fn line(&mut self, from: (usize, usize), to: (usize, usize), series: usize) {
        let (dx, dy) = (to.0 as f64 - from.0 as f64, to.1 as f64 - from.1 as f64);
        let steps = dx.abs().max(dy.abs()) as usize;
        for step in 1..steps {
            let share = step as f64 / steps as f64;
            let along = |start: usize, length: f64| (start as f64 + length * share).round() as usize;
            self.dot((along(from.0, dx), along(from.1, dy)), series);
        }
    }

    fn row(&self, row: usize, layout: Layout) -> String {
        let mut out = String::new();
        for (pattern, series) in &self.cells[row * self.width..(row + 1) * self.width] {
            match pattern {
                0 => out.push(' '),
                _ => {
                    let letter = char::from_u32(0x2800 + u32::from(*pattern)).expect("the braille block has 256");
                    out.push_str(&paint(letter.encode_utf8(&mut [0; 4]), colour(*series), layout));
                }
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use vizsla_engine::{KqlType, Value};

    use super::super::draw;
    use super::super::tests::{PLAIN, render};
    use super::*;
    use crate::show::testing::table;

    fn drawn(kind: &str, rows: &[(i64, i64)]) -> String {
        let hour = 36_000_000_000;
        let start = 637_134_336_000_000_000;
        let rows: Vec<_> =
            rows.iter().map(|(at, n)| vec![Value::DateTime(start + at * hour), Value::Long(*n)]).collect();
        let (columns, batch) = table(&[("Timestamp", KqlType::DateTime), ("n", KqlType::Long)], &rows);
        draw(&columns, &[batch], &render(kind, &[]), PLAIN).expect("it is a chart")
    }

    #[test]
    fn a_rising_line_goes_from_corner_to_corner() {
        let text = drawn("timechart", &[(0, 0), (24, 100)]);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), HEIGHT + 2, "{text}");
        assert!(lines[0].starts_with("100 ┤ ") && lines[0].ends_with(|it| ('⠀'..='⣿').contains(&it)), "{text}");
        assert!(lines[HEIGHT - 1].starts_with("  0 ┤⣀") || lines[HEIGHT - 1].starts_with("  0 ┤⡠"), "{text}");
        assert!(lines[HEIGHT].contains("2020-01-01 00:00") && lines[HEIGHT].ends_with("2020-01-02 00:00"), "{text}");
        assert_eq!(lines[HEIGHT + 1], "■ n");
    }

    #[test]
    fn one_point_is_a_chart_too() {
        let text = drawn("scatterchart", &[(0, 5)]);
        assert_eq!(text.chars().filter(|it| ('⠁'..='⣿').contains(it)).count(), 1, "{text}");
    }

    #[test]
    fn extreme_numbers_stay_on_the_grid() {
        let _ = drawn("linechart", &[(0, i64::MIN), (1, i64::MAX), (2, 0)]);
        let range = Range { low: f64::MIN, high: f64::MAX };
        assert!(range.place(f64::MAX, 10) < 10);
    }
}
