//! What a file is, by its name.

use std::io::{BufRead, Read};

/// How a file's bytes are packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Compression {
    /// Not at all.
    None,
    /// gzip, also several members one after the other.
    Gzip,
    /// Zstandard.
    Zstd,
}

impl Compression {
    /// The compression that the last part of a file's name stands for, and the name without it.
    #[must_use]
    pub fn of_name(name: &str) -> (&str, Self) {
        match name.rsplit_once('.') {
            Some((stem, "gz" | "gzip")) => (stem, Self::Gzip),
            Some((stem, "zst" | "zstd")) => (stem, Self::Zstd),
            _ => (name, Self::None),
        }
    }

    /// The bytes of `reader`, unpacked.
    ///
    /// # Errors
    /// If the decompressor cannot be set up.
    pub fn unpack<'a>(self, reader: impl BufRead + Send + 'a) -> std::io::Result<Box<dyn Read + Send + 'a>> {
        Ok(match self {
            Self::None => Box::new(reader),
            Self::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(reader)),
            Self::Zstd => Box::new(zstd::Decoder::with_buffer(reader)?),
        })
    }
}

/// How a data file is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// Apache Parquet.
    Parquet,
    /// One JSON record a line.
    Ndjson(Compression),
}

/// What the name of a file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Named<'a> {
    /// A data file and its name without extensions.
    Data { stem: &'a str, format: Format },
    /// A data file, but packed in a way that this build cannot undo.
    Packed { stem: &'a str, compression: &'a str },
    /// Something else, which is none of our business.
    Other,
}

/// What a file called `name` is. Names that begin with `.` or `_` are never data.
pub(crate) fn of_name(name: &str) -> Named<'_> {
    if is_hidden(name) {
        return Named::Other;
    }
    if let Some((rest, packed @ ("bz2" | "xz" | "lz4" | "br" | "zip" | "7z" | "snappy"))) = name.rsplit_once('.')
        && let Some(stem) = ndjson_stem(rest)
    {
        return Named::Packed { stem, compression: packed };
    }
    if let Some(stem) = name.strip_suffix(".parquet") {
        return Named::Data { stem, format: Format::Parquet };
    }
    let (rest, compression) = Compression::of_name(name);
    match ndjson_stem(rest) {
        Some(stem) => Named::Data { stem, format: Format::Ndjson(compression) },
        None => Named::Other,
    }
}

fn ndjson_stem(name: &str) -> Option<&str> {
    [".ndjson", ".jsonl", ".json"].into_iter().find_map(|extension| name.strip_suffix(extension))
}

/// Whether a file or folder of that name is not meant for readers: manifests, rejected lines, temporary files.
pub(crate) fn is_hidden(name: &str) -> bool {
    name.starts_with(['.', '_'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_formats() {
        let data = |stem, format| Named::Data { stem, format };
        for (name, expected) in [
            ("DeviceInfo.parquet", data("DeviceInfo", Format::Parquet)),
            ("part-0.c000.snappy.parquet", data("part-0.c000.snappy", Format::Parquet)),
            ("PT1H.json", data("PT1H", Format::Ndjson(Compression::None))),
            ("a.ndjson.gz", data("a", Format::Ndjson(Compression::Gzip))),
            ("a.jsonl.zst", data("a", Format::Ndjson(Compression::Zstd))),
            ("a.ndjson.bz2", Named::Packed { stem: "a", compression: "bz2" }),
            ("_SUCCESS", Named::Other),
            (".a.parquet", Named::Other),
            ("a.parquet.tmp", Named::Other),
            ("notes.md", Named::Other),
        ] {
            assert_eq!(of_name(name), expected, "{name}");
        }
    }
}
