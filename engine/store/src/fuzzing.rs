//! What fuzzing checks, as a plain function, so that saved inputs replay as an ordinary test.

use crate::index::{Constraint, Index, Match, forged};

/// Any bytes as an index file: refused, or looked up. Never a panic, and no room is made for more than is there.
///
/// Checksums refuse nearly everything, so the bytes are also taken as the postings and directory of a file whose checksums
/// are right: the first says how many rows the data file has, the second where the directory begins.
pub fn open_index(bytes: &[u8]) {
    let Some(([rows, start], rest)) = bytes.split_first_chunk() else { return };
    let (postings, directory) = rest.split_at(usize::from(*start).min(rest.len()));
    let (index, identity) = forged(postings, directory, u64::from(*rows));
    for bytes in [bytes.to_vec(), index] {
        let Ok(index) = Index::from_bytes(bytes, &identity) else { continue };
        for at in [Match::Whole, Match::Terms, Match::Inside] {
            let text = Constraint::Text { column: "C".to_owned(), at, text: "a b c".to_owned() };
            let time = Constraint::Ticks { column: "C".to_owned(), least: -1, most: 1 };
            let both = Constraint::one([text, time]);
            assert!(
                index.find(&both, Some).is_none_or(|kept| kept.count() <= identity.rows()),
                "more rows than there are"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn saved_inputs_are_refused_or_looked_up() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds/open_index");
        let mut replayed = 0;
        for entry in std::fs::read_dir(folder).expect("seeds") {
            super::open_index(&std::fs::read(entry.expect("readable").path()).expect("readable"));
            replayed += 1;
        }
        assert!(replayed > 0);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_refused_or_looked_up(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
            super::open_index(&bytes);
        }
    }
}
