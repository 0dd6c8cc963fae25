//! The drums: kick, snare, hats and cymbal, each a track of audio clips, and their group.

use wavemill_core::session::{
    Clip, ClipContent, Fade, FadeCurve, IdError, OutputTarget, Track, TrackId, TrackKind,
};
use wavemill_core::time::Samples;

use super::build::{audio, echo, insert, track};
use super::song::{ENDING, GROOVE, LAST_CHORD, MELODY, place, sixteenths};

/// A bar of hits: at sixteenth n, how loud (`x` full, `o` softer, `.` a ghost, a space none).
type Pattern = &'static str;

const KICK: [Pattern; 2] = ["x     o x   o   ", "x     o x    o o"];
const SNARE: [Pattern; 2] = ["    x       x   ", "    x  .    x  ."];
const HAT: [Pattern; 2] = ["x o x o x o x.o ", "x o x o x.o x ox"];

/// The four drum tracks and their group.
pub fn drums() -> Result<Vec<Track>, IdError> {
    let group = TrackId::new("drums")?;
    let part = |name: &str, volume_db: f64, pan: f64, clips: Vec<Clip>| {
        let track = track(name, TrackKind::Audio, volume_db)?;
        let output = OutputTarget::Group(group.clone());
        let layout = wavemill_core::session::ChannelLayout::Mono;
        Ok::<_, IdError>(Track { layout, output, pan, clips, ..track })
    };
    let mut hat = part("Hat", -10.0, 0.25, hits("hat", 3, &HAT, GROOVE - 2)?)?;
    hat.sends = vec![echo(-18.0)?];
    let mut bus = track("Drums", TrackKind::Group, 0.0)?;
    bus.inserts = vec![insert(
        "glue",
        "compressor",
        [
            ("threshold_db", (-14.0).into()),
            ("ratio", 2.5.into()),
            ("attack_ms", 15.0.into()),
            ("release_ms", 120.0.into()),
            ("knee_db", 6.0.into()),
        ],
    )?];
    Ok(vec![
        part("Kick", -4.0, 0.0, hits("kick", 6, &KICK, GROOVE)?)?,
        part("Snare", -7.5, -0.05, hits("snare", 4, &SNARE, GROOVE)?)?,
        hat,
        part("Cymbal", -14.0, -0.3, cymbal()?)?,
        bus,
    ])
}

/// Clips for the hits of `patterns`, which take turns from bar `first` to the ending.
fn hits(
    name: &str,
    length: i64,
    patterns: &[Pattern; 2],
    first: i64,
) -> Result<Vec<Clip>, IdError> {
    let mut clips = Vec::new();
    let bars = (first..LAST_CHORD).zip(patterns.iter().cycle());
    for (bar, pattern) in bars {
        for (sixteenth, hit) in (0..).zip(pattern.chars()) {
            let gain_db = match hit {
                'x' => 0.0,
                'o' => -5.0,
                '.' => -12.0,
                _ => continue,
            };
            // The ending thins out: only its first half has drums.
            if bar == ENDING && sixteenth >= 8 {
                continue;
            }
            let id = format!("{name}-{}-{}", bar + 1, sixteenth + 1);
            let clip = audio(&id, name, place(bar, sixteenth), sixteenths(length))?;
            clips.push(Clip { gain_db, ..clip });
        }
    }
    Ok(clips)
}

/// The cymbal opens the parts; before them it comes backwards.
fn cymbal() -> Result<Vec<Clip>, IdError> {
    let length = sixteenths(10);
    let mut clips = Vec::new();
    for (n, bar) in (1..).zip([GROOVE, MELODY, LAST_CHORD]) {
        let mut swell = audio(&format!("swell-{n}"), "cymbal", place(bar - 1, 6), length)?;
        if let ClipContent::Audio(content) = &mut swell.content {
            content.reverse = true;
        }
        swell.gain_db = -4.0;
        swell.fade_in = Fade { length: Samples(9_600), curve: FadeCurve::Slow };
        let mut crash = audio(&format!("crash-{n}"), "cymbal", place(bar, 0), length)?;
        crash.fade_out = Fade { length: Samples(14_400), curve: FadeCurve::Smooth };
        clips.extend([swell, crash]);
    }
    Ok(clips)
}
