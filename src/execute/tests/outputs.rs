//! Several outputs and sidechains: opposites cancel and equals double wherever they are routed,
//! through any latency, and how it runs changes no bit.

use crate::dsp::testing::random_blocks;
use crate::execute::{Executor, SegmentConfig};
use crate::rig::{Rig, delay, insert, sidechain, split, to_group, track_id};
use crate::session::{
    AutomationLane, AutomationMode, AutomationPoint, AutomationShape, AutomationTarget,
    ChannelLayout, InsertId, LaneId, OutputTarget, PanLaw, Tap, TimeValue, TrackKind,
};
use crate::simd::SimdLevel;
use crate::time::Samples;

const FRAMES: usize = 2_000;

/// A course that repeats nowhere near, other in every track; sums of it are exact in f32.
#[allow(clippy::cast_possible_truncation)] // Whole numbers.
fn course(pitch: f64) -> Vec<f32> {
    let frames = u32::try_from(FRAMES).unwrap();
    let wave = |n: u32| (crate::math::sin(f64::from(n * n % 7_919) * pitch) * 8_192.0).round();
    (0..frames).map(|n| wave(n) as f32 / 32_768.0).collect()
}

/// Fails at the first sample that differs.
fn assert_same(found: &[f32], expected: &[f32], what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let first = found.iter().zip(expected).position(|(found, expected)| found != expected);
    if let Some(at) = first {
        panic!("{what}: {} at {at} and not {}", found[at], expected[at]);
    }
}

/// ```text
/// voice ─[late 23]─[split, late 100]────────────────> master
///                    └─port──> bus ─[late 41]───────> master
/// ```
fn routed(port: &str, bus: TrackKind) -> Rig {
    let mut rig = Rig::new();
    let voice = rig.plays("voice", &course(0.05));
    voice.inserts.extend([delay(23.0), split(100.0, port, "bus")]);
    rig.track("bus", bus, ChannelLayout::Stereo).inserts.push(delay(41.0));
    rig
}

fn is_silent(samples: &[f32]) -> bool {
    samples.iter().all(|sample| *sample == 0.0)
}

/// The material, on both sides, times `factor`.
fn times(factor: f32) -> Vec<f32> {
    course(0.05).iter().flat_map(|sample| [factor * sample; 2]).collect()
}

#[test]
fn opposites_cancel_and_equals_double_through_latency() {
    for bus in [TrackKind::Group, TrackKind::Return] {
        let cancelled = routed("second", bus);
        assert_eq!(cancelled.plan().latency.0, 164);
        assert!(is_silent(&cancelled.render(FRAMES)), "{bus:?}");
        assert_same(&routed("third", bus).render(FRAMES), &times(2.0), "doubled");
    }
}

/// The fader and the track's own output have no part in it.
#[test]
fn outputs_leave_before_the_fader() {
    let mut rig = routed("second", TrackKind::Group);
    rig.get("voice").volume_db = -144.0;
    assert_same(&rig.render(FRAMES), &times(-1.0), "times -1.0");
    rig.get("voice").volume_db = 0.0;
    rig.get("voice").output = OutputTarget::None;
    assert_same(&rig.render(FRAMES), &times(-1.0), "times -1.0");
}

/// Three tracks of one chain in one segment, which their outputs leave together or apart.
#[test]
fn tracks_side_by_side_route_their_outputs() {
    for layout in [ChannelLayout::Stereo, ChannelLayout::Mono] {
        let mut rig = Rig::new();
        rig.session.pan_law = PanLaw::Zero;
        for (id, pitch) in [("a", 0.05), ("b", 0.031), ("c", 0.013)] {
            let track = rig.plays(id, &course(pitch));
            track.inserts.push(split(100.0, "second", "bus"));
            track.inserts[0].outputs.insert("third".to_owned(), track_id(&format!("own-{id}")));
            track.layout = layout;
        }
        let thirds = ["a", "b", "c"].map(|id| format!("own-{id}"));
        for id in &thirds {
            rig.track(id, TrackKind::Group, ChannelLayout::Stereo);
        }
        rig.track("bus", TrackKind::Group, ChannelLayout::Stereo).inserts.push(delay(9.0));
        assert_eq!(rig.plan().segments[0].strips.len(), 3);
        // What each track puts out at `third` is left over.
        let left = rig.render(FRAMES);
        let mut expected = Rig::new();
        for (id, pitch) in [("a", 0.05), ("b", 0.031), ("c", 0.013)] {
            expected.plays(id, &course(pitch));
        }
        assert_same(&left, &expected.render(FRAMES), "all thirds");
        // One of the three buses is that track and no other.
        rig.get("own-a").mute = true;
        rig.get("own-c").mute = true;
        let mut expected = Rig::new();
        expected.plays("b", &course(0.031));
        assert_same(&rig.render(FRAMES), &expected.render(FRAMES), "the third of b");
    }
}

