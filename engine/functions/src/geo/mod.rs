//! Functions of places on Earth.
//!
//! As in the service the Earth is a sphere and edges are geodesics; what is no longitude or latitude makes the answer null.
//! Shapes are GeoJSON dynamics. Cells of S2 and H3 and set operations on shapes are not here.

mod geohash;
mod points;
mod shapes;

use vizsla_schema::KqlType as T;

use crate::args::{Args, Reals};
use crate::def::{Param, ScalarDef};

pub(crate) const ALL: &[ScalarDef] = &[
    geohash::GEO_GEOHASH_NEIGHBORS,
    geohash::GEO_GEOHASH_TO_CENTRAL_POINT,
    geohash::GEO_GEOHASH_TO_POLYGON,
    geohash::GEO_POINT_TO_GEOHASH,
    points::GEO_ANGLE,
    points::GEO_AZIMUTH,
    points::GEO_DISTANCE_2POINTS,
    points::GEO_POINT_IN_CIRCLE,
    shapes::GEO_LINE_LENGTH,
    shapes::GEO_POINT_IN_POLYGON,
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

/// A vector in space.
#[derive(Debug, Clone, Copy)]
struct Vector([f64; 3]);

impl Vector {
    fn dot(self, other: Vector) -> f64 {
        let (Vector([a, b, c]), Vector([x, y, z])) = (self, other);
        a * x + b * y + c * z
    }

    fn cross(self, other: Vector) -> Vector {
        let (Vector([a, b, c]), Vector([x, y, z])) = (self, other);
        Vector([b * z - c * y, c * x - a * z, a * y - b * x])
    }

    fn plus(self, other: Vector) -> Vector {
        let (Vector([a, b, c]), Vector([x, y, z])) = (self, other);
        Vector([a + x, b + y, c + z])
    }

    /// The angle between two vectors, exact for small ones, too.
    fn angle(self, other: Vector) -> f64 {
        let cross = self.cross(other);
        cross.dot(cross).sqrt().atan2(self.dot(other))
    }
}
