//! Queries inside of files, with the way back from each byte of a query to its byte in the file.
//!
//! | File | Queries |
//! |---|---|
//! | `.kql`, `.csl`, `.kusto` | the file |
//! | `.yaml`, `.yml` | the values of `query:` and `queryText:`, in any YAML style |
//! | `.md` | fenced blocks of `kql`, `kusto` or `csl` |
//!
//! YAML is read line by line and not by a YAML library: those that know positions do not know where a folded or indented
//! scalar's bytes came from, which is all that matters here.

use std::ops::Range;
use std::path::Path;

/// What a file is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// One query.
    Kql,
    /// Detections.
    Yaml,
    /// Prose with queries in it.
    Markdown,
}

impl Kind {
    /// By the end of the name.
    pub(super) fn of_path(path: &Path) -> Option<Kind> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "kql" | "csl" | "kusto" => Some(Kind::Kql),
            "yaml" | "yml" => Some(Kind::Yaml),
            "md" | "markdown" => Some(Kind::Markdown),
            _ => None,
        }
    }
}

/// A query of a file.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Embedded {
    /// The query.
    pub(super) text: String,
    /// Runs of bytes that stand in the file as they stand in the query, in order: place in the query, place in the file.
    pieces: Vec<(usize, usize)>,
}

impl Embedded {
    /// The bytes of the file that `range` of the query came from.
    pub(super) fn in_file(&self, range: Range<usize>) -> Range<usize> {
        let start = self.place(range.start);
        // The last byte decides where the end is: what follows it may have come from elsewhere.
        let end = if range.end > range.start { self.place(range.end - 1) + 1 } else { start };
        start..end.max(start)
    }

    fn place(&self, at: usize) -> usize {
        let piece = self.pieces.partition_point(|it| it.0 <= at).checked_sub(1);
        piece.map_or(0, |piece| self.pieces[piece].1 + at - self.pieces[piece].0)
    }

    /// Adds bytes of the file.
    fn add(&mut self, file: &str, range: Range<usize>) {
        self.add_as(&file[range.clone()], range.start);
    }

    /// Adds text that stands for what is at `place` of the file.
    fn add_as(&mut self, text: &str, place: usize) {
        self.pieces.push((self.text.len(), place));
        self.text.push_str(text);
    }
}

/// The queries of a file.
pub(super) fn queries(kind: Kind, file: &str) -> Vec<Embedded> {
    match kind {
        Kind::Kql => {
            let mut query = Embedded::default();
            // A byte-order mark is no part of the query.
            query.add(file, file.len() - file.trim_start_matches('\u{feff}').len()..file.len());
            vec![query]
        }
        Kind::Yaml => yaml(file),
        Kind::Markdown => markdown(file),
    }
}

/// A line of a file without its end, and where it starts.
#[derive(Debug, Clone, Copy)]
struct Line<'f> {
    start: usize,
    text: &'f str,
}

impl Line<'_> {
    fn indent(self) -> usize {
        self.text.len() - self.text.trim_start_matches(' ').len()
    }

    fn is_blank(self) -> bool {
        self.text.trim().is_empty()
    }

    fn end(self) -> usize {
        self.start + self.text.len()
    }
}

fn lines(file: &str) -> Vec<Line<'_>> {
    let mut start = 0;
    let split = file.split_inclusive('\n').map(|text| {
        let line = Line { start, text: text.trim_end_matches(['\n', '\r']) };
        start += text.len();
        line
    });
    split.collect()
}

fn markdown(file: &str) -> Vec<Embedded> {
    const LANGUAGES: &[&str] = &["kql", "kusto", "csl"];
    let mut found = Vec::new();
    let mut lines = lines(file).into_iter();
    while let Some(line) = lines.next() {
        let Some((fence, language)) = opening_fence(line.text) else { continue };
        let mut query = Embedded::default();
        for inner in lines.by_ref() {
            if closes(inner.text, fence) {
                break;
            }
            // In a list, the block is as far to the right as its fence.
            let skipped = inner.indent().min(line.indent());
            query.add(file, inner.start + skipped..inner.end());
            query.add_as("\n", inner.end());
        }
        if LANGUAGES.iter().any(|it| it.eq_ignore_ascii_case(language)) {
            found.push(query);
        }
    }
    found
}

/// The fence that a line opens and the language it names.
fn opening_fence(line: &str) -> Option<(&str, &str)> {
    let line = line.trim_start();
    let length = line.len() - line.trim_start_matches(line.chars().next().filter(|it| "`~".contains(*it))?).len();
    let (fence, info) = line.split_at_checked(length).filter(|_| length >= 3)?;
    let language = info.trim_start().split(|it: char| it.is_whitespace() || "{},".contains(it)).next()?;
    (!info.contains('`')).then_some((fence, language))
}

fn closes(line: &str, fence: &str) -> bool {
    let line = line.trim();
    line.starts_with(fence) && line.trim_start_matches(&fence[..1]).is_empty()
}

