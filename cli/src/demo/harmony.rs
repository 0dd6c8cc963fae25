//! The harmony: pad, arpeggio and bass.

use wavemill_core::session::{AutomationTarget, IdError, Note, Track, TrackKind};
use wavemill_core::time::Ticks;

use super::build::{ducker, echo, insert, lane, notes, parameter, track};
use super::song::{
    Chord, END, ENDING, GROOVE, INTRO, LAST_CHORD, MELODY, SIXTEENTHS, chord, place, sixteenths,
};

/// The three tracks.
pub fn harmony() -> Result<Vec<Track>, IdError> {
    Ok(vec![pad()?, arpeggio()?, bass()?])
}

/// Long chords that step back for the kick and open up until the melody.
fn pad() -> Result<Track, IdError> {
    let mut track = track("Pad", TrackKind::Instrument, 0.0)?;
    track.inserts = vec![
        insert(
            "tone",
            "tone",
            [
                ("waveform", "triangle".into()),
                ("level_db", (-20.0).into()),
                ("attack_ms", 500.0.into()),
                ("decay_ms", 900.0.into()),
                ("sustain", 0.75.into()),
                ("release_ms", 1_100.0.into()),
            ],
        )?,
        insert(
            "eq",
            "equaliser",
            [
                ("band1.type", "high-pass".into()),
                ("band1.frequency_hz", 140.0.into()),
                ("band8.type", "low-pass".into()),
                ("band8.frequency_hz", 900.0.into()),
            ],
        )?,
        ducker(-26.0, 180.0)?,
    ];
    let opening = [
        (place(INTRO, 0), 500.0),
        (place(GROOVE, 0), 1_400.0),
        (place(MELODY, 0), 3_200.0),
        (place(ENDING, 0), 2_400.0),
        (place(LAST_CHORD, 8), 600.0),
    ];
    track.lanes = vec![lane("opening", parameter("eq", "band8.frequency_hz")?, &opening)?];
    track.sends = vec![echo(-14.0)?];
    track.clips = each_bar("pad", INTRO, |bar, chord| {
        let length = if bar == LAST_CHORD { 20 } else { 16 };
        let note = |key: &u8| note(0, length, *key, 84);
        chord.notes.iter().map(note).collect()
    })?;
    Ok(track)
}

/// Sixteenths up and down the chord, wandering from side to side, into the echo.
fn arpeggio() -> Result<Track, IdError> {
    const ORDER: [usize; 16] = [0, 1, 2, 3, 1, 2, 3, 2, 0, 2, 1, 3, 2, 1, 3, 2];
    let mut track = track("Arpeggio", TrackKind::Instrument, -3.0)?;
    track.inserts = vec![insert(
        "tone",
        "tone",
        [
            ("waveform", "triangle".into()),
            ("level_db", (-12.0).into()),
            ("attack_ms", 2.0.into()),
            ("decay_ms", 180.0.into()),
            ("sustain", 0.0.into()),
            ("release_ms", 120.0.into()),
        ],
    )?];
    let sway: Vec<(Ticks, f64)> =
        (INTRO..=END).map(|bar| (place(bar, 0), if bar % 2 == 0 { -0.5 } else { 0.5 })).collect();
    let rise = [
        (place(INTRO, 0), -16.0),
        (place(INTRO + 2, 0), -3.0),
        (place(ENDING, 0), -3.0),
        (place(LAST_CHORD, 0), -12.0),
    ];
    track.lanes = vec![
        lane("sway", AutomationTarget::Pan, &sway)?,
        lane("rise", AutomationTarget::Volume, &rise)?,
    ];
    track.sends = vec![echo(-7.0)?];
    track.clips = each_bar("arpeggio", INTRO, |bar, chord| {
        if bar == LAST_CHORD {
            return Vec::new();
        }
        let step = |(n, voice): (i64, &usize)| {
            let accent = if n % 4 == 0 { 104 } else { 78 };
            note(n, 1, chord.notes[*voice] + 12, accent)
        };
        (0..SIXTEENTHS).zip(&ORDER).map(step).collect()
    })?;
    Ok(track)
}

/// The root on the kick, an octave and a fifth to lead on.
fn bass() -> Result<Track, IdError> {
    let mut track = track("Bass", TrackKind::Instrument, 5.0)?;
    track.layout = wavemill_core::session::ChannelLayout::Mono;
    track.inserts = vec![
        insert(
            "tone",
            "tone",
            [
                ("waveform", "triangle".into()),
                ("level_db", (-9.0).into()),
                ("attack_ms", 4.0.into()),
                ("decay_ms", 420.0.into()),
                ("sustain", 0.45.into()),
                ("release_ms", 90.0.into()),
            ],
        )?,
        insert(
            "eq",
            "equaliser",
            [
                ("band4.type", "bell".into()),
                ("band4.frequency_hz", 220.0.into()),
                ("band4.gain_db", 3.0.into()),
                ("band8.type", "low-pass".into()),
                ("band8.frequency_hz", 1_600.0.into()),
                ("band8.slope_db_per_octave", "24".into()),
            ],
        )?,
        ducker(-18.0, 110.0)?,
    ];
    track.clips = each_bar("bass", GROOVE, |bar, chord| {
        let root = chord.bass;
        match bar {
            LAST_CHORD => vec![note(0, 20, root, 100)],
            ENDING => vec![note(0, 6, root, 100), note(8, 8, root, 88)],
            _ => vec![
                note(0, 5, root, 110),
                note(6, 2, root + 12, 84),
                note(8, 3, root, 104),
                note(12, 2, root + 7, 88),
                note(14, 2, root + 12, 80),
            ],
        }
    })?;
    Ok(track)
}

/// A clip a bar from `first` to the last chord, which rings for two.
fn each_bar(
    name: &str,
    first: i64,
    play: impl Fn(i64, &Chord) -> Vec<Note>,
) -> Result<Vec<wavemill_core::session::Clip>, IdError> {
    let mut clips = Vec::new();
    for bar in first..=LAST_CHORD {
        let length = if bar == LAST_CHORD { END - LAST_CHORD } else { 1 };
        let played = play(bar, chord(bar));
        if !played.is_empty() {
            let id = format!("{name}-{}", bar + 1);
            clips.push(notes(&id, place(bar, 0), sixteenths(length * SIXTEENTHS), played)?);
        }
    }
    Ok(clips)
}

/// A note `at` sixteenths into its clip.
fn note(at: i64, length: i64, key: u8, velocity: u8) -> Note {
    Note::new(sixteenths(at), sixteenths(length), key, velocity)
}
