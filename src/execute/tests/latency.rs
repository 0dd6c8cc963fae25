//! Latency compensation: impulses arrive together, opposites cancel, equals double.

use crate::rig::{Rig, delay, insert, send, sidechain, to_group};
use crate::session::{ChannelLayout, Tap, TrackKind};

/// An impulse of height 0.5 at sample 100.
fn impulse() -> Vec<f32> {
    let mut samples = vec![0.0; 2_000];
    samples[100] = 0.5;
    samples
}

#[allow(clippy::cast_possible_truncation)] // Rounding to f32 is the point.
fn sine() -> Vec<f32> {
    (0..4_000).map(|n| crate::math::sin(f64::from(n) * 0.05) as f32 * 0.25).collect()
}

/// Where the left channel is not zero.
fn peaks(samples: &[f32]) -> Vec<(usize, f32)> {
    samples.iter().copied().enumerate().filter(|(_, sample)| *sample != 0.0).collect()
}

/// Two tracks with the same impulse, one of them late: the sum is one impulse of twice the height.
#[test]
fn late_and_prompt_tracks_meet() {
    let mut rig = Rig::new();
    rig.plays("prompt", &impulse());
    rig.plays("late", &impulse()).inserts.push(delay(333.0));
    assert_eq!(rig.plan().latency.0, 333);
    assert_eq!(peaks(&rig.left(2_000)), [(100, 1.0)]);
}

/// late -> group -> master, prompt -> master.
#[test]
fn groups_are_compensated() {
    let mut rig = Rig::new();
    rig.plays("prompt", &impulse());
    rig.plays("late", &impulse()).inserts.push(delay(41.0));
    rig.get("late").output = to_group("group");
    rig.plays("member", &impulse()).output = to_group("group");
    rig.track("group", TrackKind::Group, ChannelLayout::Stereo).inserts.push(delay(7.0));
    assert_eq!(rig.plan().latency.0, 48);
    assert_eq!(peaks(&rig.left(2_000)), [(100, 1.5)]);
}

/// The dry path and the way through a late return differ in sign: silence remains, whether the
/// send is taken before or after the fader, and from a late or a prompt track.
#[test]
fn sends_and_returns_cancel() {
    for tap in [Tap::PreFader, Tap::PostFader] {
        for late in [0.0, 64.0, 129.0] {
            let mut rig = Rig::new();
            let dry = rig.plays("dry", &sine());
            if late > 0.0 {
                dry.inserts.push(delay(late));
            }
            dry.sends.push(send("wet", tap));
            let wet = rig.track("wet", TrackKind::Return, ChannelLayout::Stereo);
            wet.inserts.push(delay(500.0));
            assert_eq!(rig.left(200).iter().filter(|s| **s != 0.0).count(), 199, "it does sound");
            let doubled = rig.left(4_000);
            for (sample, original) in doubled.iter().zip(sine()) {
                assert!((sample - 2.0 * original).abs() < 1e-9, "{sample} is not twice {original}");
            }
            let wet = rig.get("wet");
            wet.inserts.push(insert("flip", "polarity", &[]));
            for (side, on) in [("invert_left", "on"), ("invert_right", "on")] {
                let on = crate::session::ParameterValue::Choice(on.to_owned());
                wet.inserts[1].parameters.insert(side.to_owned(), on);
            }
            assert_eq!(peaks(&rig.left(4_000)), [], "tap {tap:?}, late {late}");
        }
    }
}

/// What a sidechain hears is in time with the signal it controls, whichever of both is late.
#[test]
fn sidechains_are_in_time() {
    for (main_late, key_late) in [(0.0, 200.0), (200.0, 0.0), (30.0, 200.0), (200.0, 30.0)] {
        let mut rig = Rig::new();
        let key = rig.plays("key", &impulse());
        key.inserts.push(delay(key_late));
        key.output = crate::session::OutputTarget::None;
        let ducked = rig.plays("ducked", &sine());
        ducked.inserts.push(delay(main_late));
        let mut heard = insert("key", "test-key", &[]);
        heard.sidechain = Some(sidechain("key", Tap::PostFader));
        ducked.inserts.push(heard);
        rig.plays("prompt", &impulse());
        let label = format!("main {main_late}, key {key_late}");
        assert_eq!(rig.plan().latency.0, 200, "{label}");
        assert_eq!(peaks(&rig.left(2_000)), [(100, 1.0)], "{label}");
    }
}

/// A bypassed insert is as late as a working one, so bypassing it moves nothing.
#[test]
fn bypass_keeps_the_latency() {
    let mut rig = Rig::new();
    rig.plays("prompt", &impulse());
    rig.plays("late", &impulse()).inserts.push(delay(77.0));
    let working = rig.render(2_000);
    rig.get("late").inserts[0].bypass = true;
    assert_eq!(rig.plan().latency.0, 77);
    assert_eq!(rig.render(2_000), working);
}

/// Soloing a track must not shift it: latencies of silenced tracks count.
#[test]
fn solo_shifts_nothing() {
    let mut rig = Rig::new();
    rig.plays("prompt", &impulse()).solo = true;
    rig.plays("late", &impulse()).inserts.push(delay(99.0));
    assert_eq!(rig.plan().latency.0, 99);
    assert_eq!(peaks(&rig.left(2_000)), [(100, 0.5)]);
}

/// Automation is laid out on the timeline: a step under latency lands on the same sample.
#[test]
fn automation_follows_node_time() {
    use crate::session::{
        AutomationLane, AutomationMode, AutomationPoint, AutomationShape, AutomationTarget, LaneId,
        TimeValue,
    };
    let point = |at: i64, value: f64| AutomationPoint {
        at: TimeValue::Samples(crate::time::Samples(at)),
        value,
        shape: AutomationShape::Hold,
        curvature: 0.0,
    };
    for late in [0.0, 50.0, 1_000.0] {
        let mut rig = Rig::new();
        let track = rig.plays("stepped", &[0.5; 2_000]);
        track.inserts.push(delay(late));
        track.lanes.push(AutomationLane {
            id: LaneId::new("volume").expect("valid"),
            target: AutomationTarget::Volume,
            mode: AutomationMode::Read,
            points: vec![point(0, -144.0), point(777, 0.0)],
        });
        let left = rig.left(2_000);
        assert!(left[..777].iter().all(|sample| *sample == 0.0), "late {late}");
        assert!(left[777..].iter().all(|sample| *sample == 0.5), "late {late}");
    }
}
