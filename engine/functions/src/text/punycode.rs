//! Punycode (RFC 3492): text beyond ASCII in the letters that domain names allow.

use super::{STRING, TO_STRING as RETURNS_STRING};
use crate::args::Args;
use crate::def::{Eval, KernelResult, ScalarDef, ex, sig};

pub(super) const FROM_STRING: ScalarDef = ScalarDef {
    name: "punycode_from_string",
    signatures: &[sig(&[STRING], RETURNS_STRING)],
    summary: "A text in Punycode, without the prefix of domain names.",
    source: "punycode-from-string-function",
    examples: &[ex("punycode_from_string('académie-française')", "acadmie-franaise-npb1a")],
    eval: Eval::Kernel(|args| converted(args, encode)),
    ..ScalarDef::BASE
};

pub(super) const TO_STRING: ScalarDef = ScalarDef {
    name: "punycode_to_string",
    signatures: &[sig(&[STRING], RETURNS_STRING)],
    summary: "The text that is written in Punycode; empty if it is not.",
    source: "punycode-to-string-function",
    examples: &[ex("punycode_to_string('acadmie-franaise-npb1a')", "académie-française")],
    eval: Eval::Kernel(|args| converted(args, decode)),
    ..ScalarDef::BASE
};

// The reference names these two the other way round than the two above: `from` reads an encoded domain.
pub(super) const DOMAIN_FROM_STRING: ScalarDef = ScalarDef {
    name: "punycode_domain_from_string",
    signatures: &[sig(&[STRING], RETURNS_STRING)],
    summary: "A domain name with its `xn--` labels decoded.",
    source: "punycode-domain-from-string-function",
    examples: &[ex("punycode_domain_from_string('xn--Ge-mia.Bulg.edu')", "Gáe.Bulg.edu")],
    eval: Eval::Kernel(|args| converted(args, |domain| labels(domain, decode_label))),
    ..ScalarDef::BASE
};

pub(super) const DOMAIN_TO_STRING: ScalarDef = ScalarDef {
    name: "punycode_domain_to_string",
    signatures: &[sig(&[STRING], RETURNS_STRING)],
    summary: "A domain name with each label beyond ASCII encoded as `xn--…`.",
    source: "punycode-domain-to-string-function",
    examples: &[ex("punycode_domain_to_string('Riðill.org')", "xn--Riill-jta.org")],
    eval: Eval::Kernel(|args| converted(args, |domain| labels(domain, encode_label))),
    ..ScalarDef::BASE
};

fn converted(args: &Args<'_>, convert: fn(&str) -> Option<String>) -> KernelResult {
    let text = args.text(0);
    Ok(args.texts(|row, out| match convert(text.at(row)) {
        Some(converted) => {
            out.push_str(&converted);
            true
        }
        None => false,
    }))
}

/// The full stops that separate labels (RFC 3490).
const STOPS: [char; 4] = ['.', '。', '．', '｡'];

fn labels(domain: &str, convert: fn(&str) -> Option<String>) -> Option<String> {
    let labels: Option<Vec<String>> = domain.split(STOPS).map(convert).collect();
    Some(labels?.join("."))
}

fn encode_label(label: &str) -> Option<String> {
    if label.is_ascii() { Some(label.to_owned()) } else { Some(format!("xn--{}", encode(label)?)) }
}

fn decode_label(label: &str) -> Option<String> {
    match label.get(..4) {
        Some(prefix) if prefix.eq_ignore_ascii_case("xn--") => decode(&label[4..]),
        _ => Some(label.to_owned()),
    }
}

const BASE: u32 = 36;
const T_MIN: u32 = 1;
const T_MAX: u32 = 26;
const FIRST: u32 = 128;
const FIRST_BIAS: u32 = 72;

