//! Canonical JSON: the one way a session is written, so that equal sessions are equal bytes and
//! an edit changes few lines.
//!
//! Fields stand in the order of their declaration, indented by two spaces. An object or array
//! stays on one line where that is at most [`MAX_INLINE`] characters long and holds neither a
//! list of objects nor an object with an id: so a note, a point, a fade is one line, and a track
//! or clip one field a line. Numbers are the shortest text that reads back as the same number.

use super::Session;

/// Longest object or array on one line, in bytes, without its indentation.
const MAX_INLINE: usize = 100;

/// Why a session cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum CanonicalJsonError {
    /// A number JSON has no text for.
    #[error(
        "the session holds a number that is infinite or not a number, which JSON cannot hold: set it to a finite one"
    )]
    NotFinite,
    /// The writer of JSON refused.
    #[error("the session cannot be written as JSON: {0}")]
    Write(#[from] serde_json::Error),
}

impl Session {
    /// The session as canonical JSON, which ends with a line feed; reading it back gives the same
    /// session, and writing that the same bytes.
    pub fn to_canonical_json(&self) -> Result<Vec<u8>, CanonicalJsonError> {
        let compact = serde_json::to_vec(self)?;
        let mut writer = Writer { compact: &compact, at: 0, out: Vec::new() };
        writer.out.reserve(compact.len() * 2);
        writer.value(0, true)?;
        writer.out.push(b'\n');
        Ok(writer.out)
    }
}

/// Copies compact JSON, as serde_json wrote it, with line feeds and spaces.
struct Writer<'a> {
    compact: &'a [u8],
    at: usize,
    out: Vec<u8>,
}

impl Writer<'_> {
    /// Copies the value at `at`; `depth` is its indentation in steps, `broken` keeps it off one
    /// line whatever its length.
    fn value(&mut self, depth: usize, broken: bool) -> Result<(), CanonicalJsonError> {
        match self.peek() {
            b'{' | b'[' if broken => self.lines(depth),
            b'{' | b'[' => match inline_end(&self.compact[self.at..]) {
                Some(length) => self.inline(length),
                None => self.lines(depth),
            },
            b'"' => {
                let length = string_length(&self.compact[self.at..]);
                self.copy(length);
                Ok(())
            }
            // Options that are none are left out, so only a number without a text is a null.
            b'n' => Err(CanonicalJsonError::NotFinite),
            _ => {
                let rest = &self.compact[self.at..];
                let ends = |byte: &u8| matches!(byte, b',' | b'}' | b']');
                let length = rest.iter().position(ends).unwrap_or(rest.len());
                self.copy(length);
                Ok(())
            }
        }
    }

    /// An object or array, one element a line.
    fn lines(&mut self, depth: usize) -> Result<(), CanonicalJsonError> {
        let of_objects = self.compact[self.at..].starts_with(b"[{");
        self.copy(1);
        loop {
            match self.peek() {
                b'}' | b']' => {
                    self.line(depth);
                    self.copy(1);
                    return Ok(());
                }
                b',' => self.copy(1),
                _ => {}
            }
            self.line(depth + 1);
            let start = self.at;
            self.value(depth + 1, false)?;
            if self.peek() == b':' && !of_objects && self.compact[start] == b'"' {
                self.copy(1);
                self.out.push(b' ');
                self.value(depth + 1, false)?;
            }
        }
    }

    /// The next `length` bytes on one line, with a space after each colon and comma.
    fn inline(&mut self, length: usize) -> Result<(), CanonicalJsonError> {
        let end = self.at + length;
        while self.at < end {
            match self.peek() {
                b'"' => {
                    let length = string_length(&self.compact[self.at..]);
                    self.copy(length);
                }
                b'n' => return Err(CanonicalJsonError::NotFinite),
                b':' | b',' => {
                    self.copy(1);
                    self.out.push(b' ');
                }
                // `true` and `false` hold no `n`, so a null is met at its first letter.
                _ => self.copy(1),
            }
        }
        Ok(())
    }

    fn line(&mut self, depth: usize) {
        self.out.push(b'\n');
        self.out.extend(std::iter::repeat_n(b' ', depth * 2));
    }

    fn copy(&mut self, length: usize) {
        let end = self.compact.len().min(self.at + length);
        self.out.extend_from_slice(&self.compact[self.at..end]);
        self.at = end;
    }

    /// The next byte; a closing brace beyond the end, so that every loop ends.
    fn peek(&self) -> u8 {
        self.compact.get(self.at).copied().unwrap_or(b'}')
    }
}

/// The compact length of the object or array `json` starts with, where it may stay on one line.
fn inline_end(json: &[u8]) -> Option<usize> {
    let (mut at, mut width, mut depth) = (0, 0, 0_usize);
    while width <= MAX_INLINE {
        let rest = &json[at..];
        if rest.starts_with(b"[{") || rest.starts_with(b"{\"id\":") {
            return None;
        }
        let (length, printed) = match rest.first()? {
            b'"' => {
                let length = string_length(rest);
                (length, length)
            }
            b':' | b',' => (1, 2),
            b'{' | b'[' => {
                depth += 1;
                (1, 1)
            }
            b'}' | b']' => {
                depth -= 1;
                (1, 1)
            }
            _ => (1, 1),
        };
        at += length;
        width += printed;
        if depth == 0 {
            return (width <= MAX_INLINE).then_some(at);
        }
    }
    None
}

/// The length of the string `json` starts with, quotes included.
fn string_length(json: &[u8]) -> usize {
    let mut at = 1;
    while let Some(&byte) = json.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    json.len()
}

#[cfg(test)]
mod tests;
