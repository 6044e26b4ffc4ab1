//! Tokens: what the lexer cuts a text into, and the classes editors colour them by.

use crate::span::Span;

/// A piece of the text. Tokens tile it: each begins where the one before ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// Where it is.
    pub span: Span,
}

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TokenKind {
    /// White space, line ends included.
    Blank,
    /// `// …` to the end of the line.
    Comment,
    /// `#…` at the start of a line: an instruction to a client.
    Directive,
    /// A name or keyword; `!has`, `in~` and `$left` are words too.
    Word,
    /// `5`, `0x1F`
    Long,
    /// `1.5`, `1e3`
    Real,
    /// `1d`, `10microseconds`
    Timespan,
    /// `datetime(…)`, `guid(…)` and the like, up to the parenthesis.
    Typed,
    /// A string in any of its forms.
    String,
    /// A string that its line or the text ends before its quote.
    OpenString,
    /// `(`
    LParen,
    /// `)`
    RParen,
    /// `[`
    LBracket,
    /// `]`
    RBracket,
    /// `{`
    LBrace,
    /// `}`
    RBrace,
    /// `,`
    Comma,
    /// `;`
    Semicolon,
    /// `:`
    Colon,
    /// `.`
    Dot,
    /// `..`
    DotDot,
    /// `|`
    Pipe,
    /// `=`
    Assign,
    /// `=>`
    Arrow,
    /// `+ - * / %` and comparisons such as `==`, `=~`, `<>`.
    Operator,
    /// Characters that mean nothing in KQL.
    Stray,
}

impl TokenKind {
    /// Whether the grammar never sees it.
    #[must_use]
    pub fn is_trivia(self) -> bool {
        matches!(self, Self::Blank | Self::Comment | Self::Directive | Self::Stray)
    }

    /// The bracket that closes this one.
    #[must_use]
    pub fn closer(self) -> Option<Self> {
        match self {
            Self::LParen => Some(Self::RParen),
            Self::LBracket => Some(Self::RBracket),
            Self::LBrace => Some(Self::RBrace),
            _ => None,
        }
    }

    /// Whether it closes a bracket.
    #[must_use]
    pub fn is_closer(self) -> bool {
        matches!(self, Self::RParen | Self::RBracket | Self::RBrace)
    }
}

/// How an editor colours a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TokenClass {
    /// Nothing to see.
    Blank,
    /// A comment or directive.
    Comment,
    /// A tabular operator after `|`, or a statement's first word.
    Keyword,
    /// `and`, `has`, `in~`, `between` and symbols that compute or compare.
    Operator,
    /// A word before `(`.
    Function,
    /// Any other word.
    Name,
    /// A type name in a declaration.
    Type,
    /// A string.
    String,
    /// A number, timespan or other literal.
    Literal,
    /// Brackets, commas, pipes.
    Punctuation,
    /// Something that cannot be right.
    Error,
}
