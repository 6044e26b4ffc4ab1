//! Command lines split into arguments.

use vizsla_schema::KqlType;

use super::{STRING, TO_DYNAMIC};
use crate::def::{BadArgument, Eval, Param, ScalarDef, ex, sig};
use crate::regex::extract::write_texts;
use crate::value::Value;

pub(super) const PARSE_COMMAND_LINE: ScalarDef = ScalarDef {
    name: "parse_command_line",
    signatures: &[sig(&[STRING, Param::Const(KqlType::String)], TO_DYNAMIC)],
    summary: "The arguments of a command line as Windows splits it; the only kind is `windows`.",
    source: "parse-command-line",
    examples: &[ex(r#"parse_command_line('echo "hello world!"', 'windows')"#, r#"["echo","hello world!"]"#)],
    check: Some(check_kind),
    eval: Eval::Kernel(|args| {
        let text = args.text(0);
        Ok(args.texts(|row, out| {
            let arguments = arguments(text.at(row));
            write_texts(arguments.iter().map(String::as_str), out);
            !arguments.is_empty()
        }))
    }),
    ..ScalarDef::BASE
};

fn check_kind(constants: &[Option<Value>]) -> Result<(), BadArgument> {
    match constants.get(1).and_then(Option::as_ref).and_then(Value::as_str) {
        Some(kind) if !kind.eq_ignore_ascii_case("windows") => {
            let message = format!("command lines of kind `{kind}` are not known, only `windows`");
            Err(BadArgument { index: 1, service_code: "SEM0207", message })
        }
        _ => Ok(()),
    }
}

/// Splits by the rules of `CommandLineToArgvW`: `\` is special only before a quote, and in the program's name not at all.
fn arguments(line: &str) -> Vec<String> {
    let mut rest = line.trim_start();
    let mut out = Vec::new();
    while !rest.is_empty() {
        let (argument, after) = if out.is_empty() { program(rest) } else { argument(rest) };
        out.push(argument);
        rest = after.trim_start_matches(is_space);
    }
    out
}

fn is_space(letter: char) -> bool {
    letter == ' ' || letter == '\t'
}

fn program(line: &str) -> (String, &str) {
    let mut quoted = false;
    let ends = |letter: char| {
        quoted ^= letter == '"';
        is_space(letter) && !quoted
    };
    let end = line.find(ends).unwrap_or(line.len());
    (line[..end].replace('"', ""), &line[end..])
}

fn argument(line: &str) -> (String, &str) {
    let (mut out, mut quoted) = (String::new(), false);
    let mut rest = line;
    while let Some(letter) = rest.chars().next() {
        let slashes = rest.len() - rest.trim_start_matches('\\').len();
        let before_quote = rest[slashes..].starts_with('"');
        match letter {
            '\\' if before_quote => {
                out.extend(std::iter::repeat_n('\\', slashes / 2));
                // An odd one makes the quote an ordinary letter.
                let literal = slashes % 2;
                out.extend(std::iter::repeat_n('"', literal));
                rest = &rest[slashes + literal..];
                continue;
            }
            // Two quotes inside quotes are one.
            '"' if quoted && rest.starts_with("\"\"") => {
                out.push('"');
                rest = &rest[2..];
                continue;
            }
            '"' => quoted = !quoted,
            _ if is_space(letter) && !quoted => break,
            _ => out.push(letter),
        }
        rest = &rest[letter.len_utf8()..];
    }
    (out, rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_split_as_windows_does() {
        for (line, expected) in [
            (r#"echo "hello world!""#, &["echo", "hello world!"][..]),
            (r#""C:\Program Files\a.exe" -x  b"#, &[r"C:\Program Files\a.exe", "-x", "b"]),
            (r#"a "b\\" c"#, &["a", r"b\", "c"]),
            (r#"a b\"c d"#, &["a", r#"b"c"#, "d"]),
            (r#"a "b""c" d"#, &["a", r#"b"c"#, "d"]),
            (r"a \\server\share", &["a", r"\\server\share"]),
            (r#"a """#, &["a", ""]),
            ("", &[]),
        ] {
            assert_eq!(arguments(line), expected, "{line}");
        }
    }
}
