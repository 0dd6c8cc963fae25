//! From a line to headers and opcodes.

use super::error::{SfzError, SfzErrorKind};
use super::preprocessor::shown;

/// Something a text is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// A header, without its brackets.
    Header(&'a str),
    /// An opcode.
    Opcode {
        /// What it sets.
        name: &'a str,
        /// To what: all up to the next opcode, the next header or the end of the line, so that
        /// names of files may have spaces.
        value: &'a str,
    },
}

/// The token at the start of `text`, which is in line `number`, and what follows it; `None` where
/// nothing is left.
pub(super) fn next_token(text: &str, number: usize) -> Result<Option<(Token<'_>, &str)>, SfzError> {
    let text = text.trim_start();
    if text.is_empty() {
        return Ok(None);
    }
    if let Some(header) = text.strip_prefix('<') {
        let unclosed = || SfzErrorKind::Unclosed { start: "<", end: ">" }.at(number);
        let (name, rest) = header.split_once('>').ok_or_else(unclosed)?;
        return Ok(Some((Token::Header(name.trim()), rest)));
    }
    let length = name_length(text);
    let after = text[length..].strip_prefix('=').filter(|_| length > 0);
    let after = after.ok_or_else(|| SfzErrorKind::NotAnOpcode(shown(text)).at(number))?;
    let (value, rest) = after.split_at(value_length(after));
    Ok(Some((Token::Opcode { name: &text[..length], value: value.trim() }, rest)))
}

/// Bytes of the name of an opcode at the start of `text`.
fn name_length(text: &str) -> usize {
    text.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count()
}

/// Bytes of the value at the start of `text`.
fn value_length(text: &str) -> usize {
    let mut at = 0;
    while let Some(stop) = text[at..].find(|c: char| c == '<' || c.is_whitespace()) {
        at += stop;
        if text[at..].starts_with('<') {
            return at;
        }
        let word = text[at..].trim_start();
        let start = text.len() - word.len();
        let name = name_length(word);
        if word.is_empty() || (name > 0 && word[name..].starts_with('=')) {
            return at;
        }
        at = start;
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(mut text: &str) -> Vec<Token<'_>> {
        let mut tokens = Vec::new();
        while let Some((token, rest)) = next_token(text, 1).unwrap() {
            tokens.push(token);
            text = rest;
        }
        tokens
    }

    #[test]
    fn values_end_where_the_next_opcode_or_header_starts() {
        let opcode = |name, value| Token::Opcode { name, value };
        let text = " <region>sample=my  kick (1) = loud.wav key=c#4\t pan=-3<group>a_1=x ";
        let wanted = vec![
            Token::Header("region"),
            opcode("sample", "my  kick (1) = loud.wav"),
            opcode("key", "c#4"),
            opcode("pan", "-3"),
            Token::Header("group"),
            opcode("a_1", "x"),
        ];
        assert_eq!(tokens(text), wanted);
        assert_eq!(tokens("a= b=\u{2003}c"), [opcode("a", ""), opcode("b", "c")]);
    }

    #[test]
    fn what_is_neither_is_named() {
        for (text, words) in
            [("kick", "'kick' is no opcode"), ("= 3", "'= 3'"), ("<region", "never closed by '>'")]
        {
            let message = next_token(text, 7).unwrap_err().to_string();
            assert!(message.starts_with("line 7: ") && message.contains(words), "{message}");
        }
    }
}
