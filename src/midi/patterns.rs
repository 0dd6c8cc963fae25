//! Notes from text: melodies by note names, lines of chords, grids of drums.

mod drums;
mod lengths;

pub use drums::drum_grid;

use super::chord_names::parse_chord;
use super::note_names::parse_note_name;
use crate::session::Note;
use crate::time::Ticks;
use lengths::parse_length;

/// Most notes, and most notes and rests of a line, of one text.
pub const MAX_PATTERN_NOTES: usize = 65_536;

/// What all notes of a text have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoteStyle {
    /// Velocity, 1 to 127.
    pub velocity: u8,
    /// MIDI channel, 0 to 15.
    pub channel: u8,
}

/// Why a text makes no notes: the place, what is wrong there, what to write.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {what}")]
pub struct PatternError {
    /// The line, counted from 1.
    pub line: usize,
    /// The character of the line, counted from 1.
    pub column: usize,
    /// What is wrong and what to use.
    pub what: String,
}

/// A word of a text and where it is.
#[derive(Clone, Copy, Debug)]
struct Word<'t> {
    line: usize,
    /// What is before it in its line.
    before: &'t str,
    text: &'t str,
}

impl Word<'_> {
    fn error(&self, what: impl std::fmt::Display) -> PatternError {
        let column = self.before.chars().count() + 1;
        PatternError { line: self.line, column, what: what.to_string() }
    }
}

/// The words of a text; bar lines (`|`) and what follows a `;` in its line are left out.
fn words(text: &str) -> impl Iterator<Item = Word<'_>> {
    (1..).zip(text.lines()).flat_map(|(line, whole)| {
        let read = whole.split(';').next().unwrap_or(whole);
        let split = read.split(|c: char| c.is_whitespace() || c == '|');
        split.filter(|text| !text.is_empty()).map(move |text| {
            // Words are parts of the line, so their places are known by their addresses.
            let before = text.as_ptr().addr() - whole.as_ptr().addr();
            Word { line, before: &whole[..before], text }
        })
    })
}

/// The notes of a melody, one after the other from tick 0 on: `C4:1/4 E4:1/8. r:1/4`. Each word is
/// a note's name (see [`parse_note_name`]) or `r` for a rest, and behind a colon its length as a
/// part of a whole note, with a dot for half as much again or a `t` for two thirds; without, it is
/// as long as the one before, the first one a quarter. `|` is left out, and so is what follows `;`.
///
/// # Errors
/// The first word that is none of these.
pub fn melody(text: &str, style: NoteStyle) -> Result<Vec<Note>, PatternError> {
    line_of(text, style, |word, what| {
        parse_note_name(what).map(|key| vec![key]).map_err(|error| word.error(error))
    })
}

/// The notes of a line of chords: `Cmaj7:1/1 Am7:1/2 F/A:1/2`, in the manner of [`melody`]; each is
/// a symbol (see [`parse_chord`]) in close position with its root in `octave`.
///
/// # Errors
/// The first word that is none of these.
pub fn chord_line(text: &str, octave: i8, style: NoteStyle) -> Result<Vec<Note>, PatternError> {
    line_of(text, style, |word, what| {
        let chord = parse_chord(what).map_err(|error| word.error(error))?;
        chord.keys(octave).map_err(|error| word.error(error))
    })
}

fn line_of(
    text: &str,
    style: NoteStyle,
    keys: impl Fn(&Word<'_>, &str) -> Result<Vec<u8>, PatternError>,
) -> Result<Vec<Note>, PatternError> {
    let mut notes = Vec::new();
    let mut at = Ticks::ZERO;
    let mut length = lengths::QUARTER;
    for (number, word) in words(text).enumerate() {
        let what = match word.text.rsplit_once(':') {
            Some((what, given)) => {
                length = parse_length(given).map_err(|error| word.error(error))?;
                what
            }
            None => word.text,
        };
        if !matches!(what, "r" | "R") {
            let keys = keys(&word, what)?;
            notes.extend(keys.into_iter().map(|key| style.note(at, length, key)));
        }
        at += length;
        if notes.len().max(number + 1) > MAX_PATTERN_NOTES {
            return Err(too_many(&word));
        }
    }
    Ok(notes)
}

fn too_many(word: &Word<'_>) -> PatternError {
    word.error(format!(
        "more than {MAX_PATTERN_NOTES} notes and rests: write the rest as another text"
    ))
}

impl NoteStyle {
    fn note(self, at: Ticks, length: Ticks, key: u8) -> Note {
        Note { channel: self.channel, ..Note::new(at, length, key, self.velocity) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::TICKS_PER_QUARTER;

    const STYLE: NoteStyle = NoteStyle { velocity: 90, channel: 2 };

    fn told(notes: &[Note]) -> Vec<(i64, i64, u8)> {
        notes.iter().map(|note| (note.at.0, note.length.0, note.key)).collect()
    }

    #[test]
    fn a_melody_is_its_notes_one_after_the_other() {
        let notes = melody("C4:1/4 E4:1/8. G4:1/8\n| r:1/4 c5 ; the end", STYLE).unwrap();
        let quarter = TICKS_PER_QUARTER;
        let wanted = [
            (0, quarter, 60),
            (quarter, 3 * quarter / 4, 64),
            (7 * quarter / 4, quarter / 2, 67),
            (13 * quarter / 4, quarter, 72),
        ];
        assert_eq!(told(&notes), wanted);
        assert!(notes.iter().all(|note| (note.velocity, note.channel) == (90, 2)));
        assert_eq!(told(&melody("C4", STYLE).unwrap()), [(0, quarter, 60)]);
        assert_eq!(melody(" \n ; nothing", STYLE), Ok(Vec::new()));
    }

    #[test]
    fn chords_lie_one_after_the_other() {
        let notes = chord_line("C:1/1 Am/E:1/2", 3, STYLE).unwrap();
        let whole = 4 * TICKS_PER_QUARTER;
        let first = [48, 52, 55].map(|key| (0, whole, key));
        let second = [52, 57, 60, 64].map(|key| (whole, whole / 2, key));
        assert_eq!(told(&notes), [&first[..], &second].concat());
    }

    #[test]
    fn errors_say_where_and_what() {
        let refusal = |text| melody(text, STYLE).unwrap_err().to_string();
        assert_eq!(
            refusal("C4:1/4\n  é H4"),
            "line 2, column 3: 'é' names no note: write a letter, # or b, and an octave, such as C4, F#3 or Bb-1"
        );
        assert!(refusal("C4 D4:1/0").starts_with("line 1, column 4: '1/0' is no length"));
        assert!(refusal("C4:1/4 | G#9").starts_with("line 1, column 10: 'G#9' is no MIDI key"));
        let refusal = chord_line("C:1/1 X:1/1", 4, STYLE).unwrap_err().to_string();
        assert!(refusal.starts_with("line 1, column 7: 'X' is no chord"), "{refusal}");
        let many = "C4 ".repeat(MAX_PATTERN_NOTES + 1);
        assert!(refusal_of_many(&many).contains("more than 65536 notes"));
    }

    fn refusal_of_many(text: &str) -> String {
        melody(text, STYLE).unwrap_err().to_string()
    }
}
