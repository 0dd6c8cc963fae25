//! The mixer: the echo, the master and its fade.

use wavemill_core::session::{AutomationTarget, IdError, Master, Track, TrackKind};

use super::build::{ECHO, insert, lane, track};
use super::song::{END, LAST_CHORD, place};

/// A ping-pong echo of dotted eighths that slows down with the tempo.
pub fn echo() -> Result<Track, IdError> {
    let mut track = track("Echo", TrackKind::Return, -3.0)?;
    debug_assert_eq!(track.id.as_str(), ECHO);
    track.inserts = vec![insert(
        "delay",
        "delay",
        [
            ("mode", "synced".into()),
            ("time_quarters", 0.75.into()),
            ("feedback", 0.45.into()),
            ("mix", 1.0.into()),
            ("ping_pong", "on".into()),
            ("low_cut_hz", 250.0.into()),
            ("high_cut_hz", 4_500.0.into()),
        ],
    )?];
    Ok(track)
}

/// A little air, and a limiter that keeps peaks below -1 dBTP; the last chord fades away.
pub fn master() -> Result<Master, IdError> {
    let fade =
        [(place(LAST_CHORD, 4), 0.0), (place(LAST_CHORD + 1, 8), -24.0), (place(END, 0), -144.0)];
    Ok(Master {
        inserts: vec![
            insert(
                "eq",
                "equaliser",
                [
                    ("band1.type", "high-pass".into()),
                    ("band1.frequency_hz", 28.0.into()),
                    ("band7.type", "high-shelf".into()),
                    ("band7.frequency_hz", 7_000.0.into()),
                    ("band7.gain_db", 2.0.into()),
                ],
            )?,
            insert("drive", "gain", [("gain_db", 1.5.into())])?,
            insert("limit", "limiter", [("ceiling_db", (-1.2).into())])?,
        ],
        volume_db: 0.0,
        pan: 0.0,
        lanes: vec![lane("fade", AutomationTarget::Volume, &fade)?],
    })
}
