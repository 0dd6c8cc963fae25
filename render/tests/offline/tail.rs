//! Tails: how long a bounce goes on after the content, and where it stops.

use wavemill_core::time::Samples;
use wavemill_render::Tail;

use crate::support::{Song, heard, impulses, insert};

/// An impulse in a clip of 10 frames and its one echo 300 ms later: 14,400 frames of silence, more
/// than three chunks of the scheduler, lie between.
fn echo() -> Song {
    let mut song = Song::new();
    let delay = insert("delay", &[("time_ms", 300.0), ("feedback", 0.0), ("mix", 0.5)]);
    song.play("echo", &impulses(10, &[(0, 0.5)]), vec![delay]);
    song
}

#[test]
fn silence_across_chunks_is_kept_before_an_echo_and_dropped_after_it() {
    for block in [64, 512, 5_000] {
        let (bounced, samples) = echo().bounce(|request| {
            (request.tail, request.render.block) = (Tail::Auto, block);
        });
        assert_eq!(heard(&samples), [(0, 0.25), (14_400, 0.25)], "blocks of {block}");
        assert_eq!(bounced.exported.facts.frames, 14_401, "blocks of {block}");
    }
}

#[test]
fn a_tail_of_none_or_of_a_length_is_exactly_that() {
    let (bounced, samples) = echo().bounce(|request| request.tail = Tail::None);
    assert_eq!((bounced.exported.facts.frames, heard(&samples)), (10, vec![(0, 0.25)]));
    let (bounced, samples) = echo().bounce(|request| request.tail = Tail::Samples(Samples(20_000)));
    assert_eq!(bounced.exported.facts.frames, 20_010);
    assert_eq!(heard(&samples), [(0, 0.25), (14_400, 0.25)]);
}

/// The content itself is kept to its end, silent or not.
#[test]
fn silence_at_the_end_of_the_content_is_content() {
    let mut song = Song::new();
    song.play("short", &impulses(9_000, &[(5, 0.5)]), Vec::new());
    let (bounced, samples) = song.bounce(|request| request.tail = Tail::Auto);
    assert_eq!((bounced.exported.facts.frames, heard(&samples)), (9_000, vec![(5, 0.5)]));
}