/// Tracks that differ in nothing but the port they connect do not run side by side.
#[test]
fn tracks_that_connect_other_ports_are_kept_apart() {
    let mut rig = Rig::new();
    rig.plays("a", &course(0.05)).inserts.push(split(0.0, "second", "bus"));
    rig.plays("b", &course(0.031)).inserts.push(split(0.0, "third", "bus"));
    rig.track("bus", TrackKind::Group, ChannelLayout::Stereo);
    let b: Vec<f32> = course(0.031).iter().flat_map(|sample| [2.0 * sample; 2]).collect();
    assert_same(&rig.render(FRAMES), &b, "a cancels, b doubles");

    let mut rig = Rig::new();
    rig.plays("key", &course(0.05)).output = OutputTarget::None;
    let mut keys = insert("keys", "test-keys", &[]);
    keys.sidechain = Some(sidechain("key", Tap::PostFader));
    rig.plays("first", &[0.0; 10]).inserts.push(keys.clone());
    keys.sidechains.extend(keys.sidechain.take().map(|heard| ("other".to_owned(), heard)));
    rig.plays("other", &[0.0; 10]).inserts.push(keys);
    assert_same(&rig.render(FRAMES), &times(1.0), "only the first puts out what it hears");
}

#[test]
fn mute_and_solo_of_the_track_hold_for_its_outputs() {
    let mut rig = routed("third", TrackKind::Group);
    rig.get("voice").mute = true;
    assert!(is_silent(&rig.render(FRAMES)));
    assert_eq!(rig.plan().latency.0, 164, "what is muted shifts nothing");
    rig.get("voice").mute = false;
    rig.plays("other", &[0.0; 10]).solo = true;
    assert!(is_silent(&rig.render(FRAMES)));
    rig.get("voice").solo = true;
    assert_same(&rig.render(FRAMES), &times(2.0), "times 2.0");
    // What feeds a soloed bus is heard through it only.
    rig.get("voice").solo = false;
    rig.get("bus").solo = true;
    assert_same(&rig.render(FRAMES), &times(1.0), "times 1.0");
}

/// The fader closes on its sample, and so do outputs that never pass it.
#[test]
fn an_automated_mute_closes_outputs_on_its_sample() {
    let mut rig = routed("second", TrackKind::Group);
    let point = |at, value| AutomationPoint {
        at: TimeValue::Samples(Samples(at)),
        value,
        shape: AutomationShape::Hold,
        curvature: 0.0,
    };
    rig.get("voice").lanes.push(AutomationLane {
        id: LaneId::new("mute").unwrap(),
        target: AutomationTarget::Mute,
        mode: AutomationMode::Read,
        points: vec![point(0, 0.0), point(700, 1.0), point(1_100, 0.0)],
    });
    assert!(is_silent(&rig.render(FRAMES)), "both close together");
    rig.get("voice").output = OutputTarget::None;
    let mut expected = times(-1.0);
    expected[2 * 700..2 * 1_100].fill(0.0);
    assert_same(&rig.render(FRAMES), &expected, "muted in between");
}

#[test]
fn a_bypassed_insert_puts_out_nothing_else_and_is_as_late() {
    let mut rig = routed("second", TrackKind::Group);
    rig.get("voice").inserts[1].bypass = true;
    assert_eq!(rig.plan().latency.0, 164);
    assert_same(&rig.render(FRAMES), &times(1.0), "times 1.0");
    // Without latency nothing is left of it but its silent output: not what another put out.
    let mut first = split(0.0, "third", "bus");
    first.id = InsertId::new("first").unwrap();
    let mut second = split(0.0, "second", "bus");
    second.bypass = true;
    rig.get("voice").inserts = vec![first, second];
    assert_same(&rig.render(FRAMES), &times(2.0), "times 2.0");
}

