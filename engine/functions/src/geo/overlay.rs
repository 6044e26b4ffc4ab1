//! Edges of several shapes laid over each other: cut where they meet, so that every two are equal or meet at ends only.
//!
//! What to keep of the pieces and how to put those together again is in `regions.rs` and `meet.rs`.

use std::collections::HashMap;

use super::Vector;
use super::vector::{CLOSE, closest, cross, crossing};

/// How many pairs of edges are looked at before an answer is given up (null). Our choice; a polygon of 20000 edges that
/// go around the Earth over another one is at the limit, and shapes as they occur are far from it.
const MAX_PAIRS: usize = 50_000_000;

pub(super) type Edge = (Vector, Vector);

/// The edges of an overlay in pieces between places, which are numbers.
pub(super) struct Overlay {
    places: Places,
    /// For each edge the places along it.
    chains: Vec<Vec<usize>>,
    /// The first edge that a piece is part of.
    edges: HashMap<(usize, usize), usize>,
}

impl Overlay {
    /// Cuts edges that meet; `None` if there are too many. Only pairs of edges for which `compare` holds are looked at.
    pub(super) fn new(edges: &[Edge], compare: impl Fn(usize, usize) -> bool) -> Option<Overlay> {
        let mut places = Places::default();
        let ends: Vec<(usize, usize)> = edges.iter().map(|edge| (places.add(edge.0), places.add(edge.1))).collect();
        let mut cuts = vec![Vec::new(); edges.len()];
        for (left, right) in pairs_that_may_meet(edges, compare)? {
            let before = (cuts[left].len(), cuts[right].len());
            for (edge, other) in [(left, right), (right, left)] {
                let (from, to) = ends[edge];
                for end in [ends[other].0, ends[other].1] {
                    if end != from && end != to && is_on(places.at(end), edges[edge]) {
                        cuts[edge].push(end);
                    }
                }
            }
            let ((a, b), (c, d)) = (edges[left], edges[right]);
            let touch = (cuts[left].len(), cuts[right].len()) != before;
            let share = [ends[left].0, ends[left].1].iter().any(|it| [ends[right].0, ends[right].1].contains(it));
            if !touch && !share && cross(a, b, c, d) {
                let place = places.add(crossing(a, b, c, d));
                cuts[left].push(place);
                cuts[right].push(place);
            }
        }
        let chains: Vec<Vec<usize>> =
            cuts.into_iter().zip(ends).map(|(cuts, ends)| chain(ends, cuts, &places)).collect();
        let mut first = HashMap::new();
        for (edge, chain) in chains.iter().enumerate() {
            for piece in chain.windows(2) {
                first.entry((piece[0], piece[1])).or_insert(edge);
            }
        }
        Some(Overlay { places, chains, edges: first })
    }

    pub(super) fn at(&self, place: usize) -> Vector {
        self.places.at(place)
    }

    /// The places along an edge, at least one.
    pub(super) fn chain(&self, edge: usize) -> &[usize] {
        &self.chains[edge]
    }

    /// The first edge that a piece is part of.
    pub(super) fn edge_of(&self, piece: (usize, usize)) -> Option<usize> {
        self.edges.get(&piece).copied()
    }

    /// The pieces of some edges, in order.
    pub(super) fn pieces(&self, edges: std::ops::Range<usize>) -> impl Iterator<Item = (usize, usize)> {
        self.chains[edges].iter().flat_map(|chain| chain.windows(2)).map(|piece| (piece[0], piece[1]))
    }
}

/// From one end to the other through the cuts.
fn chain((from, to): (usize, usize), mut cuts: Vec<usize>, places: &Places) -> Vec<usize> {
    let start = places.at(from);
    let distance = |place: usize| places.at(place).minus(start).length();
    cuts.sort_by(|a, b| distance(*a).total_cmp(&distance(*b)));
    let mut chain = vec![from];
    chain.extend(cuts);
    chain.push(to);
    chain.dedup();
    chain
}

fn is_on(place: Vector, (from, to): Edge) -> bool {
    closest(place, from, to).minus(place).length() <= CLOSE
}

/// Places by number; those that are close to each other have one.
#[derive(Default)]
struct Places {
    all: Vec<Vector>,
    by_box: HashMap<[i64; 3], Vec<usize>>,
}

impl Places {
    fn at(&self, place: usize) -> Vector {
        self.all[place]
    }

    fn add(&mut self, place: Vector) -> usize {
        let own = place.0.map(|it| (it / (4.0 * CLOSE)).floor() as i64);
        for shift in 0..27i64 {
            let near = [own[0] + shift % 3 - 1, own[1] + shift / 3 % 3 - 1, own[2] + shift / 9 - 1];
            let known = self.by_box.get(&near).into_iter().flatten();
            if let Some(known) = known.copied().find(|known| self.all[*known].is_close(place)) {
                return known;
            }
        }
        self.all.push(place);
        self.by_box.entry(own).or_default().push(self.all.len() - 1);
        self.all.len() - 1
    }
}

/// Pairs of edges whose boxes in space meet.
fn pairs_that_may_meet(edges: &[Edge], compare: impl Fn(usize, usize) -> bool) -> Option<Vec<(usize, usize)>> {
    let boxes: Vec<[(f64, f64); 3]> = edges.iter().map(|edge| box_of(*edge)).collect();
    let mut order: Vec<usize> = (0..edges.len()).collect();
    order.sort_by(|a, b| boxes[*a][0].0.total_cmp(&boxes[*b][0].0));
    let (mut open, mut pairs, mut looks): (Vec<usize>, _, usize) = (Vec::new(), Vec::new(), 0);
    for edge in order {
        open.retain(|other| boxes[*other][0].1 >= boxes[edge][0].0);
        looks += open.len();
        if looks > MAX_PAIRS {
            return None;
        }
        let meets = |other: &usize| {
            (1..3).all(|axis| {
                boxes[*other][axis].0 <= boxes[edge][axis].1 && boxes[edge][axis].0 <= boxes[*other][axis].1
            })
        };
        let found = open.iter().copied().filter(|other| meets(other) && compare(edge, *other));
        pairs.extend(found.map(|other| (edge.min(other), edge.max(other))));
        open.push(edge);
    }
    pairs.sort_unstable();
    Some(pairs)
}

fn box_of((from, to): Edge) -> [(f64, f64); 3] {
    // How far the arc rises above its chord.
    let half = from.angle(to) / 2.0;
    let rise = 1.0 - half.cos() + CLOSE;
    std::array::from_fn(|axis| {
        let (a, b) = (from.0[axis], to.0[axis]);
        (a.min(b) - rise, a.max(b) + rise)
    })
}
