//! Cells of S2: the six faces of a cube around the Earth, each cut into four, up to thirty times.
//!
//! A cell is a square of its face's grid; its token is the place of that square on the Hilbert curve, in hexadecimal. The
//! projection is S2's quadratic one. Which functions there are is in `s2.rs`.

use super::Vector;

pub(super) const MAX_LEVEL: u8 = 30;

/// Which place on the curve a quarter (`2 * column + row`) has, by the curve's orientation.
const PLACE: [[u64; 4]; 4] = [[0, 1, 3, 2], [0, 3, 1, 2], [2, 3, 1, 0], [2, 1, 3, 0]];
/// The inverse of `PLACE`.
const QUARTER: [[u32; 4]; 4] = [[0, 1, 3, 2], [0, 2, 3, 1], [3, 2, 0, 1], [3, 1, 0, 2]];
/// How the orientation turns when the curve enters the quarter at a place.
const TURN: [usize; 4] = [1, 0, 0, 3];

/// A cell by its column and row in the grid of its level on its face.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Cell {
    face: u8,
    column: u32,
    row: u32,
    level: u8,
}

impl Cell {
    /// The six faces.
    pub(super) fn faces() -> impl Iterator<Item = Cell> {
        (0..6).map(|face| Cell { face, column: 0, row: 0, level: 0 })
    }

    /// The cell of that level, at most 30, that a place lies in.
    pub(super) fn of(place: Vector, level: u8) -> Cell {
        let (face, u, v) = to_face(place);
        Cell { face, column: square(to_square(u), level), row: square(to_square(v), level), level }
    }

    pub(super) fn center(self) -> Vector {
        self.place(0.5, 0.5)
    }

    /// The corners, counter-clockwise.
    pub(super) fn corners(self) -> [Vector; 4] {
        [self.place(0.0, 0.0), self.place(1.0, 0.0), self.place(1.0, 1.0), self.place(0.0, 1.0)]
    }

    /// The place so far from the cell's first corner, in widths of the cell.
    fn place(self, right: f64, up: f64) -> Vector {
        let count = f64::from(1u32 << self.level);
        let along = |at: u32, part: f64| from_square((f64::from(at) + part) / count);
        from_face(self.face, along(self.column, right), along(self.row, up))
    }

    /// The four cells that this one is cut into, in the order of the curve; none below level 30.
    pub(super) fn children(self) -> impl Iterator<Item = Cell> {
        let orientation = self.curve().1;
        let count = if self.level < MAX_LEVEL { 4 } else { 0 };
        (0..count).map(move |place| {
            let quarter = QUARTER[orientation][place];
            let (column, row) = (self.column << 1 | quarter >> 1, self.row << 1 | quarter & 1);
            Cell { column, row, level: self.level + 1, ..self }
        })
    }

    /// The cells around: eight, or seven at a corner of the cube.
    pub(super) fn neighbors(self) -> Vec<Cell> {
        let mut around = Vec::with_capacity(8);
        for (right, up) in [(0, -1), (1, -1), (1, 0), (1, 1), (0, 1), (-1, 1), (-1, 0), (-1, -1)] {
            let cell = self.beside(right, up);
            if !around.contains(&cell) && cell != self {
                around.push(cell);
            }
        }
        around
    }

    fn beside(self, right: i64, up: i64) -> Cell {
        let (column, row, count) = (i64::from(self.column) + right, i64::from(self.row) + up, 1i64 << self.level);
        if let (Ok(column), Ok(row)) = (u32::try_from(column), u32::try_from(row))
            && (0..count).contains(&i64::from(column.max(row)))
        {
            return Cell { column, row, ..self };
        }
        // Just beyond the border of the face; the plane of the face goes on there, so the projection does not matter.
        let (lowest, highest) = (-1.0 - f64::EPSILON, 1.0 + f64::EPSILON);
        let beyond = |at: i64| match at {
            -1 => lowest,
            at if at == count => highest,
            at => from_square((at as f64 + 0.5) / count as f64),
        };
        Cell::of(from_face(self.face, beyond(column), beyond(row)), self.level)
    }

