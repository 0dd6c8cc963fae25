//! From bytes to numbered lines: comments taken out, `#define`d names replaced by what they stand for.

use std::collections::BTreeMap;

use super::error::{SfzError, SfzErrorKind};

/// Most names a text may define.
const MAX_DEFINES: usize = 4_096;

/// Longest name.
const MAX_NAME: usize = 64;

/// Most bytes of a line once names are replaced.
const MAX_LINE: usize = 1 << 16;

/// Most bytes of all lines in which names were replaced.
const MAX_REPLACED: usize = 1 << 26;

/// Takes lines one after the other and gives them back as they are to be read.
#[derive(Default)]
pub(super) struct Preprocessor {
    /// What names stand for, without their `$`.
    defines: BTreeMap<String, String>,
    /// The line in which the comment started that is not closed yet.
    comment: Option<usize>,
    replaced: usize,
}

impl Preprocessor {
    /// Line `number` without comments and directives, its names replaced.
    pub(super) fn line(&mut self, line: &str, number: usize) -> Result<String, SfzError> {
        let text = self.without_comments(line, number);
        let mut rest = text.as_str();
        let mut out = String::with_capacity(text.len());
        while let Some(at) = rest.find(['#', '$']) {
            let (before, after) = rest.split_at(at);
            out.push_str(before);
            rest = if after.starts_with('$') {
                self.replace(after, &mut out)
            } else if starts_word(before, &out) && is_directive(after) {
                self.directive(after, number)?
            } else {
                out.push('#');
                &after[1..]
            };
            if out.len() > MAX_LINE {
                return Err(too_many("bytes in a line", MAX_LINE, number));
            }
        }
        if text.contains('$') {
            self.replaced += out.len();
        }
        if self.replaced > MAX_REPLACED {
            return Err(too_many("bytes once names are replaced", MAX_REPLACED, number));
        }
        out.push_str(rest);
        Ok(out)
    }

    /// Fails where a comment was never closed.
    pub(super) fn finish(&self) -> Result<(), SfzError> {
        match self.comment {
            Some(line) => Err(SfzErrorKind::Unclosed { start: "/*", end: "*/" }.at(line)),
            None => Ok(()),
        }
    }

    fn without_comments(&mut self, line: &str, number: usize) -> String {
        let mut out = String::with_capacity(line.len());
        let mut rest = line;
        loop {
            if self.comment.is_some() {
                let Some(end) = rest.find("*/") else { return out };
                self.comment = None;
                rest = &rest[end + 2..];
            }
            // One search for both, so that no line takes longer than it is long.
            let starts = |at: &usize| matches!(rest.as_bytes().get(at + 1), Some(b'*' | b'/'));
            let Some(at) = rest.match_indices('/').map(|(at, _)| at).find(starts) else {
                out.push_str(rest);
                return out;
            };
            out.push_str(&rest[..at]);
            if rest[at..].starts_with("//") {
                return out;
            }
            // Whatever it stood between stays apart.
            out.push(' ');
            self.comment = Some(number);
            rest = &rest[at + 2..];
        }
    }

    /// Appends what the name at the start of `text` stands for, the longest that is defined; the `$`
    /// itself where none is. Returns what follows.
    fn replace<'a>(&self, text: &'a str, out: &mut String) -> &'a str {
        let name = &text[1..];
        let length = name.bytes().take(MAX_NAME).take_while(|byte| is_name(*byte)).count();
        for length in (1..=length).rev() {
            if let Some(value) = self.defines.get(&name[..length]) {
                out.push_str(value);
                return &name[length..];
            }
        }
        out.push('$');
        name
    }

    /// Takes the directive at the start of `text`. Returns what follows.
    fn directive<'a>(&mut self, text: &'a str, number: usize) -> Result<&'a str, SfzError> {
        if text.starts_with("#include") {
            return Err(SfzErrorKind::Include.at(number));
        }
        let wrong = || SfzErrorKind::Directive(shown(text)).at(number);
        let after = text.strip_prefix("#define").ok_or_else(wrong)?.trim_start();
        let (name, after) = word(after);
        let (value, after) = word(after.trim_start());
        let name = name.strip_prefix('$').ok_or_else(wrong)?;
        let is_whole = (1..=MAX_NAME).contains(&name.len()) && name.bytes().all(is_name);
        if !is_whole || value.is_empty() {
            return Err(wrong());
        }
        let mut expanded = String::new();
        let mut rest = value;
        while let Some(at) = rest.find('$') {
            expanded.push_str(&rest[..at]);
            rest = self.replace(&rest[at..], &mut expanded);
            if expanded.len() > MAX_LINE {
                return Err(too_many("bytes in a line", MAX_LINE, number));
            }
        }
        expanded.push_str(rest);
        self.replaced += expanded.len();
        self.defines.insert(name.to_owned(), expanded);
        if self.defines.len() > MAX_DEFINES {
            return Err(too_many("defined names", MAX_DEFINES, number));
        }
        Ok(after)
    }
}

fn too_many(what: &'static str, limit: usize, line: usize) -> SfzError {
    SfzErrorKind::TooMany { what, limit }.at(line)
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// The first word and what follows it.
fn word(text: &str) -> (&str, &str) {
    text.split_at(text.find(char::is_whitespace).unwrap_or(text.len()))
}

/// True where a word may start behind `before`, which follows `out`.
fn starts_word(before: &str, out: &str) -> bool {
    let last = before.chars().last().or_else(|| out.chars().last());
    last.is_none_or(|last| last.is_whitespace() || last == '>')
}

/// Names of notes and of files may have a # too.
fn is_directive(text: &str) -> bool {
    text.starts_with("#include") || text.starts_with("#define")
}

/// The start of `text`, for a message.
pub(super) fn shown(text: &str) -> String {
    const MOST: usize = 40;
    let mut shown: String = text.trim().chars().take(MOST).collect();
    if text.trim().chars().count() > MOST {
        shown.push_str("...");
    }
    shown
}
