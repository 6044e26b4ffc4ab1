//! File paths taken apart.

use super::{STRING, TO_DYNAMIC};
use crate::def::{Eval, ScalarDef, ex, sig};
use crate::dynamic::write_string;

pub(super) const PARSE_PATH: ScalarDef = ScalarDef {
    name: "parse_path",
    signatures: &[sig(&[STRING], TO_DYNAMIC)],
    summary: "The parts of a file path, of Windows or Unix, as a bag with seven keys.",
    source: "parse-path-function",
    examples: &[
        ex(r"parse_path(@'C:\temp\file.txt').Filename", "file.txt"),
        ex(r"parse_path(@'\\shared\users\temp\file.txt.gz').Extension", "gz"),
    ],
    eval: Eval::Kernel(|args| {
        let text = args.text(0);
        Ok(args.texts(|row, out| {
            write_path(text.at(row), out);
            true
        }))
    }),
    ..ScalarDef::BASE
};

const SEPARATORS: [char; 2] = ['/', '\\'];

fn write_path(path: &str, out: &mut String) {
    let (scheme, path) = path.split_once("://").unwrap_or(("", path));
    let root = root(path);
    let (directory, file) = match path.rfind(SEPARATORS) {
        Some(at) => (&path[..at], &path[at + 1..]),
        None => ("", path),
    };
    let (filename, stream) = file.split_once(':').unwrap_or((file, ""));
    let parts = [
        ("{\"Scheme\":", scheme),
        (",\"RootPath\":", root),
        (",\"DirectoryPath\":", directory),
        (",\"DirectoryName\":", directory.rsplit(SEPARATORS).next().unwrap_or("")),
        (",\"Filename\":", filename),
        (",\"Extension\":", filename.rsplit_once('.').map_or("", |(_, extension)| extension)),
        (",\"AlternateDataStreamName\":", stream),
    ];
    for (key, value) in parts {
        out.push_str(key);
        write_string(value, out);
    }
    out.push('}');
}

/// The drive and its separator: `C:\`.
fn root(path: &str) -> &str {
    match path.as_bytes() {
        [drive, b':', b'/' | b'\\', ..] if drive.is_ascii_alphabetic() => &path[..3],
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{constant, show};

    #[test]
    fn paths_have_seven_parts() {
        for (path, parts) in [
            (r"C:\temp\file.txt", ["", r"C:\", r"C:\temp", "temp", "file.txt", "txt", ""]),
            (r"temp\file.txt", ["", "", "temp", "temp", "file.txt", "txt", ""]),
            ("file://C:/temp/file.txt:some.exe", ["file", "C:/", "C:/temp", "temp", "file.txt", "txt", "some.exe"]),
            (r"\\shared\users\temp\file.txt.gz", ["", "", r"\\shared\users\temp", "temp", "file.txt.gz", "gz", ""]),
            ("/usr/lib/temp/file.txt", ["", "", "/usr/lib/temp", "temp", "file.txt", "txt", ""]),
            ("", [""; 7]),
        ] {
            let bag: serde_json::Value = serde_json::from_str(&show(&PARSE_PATH, &[constant(path)])).unwrap();
            let values: Vec<&str> = bag.as_object().unwrap().values().map(|value| value.as_str().unwrap()).collect();
            assert_eq!(values, parts, "{path}");
        }
    }
}
