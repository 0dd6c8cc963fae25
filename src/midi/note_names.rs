//! Names of keys: `C4` is key 60 (middle C), `A4` key 69 at 440 Hz, `C-1` key 0.
//!
//! That is scientific pitch notation. Some makers call key 60 C3: their octaves are one lower.

/// Which black keys' names are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Spelling {
    /// C# D# F# G# A#.
    #[default]
    Sharps,
    /// Db Eb Gb Ab Bb.
    Flats,
    /// C# Eb F# Ab Bb: those that music uses most.
    Usual,
}

/// A text that names no note.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoteNameError {
    /// Not a letter, signs and an octave.
    #[error("'{0}' names no note: write a letter, # or b, and an octave, such as C4, F#3 or Bb-1")]
    Form(String),
    /// Not on the keyboard.
    #[error("'{0}' is no MIDI key: they go from C-1 (0) to G9 (127), C4 is 60")]
    Range(String),
}

const SHARPS: [&str; 12] = ["C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"];
const FLATS: [&str; 12] = ["C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B"];
const USUAL: [&str; 12] = ["C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"];

/// The name of a pitch class; those above 11 are taken modulo 12.
pub fn pitch_class_name(class: u8, spelling: Spelling) -> &'static str {
    let names = match spelling {
        Spelling::Sharps => &SHARPS,
        Spelling::Flats => &FLATS,
        Spelling::Usual => &USUAL,
    };
    names[usize::from(class % 12)]
}

/// The name of a key, such as `C4` for 60.
pub fn note_name(key: u8, spelling: Spelling) -> String {
    format!("{}{}", pitch_class_name(key % 12, spelling), i32::from(key / 12) - 1)
}

/// The key called `text`: a letter of either case, any number of `#` and `b`, and the octave.
///
/// # Errors
/// Where it is no such name, or no key from 0 to 127.
pub fn parse_note_name(text: &str) -> Result<u8, NoteNameError> {
    let shown = || text.chars().take(20).collect::<String>();
    let (semitones, rest) = split_pitch(text).ok_or_else(|| NoteNameError::Form(shown()))?;
    let digits = rest.strip_prefix('-').unwrap_or(rest);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(NoteNameError::Form(shown()));
    }
    let octave: i32 = rest.parse().map_err(|_| NoteNameError::Range(shown()))?;
    let key = octave.checked_add(1).and_then(|o| o.checked_mul(12)?.checked_add(semitones));
    let key = key.and_then(|key| u8::try_from(key).ok()).filter(|key| *key < 128);
    key.ok_or_else(|| NoteNameError::Range(shown()))
}

/// The pitch class with which `text` begins, and what follows it.
pub(super) fn split_pitch_class(text: &str) -> Option<(u8, &str)> {
    let (semitones, rest) = split_pitch(text)?;
    Some((u8::try_from(semitones.rem_euclid(12)).ok()?, rest))
}

/// Semitones above the C below the letter with which `text` begins, signs counted, and what follows.
fn split_pitch(text: &str) -> Option<(i32, &str)> {
    let letter = text.chars().next()?;
    let natural = match letter.to_ascii_uppercase() {
        'C' => 0,
        'D' => 2,
        'E' => 4,
        'F' => 5,
        'G' => 7,
        'A' => 9,
        'B' => 11,
        _ => return None,
    };
    let mut semitones = natural;
    let mut rest = &text[1..];
    // More signs than two are no music; they end the name.
    for _ in 0..2 {
        let sign = match rest.chars().next() {
            Some(sharp @ ('#' | '♯')) => (1, sharp),
            Some(flat @ ('b' | '♭')) => (-1, flat),
            _ => break,
        };
        semitones += sign.0;
        rest = &rest[sign.1.len_utf8()..];
    }
    Some((semitones, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_has_a_name_that_means_it() {
        for key in 0..128 {
            for spelling in [Spelling::Sharps, Spelling::Flats, Spelling::Usual] {
                assert_eq!(parse_note_name(&note_name(key, spelling)), Ok(key));
            }
        }
        assert_eq!(note_name(60, Spelling::Sharps), "C4");
        assert_eq!(note_name(69, Spelling::Flats), "A4");
        assert_eq!(note_name(0, Spelling::Sharps), "C-1");
        assert_eq!(note_name(127, Spelling::Sharps), "G9");
        assert_eq!(note_name(70, Spelling::Flats), "Bb4");
    }

    #[test]
    fn names_of_other_spellings_are_read() {
        for (text, key) in [
            ("c4", 60),
            ("Cb4", 59),
            ("B#3", 60),
            ("E#4", 65),
            ("F##4", 67),
            ("Bbb4", 69),
            ("G♯4", 68),
            ("D♭4", 61),
        ] {
            assert_eq!(parse_note_name(text), Ok(key), "{text}");
        }
    }

    #[test]
    fn what_is_no_key_is_refused() {
        for text in ["", "4", "H4", "C", "C#", "C4x", "C+4", "C--1", "C###4", "é4"] {
            let message = parse_note_name(text).unwrap_err().to_string();
            assert!(message.contains("such as C4"), "{text}: {message}");
        }
        for text in ["G#9", "Cb-1", "C99999999999999999999"] {
            let message = parse_note_name(text).unwrap_err().to_string();
            assert!(message.contains("from C-1 (0) to G9 (127)"), "{text}: {message}");
        }
    }
}