fn yaml(file: &str) -> Vec<Embedded> {
    const KEYS: &[&str] = &["query", "queryText"];
    let lines = lines(file);
    let mut found = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        let line = lines[at];
        at += 1;
        let Some(entry) = Entry::of(line) else { continue };
        let value = &line.text[entry.value..];
        // Every block scalar is passed over, so that prose in one is not taken for keys.
        let block = value.starts_with(['|', '>']).then(|| block_end(&lines, at, entry.indent));
        if KEYS.contains(&entry.key) {
            let place = line.start + entry.value;
            let query = match (block, value.chars().next()) {
                (Some(end), _) => block_scalar(file, value, &lines[at..end], entry.indent),
                (None, Some('"')) => double_quoted(file, place + 1),
                (None, Some('\'')) => single_quoted(file, place + 1),
                (None, None) if holds_more(&lines[at..], entry) => continue,
                (None, _) => plain(file, line, entry, &lines[at..]),
            };
            found.extend(Some(query).filter(|it| !it.text.trim().is_empty()));
        }
        at = block.unwrap_or(at);
    }
    found
}

/// `key: value` on a line, perhaps behind the dashes of a list.
#[derive(Debug, Clone, Copy)]
struct Entry<'f> {
    /// Column of the key: what belongs to it stands further to the right.
    indent: usize,
    key: &'f str,
    /// Where in the line the value starts.
    value: usize,
}

