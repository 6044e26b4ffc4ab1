//! Text to tokens. Never stops and never fails: what means nothing becomes a [`TokenKind::Stray`] token.
//!
//! Decoding the value of a literal is left to [`crate::literal`].

use crate::span::Span;
use crate::token::{Token, TokenKind};

/// Cuts `text` into tokens that tile it.
#[must_use]
pub fn lex(text: &str) -> Vec<Token> {
    let mut lexer = Lexer { text, at: 0, unclosed_from: usize::MAX };
    let mut tokens: Vec<Token> = Vec::with_capacity(text.len() / 3);
    while lexer.at < text.len() {
        let start = lexer.at;
        let kind = lexer.next_kind();
        let span = Span::new(offset(start), offset(lexer.at));
        match tokens.last_mut() {
            Some(last) if last.kind == TokenKind::Stray && kind == TokenKind::Stray => last.span.end = span.end,
            _ => tokens.push(Token { kind, span }),
        }
    }
    tokens
}

#[expect(clippy::cast_possible_truncation, reason = "`parse` refuses texts beyond u32 before lexing")]
fn offset(at: usize) -> u32 {
    at as u32
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    /// No `)` comes after this offset; keeps a text full of `int(` linear.
    unclosed_from: usize,
}

impl Lexer<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn byte(&self, ahead: usize) -> u8 {
        self.text.as_bytes().get(self.at + ahead).copied().unwrap_or(0)
    }

    fn eat_while(&mut self, keep: impl Fn(char) -> bool) {
        self.at += self.rest().find(|it| !keep(it)).unwrap_or(self.rest().len());
    }

    fn next_kind(&mut self) -> TokenKind {
        let Some(first) = self.rest().chars().next() else { return TokenKind::Blank };
        match first {
            _ if is_blank(first) => {
                self.eat_while(is_blank);
                TokenKind::Blank
            }
            '/' if self.byte(1) == b'/' => {
                self.eat_while(|it| !is_line_end(it));
                TokenKind::Comment
            }
            '#' if self.starts_line() => {
                self.eat_while(|it| !is_line_end(it));
                TokenKind::Directive
            }
            '0'..='9' => self.number(),
            '"' | '\'' => self.string(0),
            '@' if matches!(self.byte(1), b'"' | b'\'') => self.string(1),
            'h' | 'H' if matches!(self.byte(1), b'"' | b'\'') || self.fence_at(1) => self.string(1),
            'h' | 'H' if self.byte(1) == b'@' && matches!(self.byte(2), b'"' | b'\'') => self.string(2),
            '`' | '~' if self.fence_at(0) => self.string(0),
            '_' | '$' => self.word(),
            _ if first.is_alphabetic() => self.word(),
            '!' if self.byte(1).is_ascii_alphabetic() => self.word(),
            _ => self.symbol(first),
        }
    }

    fn starts_line(&self) -> bool {
        self.text[..self.at].rsplit('\n').next().is_some_and(|it| it.chars().all(is_blank))
    }

    fn word(&mut self) -> TokenKind {
        let start = self.at;
        self.at += 1; // `!` and `$` only begin a word
        if !self.text.is_char_boundary(self.at) {
            self.at = start;
        }
        self.eat_while(is_word);
        match &self.text[start..self.at] {
            "in" | "!in" if self.byte(0) == b'~' => self.at += 1,
            word if is_typed_prefix(word) => return self.typed(),
            _ => {}
        }
        TokenKind::Word
    }

    /// After `datetime` and the like: takes `(…)` along if it follows.
    fn typed(&mut self) -> TokenKind {
        let body = self.rest().trim_start_matches(is_blank);
        if !body.starts_with('(') || self.at >= self.unclosed_from {
            return TokenKind::Word;
        }
        let open = self.text.len() - body.len();
        match body.find(')') {
            Some(close) => {
                self.at = open + close + 1;
                TokenKind::Typed
            }
            None => {
                self.unclosed_from = self.at;
                TokenKind::Word
            }
        }
    }

    fn number(&mut self) -> TokenKind {
        if self.byte(0) == b'0' && matches!(self.byte(1), b'x' | b'X') && self.byte(2).is_ascii_hexdigit() {
            self.at += 2;
            self.eat_while(|it| it.is_ascii_hexdigit());
            return TokenKind::Long;
        }
        let start = self.at;
        self.eat_digits();
        let mut kind = TokenKind::Long;
        if self.byte(0) == b'.' && self.byte(1) != b'.' && !is_word(self.char_after(1)) {
            self.at += 1;
            kind = TokenKind::Real;
        } else if self.byte(0) == b'.' && (self.byte(1).is_ascii_digit() || self.exponent_at(1)) {
            self.at += 1;
            self.eat_digits();
            kind = TokenKind::Real;
        }
        if self.exponent_at(0) {
            self.at += 2;
            self.eat_digits();
            return TokenKind::Real;
        }
        self.suffix(start, kind)
    }

    /// After the digits: a unit makes a timespan, other letters make a name that begins with digits.
    fn suffix(&mut self, start: usize, kind: TokenKind) -> TokenKind {
        let digits = self.at;
        self.eat_while(is_word);
        if self.at == digits {
            return kind;
        }
        if crate::literal::unit_ticks(&self.text[digits..self.at]).is_some() {
            return TokenKind::Timespan;
        }
        if kind == TokenKind::Real {
            self.at = digits;
            return kind;
        }
        debug_assert!(start < digits);
        TokenKind::Word
    }

    fn eat_digits(&mut self) {
        self.eat_while(|it| it.is_ascii_digit());
    }

    fn char_after(&self, ahead: usize) -> char {
        self.rest().get(ahead..).and_then(|it| it.chars().next()).unwrap_or(' ')
    }

    fn exponent_at(&self, ahead: usize) -> bool {
        let signed = usize::from(matches!(self.byte(ahead + 1), b'+' | b'-'));
        matches!(self.byte(ahead), b'e' | b'E') && self.byte(ahead + 1 + signed).is_ascii_digit()
    }

    fn fence_at(&self, ahead: usize) -> bool {
        self.rest().get(ahead..).is_some_and(|it| it.starts_with("```") || it.starts_with("~~~"))
    }

    /// A string whose quote comes after `prefix` bytes of `h` and `@`.
    fn string(&mut self, prefix: usize) -> TokenKind {
        let verbatim = self.text[self.at..self.at + prefix].ends_with('@');
        self.at += prefix;
        if self.fence_at(0) {
            return self.fenced();
        }
        let quote = self.byte(0);
        self.at += 1;
        loop {
            match self.byte(0) {
                b'\n' | b'\r' => return TokenKind::OpenString,
                0 if self.at >= self.text.len() => return TokenKind::OpenString,
                b'\\' if !verbatim && !matches!(self.byte(1), b'\n' | b'\r') => self.at += 2,
                it if it == quote && verbatim && self.byte(1) == quote => self.at += 2,
                it if it == quote => {
                    self.at += 1;
                    return TokenKind::String;
                }
                _ => self.at += 1,
            }
            self.at = self.at.min(self.text.len());
            while !self.text.is_char_boundary(self.at) {
                self.at += 1;
            }
        }
    }

    fn fenced(&mut self) -> TokenKind {
        let fence = &self.text[self.at..self.at + 3];
        let body = self.at + 3;
        let close = self.text[body..].find(fence);
        self.at = close.map_or(self.text.len(), |it| body + it + 3);
        if close.is_some() { TokenKind::String } else { TokenKind::OpenString }
    }

    fn symbol(&mut self, first: char) -> TokenKind {
        const PAIRS: &[&str] = &["==", "=~", "!=", "!~", "<=", ">=", "<>"];
        let single = match first {
            '(' => TokenKind::LParen,
            ')' => TokenKind::RParen,
            '[' => TokenKind::LBracket,
            ']' => TokenKind::RBracket,
            '{' => TokenKind::LBrace,
            '}' => TokenKind::RBrace,
            ',' => TokenKind::Comma,
            ';' => TokenKind::Semicolon,
            ':' => TokenKind::Colon,
            '|' if self.byte(1) == b'|' => return self.advance(2, TokenKind::Stray),
            '|' => TokenKind::Pipe,
            '.' if self.byte(1) == b'.' => return self.advance(2, TokenKind::DotDot),
            '.' => TokenKind::Dot,
            '=' if self.byte(1) == b'>' => return self.advance(2, TokenKind::Arrow),
            _ if PAIRS.iter().any(|it| self.rest().starts_with(it)) => return self.advance(2, TokenKind::Operator),
            '=' => TokenKind::Assign,
            '+' | '-' | '*' | '/' | '%' | '<' | '>' => TokenKind::Operator,
            _ => TokenKind::Stray,
        };
        self.advance(first.len_utf8(), single)
    }

    fn advance(&mut self, bytes: usize, kind: TokenKind) -> TokenKind {
        self.at += bytes;
        kind
    }
}

