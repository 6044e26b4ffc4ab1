//! Colours for queries.

use kql_parser::editor;
use kql_parser::token::TokenClass;
use nu_ansi_term::{Color, Style};
use reedline::{Highlighter, StyledText};

use super::completion::command_length;

/// Colours the line that is being typed.
pub(super) struct Colours;

impl Highlighter for Colours {
    fn highlight(&self, line: &str, _cursor: usize) -> StyledText {
        let mut styled = StyledText::new();
        for (style, piece) in pieces(line) {
            styled.push((style, piece.to_owned()));
        }
        styled
    }
}

/// A query with the escape sequences that colour it.
pub(crate) fn ansi(text: &str) -> String {
    pieces(text).into_iter().map(|(style, piece)| style.paint(piece).to_string()).collect()
}

/// The whole line in pieces of one style.
fn pieces(line: &str) -> Vec<(Style, &str)> {
    let (command, query) = line.split_at(command_length(line));
    let mut pieces = Vec::new();
    if !command.is_empty() {
        pieces.push((Color::Cyan.bold(), command));
    }
    pieces.extend(editor::tokens(query).into_iter().map(|(span, class)| (style(class), span.text(query))));
    pieces
}

fn style(class: TokenClass) -> Style {
    match class {
        TokenClass::Blank | TokenClass::Name | TokenClass::Punctuation => Style::new(),
        TokenClass::Comment => Color::DarkGray.normal(),
        TokenClass::Keyword => Color::Blue.bold(),
        TokenClass::Operator => Color::Magenta.normal(),
        TokenClass::Function => Color::Cyan.normal(),
        TokenClass::Type => Color::LightBlue.normal(),
        TokenClass::String => Color::Green.normal(),
        TokenClass::Literal => Color::Yellow.normal(),
        TokenClass::Error => Color::Red.underline(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_letter_is_lost() {
        for line in ["", "T | where x == 'a' // c", "print \"open", ".mode table", ".explain ast T | take 1", "é | “"]
        {
            assert_eq!(pieces(line).iter().map(|it| it.1).collect::<String>(), line);
        }
    }
}
