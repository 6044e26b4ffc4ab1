//! Shapes as GeoJSON: read into places on the sphere, and written.

use std::collections::HashSet;

use super::vector::area;
use super::{Point, Vector};
use crate::dynamic::{elements, get_key, number, text_of, write_real};

/// A line: two places or more.
pub(super) type Line = Vec<Vector>;

/// The lines of a line or a multiline.
pub(super) fn lines(json: &str) -> Option<Vec<Line>> {
    let coordinates = get_key(json, "coordinates")?;
    let line = |json| {
        let places = points(json)?.into_iter().map(Point::vector).collect::<Line>();
        Some(places).filter(|places| places.len() > 1)
    };
    match text_of(get_key(json, "type")?).as_ref() {
        "LineString" => Some(vec![line(coordinates)?]),
        "MultiLineString" => elements(coordinates)?.map(line).collect(),
        _ => None,
    }
}

/// The polygons of a polygon or a multipolygon.
pub(super) fn polygons(json: &str) -> Option<Vec<Polygon>> {
    let coordinates = get_key(json, "coordinates")?;
    match text_of(get_key(json, "type")?).as_ref() {
        "Polygon" => Some(vec![Polygon::parse(coordinates)?]),
        "MultiPolygon" => elements(coordinates)?.map(Polygon::parse).collect(),
        _ => None,
    }
}

pub(super) fn points(json: &str) -> Option<Vec<Point>> {
    elements(json)?
        .map(|pair| {
            let mut numbers = elements(pair)?.map(number);
            Point::new(numbers.next()??, numbers.next()??)
        })
        .collect()
}

#[derive(Debug, Clone)]
pub(super) struct Polygon {
    pub(super) shell: Ring,
    pub(super) holes: Vec<Ring>,
}

impl Polygon {
    fn parse(json: &str) -> Option<Polygon> {
        let mut rings = elements(json)?.map(|json| Ring::new(points(json)?));
        Some(Polygon { shell: rings.next()??, holes: rings.collect::<Option<_>>()? })
    }

    pub(super) fn contains(&self, place: Vector) -> bool {
        self.shell.contains(place) && !self.holes.iter().any(|hole| hole.contains(place))
    }

    /// Its edges; the inside is to the left.
    pub(super) fn edges(&self) -> impl Iterator<Item = (Vector, Vector)> {
        let holes = self.holes.iter().flat_map(|hole| hole.edges().rev().map(|(from, to)| (to, from)));
        self.shell.edges().chain(holes)
    }
}

/// A closed line; the region inside is the smaller one of the two that it divides the sphere into.
#[derive(Debug, Clone)]
pub(super) struct Ring {
    vertices: Vec<Vector>,
    middle: Vector,
}

impl Ring {
    /// A ring of at least three different vertices, and the first one again. Its vertices go counter-clockwise from here
    /// on.
    pub(super) fn new(mut points: Vec<Point>) -> Option<Ring> {
        let closed = points.len() > 3 && points.first() == points.last();
        points.pop();
        let mut seen = HashSet::with_capacity(points.len());
        // Zero is added so that both of its signs are one place.
        let distinct =
            points.iter().all(|it| seen.insert(((it.longitude + 0.0).to_bits(), (it.latitude + 0.0).to_bits())));
        if !closed || !distinct {
            return None;
        }
        Some(Ring::of(points.into_iter().map(Point::vector).collect()))
    }

    /// A ring of at least three different vertices, turned to go counter-clockwise.
    pub(super) fn of(mut vertices: Vec<Vector>) -> Ring {
        let middle = vertices.iter().copied().fold(Vector::ZERO, Vector::plus).unit();
        if area_around(middle, &vertices) < 0.0 {
            vertices.reverse();
        }
        Ring { vertices, middle }
    }

    /// A place that is on the ring's side of the sphere.
    pub(super) fn middle(&self) -> Vector {
        self.middle
    }

    /// The vertices, each once, counter-clockwise.
    pub(super) fn vertices(&self) -> &[Vector] {
        &self.vertices
    }

