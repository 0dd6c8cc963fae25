//! The estimate of memory: what parts of cut chains pass on is in it, and both versions of a remix.

use wavemill_core::graph::{Plan, cut};
use wavemill_core::process::padded_lanes;
use wavemill_core::session::{Insert, InsertId};
use wavemill_render::{RenderConfig, memory_bytes};

use crate::support::{RATE_HZ, Song, config, impulses, insert, objects};

/// `count` of a kind, each with an id of its own.
fn many(count: usize, processor: &str, parameters: &[(&str, f64)]) -> Vec<Insert> {
    let one = |number: usize| {
        let id = InsertId::new(format!("{processor}-{number}")).unwrap();
        Insert { id, ..insert(processor, parameters) }
    };
    (0..count).map(one).collect()
}

fn with_jobs(jobs: usize) -> RenderConfig {
    RenderConfig { jobs, ..config() }
}

/// A long chain and a few short ones.
fn chains() -> Song {
    let mut song = Song::new();
    let sound = impulses(1_000, &[(0, 0.5)]);
    song.play("long", &sound, many(12, "compressor", &[]));
    song.play("short", &sound, many(1, "compressor", &[]));
    song.play("bare", &sound, Vec::new());
    song
}

/// What is held only because chains are cut: a ring of four chunks of 4,096 frames a link, and the
/// eight blocks of every part more.
#[test]
fn links_of_cut_chains_count() {
    let plan = chains().plan();
    let whole = memory_bytes(&plan, with_jobs(1));
    for jobs in [2, 4, 8] {
        let parts = cut(&plan, jobs);
        let lanes = |plan: &Plan, linked: bool| -> u64 {
            let segments = plan.segments.iter();
            let segments = segments.filter(|segment| !linked || segment.link_out.is_some());
            segments.map(|s| padded_lanes(s.strips.len() * s.channels) as u64).sum()
        };
        let links = lanes(&parts, true);
        assert!(links > 0, "nothing was cut for {jobs}");
        // Few lanes pass from part to part, so tasks are longer, and with them all that is in flight.
        let joins = plan.join_slots.iter().flatten().count() as u64;
        let (frames, longer) = (16_384, 16_384 - 4_096);
        let rings = links * 4 * 4 * frames + (joins * 16 + 8) * 4 * longer;
        let blocks = (lanes(&parts, false) - lanes(&plan, false)) * config().block as u64 * 4 * 8;
        assert_eq!(memory_bytes(&plan, with_jobs(jobs)) - whole, rings + blocks, "{jobs}");
    }
}

/// A batch estimates by the most threads that a job may get.
#[test]
fn fewer_threads_need_no_more() {
    let plan = chains().plan();
    let bytes: Vec<u64> = (1..=64).map(|jobs| memory_bytes(&plan, with_jobs(jobs))).collect();
    assert!(bytes.is_sorted(), "{bytes:?}");
}

/// Nine tracks for seven seconds, of which one has a state of 2.3 MB and little of all work.
fn song(volume_db: f64) -> Song {
    let mut song = Song::new();
    let frames = 7 * RATE_HZ as usize;
    for number in 0..8 {
        let sound = impulses(frames, &[(100 * number, 0.25)]);
        song.play(&format!("track-{number}"), &sound, many(12, "dc-block", &[]));
    }
    song.play("delayed", &impulses(frames, &[(0, 0.5)]), many(3, "delay", &[("time_ms", 2_000.0)]));
    song.session.tracks.last_mut().unwrap().volume_db = volume_db;
    song
}

/// The remix renders the delayed track as it was and as it is: two states of it, where the whole
/// mix has one.
#[test]
fn a_remix_that_needs_more_than_there_may_be_is_left_be() {
    let needed = memory_bytes(&song(0.0).plan(), config());
    let plain = song(-6.0).bounce(|_| {}).0.mix_sha256;
    for (budget, remixed) in [(None, true), (Some(2 * needed), true), (Some(needed), false)] {
        let folder = tempfile::tempdir().unwrap();
        song(0.0).bounce_keeping(folder.path(), None);
        let sums = objects(folder.path(), "sums").len();
        let bounced = song(-6.0).bounce_keeping(folder.path(), budget);
        assert_eq!(bounced.mix_sha256, plain);
        // A mix that is made anew keeps its sums.
        let kept = objects(folder.path(), "sums").len() > sums;
        assert_eq!(!kept, remixed, "{budget:?}");
    }
}

/// States are kept by one rule, whoever renders: one as large as this after sixteen chunks at the
/// earliest, and none that is larger than 64 MiB.
#[test]
fn a_remix_keeps_no_larger_states_than_a_mix() {
    const LARGE: u64 = 2 << 20;
    let folder = tempfile::tempdir().unwrap();
    song(0.0).bounce_keeping(folder.path(), None);
    let before = objects(folder.path(), "states");
    song(-6.0).bounce_keeping(folder.path(), None);
    let states = objects(folder.path(), "states");
    assert!(!before.is_empty() && before.iter().chain(&states).all(|bytes| *bytes < LARGE));
}
