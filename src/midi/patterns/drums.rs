//! Grids of drums: a line a drum, a character a cell.

use std::collections::BTreeMap;

use super::{MAX_PATTERN_NOTES, NoteStyle, PatternError, Word, too_many};
use crate::midi::DrumMap;
use crate::session::Note;
use crate::time::Ticks;

/// The notes of a grid such as
///
/// ```text
/// kick   x...x...x...x...
/// snare  ....X.......X..o
/// hat    x-x- x-x- x-x- x-3-
/// ```
///
/// A line names a drum of `drums` and has a character a cell, `cell` ticks long: `x` is a hit of the
/// style's velocity, `X` one of 127, `o` one of half the style's, a digit one of that many ninths of
/// 127, and `.` or `-` a rest; spaces and `|` are left out. A second line of the same drum goes on
/// where the first one ended. What follows a `;` is left out.
///
/// # Errors
/// The first drum or character that is none of these.
pub fn drum_grid(
    text: &str,
    cell: Ticks,
    drums: &DrumMap,
    style: NoteStyle,
) -> Result<Vec<Note>, PatternError> {
    let mut notes = Vec::new();
    // Cells so far, by drum.
    let mut cells: BTreeMap<u8, i64> = BTreeMap::new();
    for (line, whole) in (1..).zip(text.lines()) {
        let read = whole.split(';').next().unwrap_or(whole);
        let trimmed = read.trim_start();
        let name_end = trimmed.find(char::is_whitespace).unwrap_or(trimmed.len());
        let (name, grid) = trimmed.split_at(name_end);
        if name.is_empty() {
            continue;
        }
        let part = |from: usize| &read[..read.len() - trimmed.len() + from];
        let word = Word { line, before: part(0), text: name };
        let key = drums.key(name).ok_or_else(|| unknown(&word, drums))?;
        let cells = cells.entry(key).or_insert(0);
        for (at, mark) in grid.char_indices() {
            let word = Word { line, before: part(name_end + at), text: "" };
            let hit = match velocity(mark, style.velocity) {
                Mark::LeftOut => continue,
                Mark::Rest => None,
                Mark::Hit(velocity) => Some(velocity),
                Mark::Unknown => return Err(no_mark(&word, mark)),
            };
            if let Some(velocity) = hit {
                let at = Ticks(cell.0.saturating_mul(*cells));
                notes.push(NoteStyle { velocity, ..style }.note(at, cell, key));
            }
            *cells += 1;
            if notes.len() > MAX_PATTERN_NOTES {
                return Err(too_many(&word));
            }
        }
    }
    Ok(notes)
}

enum Mark {
    Hit(u8),
    Rest,
    LeftOut,
    Unknown,
}

fn velocity(mark: char, usual: u8) -> Mark {
    match mark {
        'x' => Mark::Hit(usual),
        'X' => Mark::Hit(127),
        'o' => Mark::Hit((usual / 2).max(1)),
        '.' | '-' => Mark::Rest,
        '|' => Mark::LeftOut,
        _ if mark.is_whitespace() => Mark::LeftOut,
        _ => {
            let ninths = mark.to_digit(10).and_then(|digit| u8::try_from(digit * 127 / 9).ok());
            ninths.filter(|velocity| *velocity > 0).map_or(Mark::Unknown, Mark::Hit)
        }
    }
}

fn unknown(word: &Word<'_>, drums: &DrumMap) -> PatternError {
    let name: String = word.text.chars().take(30).collect();
    word.error(format!(
        "no drum is called '{name}': begin a line with one of {}, or a name of General MIDI",
        drums.examples()
    ))
}

fn no_mark(word: &Word<'_>, mark: char) -> PatternError {
    word.error(format!("'{mark}' is no cell: use x, X, o or 1 to 9 for hits, . or - for rests"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const STYLE: NoteStyle = NoteStyle { velocity: 90, channel: 9 };

    fn grid(text: &str) -> Result<Vec<(i64, u8, u8)>, String> {
        let notes = drum_grid(text, Ticks(10), &DrumMap::default(), STYLE);
        let notes = notes.map_err(|error| error.to_string())?;
        assert!(notes.iter().all(|note| (note.length, note.channel) == (Ticks(10), 9)));
        Ok(notes.iter().map(|note| (note.at.0, note.key, note.velocity)).collect())
    }

    #[test]
    fn cells_are_hits_and_rests() {
        let text = "kick  x..X | o\n\n  hat -9.1 ; soft\nkick x";
        let wanted =
            [(0, 36, 90), (30, 36, 127), (40, 36, 45), (10, 42, 127), (30, 42, 14), (50, 36, 90)];
        assert_eq!(grid(text), Ok(wanted.to_vec()));
        assert_eq!(grid("; nothing\n"), Ok(Vec::new()));
    }

    #[test]
    fn errors_say_where_and_what() {
        let said = grid("kick x\n  gong x").unwrap_err();
        assert!(said.starts_with("line 2, column 3: no drum is called 'gong'"), "{said}");
        assert!(said.contains("kick") && said.contains("open-hat"), "{said}");
        assert_eq!(
            grid("kick x.y").unwrap_err(),
            "line 1, column 8: 'y' is no cell: use x, X, o or 1 to 9 for hits, . or - for rests"
        );
        assert!(grid("hat 0").unwrap_err().contains("'0' is no cell"));
    }
}
