//! "Did you mean": the nearest name, or none if nothing is near.

/// The candidate that a writer of `name` most likely meant.
///
/// The same name in other case wins. Otherwise the fewest insertions, deletions, replacements and swaps of
/// neighbours decide, ignoring case; more than one in three letters wrong is no likeness (our choice), and
/// the first of equals wins.
///
/// ```
/// use vizsla_schema::suggest;
///
/// assert_eq!(suggest("FileNme", ["FolderPath", "FileName"]), Some("FileName"));
/// assert_eq!(suggest("Colour", ["FolderPath", "FileName"]), None);
/// ```
pub fn suggest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted = folded(name);
    let limit = wanted.len().div_ceil(3).min(5);
    let near = |candidate: &'a str| {
        let letters = folded(candidate);
        // Cheap bound first: completion lists have thousands of names.
        let worth_a_look = letters.len().abs_diff(wanted.len()) <= limit;
        let distance = worth_a_look.then(|| distance(&wanted, &letters))?;
        (distance <= limit && distance < wanted.len()).then_some((distance, candidate))
    };
    candidates.into_iter().filter_map(near).min_by_key(|(distance, _)| *distance).map(|(_, candidate)| candidate)
}

fn folded(name: &str) -> Vec<char> {
    name.chars().flat_map(char::to_lowercase).collect()
}

/// Edits between two words where swapping two neighbours is one edit (optimal string alignment).
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, letter) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, other) in b.iter().enumerate() {
            let replaced = last[j] + usize::from(letter != other);
            let mut best = replaced.min(last[j + 1] + 1).min(row[j] + 1);
            let swapped = i > 0 && j > 0 && a[i - 1] == *other && *letter == b[j - 1];
            if swapped {
                best = best.min(before[j - 1] + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_likeliest_name_is_suggested() {
        let names = ["DeviceName", "DeviceId", "FileName", "AccountUpn", "Timestamp", "SHA1", "SHA256", "Url"];
        for (name, expected) in [
            ("FileNme", Some("FileName")),
            ("Devicename", Some("DeviceName")), // only case differs
            ("AccountUPN", Some("AccountUpn")),
            ("Tiemstamp", Some("Timestamp")), // neighbours swapped
            ("SHA265", Some("SHA256")),
            ("sha1", Some("SHA1")),
            ("DeviceIdd", Some("DeviceId")),
            ("CommandLine", None),
            ("X", None), // one letter off is all of it
            ("", None),
        ] {
            assert_eq!(suggest(name, names), expected, "{name}");
        }
    }

    #[test]
    fn other_case_beats_an_equally_near_name() {
        assert_eq!(suggest("url", ["Uri", "Url"]), Some("Url"));
    }
}
