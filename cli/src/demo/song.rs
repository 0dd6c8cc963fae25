//! The song: its key, its chords and its form. A minor, 4/4, 96 bpm, thirteen bars.

use wavemill_core::time::{TICKS_PER_QUARTER, Ticks};

/// Tempo until the ending, in quarter notes a minute.
pub const BPM: f64 = 96.0;
/// Tempo at the very end.
pub const LAST_BPM: f64 = 54.0;

/// First bar (from 0) of each part, and one past the last bar.
pub const INTRO: i64 = 0;
/// Drums and bass come in.
pub const GROOVE: i64 = 4;
/// The melody comes in.
pub const MELODY: i64 = 8;
/// It slows down.
pub const ENDING: i64 = 11;
/// One last chord.
pub const LAST_CHORD: i64 = 12;
/// Where the last chord has been let go.
pub const END: i64 = 14;

/// Ticks in a sixteenth note.
const SIXTEENTH: i64 = TICKS_PER_QUARTER / 4;
/// Sixteenths in a bar.
pub const SIXTEENTHS: i64 = 16;

/// The place of a sixteenth (from 0) of a bar (from 0).
pub const fn place(bar: i64, sixteenth: i64) -> Ticks {
    Ticks((bar * SIXTEENTHS + sixteenth) * SIXTEENTH)
}

/// A length in sixteenths.
pub const fn sixteenths(count: i64) -> Ticks {
    Ticks(count * SIXTEENTH)
}

/// A chord: its bass note and, from low to high, the notes above it, as MIDI keys.
pub struct Chord {
    /// The bass note.
    pub bass: u8,
    /// The notes above it.
    pub notes: [u8; 4],
}

/// Am9, Fmaj9, Cmaj9, G6: one a bar, over and over. The voices move by steps.
const CHORDS: [Chord; 4] = [
    Chord { bass: 33, notes: [60, 64, 67, 71] },
    Chord { bass: 29, notes: [57, 60, 64, 67] },
    Chord { bass: 36, notes: [55, 59, 62, 64] },
    Chord { bass: 31, notes: [55, 59, 62, 64] },
];

/// The chord it comes home to: A minor with its ninth, open.
const HOME: Chord = Chord { bass: 33, notes: [57, 60, 64, 71] };

/// The chord of a bar (from 0).
pub fn chord(bar: i64) -> &'static Chord {
    if bar >= LAST_CHORD {
        return &HOME;
    }
    match bar.rem_euclid(4) {
        0 => &CHORDS[0],
        1 => &CHORDS[1],
        2 => &CHORDS[2],
        _ => &CHORDS[3],
    }
}
