//! What the grammar's parsers read: significant tokens, and the state of one parse.
//!
//! Parsers are nom parsers over [`Input`]. A parser that does not apply returns [`Miss`] and leaves a note of what it
//! expected; the note furthest into the text becomes the diagnostic when nobody else can go on.

use std::cell::{Cell, RefCell};
use std::iter::{Copied, Enumerate};

use nom::error::{ErrorKind, ParseError};
use nom::{Err, IResult, Needed};

use crate::diagnostic::{self as codes, Diagnostic};
use crate::span::Span;
use crate::token::{Token, TokenKind};

/// What every parser of the grammar returns.
pub(crate) type Parse<'a, T> = IResult<Input<'a>, T, Miss>;

/// Brackets inside brackets, at most; a frame of the grammar is large, and threads have small stacks.
const MAX_BRACKETS: u32 = 100;
/// Height of an expression's tree, at most, so that walking it by recursion is safe.
const MAX_HEIGHT: u32 = 500;

/// Diagnostics kept of one text; nobody reads further.
const MAX_DIAGNOSTICS: usize = 200;

/// A parser does not apply here. As [`Err::Failure`] the rest of the text is given up.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Miss;

impl ParseError<Input<'_>> for Miss {
    fn from_error_kind(_: Input<'_>, _: ErrorKind) -> Self {
        Self
    }

    fn append(_: Input<'_>, _: ErrorKind, other: Self) -> Self {
        other
    }
}

/// The state of one parse.
pub(crate) struct Context<'a> {
    pub(crate) text: &'a str,
    diagnostics: RefCell<Vec<Diagnostic>>,
    furthest: RefCell<Furthest>,
    brackets: Cell<u32>,
    height: Cell<u32>,
}

/// What was expected at the furthest place any parser reached.
#[derive(Default)]
struct Furthest {
    at: u32,
    found: Option<Token>,
    expected: Vec<&'static str>,
    opener: Option<Span>,
}

impl<'a> Context<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self {
            text,
            diagnostics: RefCell::default(),
            furthest: RefCell::default(),
            brackets: Cell::new(0),
            height: Cell::new(0),
        }
    }

    pub(crate) fn report(&self, diagnostic: Diagnostic) {
        let mut all = self.diagnostics.borrow_mut();
        if all.len() < MAX_DIAGNOSTICS {
            all.push(diagnostic);
        }
    }

    /// In the order of the text, without repetitions.
    pub(crate) fn into_diagnostics(self) -> Vec<Diagnostic> {
        let mut all = self.diagnostics.into_inner();
        all.sort_by_key(|it| (it.span.start, it.span.end));
        all.dedup_by_key(|it| (it.span.range(), it.code.id));
        all
    }

    /// Drops a note about a place before `at`.
    pub(crate) fn forget_before(&self, at: u32) {
        let mut furthest = self.furthest.borrow_mut();
        if furthest.at < at {
            *furthest = Furthest { at, ..Furthest::default() };
        }
    }

    /// Turns the furthest note into a diagnostic, unless it has been reported already.
    pub(crate) fn report_furthest(&self) {
        let note = std::mem::take(&mut *self.furthest.borrow_mut());
        let is_full = self.diagnostics.borrow().len() >= MAX_DIAGNOSTICS;
        if is_full || note.expected.is_empty() || self.follows_stray(note.at) {
            return;
        }
        self.furthest.borrow_mut().at = note.at + 1;
        self.report(self.describe(&note));
    }

    /// Whether a stray character just before `at` has been reported: what comes after it is no news.
    fn follows_stray(&self, at: u32) -> bool {
        let is_before = |stray: &Diagnostic| {
            let between = || self.text.get(stray.span.end as usize..at as usize);
            stray.code == codes::STRAY_CHARACTER && between().is_some_and(|it| it.trim().is_empty())
        };
        self.diagnostics.borrow().iter().any(is_before)
    }

    fn describe(&self, note: &Furthest) -> Diagnostic {
        let span = note.found.map_or_else(|| Span::at(self.end()), |it| it.span);
        if let (Some(opener), None) = (note.opener, note.found) {
            let bracket = opener.text(self.text);
            return Diagnostic::error(codes::UNCLOSED, opener).message(format!("this `{bracket}` is not closed"));
        }
        let found = match note.found {
            Some(it) if it.span.range().len() > 40 => "a long token".to_owned(),
            Some(it) => format!("`{}`", it.span.text(self.text)),
            None => "the end of the text".to_owned(),
        };
        Diagnostic::error(codes::SYNTAX, span)
            .message(format!("expected {}, found {found}", one_of(&note.expected)))
            .hint(hint_for(&self.text[span.start as usize..]))
    }

    fn end(&self) -> u32 {
        u32::try_from(self.text.trim_end().len()).unwrap_or(u32::MAX)
    }

    fn note(&self, input: &Input<'_>, expected: &'static str, opener: Option<Span>) {
        let at = input.here().start;
        let mut furthest = self.furthest.borrow_mut();
        if at < furthest.at {
            return;
        }
        if at > furthest.at || furthest.expected.is_empty() {
            *furthest = Furthest { at, found: input.peek(), ..Furthest::default() };
        }
        if !furthest.expected.contains(&expected) {
            furthest.expected.push(expected);
        }
        furthest.opener = furthest.opener.or(opener);
    }
}

