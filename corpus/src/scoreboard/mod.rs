//! How many questions of the conformance sets are answered rightly, and which are not.
//!
//! A [`Set`] is a file of questions outside this repository (`../shared`) and a rule for its verdicts; anything that
//! implements [`Source`] can answer it: the library inside a test, or [`Batch`], which talks to `vizsla batch`. The
//! counts are held to the floors recorded in `corpus/conformance/floors.toml`: they may only get better.
//!
//! A test calls [`hold_to_floors`]; engineers call the binary:
//!
//! ```text
//! cargo run -p vizsla-corpus --bin scoreboard -- --batch "target/release/vizsla batch" --set docs_run --failures 20
//! ```

mod batch;
mod floors;
mod report;
mod sets;
mod verdict;

use std::path::PathBuf;

pub use batch::Batch;
pub use floors::{Floor, Floors, check_floors};
pub use report::{Score, as_json, as_text};
pub use sets::{Loaded, Mode, Question, SETS, Set, Wanted};
pub use verdict::{Verdict, judge};

use crate::{Failure, Table};

/// What became of one question: its first table (without rows in [`Mode::Check`]) or why there is none.
pub type Answer = Result<Table, Failure>;

/// Something that answers questions.
pub trait Source {
    /// Answers one question; `None` when it died over it or took too long.
    fn answer(&mut self, set: &Set, id: &str, query: &str) -> Option<Answer>;
}

/// Asks every question of a set.
pub fn run(set: &'static Set, questions: &[Question], source: &mut dyn Source) -> Score {
    let verdicts = questions.iter().map(|question| {
        let answer = source.answer(set, &question.id, &question.query);
        (question.id.clone(), judge(set, &question.wanted, answer.as_ref()))
    });
    Score { set, verdicts: verdicts.collect() }
}

/// Asks the named sets and holds them to the recorded floors: the body of a test.
///
/// Returns a text to print: the counts, which sets are not on this machine, which floors can be raised.
///
/// # Errors
/// The counts that fell below their floors, or what could not be read.
pub fn hold_to_floors(names: &[&str], source: &mut dyn Source) -> Result<String, String> {
    let shared = shared_folder();
    let (mut scores, mut notes) = (Vec::new(), Vec::new());
    for name in names {
        let set = Set::named(name).ok_or_else(|| format!("there is no set {name}"))?;
        match set.load(&shared).map_err(|e| e.to_string())? {
            Loaded::Questions(questions) => scores.push(run(set, &questions, source)),
            Loaded::Absent => notes.push(format!("{name}: skipped, there is no {}", shared.join(set.file).display())),
        }
    }
    let floors = Floors::load(&Floors::path()).map_err(|e| e.to_string())?;
    let counts = as_text(&scores);
    match check_floors(&floors, &scores) {
        Ok(raises) => Ok([counts, notes.join("\n"), raises.join("\n")].join("\n")),
        Err(regressions) => Err([counts, regressions.join("\n")].join("\n")),
    }
}

/// The folder of the conformance sets: `$VIZSLA_SHARED`, or `shared` beside the repository.
#[must_use]
pub fn shared_folder() -> PathBuf {
    std::env::var_os("VIZSLA_SHARED")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared")), PathBuf::from)
}