impl<'f> Entry<'f> {
    fn of(line: Line<'f>) -> Option<Entry<'f>> {
        let mut indent = line.indent();
        while line.text[indent..].starts_with("- ") {
            indent += 1 + (line.text[indent + 1..].len() - line.text[indent + 1..].trim_start().len());
        }
        let rest = &line.text[indent..];
        if rest.starts_with('#') {
            return None;
        }
        let colon = rest.find(':').filter(|at| matches!(rest.as_bytes().get(at + 1), None | Some(b' ' | b'\t')))?;
        let key = rest[..colon].trim().trim_matches(['"', '\'']);
        let after = &rest[colon + 1..];
        let value = indent + colon + 1 + (after.len() - after.trim_start().len());
        Some(Entry { indent, key, value })
    }
}

/// Whether a key without a value on its line has keys or a list below it, and so no text.
fn holds_more(following: &[Line<'_>], entry: Entry<'_>) -> bool {
    let next = following.iter().find(|it| !it.is_blank()).filter(|it| it.indent() > entry.indent);
    next.is_some_and(|it| it.text.trim_start().starts_with("- ") || Entry::of(*it).is_some())
}

/// Index of the first line that is no part of the block scalar whose key stands at `indent`.
fn block_end(lines: &[Line<'_>], from: usize, indent: usize) -> usize {
    let is_inside = |line: &Line<'_>| line.is_blank() || line.indent() > indent;
    from + lines[from..].iter().take_while(|it| is_inside(it)).count()
}

/// `query: |` and `query: >`, whose lines follow.
fn block_scalar(file: &str, header: &str, lines: &[Line<'_>], key_indent: usize) -> Embedded {
    let explicit = header.chars().take_while(|it| !it.is_whitespace()).find_map(|it| it.to_digit(10));
    let first = lines.iter().find(|it| !it.is_blank()).map_or(0, |it| it.indent());
    let indent = explicit.map_or(first, |it| key_indent + it as usize);
    let folds = header.starts_with('>');
    let mut query = Embedded::default();
    for (at, line) in lines.iter().enumerate() {
        let start = line.start + indent.min(line.text.len());
        query.add(file, start..line.end());
        // Folding joins lines of the same indent; blank and further indented ones stay apart.
        let starts_text = |it: &Line<'_>| !it.is_blank() && it.indent() == indent;
        let joins = folds && starts_text(line) && lines.get(at + 1).is_some_and(starts_text);
        query.add_as(if joins { " " } else { "\n" }, line.end());
    }
    query
}

/// A value without quotes, which goes on over lines further to the right.
fn plain(file: &str, line: Line<'_>, entry: Entry<'_>, following: &[Line<'_>]) -> Embedded {
    let mut query = Embedded::default();
    let mut add = |text: &str, start: usize| {
        let text = text.split(" #").next().unwrap_or_default().trim_end();
        if !query.text.is_empty() {
            query.add_as(" ", start.saturating_sub(1));
        }
        query.add(file, start..start + text.len());
    };
    add(&line.text[entry.value..], line.start + entry.value);
    for next in following.iter().take_while(|it| !it.is_blank() && it.indent() > entry.indent) {
        add(&next.text[next.indent()..], next.start + next.indent());
    }
    query
}

/// The text behind `"`, from byte `at` on.
fn double_quoted(file: &str, mut at: usize) -> Embedded {
    let mut query = Embedded::default();
    while let Some(letter) = file[at..].chars().next() {
        let width = match letter {
            '"' => break,
            '\\' => {
                let (text, width) = escape(&file[at + 1..]);
                query.add_as(&text, at);
                1 + width
            }
            '\n' | '\r' => fold(file, at, &mut query),
            _ => {
                query.add(file, at..at + letter.len_utf8());
                letter.len_utf8()
            }
        };
        at += width;
    }
    query
}

/// The text behind `'`, from byte `at` on; two of them are one.
fn single_quoted(file: &str, mut at: usize) -> Embedded {
    let mut query = Embedded::default();
    while let Some(letter) = file[at..].chars().next() {
        let width = match letter {
            '\'' if file[at + 1..].starts_with('\'') => {
                query.add_as("'", at);
                2
            }
            '\'' => break,
            '\n' | '\r' => fold(file, at, &mut query),
            _ => {
                query.add(file, at..at + letter.len_utf8());
                letter.len_utf8()
            }
        };
        at += width;
    }
    query
}

/// Line ends inside of quotes: one is a blank, each further one a line end. Answers the bytes up to the next text.
fn fold(file: &str, at: usize, query: &mut Embedded) -> usize {
    let rest = &file[at..];
    let width = rest.len() - rest.trim_start().len();
    let ends = rest[..width].matches('\n').count();
    query.add_as(&if ends > 1 { "\n".repeat(ends - 1) } else { " ".to_owned() }, at);
    width
}

/// The text of an escape and how many bytes it takes, given what is behind the backslash.
fn escape(rest: &str) -> (String, usize) {
    let Some(letter) = rest.chars().next() else { return (String::new(), 0) };
    let coded = |digits: usize| {
        let code = rest.get(1..=digits).and_then(|it| u32::from_str_radix(it, 16).ok()).and_then(char::from_u32);
        code.map(|it| (it.to_string(), 1 + digits))
    };
    let known = match letter {
        'n' => Some("\n"),
        't' => Some("\t"),
        'r' => Some("\r"),
        '0' => Some("\0"),
        _ => None,
    };
    if let Some(text) = known {
        return (text.to_owned(), 1);
    }
    if letter == '\n' {
        // An escaped line end joins the lines without a blank.
        return (String::new(), rest.len() - rest.trim_start().len());
    }
    let code = match letter {
        'x' => coded(2),
        'u' => coded(4),
        'U' => coded(8),
        _ => None,
    };
    code.unwrap_or_else(|| (letter.to_string(), letter.len_utf8()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(kind: Kind, file: &str) -> Vec<String> {
        queries(kind, file).into_iter().map(|it| it.text).collect()
    }

    #[test]
    fn every_style_of_yaml_gives_the_query() {
        for (file, expected) in [
            ("query: T | take 1", "T | take 1"),
            ("query: T # all\nname: x", "T"),
            ("query:\n  T\n  | take 1\n", "T | take 1"),
            ("query: |\n  T\n  | take 1\nname: x", "T\n| take 1\n"),
            ("query: |-\n    T\n      | take 1\n", "T\n  | take 1\n"),
            ("query: |2\n    T\n", "  T\n"),
            ("query: >\n  T\n  | take 1\n", "T | take 1\n"),
            ("query: \"T | where x == \\\"a\\\\\\\\b\\\"\"", "T | where x == \"a\\\\b\""),
            ("query: 'T | where x == ''a'''", "T | where x == 'a'"),
            ("query: 'T\n  | take 1'", "T | take 1"),
            ("- name: a\n  query: |\n    T\n", "T\n"),
            ("- query: |\n    T\n  name: a", "T\n"),
            ("queryCondition:\n  queryText: T", "T"),
            ("\"query\": T\r\nname: x\r\n", "T"),
        ] {
            assert_eq!(texts(Kind::Yaml, file), [expected], "{file:?}");
        }
    }

    #[test]
    fn what_only_looks_like_a_key_is_none() {
        for file in [
            "description: |\n  query: T\nname: x",
            "# query: T",
            "subquery: T",
            "query:",
            "query:\n  kind: x",
            "query:\n  - T",
            "query:T",
            "query: |\n",
        ] {
            assert_eq!(texts(Kind::Yaml, file), [""; 0], "{file:?}");
        }
    }

    #[test]
    fn fenced_blocks_are_queries_if_they_say_so() {
        let file =
            "Prose\n```kql\nT\n| take 1\n```\n```sql\nSELECT\n```\n~~~~ KUSTO title=x\n```\n~~~~\n- a\n  ```kql\n  T\n";
        assert_eq!(texts(Kind::Markdown, file), ["T\n| take 1\n", "```\n", "T\n"]);
    }

    #[test]
    fn places_lead_back_to_the_file() {
        for (kind, file) in [
            (Kind::Kql, "\u{feff}T | where wrong"),
            (Kind::Yaml, "name: é\nquery: |\n    T\n    | where wrong\n"),
            (Kind::Yaml, "query: >\n  T\n  | where wrong\n"),
            (Kind::Yaml, "query: \"T \\\"\\n | where wrong\""),
            (Kind::Yaml, "query: 'it''s\n\n  where wrong'"),
            (Kind::Yaml, "query: T\n  | where wrong"),
            (Kind::Markdown, "# wro\r\n```kql\r\nT\r\n| where wrong\r\n```\r\n"),
        ] {
            let found = queries(kind, file);
            let at = found[0].text.find("wrong").expect("the word is in the query");
            assert_eq!(&file[found[0].in_file(at..at + 5)], "wrong", "{file:?}");
        }
    }
}
