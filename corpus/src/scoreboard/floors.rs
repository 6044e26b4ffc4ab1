//! The recorded floors: results may only get better.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::report::Score;

/// What a set has reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Floor {
    /// At least so many are right.
    pub right: usize,
    /// At most so many are wrong.
    pub wrong: usize,
}

/// The floors of all sets, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Floors(BTreeMap<String, Floor>);

impl Floors {
    /// Where the floors are recorded.
    #[must_use]
    pub fn path() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("conformance/floors.toml")
    }

    /// Reads the recorded floors.
    ///
    /// # Errors
    /// The file cannot be read or holds something else.
    pub fn load(path: &Path) -> io::Result<Self> {
        let text = fs::read_to_string(path)?;
        toml::from_str(&text).map_err(|e| io::Error::other(format!("{}: {e}", path.display())))
    }

    /// The floor of a set, if one is recorded.
    #[must_use]
    pub fn of(&self, set: &str) -> Option<Floor> {
        self.0.get(set).copied()
    }

    /// The same floors with those of `scores` moved to what they reached.
    #[must_use]
    pub fn moved_to(&self, scores: &[Score]) -> Self {
        let mut floors = self.clone();
        floors.0.extend(scores.iter().map(|it| (it.set.name.to_owned(), reached(it))));
        floors
    }

    /// The text of `floors.toml`.
    #[must_use]
    pub fn to_toml(&self) -> String {
        let mut out = "# What the scoreboards have reached: `right` at least, `wrong` at most.\n\
                       # Written by `cargo run -p vizsla-corpus --bin scoreboard -- --batch … --record`.\n"
            .to_owned();
        for (set, floor) in &self.0 {
            _ = write!(out, "\n[{set}]\nright = {}\nwrong = {}\n", floor.right, floor.wrong);
        }
        out
    }
}

fn reached(score: &Score) -> Floor {
    Floor { right: score.count("right"), wrong: score.count("wrong") }
}

/// Holds scores to their floors; tells which floors could be raised.
///
/// # Errors
/// One line for each count that fell below its floor.
pub fn check_floors(floors: &Floors, scores: &[Score]) -> Result<Vec<String>, Vec<String>> {
    let (mut regressions, mut raises) = (Vec::new(), Vec::new());
    for score in scores {
        let (name, now) = (score.set.name, reached(score));
        let Some(floor) = floors.of(name) else {
            raises.push(format!("{name} has no floor yet: right = {}, wrong = {}", now.right, now.wrong));
            continue;
        };
        if now.right < floor.right {
            regressions.push(format!("{name}: {} right, the floor is {}", now.right, floor.right));
        }
        if now.wrong > floor.wrong {
            regressions.push(format!("{name}: {} wrong, at most {} are recorded", now.wrong, floor.wrong));
        }
        if now != floor && now.right >= floor.right && now.wrong <= floor.wrong {
            raises.push(format!("{name} can be raised to right = {}, wrong = {}", now.right, now.wrong));
        }
    }
    if regressions.is_empty() { Ok(raises) } else { Err(regressions) }
}

#[cfg(test)]
mod tests {
    use super::super::{SETS, Verdict};
    use super::*;

    fn score(right: usize, wrong: usize) -> Score {
        let verdicts = std::iter::repeat_n(Verdict::Right, right)
            .chain(std::iter::repeat_n(Verdict::Wrong("differs".to_owned()), wrong));
        Score { set: &SETS[0], verdicts: verdicts.map(|it| ("id".to_owned(), it)).collect() }
    }

    #[test]
    fn counts_may_only_get_better() {
        let floors = Floors::default().moved_to(&[score(10, 2)]);
        for (right, wrong, regressions, raises) in
            [(10, 2, 0, 0), (11, 2, 0, 1), (10, 1, 0, 1), (9, 2, 1, 0), (9, 3, 2, 0)]
        {
            let (lost, won) = match check_floors(&floors, &[score(right, wrong)]) {
                Ok(raises) => (0, raises.len()),
                Err(regressions) => (regressions.len(), 0),
            };
            assert_eq!((lost, won), (regressions, raises), "{right} right, {wrong} wrong");
        }
    }

    #[test]
    fn floors_survive_being_written() {
        let floors = Floors::default().moved_to(&[score(3, 1)]);
        assert_eq!(toml::from_str::<Floors>(&floors.to_toml()), Ok(floors));
    }

    #[test]
    fn the_recorded_floors_read() {
        Floors::load(&Floors::path()).map_err(|e| panic!("{e}")).ok();
    }
}
