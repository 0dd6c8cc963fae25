//! What a bounce measures of its own output.

use wavemill_core::math::{TAU, db_to_gain, sin};
use wavemill_core::time::Samples;

use crate::support::{RATE_HZ, Song, insert};

/// Ten seconds of a sine of 1 kHz at -23 dBFS.
#[allow(clippy::cast_possible_truncation)] // Samples are f32.
fn sine() -> Vec<f32> {
    let sample = |n: u32| db_to_gain(-23.0) * sin(TAU * (f64::from(n) / 48.0).fract());
    (0..10 * RATE_HZ).map(|n| sample(n) as f32).collect()
}

/// As case 1 of EBU Tech 3341 asks; what latency adds at the front is not measured.
#[test]
fn a_calibrated_sine_is_bounced_and_reads_its_level() {
    let mut song = Song::new();
    let limiter = insert("limiter", &[("lookahead_ms", 10.0)]);
    song.play("tone", &sine(), vec![limiter]);
    let (bounced, _) = song.bounce(|request| request.export.measure = true);
    let loudness = bounced.exported.facts.loudness.unwrap();
    let lufs = loudness.integrated_lufs.unwrap();
    assert!((-23.1..=-22.9).contains(&lufs), "{lufs} LUFS");
    let peak = loudness.true_peak_dbtp.unwrap();
    assert!((-23.4..=-22.8).contains(&peak), "{peak} dBTP");
}

#[test]
fn only_what_is_asked_for_is_measured_and_silence_has_no_level() {
    let mut song = Song::new();
    song.play("silence", &[0.0; 1_000], Vec::new());
    assert_eq!(song.bounce(|_| {}).0.exported.facts.loudness, None);
    let (bounced, _) = song.bounce(|request| {
        request.export.measure = true;
        request.to = Some(Samples(48_000));
    });
    let loudness = bounced.exported.facts.loudness.unwrap();
    assert_eq!((loudness.integrated_lufs, loudness.true_peak_dbtp), (None, None));
}
