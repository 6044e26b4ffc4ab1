//! Places on the unit sphere as vectors in space, and what edges between them (geodesics) do.

use super::Point;

/// Places closer than this, in radians, are one: a few times the rounding of coordinates, a hundredth of a micrometer.
pub(super) const CLOSE: f64 = 2e-15;

/// A vector in space, mostly a place on the unit sphere.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Vector(pub(super) [f64; 3]);

impl Vector {
    pub(super) const ZERO: Vector = Vector([0.0; 3]);

    pub(super) fn dot(self, other: Vector) -> f64 {
        let (Vector([a, b, c]), Vector([x, y, z])) = (self, other);
        a * x + b * y + c * z
    }

    pub(super) fn cross(self, other: Vector) -> Vector {
        let (Vector([a, b, c]), Vector([x, y, z])) = (self, other);
        Vector([b * z - c * y, c * x - a * z, a * y - b * x])
    }

    pub(super) fn plus(self, other: Vector) -> Vector {
        let (Vector([a, b, c]), Vector([x, y, z])) = (self, other);
        Vector([a + x, b + y, c + z])
    }

    pub(super) fn minus(self, other: Vector) -> Vector {
        self.plus(other.times(-1.0))
    }

    pub(super) fn times(self, factor: f64) -> Vector {
        Vector(self.0.map(|it| it * factor))
    }

    pub(super) fn length(self) -> f64 {
        self.dot(self).sqrt()
    }

    /// The same direction with length 1; zero stays zero.
    pub(super) fn unit(self) -> Vector {
        let length = self.length();
        if length > 0.0 { self.times(1.0 / length) } else { self }
    }

    /// The angle between two vectors, exact for small ones, too.
    pub(super) fn angle(self, other: Vector) -> f64 {
        self.cross(other).length().atan2(self.dot(other))
    }

    pub(super) fn is_close(self, other: Vector) -> bool {
        self.minus(other).length() <= CLOSE
    }

    /// A vector at right angles to the circle through two places, to the left on the way from this one to the other.
    pub(super) fn normal(self, other: Vector) -> Vector {
        // The same direction as that of the cross product, without its cancellation between places that are close.
        self.plus(other).cross(other.minus(self))
    }

    /// The place in degrees.
    pub(super) fn point(self) -> Point {
        let Vector([x, y, z]) = self;
        Point { longitude: y.atan2(x).to_degrees(), latitude: z.atan2((x * x + y * y).sqrt()).to_degrees() }
    }

    /// The place so many radians away in a direction, which is a unit vector at right angles.
    pub(super) fn ray(self, direction: Vector, angle: f64) -> Vector {
        self.times(angle.cos()).plus(direction.times(angle.sin())).unit()
    }

    /// The place at a part of the way to another one.
    pub(super) fn toward(self, other: Vector, part: f64) -> Vector {
        let direction = self.normal(other).cross(self).unit();
        self.ray(direction, part * self.angle(other))
    }

    /// Some unit vector at right angles; the one that the service's library takes.
    pub(super) fn orthogonal(self) -> Vector {
        let Vector([x, y, z]) = self;
        let (ax, ay, az) = (x.abs(), y.abs(), z.abs());
        let axis = match (ax > ay, ax > az, ay > az) {
            (true, true, _) => [0.0053, 0.00457, 1.0],
            (false, _, true) => [1.0, 0.0053, 0.00457],
            _ => [0.012, 1.0, 0.00457],
        };
        self.cross(Vector(axis)).unit()
    }
}

/// Whether two edges cross at a place that is no end of one of them.
pub(super) fn cross(a: Vector, b: Vector, c: Vector, d: Vector) -> bool {
    let (ab, cd) = (a.normal(b), c.normal(d));
    let (acb, bda) = (-ab.dot(c), ab.dot(d));
    let (cbd, dac) = (-cd.dot(b), cd.dot(a));
    acb * bda > 0.0 && acb * cbd > 0.0 && acb * dac > 0.0
}

/// Where two edges that cross do so.
pub(super) fn crossing(a: Vector, b: Vector, c: Vector, d: Vector) -> Vector {
    let place = a.normal(b).unit().cross(c.normal(d).unit()).unit();
    if place.dot(a.plus(b)) < 0.0 { place.times(-1.0) } else { place }
}

/// The place on an edge that is closest.
pub(super) fn closest(place: Vector, a: Vector, b: Vector) -> Vector {
    let normal = a.normal(b);
    // Between the two planes through the ends of the edge and at right angles to it, the closest place is below.
    if normal.cross(a).dot(place) > 0.0 && b.cross(normal).dot(place) > 0.0 {
        let unit = normal.unit();
        return place.minus(unit.times(place.dot(unit))).unit();
    }
    if place.minus(a).length() <= place.minus(b).length() { a } else { b }
}

/// The area of a triangle in square radians, negative if its corners go clockwise.
pub(super) fn area(a: Vector, b: Vector, c: Vector) -> f64 {
    let volume = a.dot(b.minus(a).cross(c.minus(a)));
    2.0 * volume.atan2(1.0 + a.dot(b) + b.dot(c) + c.dot(a))
}

#[cfg(test)]
mod tests {
    use super::{CLOSE, Point, area, closest, cross, crossing};

    fn at(longitude: f64, latitude: f64) -> super::Vector {
        Point { longitude, latitude }.vector()
    }

    #[test]
    fn edges_cross() {
        let (west, east, south, north) = (at(-1.0, 0.0), at(1.0, 0.0), at(0.0, -1.0), at(0.0, 1.0));
        assert!(cross(west, east, south, north));
        assert!(crossing(west, east, south, north).is_close(at(0.0, 0.0)));
        assert!(!cross(west, east, at(180.0, -1.0), at(180.0, 1.0)), "on the other side of the Earth");
        assert!(!cross(west, east, north, at(0.0, 0.5)));
        assert!(!cross(west, east, east, north), "ends that touch do not cross");
    }

    #[test]
    fn closest_places() {
        for (place, expected) in
            [(at(0.3, 5.0), at(0.3, 0.0)), (at(7.0, 1.0), at(1.0, 0.0)), (at(-170.0, 0.0), at(-1.0, 0.0))]
        {
            let found = closest(place, at(-1.0, 0.0), at(1.0, 0.0));
            assert!(found.minus(expected).length() < 10.0 * CLOSE, "{found:?}");
        }
    }

    #[test]
    fn an_octant_is_an_eighth() {
        let octant = area(at(0.0, 0.0), at(90.0, 0.0), at(0.0, 90.0));
        assert!((octant - std::f64::consts::FRAC_PI_2).abs() < 1e-15);
    }
}
