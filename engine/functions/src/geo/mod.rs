//! Functions of places on Earth.
//!
//! As in the service the Earth is a sphere and edges are geodesics; what is no longitude or latitude makes the answer null.
//! Shapes are GeoJSON dynamics, read and written in `geojson.rs`; what two of them make is computed in `overlay.rs` and
//! `regions.rs`. `geo_simplify_polygons_array`, which keeps borders that polygons share, is not here.

mod buffer;
mod densify;
mod geohash;
mod geojson;
mod h3;
mod h3cover;
mod lines;
mod meet;
mod overlay;
mod points;
mod regions;
mod s2;
mod s2cell;
mod shapes;
mod simplify;
mod vector;
mod wkt;

use vizsla_schema::KqlType as T;

use self::vector::Vector;
use crate::args::{Args, Reals};
use crate::def::{Param, ScalarDef};

pub(crate) const ALL: &[ScalarDef] = &[
    buffer::GEO_LINE_BUFFER,
    buffer::GEO_POINT_BUFFER,
    buffer::GEO_POLYGON_BUFFER,
    densify::GEO_LINE_DENSIFY,
    densify::GEO_POLYGON_DENSIFY,
    geohash::GEO_GEOHASH_NEIGHBORS,
    geohash::GEO_GEOHASH_TO_CENTRAL_POINT,
    geohash::GEO_GEOHASH_TO_POLYGON,
    geohash::GEO_POINT_TO_GEOHASH,
    h3::GEO_H3CELL_CHILDREN,
    h3::GEO_H3CELL_LEVEL,
    h3::GEO_H3CELL_NEIGHBORS,
    h3::GEO_H3CELL_PARENT,
    h3::GEO_H3CELL_RINGS,
    h3::GEO_H3CELL_TO_CENTRAL_POINT,
    h3::GEO_H3CELL_TO_POLYGON,
    h3::GEO_POINT_TO_H3CELL,
    lines::GEO_LINE_LENGTH,
    lines::GEO_LINE_CENTROID,
    lines::GEO_LINE_INTERPOLATE_POINT,
    lines::GEO_LINE_LOCATE_POINT,
    lines::GEO_DISTANCE_POINT_TO_LINE,
    h3cover::GEO_POLYGON_TO_H3CELLS,
    lines::GEO_CLOSEST_POINT_ON_LINE,
    meet::GEO_INTERSECTS_2LINES,
    meet::GEO_INTERSECTS_LINE_WITH_POLYGON,
    meet::GEO_INTERSECTS_2POLYGONS,
    meet::GEO_INTERSECTION_2LINES,
    meet::GEO_INTERSECTION_LINE_WITH_POLYGON,
    meet::GEO_INTERSECTION_2POLYGONS,
    meet::GEO_UNION_LINES_ARRAY,
    meet::GEO_UNION_POLYGONS_ARRAY,
    shapes::GEO_DISTANCE_POINT_TO_POLYGON,
    shapes::GEO_CLOSEST_POINT_ON_POLYGON,
    shapes::GEO_POLYGON_AREA,
    shapes::GEO_POLYGON_PERIMETER,
    shapes::GEO_POLYGON_CENTROID,
    points::GEO_ANGLE,
    points::GEO_AZIMUTH,
    points::GEO_DISTANCE_2POINTS,
    points::GEO_POINT_IN_CIRCLE,
    s2::GEO_POINT_TO_S2CELL,
    s2::GEO_POLYGON_TO_S2CELLS,
    s2::GEO_S2CELL_NEIGHBORS,
    s2::GEO_S2CELL_TO_CENTRAL_POINT,
    s2::GEO_S2CELL_TO_POLYGON,
    shapes::GEO_POINT_IN_POLYGON,
    simplify::GEO_LINE_SIMPLIFY,
    simplify::GEO_POLYGON_SIMPLIFY,
    wkt::GEO_FROM_WKT,
];

/// Radius of the sphere, in meters: the one that the service's distances come from.
const EARTH_RADIUS: f64 = 6_371_010.0;
const REAL: Param = Param::Is(T::Real);

/// A place in degrees.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Point {
    longitude: f64,
    latitude: f64,
}

impl Point {
    /// `None` where the two lie outside of ±180 and ±90 degrees.
    fn new(longitude: f64, latitude: f64) -> Option<Point> {
        (longitude.abs() <= 180.0 && latitude.abs() <= 90.0).then_some(Point { longitude, latitude })
    }

    /// The place on the unit sphere.
    fn vector(self) -> Vector {
        let (longitude, latitude) = (self.longitude.to_radians(), self.latitude.to_radians());
        Vector([latitude.cos() * longitude.cos(), latitude.cos() * longitude.sin(), latitude.sin()])
    }
}

/// Two arguments that are the longitude and the latitude of a place.
struct Points<'a> {
    longitudes: Reals<'a>,
    latitudes: Reals<'a>,
}

impl<'a> Points<'a> {
    fn at(args: &Args<'a>, index: usize) -> Points<'a> {
        Points { longitudes: args.real(index), latitudes: args.real(index + 1) }
    }

    fn get(&self, row: usize) -> Option<Point> {
        Point::new(self.longitudes.get(row)?, self.latitudes.get(row)?)
    }
}

/// Fails unless the two texts are the same but for the last digits of their numbers: libraries of functions round
/// differently from machine to machine.
#[cfg(test)]
fn assert_close(left: &str, right: &str) {
    let parts = |text: &str| {
        let is_number = |c: char| c.is_ascii_digit() || matches!(c, '-' | '.');
        let words =
            text.split(|c| !is_number(c)).filter(|it| !it.is_empty()).map(|it| it.parse::<f64>().expect("a number"));
        (text.replace(is_number, ""), words.collect::<Vec<_>>())
    };
    let ((left_words, left_numbers), (right_words, right_numbers)) = (parts(left), parts(right));
    let same = |(a, b): (&f64, &f64)| (a - b).abs() <= 1e-11 * a.abs().max(b.abs()).max(1.0);
    let all_same = left_numbers.len() == right_numbers.len() && left_numbers.iter().zip(&right_numbers).all(same);
    assert!(left_words == right_words && all_same, "{left} is not {right}");
}
