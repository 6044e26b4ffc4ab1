//! Regions: polygons that do not overlap, and what two of them make: their union and what they share.

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};

use super::Vector;
use super::geojson::{Line, Polygon, Ring, area_around};
use super::overlay::{Edge, Overlay};

/// Where a piece of one region's border is, seen from the other region.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Inside,
    Outside,
    /// On its border, with both regions on the same side.
    Along,
    /// On its border, with the regions on two sides.
    Against,
}

/// What two regions share: areas, and where they only touch lines and points.
pub(super) struct Shared {
    pub(super) polygons: Vec<Polygon>,
    pub(super) lines: Vec<Line>,
    pub(super) points: Vec<Vector>,
}

/// The polygons as a region; `None` if they have too many edges. Two at a time are united, those with the fewest
/// vertices first, as in the service, since it shows in where a ring starts.
pub(super) fn unite(polygons: Vec<Polygon>) -> Option<Vec<Polygon>> {
    let mut queue: Vec<Vec<Polygon>> = polygons.into_iter().map(|polygon| vec![polygon]).collect();
    let size = |region: &Vec<Polygon>| region.iter().map(|polygon| polygon.edges().count()).sum::<usize>();
    queue.sort_by_key(size);
    let mut queue: std::collections::VecDeque<Vec<Polygon>> = queue.into();
    while queue.len() > 1 {
        let (first, second) = (queue.pop_front()?, queue.pop_front()?);
        let united = Pair::new(&first, &second)?.union();
        let place = queue.partition_point(|region| size(region) <= size(&united));
        queue.insert(place, united);
    }
    Some(queue.pop_front().unwrap_or_default())
}

/// What two regions share; `None` if they have too many edges.
pub(super) fn intersect(left: &[Polygon], right: &[Polygon]) -> Option<Shared> {
    Some(Pair::new(left, right)?.intersection())
}

/// Two regions' borders, in pieces.
struct Pair {
    overlay: Overlay,
    /// The pieces of the left border and then of the right one, with the region to the left.
    pieces: [Vec<(usize, usize)>; 2],
    sides: [Vec<Side>; 2],
}

impl Pair {
    fn new(left: &[Polygon], right: &[Polygon]) -> Option<Pair> {
        let edges_of =
            |region: &[Polygon]| region.iter().flat_map(|polygon| polygon.edges().collect::<Vec<Edge>>()).collect();
        let (mut edges, right_edges): (Vec<Edge>, Vec<Edge>) = (edges_of(left), edges_of(right));
        let middle = edges.len();
        edges.extend(right_edges);
        let overlay = Overlay::new(&edges, |a, b| (a < middle) != (b < middle))?;
        let pieces = [overlay.pieces(0..middle).collect(), overlay.pieces(middle..edges.len()).collect::<Vec<_>>()];
        let sides = [sides(&overlay, &pieces[0], &pieces[1], right), sides(&overlay, &pieces[1], &pieces[0], left)];
        Some(Pair { overlay, pieces, sides })
    }

    fn kept(&self, side: Side) -> Vec<(usize, usize)> {
        let all = |at: usize| self.pieces[at].iter().copied().zip(self.sides[at].iter().copied());
        let left = all(0).filter(|(_, it)| *it == side || *it == Side::Along);
        let right = all(1).filter(|(_, it)| *it == side);
        left.chain(right).map(|(piece, _)| piece).collect()
    }

    fn union(&self) -> Vec<Polygon> {
        polygons(&self.overlay, &self.kept(Side::Outside))
    }

    fn intersection(&self) -> Shared {
        let kept = self.kept(Side::Inside);
        let against: Vec<_> = self.pieces[0]
            .iter()
            .zip(&self.sides[0])
            .filter(|(_, side)| **side == Side::Against)
            .map(|it| *it.0)
            .collect();
        let used: HashSet<usize> = kept.iter().chain(&against).flat_map(|piece| [piece.0, piece.1]).collect();
        let right: HashSet<usize> = self.pieces[1].iter().map(|piece| piece.0).collect();
        let touched = self.pieces[0].iter().map(|piece| piece.0).filter(|it| right.contains(it) && !used.contains(it));
        Shared {
            polygons: polygons(&self.overlay, &kept),
            lines: paths(&self.overlay, &against),
            points: touched.map(|place| self.overlay.at(place)).collect(),
        }
    }
}

/// Where each piece is, seen from the other region.
fn sides(overlay: &Overlay, pieces: &[(usize, usize)], others: &[(usize, usize)], region: &[Polygon]) -> Vec<Side> {
    let borders: HashSet<(usize, usize)> = others.iter().copied().collect();
    let on_border: HashSet<usize> = others.iter().map(|piece| piece.0).collect();
    let mut before: Option<(usize, Side)> = None;
    let side = |piece: &(usize, usize)| {
        let (from, to) = *piece;
        let side = match before {
            _ if borders.contains(&(from, to)) => Side::Along,
            _ if borders.contains(&(to, from)) => Side::Against,
            // Sides only change where borders meet.
            Some((end, side)) if end == from && !on_border.contains(&from) => side,
            _ => {
                let middle = overlay.at(from).plus(overlay.at(to)).unit();
                let inside = region.iter().any(|polygon| polygon.contains(middle));
                if inside { Side::Inside } else { Side::Outside }
            }
        };
        before = Some((to, side));
        side
    };
    pieces.iter().map(side).collect()
}

