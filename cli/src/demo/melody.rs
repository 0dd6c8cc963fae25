//! The melody, and the breath of noise that leads into it.

use wavemill_core::session::{IdError, Note, Track, TrackKind};

use super::build::{echo, insert, lane, notes, parameter, track};
use super::song::{END, GROOVE, LAST_CHORD, MELODY, SIXTEENTHS, place, sixteenths};

/// Place and length in sixteenths from the start of the part, key, velocity.
const NOTES: [(i64, i64, u8, u8); 19] = [
    // Am9: up to the ninth
    (2, 2, 76, 92),
    (4, 4, 79, 100),
    (8, 2, 76, 90),
    (10, 6, 83, 108),
    // Fmaj9: down again
    (18, 2, 81, 96),
    (20, 4, 79, 98),
    (24, 2, 76, 90),
    (26, 6, 72, 96),
    // Cmaj9: an answer
    (34, 2, 74, 92),
    (36, 4, 76, 100),
    (40, 2, 79, 98),
    (42, 6, 83, 106),
    // G6, slowing down: a step at a time
    (50, 2, 81, 94),
    (52, 4, 79, 92),
    (56, 4, 76, 88),
    (60, 4, 74, 86),
    // home
    (64, 16, 76, 92),
    (68, 12, 81, 70),
    (72, 8, 83, 60),
];

/// Both tracks.
pub fn melody() -> Result<Vec<Track>, IdError> {
    Ok(vec![lead()?, breath()?])
}

fn lead() -> Result<Track, IdError> {
    let mut track = track("Lead", TrackKind::Instrument, -6.5)?;
    track.pan = 0.1;
    track.inserts = vec![insert(
        "tone",
        "tone",
        [
            ("waveform", "sine".into()),
            ("level_db", (-8.0).into()),
            ("attack_ms", 18.0.into()),
            ("decay_ms", 300.0.into()),
            ("sustain", 0.6.into()),
            ("release_ms", 220.0.into()),
        ],
    )?];
    track.sends = vec![echo(-6.0)?];
    let note = |(at, length, key, velocity): (i64, i64, u8, u8)| {
        Note::new(sixteenths(at), sixteenths(length), key, velocity)
    };
    let length = sixteenths((END - MELODY) * SIXTEENTHS);
    let played = NOTES.map(note).to_vec();
    track.clips = vec![notes("melody", place(MELODY, 0), length, played)?];
    Ok(track)
}

/// Noise that rises into the groove, the melody and the last chord.
fn breath() -> Result<Track, IdError> {
    let mut track = track("Breath", TrackKind::Audio, -12.0)?;
    track.inserts = vec![
        insert(
            "noise",
            "generator",
            [("type", "pink-noise".into()), ("level_db", (-144.0).into())],
        )?,
        insert(
            "eq",
            "equaliser",
            [
                ("band1.type", "high-pass".into()),
                ("band1.frequency_hz", 700.0.into()),
                ("band8.type", "low-pass".into()),
                ("band8.frequency_hz", 1_200.0.into()),
                ("band8.q", 1.2.into()),
            ],
        )?,
    ];
    let mut level = Vec::new();
    let mut sweep = Vec::new();
    for bar in [GROOVE, MELODY, LAST_CHORD] {
        level.extend([(place(bar - 2, 0), -60.0), (place(bar, 0), -12.0), (place(bar, 1), -144.0)]);
        sweep.extend([(place(bar - 2, 0), 1_200.0), (place(bar, 0), 9_000.0)]);
    }
    level.insert(0, (place(0, 0), -144.0));
    level.insert(1, (place(GROOVE - 2, 0), -144.0));
    level.dedup_by_key(|(at, _)| *at);
    track.lanes = vec![
        lane("rise", parameter("noise", "level_db")?, &level)?,
        lane("sweep", parameter("eq", "band8.frequency_hz")?, &sweep)?,
    ];
    track.sends = vec![echo(-10.0)?];
    Ok(track)
}
