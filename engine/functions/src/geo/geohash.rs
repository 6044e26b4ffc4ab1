//! Geohashes: cells of longitude and latitude, halved in turns, five halvings to a character.

use vizsla_schema::KqlType as T;

use super::{Point, Points, REAL};
use crate::args::Args;
use crate::def::{Eval, KernelResult, Param, Returns, ScalarDef, ex, sig};
use crate::dynamic::{write_array, write_real};

const DIGITS: &[u8; 32] = b"0123456789bcdefghjkmnpqrstuvwxyz";
const MAX_LENGTH: usize = 18;
const DEFAULT_LENGTH: i64 = 5;
const DYNAMIC: Returns = Returns::Is(T::Dynamic);

/// A cell by its column and row in the grid of all cells of that length.
#[derive(Debug, Clone, Copy)]
struct Cell {
    column: u64,
    row: u64,
    length: usize,
}

impl Cell {
    fn of(point: Point, length: usize) -> Cell {
        let (column_bits, row_bits) = bits(length);
        Cell { column: halve(point.longitude, 180.0, column_bits), row: halve(point.latitude, 90.0, row_bits), length }
    }

    fn parse(hash: &str) -> Option<Cell> {
        if hash.is_empty() || hash.len() > MAX_LENGTH {
            return None;
        }
        let (mut column, mut row, mut is_column) = (0, 0, true);
        for byte in hash.bytes() {
            let digit = DIGITS.iter().position(|it| *it == byte)? as u64;
            for bit in (0..5).rev().map(|shift| digit >> shift & 1) {
                let half = if is_column { &mut column } else { &mut row };
                *half = *half << 1 | bit;
                is_column = !is_column;
            }
        }
        Some(Cell { column, row, length: hash.len() })
    }

    fn write(self, out: &mut String) {
        let (mut columns, mut rows) = bits(self.length);
        let mut digit = 0;
        for bit in 0..self.length * 5 {
            let half = if bit % 2 == 0 {
                columns -= 1;
                self.column >> columns & 1
            } else {
                rows -= 1;
                self.row >> rows & 1
            };
            digit = digit << 1 | half as usize;
            if bit % 5 == 4 {
                out.push(char::from(DIGITS[digit]));
                digit = 0;
            }
        }
    }

    /// West, south, east and north border, in degrees.
    fn borders(self) -> [f64; 4] {
        let (column_bits, row_bits) = bits(self.length);
        let (width, height) = (360.0 / (1u64 << column_bits) as f64, 180.0 / (1u64 << row_bits) as f64);
        let (column, row) = (self.column as f64, self.row as f64);
        [column * width - 180.0, row * height - 90.0, (column + 1.0) * width - 180.0, (row + 1.0) * height - 90.0]
    }

    /// The cell so many columns and rows further, around the globe to the east and the west; none beyond a pole.
    fn beside(self, columns: i64, rows: i64) -> Option<Cell> {
        let (column_bits, row_bits) = bits(self.length);
        let column = self.column.wrapping_add_signed(columns) & ((1 << column_bits) - 1);
        let row = self.row.checked_add_signed(rows).filter(|row| *row < 1 << row_bits)?;
        Some(Cell { column, row, ..self })
    }
}

/// How many bits of longitude and of latitude a hash of that length has.
fn bits(length: usize) -> (u32, u32) {
    let bits = 5 * length as u32;
    (bits.div_ceil(2), bits / 2)
}

/// Which of the 2^`bits` equal parts of `-limit..limit` the value lies in.
fn halve(value: f64, limit: f64, bits: u32) -> u64 {
    let (mut low, mut high) = (-limit, limit);
    (0..bits).fold(0, |place, _| {
        let middle = (low + high) / 2.0;
        let upper = value >= middle;
        *(if upper { &mut low } else { &mut high }) = middle;
        place << 1 | u64::from(upper)
    })
}

pub(super) const GEO_POINT_TO_GEOHASH: ScalarDef = ScalarDef {
    name: "geo_point_to_geohash",
    signatures: &[sig(&[REAL, REAL, Param::Is(T::Long)], Returns::Is(T::String)).optional(1)],
    summary: "The geohash of the cell that a longitude and a latitude lie in, of 1 to 18 characters, or of 5.",
    source: "kusto/query/geo-point-to-geohash-function",
    examples: &[
        ex("geo_point_to_geohash(139.806115, 35.554128, 12)", "xn76m27ty9g4"),
        ex("geo_point_to_geohash(-80.195829, 25.802215, 8)", "dhwfz15h"),
        ex("geo_point_to_geohash(200, 1, 8)", ""),
    ],
    eval: Eval::Kernel(point_to_geohash),
    ..ScalarDef::BASE
};

fn point_to_geohash(args: &Args<'_>) -> KernelResult {
    let points = Points::at(args, 0);
    let lengths = (args.len() > 2).then(|| args.long(2));
    Ok(args.texts(|row, out| {
        let length = match lengths {
            Some(lengths) => lengths.get(row),
            None => Some(DEFAULT_LENGTH),
        };
        let length = length.and_then(|it| usize::try_from(it).ok()).filter(|it| (1..=MAX_LENGTH).contains(it));
        let cell = points.get(row).and_then(|point| Some(Cell::of(point, length?)));
        cell.map(|cell| cell.write(out)).is_some()
    }))
}

