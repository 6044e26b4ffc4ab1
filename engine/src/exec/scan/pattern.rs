//! What texts have in common in which a regular expression matches.
//!
//! Letters that have to stand next to each other make a needle, and so does what separates terms: of `-enc\s+SQB` that is
//! `-enc SQB`, of which an index looks up `enc` only if something that is in no term stands before it. Case never counts,
//! so that `[Aa]`, which is what `(?i)a` means, is one letter.

use regex_syntax::hir::{Class, ClassUnicode, Hir, HirKind};
use vizsla_schema::terms::in_term;
use vizsla_store::index::{Constraint, Match, widened};

use super::constraint::text;

/// Classes of more characters say too little to be looked at.
const MOST: usize = 64;
/// Stands for anything that is in no term.
const SEPARATOR: char = ' ';

/// What the values of `column` have in common in which `pattern` matches; "any row" if it says nothing.
pub(super) fn required(column: &str, pattern: &str) -> Constraint {
    match regex_syntax::parse(pattern) {
        Ok(hir) => alternative(column, &hir),
        Err(_) => Constraint::Any,
    }
}

fn alternative(column: &str, hir: &Hir) -> Constraint {
    let mut found = Found { column, run: String::new(), parts: Vec::new() };
    found.walk(hir);
    found.cut();
    Constraint::all(found.parts)
}

/// What was found up to somewhere in a pattern.
struct Found<'c> {
    column: &'c str,
    /// Characters that stand next to each other, up to there.
    run: String,
    parts: Vec<Constraint>,
}

impl Found<'_> {
    /// Anything may follow.
    fn cut(&mut self) {
        let run = std::mem::take(&mut self.run);
        self.parts.push(text(self.column, Match::Inside, Some(&run)));
    }

    fn walk(&mut self, hir: &Hir) {
        match hir.kind() {
            HirKind::Empty | HirKind::Look(_) => {}
            HirKind::Literal(literal) => match std::str::from_utf8(&literal.0) {
                Ok(letters) => self.run.extend(letters.chars().map(widened)),
                Err(_) => self.cut(),
            },
            HirKind::Class(Class::Unicode(class)) => match one_letter(class) {
                Some(letter) => self.run.push(letter),
                None => self.cut(),
            },
            HirKind::Class(Class::Bytes(_)) => self.cut(),
            HirKind::Repetition(it) if it.min == 0 => self.cut(),
            HirKind::Repetition(it) => {
                self.walk(&it.sub);
                // However often: separators stay separators.
                if !is_separator(&it.sub) {
                    self.cut();
                }
            }
            HirKind::Capture(it) => self.walk(&it.sub),
            HirKind::Concat(parts) => parts.iter().for_each(|part| self.walk(part)),
            HirKind::Alternation(parts) => {
                self.cut();
                self.parts.push(Constraint::one(parts.iter().map(|part| alternative(self.column, part))));
            }
        }
    }
}

fn is_separator(hir: &Hir) -> bool {
    matches!(hir.kind(), HirKind::Class(Class::Unicode(class)) if one_letter(class) == Some(SEPARATOR))
}

/// What all characters of a class are to an index, if they are the same.
fn one_letter(class: &ClassUnicode) -> Option<char> {
    let known = |letter| if in_term(letter) { widened(letter) } else { SEPARATOR };
    let mut letters = class.iter().flat_map(|range| range.start()..=range.end());
    let first = known(letters.next()?);
    letters
        .by_ref()
        .take(MOST)
        .all(|letter| known(letter) == first)
        .then_some(first)
        .filter(|_| letters.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needles(constraint: &Constraint) -> String {
        let list = |parts: &[Constraint], word: &str| {
            format!("({})", parts.iter().map(needles).collect::<Vec<_>>().join(word))
        };
        match constraint {
            Constraint::And(parts) => list(parts, " and "),
            Constraint::Or(parts) => list(parts, " or "),
            Constraint::Text { text, .. } => format!("{text:?}"),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn what_a_pattern_requires() {
        for (pattern, expected) in [
            ("abc", r#""abc""#),
            (r"(?i)Net\s+user", r#""net user""#),
            (r"(?i)-e(nc|ncodedcommand)?\s+SQBFAFg", r#"("-e" and " sqbfafg")"#),
            (r"a\s*b", r#"("a" and "b")"#),
            ("ab+c", r#"("ab" and "c")"#),
            ("x(ab|cd)y", r#"("x" and ("ab" or "cd") and "y")"#),
            ("x(ab|.*)y", r#"("x" and "y")"#),
            (r"\bfoo[-_/ ]bar$", r#""foo bar""#),
            ("[0-9]+", "Any"),
            (".*", "Any"),
            ("", "Any"),
            ("(", "Any"),
            ("(?i)ÉK", r#""ék""#),
            (r"(?-u)\w", "Any"),
        ] {
            assert_eq!(needles(&required("C", pattern)), expected, "{pattern}");
        }
    }
}
