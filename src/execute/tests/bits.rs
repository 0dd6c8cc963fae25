//! Nothing of how a session is run changes a bit: block sizes, SIMD levels, grouping of tracks.

use crate::rig::{Rig, delay, send, to_group};
use crate::session::{ChannelLayout, Tap, TrackKind};
use crate::simd::SimdLevel;

fn noise(seed: u64, frames: u64) -> Vec<f32> {
    let random = crate::math::random::Random::new(seed, 0);
    (0..frames).map(|position| 0.3 * random.bipolar_f32(position)).collect()
}

/// Eleven tracks of both layouts with sends, a group, latency and pan: segments of full and partial
/// width.
fn busy() -> Rig {
    let mut rig = Rig::new();
    for index in 0_u32..11 {
        let id = format!("t{index}");
        let track = rig.plays(&id, &noise(u64::from(index), 3_000));
        track.pan = f64::from(index) / 10.0 - 0.5;
        track.volume_db = -f64::from(index);
        if index % 3 == 0 {
            track.layout = ChannelLayout::Mono;
        }
        if index % 4 == 1 {
            track.inserts.push(delay(17.0));
        }
        if index % 2 == 0 {
            let tap = if index % 4 == 0 { Tap::PreFader } else { Tap::PostFader };
            track.sends.push(send("verb", tap));
        }
        if index > 7 {
            track.output = to_group("group");
        }
    }
    rig.track("group", TrackKind::Group, ChannelLayout::Stereo).volume_db = -3.0;
    rig.track("verb", TrackKind::Return, ChannelLayout::Stereo).inserts.push(delay(100.0));
    rig
}

#[test]
fn blocks_and_levels_change_nothing() {
    let rig = busy();
    let reference = rig.render_with(3_000, &[3_000], SimdLevel::SCALAR);
    assert!(reference.iter().any(|sample| *sample != 0.0));
    for level in SimdLevel::available() {
        for blocks in [&[1][..], &[16], &[64], &[127], &[512], &[4_096], &[1, 200, 63, 64, 65]] {
            let out = rig.render_with(3_000, blocks, level);
            assert_eq!(out, reference, "level {level}, blocks {blocks:?}");
        }
    }
}

/// Which tracks run side by side depends on their order; what they sum to does not.
#[test]
fn order_of_tracks_changes_nothing() {
    let rig = busy();
    let reference = rig.render(3_000);
    let mut shuffled = rig.clone();
    shuffled.session.tracks.reverse();
    assert_eq!(shuffled.render(3_000), reference);
    shuffled.session.tracks.rotate_left(5);
    assert_eq!(shuffled.render(3_000), reference);
}

#[test]
fn processors_see_the_blocks_they_were_promised() {
    let mut rig = Rig::new();
    rig.plays("t", &[0.1; 1_000]).inserts.push(crate::rig::insert("probe", "test-probe", &[]));
    rig.render_with(1_000, &[300], SimdLevel::SCALAR);
    let seen = rig.processors.seen.lock().expect("no test panicked").clone();
    assert_eq!(seen, [(0, 300), (300, 300), (600, 300), (900, 100)]);
}

#[test]
fn no_negative_zero_leaves_a_join() {
    let mut rig = Rig::new();
    rig.plays("t", &[-0.0; 64]);
    assert!(rig.render(64).iter().all(|sample| sample.to_bits() == 0));
}