    /// The place on the curve, two bits a level, and how the curve goes on inside.
    fn curve(self) -> (u64, usize) {
        let mut orientation = usize::from(self.face & 1);
        let place = (0..self.level).rev().fold(0, |place, bit| {
            let quarter = (self.column >> bit & 1) << 1 | self.row >> bit & 1;
            let next = PLACE[orientation][quarter as usize];
            orientation ^= TURN[next as usize];
            place << 2 | next
        });
        (place, orientation)
    }

    /// The token: face, place on the curve and a one bit, in hexadecimal without the zeros at the end.
    pub(super) fn token(self) -> String {
        let below = 2 * u32::from(MAX_LEVEL - self.level);
        let id = u64::from(self.face) << 61 | (self.curve().0 << 1 | 1) << below;
        format!("{id:016x}").trim_end_matches('0').to_owned()
    }

    pub(super) fn parse(token: &str) -> Option<Cell> {
        if token.is_empty() || token.len() > 16 || !token.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let id = u64::from_str_radix(token, 16).ok()? << (4 * (16 - token.len()));
        let (face, below) = ((id >> 61) as u8, id.trailing_zeros());
        if face > 5 || below > 60 || below % 2 == 1 {
            return None;
        }
        let level = MAX_LEVEL - (below / 2) as u8;
        let mut cell = Cell { face, column: 0, row: 0, level };
        let mut orientation = usize::from(face & 1);
        for step in (0..u32::from(level)).rev() {
            let place = (id >> (below + 1 + 2 * step) & 3) as usize;
            let quarter = QUARTER[orientation][place];
            cell = Cell { column: cell.column << 1 | quarter >> 1, row: cell.row << 1 | quarter & 1, ..cell };
            orientation ^= TURN[place];
        }
        Some(cell)
    }
}

/// The face that a place is seen on, and where on it, each in -1..=1.
fn to_face(Vector([x, y, z]): Vector) -> (u8, f64, f64) {
    if x.abs() > y.abs() && x.abs() > z.abs() {
        if x > 0.0 { (0, y / x, z / x) } else { (3, z / x, y / x) }
    } else if y.abs() > z.abs() {
        if y > 0.0 { (1, -x / y, z / y) } else { (4, z / y, -x / y) }
    } else if z > 0.0 {
        (2, -x / z, -y / z)
    } else {
        (5, -y / z, -x / z)
    }
}

fn from_face(face: u8, u: f64, v: f64) -> Vector {
    let direction = match face {
        0 => [1.0, u, v],
        1 => [-u, 1.0, v],
        2 => [-u, -v, 1.0],
        3 => [-1.0, -v, -u],
        4 => [v, -1.0, -u],
        _ => [v, u, -1.0],
    };
    Vector(direction).unit()
}

/// From -1..=1 on the face to 0..=1 of the grid, whose squares are of about the same size on the sphere.
fn to_square(u: f64) -> f64 {
    if u >= 0.0 { 0.5 * (1.0 + 3.0 * u).sqrt() } else { 1.0 - 0.5 * (1.0 - 3.0 * u).sqrt() }
}

fn from_square(s: f64) -> f64 {
    if s >= 0.5 { (4.0 * s * s - 1.0) / 3.0 } else { (1.0 - 4.0 * (1.0 - s) * (1.0 - s)) / 3.0 }
}

/// Which of the 2^`level` squares; a place beyond the border is in the last one.
fn square(s: f64, level: u8) -> u32 {
    let finest = (s * f64::from(1u32 << MAX_LEVEL)).floor().clamp(0.0, f64::from((1u32 << MAX_LEVEL) - 1)) as u32;
    finest >> (MAX_LEVEL - level)
}
