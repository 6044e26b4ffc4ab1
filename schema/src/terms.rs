//! What a term is, and which letters are the same in another case.
//!
//! The string operators and the indexes beside files have to agree on both, or an index would lose rows.
//!
//! A term is a maximal run of letters and digits of any script (fact 78: `_` ends one). One letter folds to one letter, as
//! the emulator shows: `É` is `é`, but `ß` is not `ss`. An ASCII letter is the same only as the other ASCII letter, so that
//! an ASCII needle is compared byte by byte; the Kelvin sign is not a `k` (our choice).

/// The one form that stands for a letter in all its cases.
pub fn fold_char(letter: char) -> char {
    if letter.is_ascii() {
        return letter.to_ascii_lowercase();
    }
    // By way of upper case, since `ς` and `σ` are both `Σ`.
    let folded = single(single(letter, letter.to_uppercase()), single(letter, letter.to_uppercase()).to_lowercase());
    if folded.is_ascii() { letter } else { folded }
}

fn single(letter: char, mut mapped: impl Iterator<Item = char>) -> char {
    match (mapped.next(), mapped.next()) {
        (Some(one), None) => one,
        _ => letter,
    }
}

/// Appends the folded form of a text.
pub fn fold_into(text: &str, out: &mut String) {
    out.extend(text.chars().map(fold_char));
}

/// The folded form of a text.
pub fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    fold_into(text, &mut out);
    out
}

/// Whether a character belongs to a term: a letter or digit of any script.
pub fn in_term(letter: char) -> bool {
    letter.is_alphanumeric()
}

/// The terms of a text, as they are written there.
pub fn terms(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter| !in_term(letter)).filter(|term| !term.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_letter_folds_to_one_letter() {
        for (left, right, same) in [
            ("CAFÉ", "café", true),
            ("ПРИВЕТ", "привет", true),
            ("Straße", "STRASSE", false),
            ("straẞe", "straße", true),
            ("ΣΑΣ", "σας", true),
            ("\u{212a}", "k", false), // the Kelvin sign
            ("ı", "i", false),
            ("ＡＢ", "ａｂ", true),
        ] {
            assert_eq!(fold(left) == fold(right), same, "{left} and {right}");
        }
    }

    /// So that the folded terms of a text are the terms of the folded text, and folding twice changes nothing.
    #[test]
    fn folding_keeps_terms_apart_and_is_done_once() {
        for letter in '\0'..=char::MAX {
            let folded = fold_char(letter);
            assert_eq!(in_term(letter), in_term(folded), "{letter:?}");
            assert_eq!(fold_char(folded), folded, "{letter:?}");
        }
    }

    #[test]
    fn terms_end_at_everything_else() {
        let found: Vec<&str> = terms("C:\\a_b\\naïve.exe -Enc").collect();
        assert_eq!(found, ["C", "a", "b", "naïve", "exe", "Enc"]);
    }
}