/// White space, with the non-breaking and zero-width characters that pasted queries bring along.
fn is_blank(it: char) -> bool {
    it.is_whitespace() || matches!(it, '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}')
}

fn is_line_end(it: char) -> bool {
    matches!(it, '\n' | '\r' | '\u{2028}' | '\u{2029}')
}

fn is_word(it: char) -> bool {
    it == '_' || it.is_alphanumeric()
}

/// Type names that, before `(`, begin a literal.
fn is_typed_prefix(word: &str) -> bool {
    matches!(
        word,
        "bool"
            | "boolean"
            | "int"
            | "int32"
            | "int64"
            | "long"
            | "real"
            | "double"
            | "decimal"
            | "datetime"
            | "date"
            | "time"
            | "timespan"
            | "guid"
            | "uuid"
            | "uniqueid"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use TokenKind::*;

    fn kinds(text: &str) -> Vec<(TokenKind, &str)> {
        lex(text).iter().filter(|it| it.kind != Blank).map(|it| (it.kind, it.span.text(text))).collect()
    }

    #[test]
    fn a_text_of_one_token_is_that_token() {
        for (text, kind) in [
            ("DeviceEvents", Word),
            ("$left", Word),
            ("!has_cs", Word),
            ("in~", Word),
            ("!in~", Word),
            ("3Dchart", Word),
            ("5", Long),
            ("0x1F", Long),
            ("1.", Real),
            ("1.5", Real),
            ("1e3", Real),
            ("2.5E-7", Real),
            ("1d", Timespan),
            ("1.5h", Timespan),
            ("10microseconds", Timespan),
            ("1tick", Timespan),
            ("datetime(2024-01-01 10:00)", Typed),
            ("guid (74be27de-1e4e-49d9-b579-fe0b331d3642)", Typed),
            ("'a\\'b'", String),
            ("@\"c:\\\"", String),
            ("@'it''s'", String),
            ("h'secret'", String),
            ("H@\"secret\"", String),
            ("```two\nlines```", String),
            ("~~~two\nlines~~~", String),
            ("'open", OpenString),
            ("```open", OpenString),
            ("// note", Comment),
            ("#connect x", Directive),
            ("\u{a0}\u{200b}\u{feff}", Blank),
            ("=>", Arrow),
            ("<>", Operator),
            ("“", Stray),
        ] {
            let tokens = lex(text);
            assert_eq!((tokens.len(), tokens[0].kind), (1, kind), "{text:?} gave {tokens:?}");
        }
    }

    #[test]
    fn neighbours_are_told_apart() {
        for (text, expected) in [
            ("1..5", vec![(Long, "1"), (DotDot, ".."), (Long, "5")]),
            ("a[0].b", vec![(Word, "a"), (LBracket, "["), (Long, "0"), (RBracket, "]"), (Dot, "."), (Word, "b")]),
            ("x:datetime)", vec![(Word, "x"), (Colon, ":"), (Word, "datetime"), (RParen, ")")]),
            ("a!=b", vec![(Word, "a"), (Operator, "!="), (Word, "b")]),
            ("'a\nb", vec![(OpenString, "'a"), (Word, "b")]),
            ("int(5", vec![(Word, "int"), (LParen, "("), (Long, "5")]),
        ] {
            assert_eq!(kinds(text), expected, "{text:?}");
        }
    }

    #[test]
    fn tokens_tile_any_text() {
        for text in ["", "é“x”\u{0}\\", "T | where a == \"\\", "'\\é", "@'", "h`", "!é", "datetime(é"] {
            let mut at = 0;
            for token in lex(text) {
                assert_eq!(token.span.start, at, "{text:?}");
                assert!(!token.span.is_empty() && text.is_char_boundary(token.span.end as usize), "{text:?}");
                at = token.span.end;
            }
            assert_eq!(at as usize, text.len());
        }
    }
}