fn one_of(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

fn hint_for(rest: &str) -> Option<&'static str> {
    (rest.starts_with('=') && !rest.starts_with("==")).then_some("to compare, write `==`")
}

/// The significant tokens still to be read.
#[derive(Clone, Copy)]
pub(crate) struct Input<'a> {
    tokens: &'a [Token],
    pub(crate) cx: &'a Context<'a>,
    /// Where the last token read ends.
    last_end: u32,
}

impl<'a> Input<'a> {
    pub(crate) fn new(tokens: &'a [Token], cx: &'a Context<'a>) -> Self {
        Self { tokens, cx, last_end: 0 }
    }

    pub(crate) fn peek(&self) -> Option<Token> {
        self.tokens.first().copied()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }

    /// Kind of the token `ahead`, if there is one.
    pub(crate) fn kind(&self, ahead: usize) -> Option<TokenKind> {
        self.tokens.get(ahead).map(|it| it.kind)
    }

    /// Text of the token `ahead`, `""` at the end.
    pub(crate) fn text(&self, ahead: usize) -> &'a str {
        self.tokens.get(ahead).map_or("", |it| it.span.text(self.cx.text))
    }

    /// The word `ahead`, `""` if it is something else.
    pub(crate) fn word(&self, ahead: usize) -> &'a str {
        if self.kind(ahead) == Some(TokenKind::Word) { self.text(ahead) } else { "" }
    }

    pub(crate) fn at(&self, kind: TokenKind) -> bool {
        self.kind(0) == Some(kind)
    }

    pub(crate) fn at_word(&self, word: &str) -> bool {
        self.word(0) == word
    }

    /// Whether the next token is this operator sign.
    pub(crate) fn at_sign(&self, ahead: usize, sign: &str) -> bool {
        self.kind(ahead) == Some(TokenKind::Operator) && self.text(ahead) == sign
    }

    /// Whether token `ahead` follows the one before it without a blank.
    pub(crate) fn adjoins(&self, ahead: usize) -> bool {
        match (self.tokens.get(ahead.wrapping_sub(1)), self.tokens.get(ahead)) {
            (Some(before), Some(it)) => before.span.end == it.span.start,
            _ => false,
        }
    }

    pub(crate) fn skip(self, count: usize) -> Self {
        let count = count.min(self.tokens.len());
        let last_end = if count == 0 { self.last_end } else { self.tokens[count - 1].span.end };
        Self { tokens: &self.tokens[count..], last_end, ..self }
    }

    /// Where the next token is, or the end of the text.
    pub(crate) fn here(&self) -> Span {
        self.tokens.first().map_or_else(|| Span::at(self.cx.end().max(self.last_end)), |it| it.span)
    }

    pub(crate) fn start(&self) -> u32 {
        self.here().start
    }

    /// From `start` to the end of the last token read.
    pub(crate) fn since(&self, start: u32) -> Span {
        Span::new(start, self.last_end.max(start))
    }

    /// The miss that nothing but `expected` would have avoided.
    pub(crate) fn miss<T>(self, expected: &'static str) -> Parse<'a, T> {
        self.cx.note(&self, expected, None);
        Err(Err::Error(Miss))
    }

    /// Like [`Self::miss`], for the bracket that closes `opener`.
    pub(crate) fn miss_closer<T>(self, expected: &'static str, opener: Span) -> Parse<'a, T> {
        self.cx.note(&self, expected, Some(opener));
        Err(Err::Error(Miss))
    }

    fn too_deep<T>(self) -> Parse<'a, T> {
        self.cx.report(
            Diagnostic::error(codes::TOO_DEEP, self.here())
                .message(format!("more than {MAX_BRACKETS} levels of brackets or {MAX_HEIGHT} of operators"))
                .hint("name a part of it with `let`"),
        );
        Err(Err::Failure(Miss))
    }

    /// Runs `inner` one bracket deeper.
    pub(crate) fn deeper<T>(self, inner: impl FnOnce(Self) -> Parse<'a, T>) -> Parse<'a, T> {
        let cx = self.cx;
        if cx.brackets.get() >= MAX_BRACKETS {
            return self.too_deep();
        }
        let outer = self.measure();
        cx.brackets.set(cx.brackets.get() + 1);
        let result = inner(self);
        cx.brackets.set(cx.brackets.get() - 1);
        let (rest, value) = result?;
        rest.grow()?;
        rest.measured(outer);
        Ok((rest, value))
    }

    /// Starts measuring the height of an expression; pass the value to [`Self::measured`].
    pub(crate) fn measure(&self) -> u32 {
        self.cx.height.replace(0)
    }

    /// Ends a measurement: the surroundings are as high as their highest part.
    pub(crate) fn measured(&self, outer: u32) {
        self.cx.height.set(self.cx.height.get().max(outer));
    }

    /// Notes that the tree just read got one higher.
    pub(crate) fn grow(self) -> Parse<'a, ()> {
        let height = self.cx.height.get() + 1;
        self.cx.height.set(height);
        if height > MAX_HEIGHT { self.too_deep() } else { Ok((self, ())) }
    }
}

impl<'a> nom::Input for Input<'a> {
    type Item = Token;
    type Iter = Copied<std::slice::Iter<'a, Token>>;
    type IterIndices = Enumerate<Self::Iter>;

    fn input_len(&self) -> usize {
        self.tokens.len()
    }

    fn take(&self, index: usize) -> Self {
        Self { tokens: &self.tokens[..index], ..*self }
    }

    fn take_from(&self, index: usize) -> Self {
        self.skip(index)
    }

    fn take_split(&self, index: usize) -> (Self, Self) {
        (self.take_from(index), self.take(index))
    }

    fn position<P: Fn(Token) -> bool>(&self, predicate: P) -> Option<usize> {
        self.tokens.iter().position(|it| predicate(*it))
    }

    fn iter_elements(&self) -> Self::Iter {
        self.tokens.iter().copied()
    }

    fn iter_indices(&self) -> Self::IterIndices {
        self.iter_elements().enumerate()
    }

    fn slice_index(&self, count: usize) -> Result<usize, Needed> {
        if self.tokens.len() >= count { Ok(count) } else { Err(Needed::new(count - self.tokens.len())) }
    }
}
