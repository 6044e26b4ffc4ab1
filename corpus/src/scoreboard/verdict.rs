//! The verdict over one answer.

use super::Answer;
use super::sets::{Set, Wanted};
use crate::Failure;
use crate::compare::{Status, canonical_type, compare};

/// What an answer is worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// As expected.
    Right,
    /// It ran and the answer differs; holds the difference.
    Wrong(String),
    /// An error other than "unsupported"; holds code and message.
    Refused(String),
    /// Not built yet; holds the name.
    Unsupported(String),
    /// No answer at all: the source died or ran out of time.
    Missing,
}

impl Verdict {
    /// One word for reports.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Right => "right",
            Self::Wrong(_) => "wrong",
            Self::Refused(_) => "refused",
            Self::Unsupported(_) => "unsupported",
            Self::Missing => "missing",
        }
    }

    /// Why it is not right; empty when it is.
    #[must_use]
    pub fn reason(&self) -> &str {
        match self {
            Self::Right => "",
            Self::Wrong(it) | Self::Refused(it) | Self::Unsupported(it) => it,
            Self::Missing => "no answer: the source died or ran out of time",
        }
    }
}

/// Judges one answer against what was wanted.
#[must_use]
pub fn judge(set: &Set, wanted: &Wanted, answer: Option<&Answer>) -> Verdict {
    let table = match answer {
        None => return Verdict::Missing,
        Some(Err(failure)) => return judge_failure(wanted, failure),
        Some(Ok(table)) => table,
    };
    match wanted {
        Wanted::Parses | Wanted::Binds => Verdict::Right,
        Wanted::Columns(columns) => judge_columns(columns, &table.columns),
        Wanted::Answer(expected) => {
            let outcome = compare(expected, table, set.options);
            if outcome.status == Status::Pass { Verdict::Right } else { Verdict::Wrong(outcome.reason) }
        }
    }
}

fn judge_failure(wanted: &Wanted, failure: &Failure) -> Verdict {
    if matches!(wanted, Wanted::Parses) && !failure.is_syntax() {
        return Verdict::Right; // its tables and functions need not exist here
    }
    match failure.unsupported() {
        Some(name) => Verdict::Unsupported(name.to_owned()),
        None => Verdict::Refused(format!("{}: {}", failure.code, failure.message)),
    }
}

/// Names, order and types all equal; a type that the analyser did not know matches any.
fn judge_columns(wanted: &[(String, String)], answered: &[(String, String)]) -> Verdict {
    let same = |(wanted, answered): (&(String, String), &(String, String))| {
        wanted.0 == answered.0 && (wanted.1 == "unknown" || canonical_type(&wanted.1) == canonical_type(&answered.1))
    };
    if let Some(at) = wanted.iter().zip(answered).position(|pair| !same(pair)) {
        return Verdict::Wrong(format!(
            "column {}: expected {}, got {}",
            at + 1,
            shown(&wanted[at]),
            shown(&answered[at])
        ));
    }
    match (wanted.get(answered.len()), answered.get(wanted.len())) {
        (Some(missing), _) => Verdict::Wrong(format!("column {} is missing: {}", answered.len() + 1, shown(missing))),
        (_, Some(extra)) => Verdict::Wrong(format!("column {} is one too many: {}", wanted.len() + 1, shown(extra))),
        (None, None) => Verdict::Right,
    }
}

fn shown((name, kind): &(String, String)) -> String {
    format!("`{name}:{kind}`")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(text: &str) -> Vec<(String, String)> {
        text.split_whitespace().filter_map(|it| it.split_once(':')).map(|(n, t)| (n.into(), t.into())).collect()
    }

    #[test]
    fn columns_agree_in_name_order_and_type() {
        for (wanted, answered, word) in [
            ("a:long b:string", "a:long b:string", "right"),
            ("a:unknown", "a:guid", "right"),
            ("a:long b:string", "b:string a:long", "wrong"),
            ("a:long", "a:int", "wrong"),
            ("a:long b:string", "a:long", "wrong"),
            ("a:long", "a:long b:string", "wrong"),
        ] {
            assert_eq!(judge_columns(&columns(wanted), &columns(answered)).word(), word, "{wanted} against {answered}");
        }
    }

    #[test]
    fn a_query_over_an_unknown_table_still_parses() {
        let unknown = Failure { code: "KQL0204".to_owned(), message: "no table".to_owned(), ..Failure::default() };
        assert_eq!(judge_failure(&Wanted::Parses, &unknown), Verdict::Right);
        assert_eq!(judge_failure(&Wanted::Binds, &unknown).word(), "refused");
    }
}