/// Polygons of pieces of border, the inside to the left.
pub(super) fn polygons(overlay: &Overlay, pieces: &[(usize, usize)]) -> Vec<Polygon> {
    let (mut shells, mut holes) = (Vec::new(), Vec::new());
    for ring in rings(overlay, pieces) {
        let vertices: Vec<Vector> = ring.into_iter().map(|place| overlay.at(place)).collect();
        let middle = vertices.iter().copied().fold(Vector::ZERO, Vector::plus).unit();
        let is_hole = area_around(middle, &vertices) < 0.0;
        (if is_hole { &mut holes } else { &mut shells }).push(Ring::of(vertices));
    }
    let mut polygons: Vec<Polygon> = shells.into_iter().map(|shell| Polygon { shell, holes: Vec::new() }).collect();
    for hole in holes {
        let Some((from, to)) = hole.edges().next() else { continue };
        let middle = from.plus(to).unit();
        if let Some(polygon) = polygons.iter_mut().find(|polygon| polygon.shell.contains(middle)) {
            polygon.holes.push(hole);
        }
    }
    polygons
}

/// The pieces, each once, as rings that do not pass a place twice.
fn rings(overlay: &Overlay, pieces: &[(usize, usize)]) -> Vec<Vec<usize>> {
    let mut from: HashMap<usize, Vec<usize>> = HashMap::new();
    for (index, piece) in pieces.iter().enumerate() {
        from.entry(piece.0).or_default().push(index);
    }
    let (mut used, mut rings) = (vec![false; pieces.len()], Vec::new());
    for start in 0..pieces.len() {
        let mut ring: Vec<usize> = Vec::new();
        let mut next = (!used[start]).then_some(start);
        while let Some(piece) = next {
            used[piece] = true;
            ring.push(piece);
            let free = from.get(&pieces[piece].1).into_iter().flatten().copied().filter(|it| !used[*it]);
            next = sharpest_left(overlay, pieces, piece, free);
            if pieces[piece].1 == pieces[start].0 {
                break;
            }
        }
        let closed = ring.last().is_some_and(|last| pieces[*last].1 == pieces[start].0);
        if closed && ring.len() > 2 {
            let edges: Vec<Option<usize>> = ring.iter().map(|piece| overlay.edge_of(pieces[*piece])).collect();
            ring.rotate_left(start_of(&edges));
            rings.push(ring.into_iter().map(|piece| pieces[piece].0).collect());
        }
    }
    rings
}

/// Where a ring starts, by the edges that its pieces are part of: after the last edge, as in the service's library, and of
/// several pieces of that edge after the last one of the first run.
fn start_of(edges: &[Option<usize>]) -> usize {
    let (mut last, mut gap) = (0, false);
    for (place, edge) in edges.iter().enumerate().skip(1) {
        match edge.cmp(&edges[last]) {
            Ordering::Less => gap = true,
            Ordering::Equal if gap => {}
            Ordering::Equal | Ordering::Greater => (last, gap) = (place, false),
        }
    }
    (last + 1) % edges.len().max(1)
}

/// The piece that goes on at the end of one and has the least of the inside between the two.
fn sharpest_left(
    overlay: &Overlay,
    pieces: &[(usize, usize)],
    piece: usize,
    next: impl Iterator<Item = usize>,
) -> Option<usize> {
    let center = overlay.at(pieces[piece].1);
    let east = center.orthogonal();
    let north = center.cross(east);
    let direction = |place: usize| {
        let toward = overlay.at(place).minus(center);
        toward.dot(north).atan2(toward.dot(east))
    };
    let back = direction(pieces[piece].0);
    let clockwise = |next: usize| (back - direction(pieces[next].1)).rem_euclid(std::f64::consts::TAU);
    next.min_by(|a, b| clockwise(*a).total_cmp(&clockwise(*b)))
}

/// Pieces put together to lines, each once in whichever direction; lines end where not exactly two pieces meet.
pub(super) fn paths(overlay: &Overlay, pieces: &[(usize, usize)]) -> Vec<Line> {
    let mut seen = HashSet::new();
    let pieces: Vec<(usize, usize)> =
        pieces.iter().copied().filter(|(from, to)| seen.insert((*from.min(to), *from.max(to)))).collect();
    let mut at: HashMap<usize, Vec<usize>> = HashMap::new();
    for (index, (from, to)) in pieces.iter().enumerate() {
        at.entry(*from).or_default().push(index);
        at.entry(*to).or_default().push(index);
    }
    let mut used = vec![false; pieces.len()];
    // The next piece at a place that two pieces share, if it is not used yet.
    let next = |place: usize, used: &[bool]| match at.get(&place).map(Vec::as_slice) {
        Some([a, b]) => [*a, *b].into_iter().find(|it| !used[*it]),
        _ => None,
    };
    let mut lines = Vec::new();
    for start in 0..pieces.len() {
        if std::mem::replace(&mut used[start], true) {
            continue;
        }
        let mut path = std::collections::VecDeque::from([pieces[start].0, pieces[start].1]);
        while let Some(piece) = path.back().and_then(|end| next(*end, &used)) {
            used[piece] = true;
            let (from, to) = pieces[piece];
            path.push_back(if path.back() == Some(&from) { to } else { from });
        }
        while let Some(piece) = path.front().and_then(|end| next(*end, &used)) {
            used[piece] = true;
            let (from, to) = pieces[piece];
            path.push_front(if path.front() == Some(&to) { from } else { to });
        }
        lines.push(path.into_iter().map(|place| overlay.at(place)).collect());
    }
    lines
}
