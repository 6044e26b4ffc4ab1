//! The literals of `parse kind=regex`: regular expressions whose own groups must not shift the columns.

/// The expression with every capturing group made a plain one, and parentheses without a partner made literal, as the
/// emulator does (fact 266).
pub(super) fn without_groups(literal: &str) -> String {
    let parens = paired(literal);
    let mut out = String::with_capacity(literal.len() + 8);
    let mut skip_to = 0;
    for (at, letter) in literal.char_indices() {
        match parens.iter().find(|paren| paren.at == at) {
            _ if at < skip_to => {}
            Some(Paren { partner: false, .. }) => out.extend(['\\', letter]),
            Some(_) if letter == '(' => {
                skip_to = at + name_length(&literal[at..]);
                out.push_str(if capturing(&literal[at..]) { "(?:" } else { "(" });
            }
            _ => out.push(letter),
        }
    }
    out
}

/// A parenthesis that is neither escaped nor in a class.
struct Paren {
    at: usize,
    /// Whether its counterpart is there.
    partner: bool,
}

fn paired(literal: &str) -> Vec<Paren> {
    let (mut parens, mut open): (Vec<Paren>, Vec<usize>) = (Vec::new(), Vec::new());
    let (mut escaped, mut class_start) = (false, None);
    for (at, letter) in literal.char_indices() {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            // `]` first in a class is a member of it.
            ']' if class_start.is_some_and(|start| !["[", "[^"].contains(&&literal[start..at])) => class_start = None,
            _ if class_start.is_some() => {}
            '[' => class_start = Some(at),
            '(' => {
                open.push(parens.len());
                parens.push(Paren { at, partner: false });
            }
            ')' => {
                let partner = open.pop();
                partner.into_iter().for_each(|index| parens[index].partner = true);
                parens.push(Paren { at, partner: partner.is_some() });
            }
            _ => {}
        }
    }
    parens
}

/// Whether a group, from its parenthesis on, captures: `(…)`, `(?<n>…)`, `(?P<n>…)`.
fn capturing(group: &str) -> bool {
    !group.starts_with("(?") || name_length(group) > 1
}

/// Bytes of a group's opening: 1, or more with a name.
fn name_length(group: &str) -> usize {
    let named = group.starts_with("(?<") || group.starts_with("(?P<");
    match group.find('>') {
        Some(end) if named => end + 1,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_stop_capturing_and_strays_are_literal() {
        for (literal, expected) in [
            ("a(b)c", "a(?:b)c"),
            (r"a\(b", r"a\(b"),
            ("[(]x", "[(]x"),
            ("[](]x(y)", "[](]x(?:y)"),
            ("(?:a)(?i)b", "(?:a)(?i)b"),
            ("(?<n>a)(?P<m>b)", "(?:a)(?:b)"),
            ("a)b", r"a\)b"),
            ("(a", r"\(a"),
            ("(a))", r"(?:a)\)"),
            (")(", r"\)\("),
            ("((é)", r"\((?:é)"),
        ] {
            assert_eq!(without_groups(literal), expected, "{literal}");
        }
    }
}
