//! Long chains are cut for several threads, and give the samples of the whole chain.

use wavemill_core::graph::{cut, verify};
use wavemill_core::session::{ChannelLayout, Insert, InsertId, Sidechain, Tap, TrackId};

use crate::support::{Song, insert};

/// Eight processors, with latency, recursion and level detection among them.
fn chain() -> Vec<Insert> {
    ["equaliser", "compressor", "limiter", "delay", "dc-block", "compressor", "limiter", "delay"]
        .into_iter()
        .enumerate()
        .map(|(n, name)| {
            let mut insert = insert(name, &[]);
            insert.id = InsertId::new(format!("{name}-{n}")).unwrap();
            insert
        })
        .collect()
}

fn song(layout: ChannelLayout) -> Song {
    let mut song = Song::new();
    let noise = |salt: u32| {
        let hash = move |n: u32| n.wrapping_mul(2_654_435_761).rotate_left(salt) >> 12;
        (0..40_000).map(move |n| (hash(n) as f32 / 524_288.0 - 1.0) * 0.5).collect::<Vec<_>>()
    };
    song.play("long", &noise(3), chain());
    song.play("key", &noise(7), Vec::new());
    let track = &mut song.session.tracks[0];
    track.layout = layout;
    let from = TrackId::new("key").unwrap();
    track.inserts[5].sidechain = Some(Sidechain { from, tap: Tap::PostFader });
    song
}

#[test]
fn a_long_chain_is_cut_for_the_threads_there_are() {
    let plan = song(ChannelLayout::Stereo).plan();
    assert_eq!(cut(&plan, 1).segments, plan.segments);
    for threads in [2, 4, 7] {
        let plan = cut(&plan, threads);
        verify(&plan).unwrap();
        let of_long = plan.segments.iter().filter(|segment| segment.strips.contains(&0));
        let parts: Vec<_> = of_long.map(|segment| segment.nodes.clone()).collect();
        assert!(parts.len() >= threads.min(4), "{parts:?}");
    }
}

#[test]
fn parts_of_a_chain_give_the_samples_of_the_whole() {
    for layout in [ChannelLayout::Stereo, ChannelLayout::Mono] {
        let song = song(layout);
        let (whole, _) = song.bounce(|request| request.render.jobs = 1);
        for (jobs, block) in [(2, 512), (3, 4_096), (7, 1), (2, 5_000)] {
            let (parts, _) = song.bounce(|request| {
                (request.render.jobs, request.render.block) = (jobs, block);
            });
            assert_eq!(parts.mix_sha256, whole.mix_sha256, "{layout:?} {jobs} jobs, block {block}");
        }
    }
}
