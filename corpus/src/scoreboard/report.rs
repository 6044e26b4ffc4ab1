//! Counts, as text and as JSON.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::sets::Set;
use super::verdict::Verdict;

/// The verdicts of a set, in its order.
#[derive(Debug)]
pub struct Score {
    /// Which set.
    pub set: &'static Set,
    /// Question id and verdict.
    pub verdicts: Vec<(String, Verdict)>,
}

impl Score {
    /// How many verdicts are called `word` (`right`, `wrong`, …).
    #[must_use]
    pub fn count(&self, word: &str) -> usize {
        self.verdicts.iter().filter(|(_, it)| it.word() == word).count()
    }

    /// What is not built yet, most wanted first.
    #[must_use]
    pub fn unsupported(&self) -> Vec<(&str, usize)> {
        let mut counts: Vec<(&str, usize)> = Vec::new();
        for (_, verdict) in &self.verdicts {
            let Verdict::Unsupported(name) = verdict else { continue };
            match counts.iter_mut().find(|(known, _)| known == name) {
                Some((_, count)) => *count += 1,
                None => counts.push((name, 1)),
            }
        }
        counts.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
        counts
    }

    /// Questions that are not answered rightly.
    pub fn failures(&self) -> impl Iterator<Item = (&str, &Verdict)> {
        self.verdicts.iter().filter(|(_, it)| *it != Verdict::Right).map(|(id, it)| (id.as_str(), it))
    }
}

/// One line per set, then the names of what is unsupported.
#[must_use]
pub fn as_text(scores: &[Score]) -> String {
    let mut out = format!(
        "{:<17}{:>9}{:>8}{:>8}{:>8}{:>9}{:>13}{:>9}\n",
        "set", "questions", "right", "", "wrong", "refused", "unsupported", "missing"
    );
    for score in scores {
        let total = score.verdicts.len();
        let share = 100.0 * score.count("right") as f64 / total.max(1) as f64;
        _ = writeln!(
            out,
            "{:<17}{total:>9}{:>8}{:>8}{:>8}{:>9}{:>13}{:>9}",
            score.set.name,
            score.count("right"),
            format!("{share:.1}%"),
            score.count("wrong"),
            score.count("refused"),
            score.count("unsupported"),
            score.count("missing"),
        );
    }
    for score in scores.iter().filter(|it| it.count("unsupported") > 0) {
        let names: Vec<String> = score.unsupported().iter().map(|(name, n)| format!("{name} {n}")).collect();
        _ = writeln!(out, "\n{} lacks: {}", score.set.name, names.join(", "));
    }
    out
}

/// `{set: {questions, right, wrong, refused, unsupported, missing, lacks: {name: count}, failures: [...]}}`.
#[must_use]
pub fn as_json(scores: &[Score]) -> Value {
    let sets = scores.iter().map(|score| {
        let lacks = score.unsupported().into_iter().map(|(name, n)| (name.to_owned(), json!(n)));
        let failures = score.failures().map(|(id, it)| json!({"id": id, "verdict": it.word(), "reason": it.reason()}));
        let counts = json!({
            "questions": score.verdicts.len(),
            "right": score.count("right"),
            "wrong": score.count("wrong"),
            "refused": score.count("refused"),
            "unsupported": score.count("unsupported"),
            "missing": score.count("missing"),
            "lacks": lacks.collect::<serde_json::Map<_, _>>(),
            "failures": failures.collect::<Vec<_>>(),
        });
        (score.set.name.to_owned(), counts)
    });
    Value::Object(sets.collect())
}
