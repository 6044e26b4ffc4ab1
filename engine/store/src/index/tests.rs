//! A look-up finds at least what a scan finds, and damage is noticed.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, StringViewArray};
use proptest::prelude::*;
use vizsla_schema::KqlType;
use vizsla_schema::terms::{fold, terms};

use super::collect::Collector;
use super::file::{Column, Identity, Segment, directory};
use super::{BLOCK, Constraint, Index, Kept, Match, Skipped};

fn identity(rows: usize) -> Identity {
    Identity { size: 1, modified: -5, rows: rows as u64, layout: 7 }
}

/// The index of a column in segments of `rows` rows.
fn built(ty: KqlType, whole: bool, cells: &[ArrayRef]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut segments = Vec::new();
    for cells in cells {
        let mut collector = Collector::new(ty, whole);
        let half = cells.len() / 3;
        collector.add(&cells.slice(0, half), 0);
        collector.add(&cells.slice(half, cells.len() - half), half as u64);
        let (kept, bytes) = collector.finish(cells.len() as u64, out.len() as u64);
        out.extend(bytes);
        segments.push(Segment { rows: cells.len() as u64, columns: vec![Column { field: "C".into(), kept }] });
    }
    let rows = cells.iter().map(|it| it.len()).sum();
    out.extend(directory(out.len() as u64, &identity(rows), &segments));
    out
}

fn texts(cells: &[String]) -> ArrayRef {
    Arc::new(StringViewArray::from_iter_values(cells))
}

fn text(at: Match, text: &str) -> Constraint {
    Constraint::Text { column: "C".into(), at, text: text.into() }
}

/// What each operator means, said plainly.
fn scan(cell: &str, at: Match, text: &str) -> bool {
    let (cell, text) = (fold(cell), fold(text));
    let inside = |text: &str| cell.contains(text);
    match at {
        Match::Whole => cell == text,
        Match::Terms => terms(&cell).any(|term| term == text) && inside(&text),
        Match::Begin => cell.starts_with(&text) || terms(&cell).any(|term| term.starts_with(&text)),
        Match::End => cell.ends_with(&text) || terms(&cell).any(|term| term.ends_with(&text)),
        Match::Inside => inside(&text),
    }
}

fn holds(kept: &Option<Kept>, row: u64) -> bool {
    kept.as_ref().is_none_or(|kept| kept.ranges().any(|range| range.contains(&row)))
}

const PLACES: [Match; 5] = [Match::Whole, Match::Terms, Match::Begin, Match::End, Match::Inside];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_look_up_loses_no_row(
        cells in proptest::collection::vec("([abA_éKİſß-]{0,5}|-[0-9a]{4}-)", 0..1500),
        needle in "([abAéikß]{1,3}|[abAéks-]{1,4}|[0-9a]{4})",
        whole in any::<bool>(),
    ) {
        // A whole number of blocks, and what is left.
        let cut = cells.len() / BLOCK as usize * BLOCK as usize;
        let parts: Vec<ArrayRef> = [&cells[..cut], &cells[cut..]].into_iter().filter(|it| !it.is_empty()).map(texts).collect();
        let bytes = built(KqlType::String, whole, &parts);
        prop_assert_eq!(&bytes, &built(KqlType::String, whole, &parts));
        let index = Index::from_bytes(bytes, &identity(cells.len())).expect("fresh");
        for at in PLACES {
            let kept = index.find(&text(at, &needle), Some);
            for (row, cell) in (0..).zip(&cells) {
                // `tolower(cell) has needle` prunes as `cell has needle` does.
                for cell in [cell.clone(), cell.to_lowercase(), cell.to_uppercase()] {
                    prop_assert!(holds(&kept, row) || !scan(&cell, at, &needle), "lost {cell:?} {at:?} {needle:?}");
                }
            }
        }
        let both = Constraint::all([text(Match::Inside, "-a-"), text(Match::Terms, &needle)]);
        let either = Constraint::one([text(Match::Terms, "b"), text(Match::Terms, &needle)]);
        let (both, either) = (index.find(&both, Some), index.find(&either, Some));
        for (row, cell) in (0..).zip(&cells) {
            let has = |needle: &str| scan(cell, Match::Terms, needle);
            prop_assert!(holds(&both, row) || !(cell.contains("-a-") && has(&needle)));
            prop_assert!(holds(&either, row) || !(has("b") || has(&needle)));
        }
    }

    #[test]
    fn times_lose_no_row(
        cells in proptest::collection::vec(proptest::option::of(-100_i64..100), 1..1500),
        least in -120_i64..120,
        width in 0_i64..60,
    ) {
        let array: ArrayRef = Arc::new(Int64Array::from(cells.clone()));
        let index = Index::from_bytes(built(KqlType::DateTime, false, &[array]), &identity(cells.len())).expect("fresh");
        let kept = index.find(&Constraint::Ticks { column: "C".into(), least, most: least + width }, Some);
        for (row, cell) in (0..).zip(&cells) {
            prop_assert!(holds(&kept, row) || !cell.is_some_and(|at| (least..=least + width).contains(&at)));
        }
    }
}

#[test]
fn rare_words_are_found_and_absent_ones_are_not() {
    let cells: Vec<String> = (0..100_000).map(|row| format!("Run word{row} of /{}", row % 7)).collect();
    let bytes = built(KqlType::String, false, &[texts(&cells)]);
    assert!(bytes.len() < cells.len() * 5 / 2, "{} bytes", bytes.len());
    let index = Index::from_bytes(bytes, &identity(cells.len())).expect("fresh");
    let kept = |word: &str| index.find(&text(Match::Terms, word), Some).map(|it| it.count());
    assert_eq!(kept("WORD70000"), Some(BLOCK));
    assert_eq!(kept("run"), None);
    assert_eq!(kept("run word70000"), Some(BLOCK));
    let absent = (0..1000).filter_map(|number| kept(&format!("absent{number}"))).filter(|count| *count > 0).count();
    assert!(absent < 20, "{absent} of 1000 absent words are found");
}

#[test]
fn damage_is_noticed() {
    let cells: Vec<String> = (0..5000).map(|row| format!("word{row} a")).collect();
    let bytes = built(KqlType::String, true, &[texts(&cells)]);
    let asked = [text(Match::Terms, "word7"), text(Match::Whole, "word4000 a"), text(Match::Terms, "absent")];
    let fresh = Index::from_bytes(bytes.clone(), &identity(5000)).expect("fresh");
    let right = asked.each_ref().map(|it| fresh.find(it, Some));
    assert_eq!(right.each_ref().map(|it| it.as_ref().map(Kept::count)), [Some(BLOCK), Some(BLOCK), Some(0)]);
    for at in 0..bytes.len() {
        if at % 7 == 0 {
            assert!(Index::from_bytes(bytes[..at].to_vec(), &identity(5000)).is_err(), "cut at {at}");
        }
        let mut flipped = bytes.clone();
        flipped[at] ^= 1 << (at % 8);
        if let Ok(index) = Index::from_bytes(flipped, &identity(5000)) {
            for (asked, right) in asked.iter().zip(&right) {
                let found = index.find(asked, Some);
                assert!(found.is_none() || found == *right, "flipped at {at}: {asked:?}");
            }
        }
    }
    assert_eq!(Index::from_bytes(bytes, &identity(5001)).expect_err("stale"), Skipped::Stale);
}