/// What was put out in one block is gone in the next.
#[test]
fn outputs_are_silent_until_written_to() {
    let mut rig = Rig::new();
    rig.plays("voice", &course(0.05)[..100]).inserts.push(split(0.0, "third", "bus"));
    rig.track("bus", TrackKind::Group, ChannelLayout::Stereo);
    let mut expected = times(2.0);
    expected[2 * 100..].fill(0.0);
    assert_same(&rig.render(FRAMES), &expected, "then silence");
}

#[test]
fn unrouted_outputs_change_nothing() {
    let mut rig = routed("second", TrackKind::Group);
    rig.get("voice").inserts[1].outputs.clear();
    assert_same(&rig.render(FRAMES), &times(1.0), "times 1.0");
}

/// Two sidechains hear the same signal from two tracks, one of them late: their difference is
/// nothing, and with one of them gone the other is left.
#[test]
fn several_sidechains_are_in_time_with_each_other() {
    let mut rig = Rig::new();
    rig.plays("prompt", &course(0.05)).output = OutputTarget::None;
    rig.plays("late", &course(0.05)).output = OutputTarget::None;
    rig.get("late").inserts.push(delay(77.0));
    let mut keys = insert("keys", "test-keys", &[]);
    keys.sidechain = Some(sidechain("prompt", Tap::PostFader));
    keys.sidechains.insert("other".to_owned(), sidechain("late", Tap::PreFader));
    rig.plays("pad", &course(0.013)).inserts.extend([delay(5.0), keys]);
    assert_eq!(rig.plan().latency.0, 77);
    assert!(is_silent(&rig.render(FRAMES)));
    rig.get("late").volume_db = -144.0;
    assert!(is_silent(&rig.render(FRAMES)), "it is heard before the fader");
    rig.get("late").inserts.push(insert("polarity", "gain", &[("gain_db", -144.0)]));
    assert_same(&rig.render(FRAMES), &times(1.0), "times 1.0");
    rig.get("pad").inserts[1].sidechains.clear();
    assert_same(&rig.render(FRAMES), &times(1.0), "times 1.0");
}

/// A busy session: outputs of two tracks, one of which has a routed group behind it.
fn busy() -> Rig {
    let mut rig = routed("third", TrackKind::Return);
    let other = rig.plays("other", &course(0.031));
    other.inserts.push(split(33.0, "second", "voices"));
    other.inserts[0].outputs.insert("third".to_owned(), track_id("bus"));
    rig.get("voice").output = to_group("voices");
    let voices = rig.track("voices", TrackKind::Group, ChannelLayout::Mono);
    voices.inserts.push(insert("dc", "dc-block", &[]));
    voices.inserts.push(split(11.0, "second", "bus"));
    rig
}

#[test]
fn blocks_and_levels_change_nothing() {
    let whole = busy().render(FRAMES);
    assert!(!is_silent(&whole));
    for seed in 0..8 {
        let blocks = random_blocks(FRAMES, 300, seed);
        for level in [SimdLevel::SCALAR, SimdLevel::detect()] {
            let found = busy().render_with(FRAMES, &blocks, level);
            assert_same(&found, &whole, &format!("blocks {seed}, {level}"));
        }
    }
    assert_same(&busy().render_with(FRAMES, &[1], SimdLevel::detect()), &whole, "one by one");
}

/// An equal plan swapped in goes on, with what is on its way along routed outputs.
#[test]
fn outputs_go_on_through_a_change_of_plan() {
    let config = SegmentConfig { max_frames: 128, level: SimdLevel::SCALAR, chains: false };
    let mut whole = vec![0.0; 2 * FRAMES];
    Executor::new(busy().plan(), config).unwrap().run_block(&mut whole).unwrap();
    for at in [1, 300, 777] {
        let mut swapped = vec![0.0; 2 * FRAMES];
        let (before, after) = swapped.split_at_mut(2 * at);
        let mut first = Executor::new(busy().plan(), config).unwrap();
        first.run_block(before).unwrap();
        let mut second = Executor::new(busy().plan(), config).unwrap();
        second.take_over(&first);
        second.run_block(after).unwrap();
        assert_same(&swapped, &whole, &format!("swapped at {at}"));
    }
}

/// What rings before an insert rings on in what its outputs feed.
#[test]
fn tails_run_along_outputs() {
    let mut rig = routed("second", TrackKind::Group);
    rig.get("voice").output = OutputTarget::None;
    assert_eq!(rig.plan().tail.0, 0);
    rig.get("voice").inserts.insert(0, insert("echo", "delay", &[]));
    assert!(rig.plan().tail.0 > 0);
}