fn encode(text: &str) -> Option<String> {
    let mut out: String = text.chars().filter(char::is_ascii).collect();
    let basic = out.len() as u32;
    if basic > 0 {
        out.push('-');
    }
    let letters: Vec<u32> = text.chars().map(u32::from).collect();
    let (mut next, mut delta, mut bias, mut handled) = (FIRST, 0u32, FIRST_BIAS, basic);
    while (handled as usize) < letters.len() {
        let smallest = letters.iter().copied().filter(|letter| *letter >= next).min()?;
        delta = delta.checked_add((smallest - next).checked_mul(handled + 1)?)?;
        next = smallest;
        for letter in &letters {
            delta += u32::from(*letter < next);
            if *letter == next {
                write_number(delta, bias, &mut out);
                bias = adapted(delta, handled + 1, handled == basic);
                (delta, handled) = (0, handled + 1);
            }
        }
        (delta, next) = (delta + 1, next + 1);
    }
    Some(out)
}

fn write_number(number: u32, bias: u32, out: &mut String) {
    let mut rest = number;
    for place in (BASE..).step_by(BASE as usize) {
        let threshold = threshold(place, bias);
        if rest < threshold {
            break;
        }
        out.push(digit(threshold + (rest - threshold) % (BASE - threshold)));
        rest = (rest - threshold) / (BASE - threshold);
    }
    out.push(digit(rest));
}

fn decode(text: &str) -> Option<String> {
    let (basic, encoded) = text.rsplit_once('-').unwrap_or(("", text));
    if !text.is_ascii() {
        return None;
    }
    let mut out: Vec<char> = basic.chars().collect();
    let (mut next, mut at, mut bias) = (FIRST, 0u32, FIRST_BIAS);
    let mut digits = encoded.chars().map(|letter| letter.to_digit(BASE)).peekable();
    while digits.peek().is_some() {
        let (before, mut weight) = (at, 1u32);
        for place in (BASE..).step_by(BASE as usize) {
            // The digits of Rust are 0–9 and a–z, those of Punycode a–z and 0–9.
            let digit = (digits.next()?? + 26) % BASE;
            at = at.checked_add(digit.checked_mul(weight)?)?;
            let threshold = threshold(place, bias);
            if digit < threshold {
                break;
            }
            weight = weight.checked_mul(BASE - threshold)?;
        }
        let length = out.len() as u32 + 1;
        bias = adapted(at - before, length, before == 0);
        next = next.checked_add(at / length)?;
        at %= length;
        out.insert(at as usize, char::from_u32(next)?);
        at += 1;
    }
    Some(out.into_iter().collect())
}

fn threshold(place: u32, bias: u32) -> u32 {
    place.saturating_sub(bias).clamp(T_MIN, T_MAX)
}

fn digit(value: u32) -> char {
    char::from(if value < 26 { b'a' + value as u8 } else { b'0' + (value - 26) as u8 })
}

fn adapted(delta: u32, length: u32, first: bool) -> u32 {
    let mut delta = if first { delta / 700 } else { delta / 2 };
    delta += delta / length;
    let mut places = 0;
    while delta > (BASE - T_MIN) * T_MAX / 2 {
        delta /= BASE - T_MIN;
        places += BASE;
    }
    places + (BASE - T_MIN + 1) * delta / (delta + 38)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{constant, show};

    #[test]
    fn texts_go_there_and_back() {
        for (text, encoded) in
            [("académie-française", "acadmie-franaise-npb1a"), ("abc", "abc-"), ("bücher", "bcher-kva")]
        {
            assert_eq!(encode(text).as_deref(), Some(encoded));
            assert_eq!(decode(encoded).as_deref(), Some(text));
        }
        assert_eq!(decode("é"), None);
        assert_eq!(decode("a-99999999999"), None);
    }

    #[test]
    fn domains_go_label_by_label() {
        for (domain, encoded) in [
            ("Lê Lợi。Thuận Thiên。com", "xn--L Li-gpa4517b.xn--Thun Thin-s4a7194f.com"),
            ("Riðill｡Skáldskaparmál｡org", "xn--Riill-jta.xn--Skldskaparml-dbbj.org"),
            ("Kaledvoulc'h.Artorījos.edu", "Kaledvoulc'h.xn--Artorjos-ejb.edu"),
        ] {
            assert_eq!(show(&DOMAIN_TO_STRING, &[constant(domain)]), encoded);
            assert_eq!(show(&DOMAIN_FROM_STRING, &[constant(encoded)]), domain.replace(['。', '｡'], "."));
        }
    }
}
