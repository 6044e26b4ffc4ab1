//! URLs taken apart.

use super::{STRING, TO_DYNAMIC};
use crate::def::{Eval, ScalarDef, ex, sig};
use crate::dynamic::write_string;

pub(super) const PARSE_URL: ScalarDef = ScalarDef {
    name: "parse_url",
    signatures: &[sig(&[STRING], TO_DYNAMIC)],
    summary: "The parts of a URL as a bag that has all eight keys, with empty texts where a part is missing.",
    source: "parse-url-function",
    examples: &[
        ex("parse_url('https://u:p@host:1234/a/b?k1=v1&k2=v2#f').Host", "host"),
        ex("parse_url('https://host/a?k1=v1&k2=v2')['Query Parameters'].k2", "v2"),
    ],
    eval: Eval::Kernel(|args| {
        let text = args.text(0);
        Ok(args.texts(|row, out| {
            write_url(text.at(row), out);
            true
        }))
    }),
    ..ScalarDef::BASE
};

pub(super) const PARSE_URLQUERY: ScalarDef = ScalarDef {
    name: "parse_urlquery",
    signatures: &[sig(&[STRING], TO_DYNAMIC)],
    summary: "The parameters of a URL's query as a bag below the key `Query Parameters`.",
    source: "parse-url-query-function",
    examples: &[ex("parse_urlquery('k1=v1&k2=v2')", r#"{"Query Parameters":{"k1":"v1","k2":"v2"}}"#)],
    eval: Eval::Kernel(|args| {
        let text = args.text(0);
        Ok(args.texts(|row, out| {
            let query = text.at(row);
            out.push_str(r#"{"Query Parameters":"#);
            write_query(query.split_once('?').map_or(query, |(_, query)| query), out);
            out.push('}');
            true
        }))
    }),
    ..ScalarDef::BASE
};

/// Appends the bag of a URL. Nothing is decoded.
fn write_url(url: &str, out: &mut String) {
    let (rest, fragment) = url.split_once('#').unwrap_or((url, ""));
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (scheme, rest) = rest.split_once("://").unwrap_or(("", rest));
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let (user, host) = authority.rsplit_once('@').unwrap_or(("", authority));
    let (username, password) = user.split_once(':').unwrap_or((user, ""));
    let (host, port) = host_and_port(host);
    let texts = [
        ("{\"Scheme\":", scheme),
        (",\"Host\":", host),
        (",\"Port\":", port),
        (",\"Path\":", path),
        (",\"Username\":", username),
        (",\"Password\":", password),
    ];
    for (key, value) in texts {
        out.push_str(key);
        write_string(value, out);
    }
    out.push_str(",\"Query Parameters\":");
    write_query(query, out);
    out.push_str(",\"Fragment\":");
    write_string(fragment, out);
    out.push('}');
}

/// The colons of `[::1]:80` inside the brackets are the address's own.
fn host_and_port(host: &str) -> (&str, &str) {
    match host.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => (host, port),
        _ => (host, ""),
    }
}

fn write_query(query: &str, out: &mut String) {
    let mut keys: Vec<&str> = Vec::new();
    out.push('{');
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        // The first of several values of a key stays.
        if keys.contains(&key) {
            continue;
        }
        if !keys.is_empty() {
            out.push(',');
        }
        keys.push(key);
        write_string(key, out);
        out.push(':');
        write_string(value, out);
    }
    out.push('}');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{constant, show};

    #[test]
    fn urls_have_eight_parts() {
        let parse = |url: &str| show(&PARSE_URL, &[constant(url)]);
        assert_eq!(
            parse("scheme://username:password@host:1234/this/is/a/path?k1=v1&k2=v2#fragment"),
            concat!(
                r#"{"Scheme":"scheme","Host":"host","Port":"1234","Path":"/this/is/a/path","Username":"username","#,
                r#""Password":"password","Query Parameters":{"k1":"v1","k2":"v2"},"Fragment":"fragment"}"#
            )
        );
        for (url, part) in [
            ("http://[::1]:80/", r#""Host":"[::1]","Port":"80","Path":"/""#),
            ("www.bing.com", r#""Scheme":"","Host":"www.bing.com""#),
            ("", r#""Query Parameters":{}"#),
        ] {
            assert!(parse(url).contains(part), "{}", parse(url));
        }
    }
}