    pub(super) fn edges(&self) -> impl DoubleEndedIterator<Item = (Vector, Vector)> {
        let count = self.vertices.len();
        (0..count).map(move |at| (self.vertices[at], self.vertices[(at + 1) % count]))
    }

    /// Whether the vertices, seen from the place, go around it once.
    pub(super) fn contains(&self, place: Vector) -> bool {
        // Going around a place is going around its antipode, too; only one of the two is on the ring's side.
        if place.dot(self.middle) <= 0.0 {
            return false;
        }
        let turns = self.edges().map(|(from, to)| {
            let (from, to) = (place.cross(from), place.cross(to));
            from.cross(to).dot(place).atan2(from.dot(to))
        });
        turns.sum::<f64>().abs() > std::f64::consts::PI
    }
}

/// The area inside of a closed line, in square radians, negative if it goes clockwise.
pub(super) fn area_around(middle: Vector, vertices: &[Vector]) -> f64 {
    let next = vertices.iter().cycle().skip(1);
    vertices.iter().zip(next).map(|(from, to)| area(middle, *from, *to)).sum()
}

fn write_place(place: Vector, out: &mut String) {
    let Point { longitude, latitude } = place.point();
    write_pair(longitude, latitude, out);
}

/// Appends `[longitude,latitude]`.
pub(super) fn write_pair(longitude: f64, latitude: f64, out: &mut String) {
    out.push('[');
    write_real(longitude, out);
    out.push(',');
    write_real(latitude, out);
    out.push(']');
}

/// Appends items between brackets, with commas.
pub(super) fn write_list<T>(
    items: impl IntoIterator<Item = T>,
    out: &mut String,
    mut write: impl FnMut(T, &mut String),
) {
    out.push('[');
    for (place, item) in items.into_iter().enumerate() {
        out.push_str(if place > 0 { "," } else { "" });
        write(item, out);
    }
    out.push(']');
}

/// Appends a shape of that type, whose coordinates `write` appends.
pub(super) fn write_shape(name: &str, out: &mut String, write: impl FnOnce(&mut String)) {
    out.push_str("{\"type\":\"");
    out.push_str(name);
    out.push_str("\",\"coordinates\":");
    write(out);
    out.push('}');
}

pub(super) fn write_point(place: Vector, out: &mut String) {
    write_shape("Point", out, |out| write_place(place, out));
}

/// Appends a polygon: its shell and its holes, whose last vertex is not the first one again.
pub(super) fn write_polygon(rings: &[Vec<Vector>], out: &mut String) {
    write_shape("Polygon", out, |out| write_rings(rings, out));
}

pub(super) fn write_rings(rings: &[Vec<Vector>], out: &mut String) {
    write_list(rings, out, |ring, out| {
        write_list(ring.iter().chain(ring.first()), out, |it, out| write_place(*it, out));
    });
}

/// Appends a multipoint.
pub(super) fn write_points(places: &[Vector], out: &mut String) {
    write_shape("MultiPoint", out, |out| write_list(places, out, |it, out| write_place(*it, out)));
}

/// Appends a polygon, or a multipolygon if there is not exactly one. Shells go counter-clockwise, holes clockwise.
pub(super) fn write_polygons(polygons: &[Polygon], out: &mut String) {
    let rings = |polygon: &Polygon| -> Vec<Vec<Vector>> {
        let holes = polygon.holes.iter().map(|hole| hole.vertices.iter().rev().copied().collect());
        std::iter::once(polygon.shell.vertices.clone()).chain(holes).collect()
    };
    match polygons {
        [polygon] => write_polygon(&rings(polygon), out),
        polygons => write_shape("MultiPolygon", out, |out| {
            write_list(polygons, out, |polygon, out| write_rings(&rings(polygon), out));
        }),
    }
}

/// Appends a line, or a multiline if there is not exactly one.
pub(super) fn write_lines(lines: &[Line], out: &mut String) {
    let write = |line: &Line, out: &mut String| write_list(line, out, |it, out| write_place(*it, out));
    match lines {
        [line] => write_shape("LineString", out, |out| write(line, out)),
        lines => write_shape("MultiLineString", out, |out| write_list(lines, out, write)),
    }
}
