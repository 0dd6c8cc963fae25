//! Bounces of sessions with latency: cut from the front, made up for at the end.

use wavemill_core::time::Samples;

use crate::support::{Song, heard, impulses, insert};

const FRAMES: usize = 10_000;
/// Below the ceiling, so that the limiter passes every bit; the first and the last frame count.
const IMPULSES: [(usize, f32); 4] = [(0, 0.5), (4_095, -0.25), (4_096, 0.125), (9_999, 0.75)];

/// A limiter that looks 10 ms ahead: 480 frames, and 15 more for its detector.
fn late() -> Song {
    let mut song = Song::new();
    let limiter = insert("limiter", &[("lookahead_ms", 10.0)]);
    song.play("late", &impulses(FRAMES, &IMPULSES), vec![limiter]);
    song
}

#[test]
fn a_bounce_cuts_the_latency_off_the_front_and_plays_to_the_end() {
    let song = late();
    assert_eq!(song.plan().latency, Samples(495));
    for (block, jobs) in [(1, 1), (512, 2), (6_000, 3)] {
        let (bounced, samples) = song.bounce(|request| {
            (request.render.block, request.render.jobs) = (block, jobs);
        });
        assert_eq!(bounced.exported.facts.frames, 10_000);
        assert_eq!(bounced.mix_frames, 10_000);
        assert_eq!(heard(&samples), IMPULSES, "blocks of {block}, {jobs} jobs");
    }
}

/// A track without latency waits for the one that has some.
#[test]
fn a_prompt_track_beside_a_late_one_is_in_time() {
    let mut song = late();
    song.play("prompt", &impulses(FRAMES, &IMPULSES), Vec::new());
    let (_, samples) = song.bounce(|_| {});
    assert_eq!(heard(&samples), IMPULSES.map(|(at, height)| (at, 2.0 * height)));
}

#[test]
fn a_region_is_the_same_region_of_the_whole() {
    let mut song = late();
    song.play("prompt", &impulses(FRAMES, &IMPULSES), Vec::new());
    let (_, whole) = song.bounce(|_| {});
    for (from, to) in [(0_usize, 1), (1, 4_096), (4_000, 9_000), (9_999, 10_000)] {
        let (bounced, region) = song.bounce(|request| {
            request.from = Samples(i64::try_from(from).unwrap());
            request.to = Some(Samples(i64::try_from(to).unwrap()));
        });
        assert_eq!(bounced.exported.facts.frames, (to - from) as u64);
        assert_eq!(region, whole[2 * from..2 * to], "{from} to {to}");
    }
}

/// The limiter's gain falls over its lookahead before a peak comes out and, being an average of
/// what its peaks allow, takes the peak down to the ceiling or below.
#[test]
fn a_limited_peak_is_where_it_was_and_under_the_ceiling() {
    let mut song = Song::new();
    let ceiling = insert("limiter", &[("lookahead_ms", 10.0), ("ceiling_db", -6.0)]);
    song.play("late", &impulses(FRAMES, &[(3_000, 1.0)]), vec![ceiling]);
    let (_, samples) = song.bounce(|_| {});
    let [(3_000, height)] = heard(&samples)[..] else { panic!("{:?}", heard(&samples)) };
    // -6 dB is a factor of 0.50119.
    assert!((0.45..=0.5012).contains(&height), "{height}");
}