pub(super) const GEO_GEOHASH_TO_CENTRAL_POINT: ScalarDef = ScalarDef {
    name: "geo_geohash_to_central_point",
    signatures: &[sig(&[Param::Is(T::String)], DYNAMIC)],
    summary: "The middle of a geohash's cell as a GeoJSON point.",
    source: "kusto/query/geo-geohash-to-central-point-function",
    examples: &[
        ex(
            "geo_geohash_to_central_point('sunny')",
            r#"{"type":"Point","coordinates":[42.47314453125,23.70849609375]}"#,
        ),
        ex("geo_geohash_to_central_point('a')", "null"),
    ],
    eval: Eval::Kernel(|args| from_geohash(args, write_center)),
    ..ScalarDef::BASE
};

fn write_center(cell: Cell, out: &mut String) {
    let [west, south, east, north] = cell.borders();
    out.push_str(r#"{"type":"Point","coordinates":"#);
    write_pair((west + east) / 2.0, (south + north) / 2.0, out);
    out.push('}');
}

pub(super) const GEO_GEOHASH_TO_POLYGON: ScalarDef = ScalarDef {
    name: "geo_geohash_to_polygon",
    summary: "A geohash's cell as a GeoJSON polygon.",
    source: "kusto/query/geo-geohash-to-polygon-function",
    examples: &[ex("geo_geohash_to_polygon('dr5ru').coordinates[0][2]", "[-73.9599609375,40.78125]")],
    eval: Eval::Kernel(|args| from_geohash(args, write_polygon)),
    ..GEO_GEOHASH_TO_CENTRAL_POINT
};

fn write_polygon(cell: Cell, out: &mut String) {
    let [west, south, east, north] = cell.borders();
    out.push_str(r#"{"type":"Polygon","coordinates":[["#);
    for (place, (longitude, latitude)) in
        [(west, south), (east, south), (east, north), (west, north), (west, south)].into_iter().enumerate()
    {
        out.push_str(if place > 0 { "," } else { "" });
        write_pair(longitude, latitude, out);
    }
    out.push_str("]]}");
}

fn write_pair(longitude: f64, latitude: f64, out: &mut String) {
    out.push('[');
    write_real(longitude, out);
    out.push(',');
    write_real(latitude, out);
    out.push(']');
}

pub(super) const GEO_GEOHASH_NEIGHBORS: ScalarDef = ScalarDef {
    name: "geo_geohash_neighbors",
    summary: "The geohashes of the cells around a geohash's cell.",
    source: "kusto/query/geo-geohash-neighbors-function",
    examples: &[ex(
        "geo_geohash_neighbors('sunny')",
        r#"["sunnv","sunnt","sunnw","sunnx","sunpp","sunnz","sunpn","sunpj"]"#,
    )],
    eval: Eval::Kernel(|args| from_geohash(args, write_neighbors)),
    ..GEO_GEOHASH_TO_CENTRAL_POINT
};

fn write_neighbors(cell: Cell, out: &mut String) {
    // The order is the service's.
    const AROUND: [(i64, i64); 8] = [(-1, 0), (-1, -1), (0, -1), (1, -1), (1, 1), (1, 0), (0, 1), (-1, 1)];
    let hashes: Vec<String> = AROUND
        .into_iter()
        .filter_map(|(columns, rows)| {
            let mut hash = String::from("\"");
            cell.beside(columns, rows)?.write(&mut hash);
            hash.push('"');
            Some(hash)
        })
        .collect();
    write_array(hashes.iter().map(String::as_str), out);
}

fn from_geohash(args: &Args<'_>, write: fn(Cell, &mut String)) -> KernelResult {
    let hashes = args.text(0);
    Ok(args.texts(|row, out| Cell::parse(hashes.at(row)).map(|cell| write(cell, out)).is_some()))
}

#[cfg(test)]
mod tests {
    use crate::testing::call;
    use crate::value::Value;

    #[test]
    fn points_to_hashes() {
        for (longitude, latitude, length, expected) in [
            (139.806115, 35.554128, 12, "xn76m27ty9g4"),
            (-80.195829, 25.802215, 8, "dhwfz15h"),
            (-122.303404, 47.570482, 5, "c23n8"),
            (180.0, 90.0, 5, "zzzzz"),
            (200.0, 1.0, 8, ""),
            (1.0, 1.0, 19, ""),
        ] {
            let arguments = [Value::Real(longitude), Value::Real(latitude), Value::Long(length)];
            assert_eq!(call("geo_point_to_geohash", &arguments), format!("\"{expected}\""));
        }
    }

    #[test]
    fn hashes_to_cells() {
        for (name, hash, expected) in [
            (
                "geo_geohash_to_central_point",
                "sunny",
                r#"{"type":"Point","coordinates":[42.47314453125,23.70849609375]}"#,
            ),
            (
                "geo_geohash_to_polygon",
                "dr5ru",
                r#"{"type":"Polygon","coordinates":[[[-74.00390625,40.7373046875],[-73.9599609375,40.7373046875],[-73.9599609375,40.78125],[-74.00390625,40.78125],[-74.00390625,40.7373046875]]]}"#,
            ),
            ("geo_geohash_neighbors", "sunny", r#"["sunnv","sunnt","sunnw","sunnx","sunpp","sunnz","sunpn","sunpj"]"#),
            ("geo_geohash_neighbors", "a", "null"),
            ("geo_geohash_to_polygon", "", "null"),
        ] {
            assert_eq!(call(name, &[Value::String(hash.into())]), expected);
        }
    }
}
