//! Paths as `extract_json` and the `bag_…` functions take them: `$.a.b[0]['c d']`.

use super::OwnedStep;

/// The steps of a path; `None` if it is not one. Wildcards, slices, filters and `..` are not supported: they lead nowhere.
pub fn parse_jsonpath(path: &str) -> Option<Vec<OwnedStep>> {
    let mut rest = path.trim().strip_prefix('$')?;
    let mut steps = Vec::new();
    while !rest.is_empty() {
        let (step, after) = if let Some(name) = rest.strip_prefix('.') {
            let end = name.find(['.', '[']).unwrap_or(name.len());
            let (name, after) = name.split_at(end);
            (OwnedStep::Key((!name.is_empty() && name != "*").then(|| name.to_owned())?), after)
        } else {
            bracketed(rest.strip_prefix('[')?)?
        };
        steps.push(step);
        rest = after;
    }
    Some(steps)
}

/// The step inside brackets, given from behind the opening one, and what follows the closing one.
fn bracketed(text: &str) -> Option<(OwnedStep, &str)> {
    let quote = text.chars().next().filter(|it| matches!(it, '\'' | '"'));
    let Some(quote) = quote else {
        let (index, after) = text.split_once(']')?;
        return Some((OwnedStep::Index(index.trim().parse().ok()?), after));
    };
    let mut key = String::new();
    let mut chars = text[1..].chars();
    loop {
        match chars.next()? {
            '\\' => key.push(chars.next()?),
            character if character == quote => break,
            character => key.push(character),
        }
    }
    Some((OwnedStep::Key(key), chars.as_str().strip_prefix(']')?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        let key = |name: &str| OwnedStep::Key(name.to_owned());
        for (path, expected) in [
            ("$", Some(vec![])),
            ("$.a.b", Some(vec![key("a"), key("b")])),
            ("$['a b'][\"c\"][0].d", Some(vec![key("a b"), key("c"), OwnedStep::Index(0), key("d")])),
            ("$[-1]", Some(vec![OwnedStep::Index(-1)])),
            (r"$['it\'s']", Some(vec![key("it's")])),
            ("a.b", None),
            ("$..a", None),
            ("$.*", None),
            ("$[*]", None),
            ("$['a'", None),
            ("$.a]", Some(vec![key("a]")])),
        ] {
            assert_eq!(parse_jsonpath(path), expected, "{path}");
        }
    }
}
