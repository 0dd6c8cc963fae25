//! Automation of faders, sends and VCAs, lane by lane, against closed forms.

use crate::math::db_to_gain;
use crate::rig::{Rig, insert, send, sidechain, track_id};
use crate::session::{
    AutomationLane, AutomationMode, AutomationPoint, AutomationShape, AutomationTarget,
    ChannelLayout, LaneId, OutputTarget, PanLaw, SendId, Tap, TimeValue, TrackKind, Vca, VcaId,
};
use crate::time::Samples;

const FRAMES: usize = 1_000;
/// What tracks play: half of full scale, so that doubling it stays exact.
const LEVEL: f32 = 0.5;

fn point(at: i64, value: f64, shape: AutomationShape) -> AutomationPoint {
    AutomationPoint { at: TimeValue::Samples(Samples(at)), value, shape, curvature: 0.0 }
}

fn lane(target: AutomationTarget, points: Vec<AutomationPoint>) -> AutomationLane {
    let id = LaneId::new("lane").expect("a valid id");
    AutomationLane { id, target, mode: AutomationMode::Read, points }
}

/// Values that hold, each from its sample on.
fn steps(target: AutomationTarget, values: &[(i64, f64)]) -> AutomationLane {
    let points = values.iter().map(|(at, value)| point(*at, *value, AutomationShape::Hold));
    lane(target, points.collect())
}

/// A line from the start to frame 640, ten cells of the control grid on.
fn line(target: AutomationTarget, from: f64, to: f64) -> AutomationLane {
    let points =
        [(0, from), (640, to)].map(|(at, value)| point(at, value, AutomationShape::Linear));
    lane(target, points.to_vec())
}

fn send_id() -> SendId {
    SendId::new("to-verb").expect("a valid id")
}

fn playing() -> Rig {
    let mut rig = Rig::new();
    rig.plays("voice", &[LEVEL; FRAMES]);
    rig
}

/// A track that is heard through its send alone.
fn sending(tap: Tap) -> Rig {
    let mut rig = playing();
    rig.get("voice").output = OutputTarget::None;
    rig.get("voice").sends.push(send("verb", tap));
    rig.track("verb", TrackKind::Return, ChannelLayout::Stereo);
    rig
}

fn in_vca(rig: &mut Rig, lane: AutomationLane) {
    rig.session.vcas.push(Vca {
        id: VcaId::new("all").expect("a valid id"),
        name: "All".to_owned(),
        volume_db: 0.0,
        mute: false,
        members: vec![track_id("voice")],
        lanes: vec![lane],
    });
}

/// Every frame's left and right over what is played.
fn gains(rig: &Rig) -> Vec<(f64, f64)> {
    let out = rig.render(FRAMES);
    let gain = |sample: f32| f64::from(sample) / f64::from(LEVEL);
    out.chunks_exact(2).map(|frame| (gain(frame[0]), gain(frame[1]))).collect()
}

#[track_caller]
fn assert_gains(rig: &Rig, wanted: impl Fn(usize) -> (f64, f64)) {
    for (frame, (left, right)) in gains(rig).into_iter().enumerate() {
        let wanted = wanted(frame);
        let near = |a: f64, b: f64| (a - b).abs() < 1e-7;
        let fits = near(left, wanted.0) && near(right, wanted.1);
        assert!(fits, "frame {frame}: {:?} is not {wanted:?}", (left, right));
    }
}

#[track_caller]
fn assert_both(rig: &Rig, wanted: impl Fn(usize) -> f64) {
    assert_gains(rig, |frame| (wanted(frame), wanted(frame)));
}

/// A level in dB moves in a line, its gain between points of the control grid in lines of its own.
fn fall(frame: usize, to_db: f64) -> f64 {
    let at = |cell: usize| db_to_gain(to_db * (cell.min(10) * 64) as f64 / 640.0);
    let (cell, within) = (frame / 64, (frame % 64) as f64 / 64.0);
    at(cell) + (at(cell + 1) - at(cell)) * within
}

#[test]
fn a_lane_that_is_off_does_nothing_and_all_others_play() {
    use AutomationMode::{Latch, Off, Read, Touch, Write};
    let mut rig = playing();
    rig.get("voice").volume_db = -6.0;
    let silent = steps(AutomationTarget::Volume, &[(0, -144.0)]);
    rig.get("voice").lanes.push(silent);
    for (mode, wanted) in
        [(Off, db_to_gain(-6.0)), (Read, 0.0), (Write, 0.0), (Touch, 0.0), (Latch, 0.0)]
    {
        rig.get("voice").lanes[0].mode = mode;
        assert_both(&rig, |_| wanted);
    }
    // So does the lane of an insert.
    let mut rig = playing();
    rig.get("voice").inserts.push(insert("trim", "gain", &[("gain_db", -12.0)]));
    let insert = rig.get("voice").inserts[0].id.clone();
    let target = AutomationTarget::Insert { insert, parameter: "gain_db".to_owned() };
    rig.get("voice").lanes.push(steps(target, &[(0, 0.0)]));
    assert_both(&rig, |_| 1.0);
    rig.get("voice").lanes[0].mode = Off;
    assert_both(&rig, |_| db_to_gain(-12.0));
    // And of a mute, whose own switch then counts.
    let mut rig = playing();
    rig.get("voice").mute = true;
    rig.get("voice").lanes.push(steps(AutomationTarget::Mute, &[(0, 0.0)]));
    assert_both(&rig, |_| 1.0);
    rig.get("voice").lanes[0].mode = Off;
    assert_both(&rig, |_| 0.0);
}

#[test]
fn volume_and_pan_of_a_track_follow_their_lanes() {
    let mut rig = playing();
    rig.get("voice").volume_db = -20.0;
    rig.get("voice").lanes.push(line(AutomationTarget::Volume, 0.0, -12.0));
    assert_both(&rig, |frame| fall(frame, -12.0));
    let mut rig = playing();
    rig.get("voice").lanes.push(steps(AutomationTarget::Pan, &[(0, -1.0), (77, 0.5)]));
    assert_gains(&rig, |frame| if frame < 77 { (1.0, 0.0) } else { (0.5, 1.0) });
}

#[test]
fn an_automated_mute_steps_on_its_sample_whatever_its_shape_and_wins_over_the_switch() {
    let on_and_off = [(0, 0.0), (33, 1.0), (71, 0.0)];
    let heard = |frame: usize| f64::from(u8::from(!(33..71).contains(&frame)));
    let mut rig = playing();
    rig.get("voice").lanes.push(steps(AutomationTarget::Mute, &on_and_off));
    for switch in [false, true] {
        rig.get("voice").mute = switch;
        assert_both(&rig, heard);
    }
    let points = on_and_off.map(|(at, value)| point(at, value, AutomationShape::Linear));
    rig.get("voice").lanes[0].points = points.to_vec();
    assert_both(&rig, heard);
}

/// As its switch does, an automated mute silences sends before and after the fader and post-fader
/// sidechains; pre-fader sidechains go on hearing the track.
#[test]
fn an_automated_mute_reaches_sends_and_post_fader_sidechains() {
    let muted = || steps(AutomationTarget::Mute, &[(0, 0.0), (50, 1.0)]);
    let heard = |frame: usize| f64::from(u8::from(frame < 50));
    for tap in [Tap::PreFader, Tap::PostFader] {
        let mut rig = sending(tap);
        rig.get("voice").lanes.push(muted());
        assert_both(&rig, heard);
        let mut rig = playing();
        rig.get("voice").output = OutputTarget::None;
        rig.get("voice").lanes.push(muted());
        let mut key = insert("key", "test-key", &[]);
        key.sidechain = Some(sidechain("voice", tap));
        rig.plays("ducked", &[0.25; FRAMES]).inserts.push(key);
        match tap {
            Tap::PreFader => assert_both(&rig, |_| 1.0),
            Tap::PostFader => assert_both(&rig, heard),
        }
    }
}

#[test]
fn sends_are_balanced_and_mono_ones_before_the_fader_panned_by_the_law() {
    for tap in [Tap::PreFader, Tap::PostFader] {
        let mut rig = sending(tap);
        rig.get("voice").sends[0].pan = 0.5;
        assert_gains(&rig, |_| (0.5, 1.0));
    }
    let mut rig = sending(Tap::PreFader);
    rig.session.pan_law = PanLaw::Minus6;
    rig.get("voice").layout = ChannelLayout::Mono;
    for (pan, wanted) in [(0.0, (0.5, 0.5)), (0.5, (0.25, 0.75)), (-1.0, (1.0, 0.0))] {
        rig.get("voice").sends[0].pan = pan;
        assert_gains(&rig, |_| wanted);
    }
}

#[test]
fn a_muted_send_is_silent_and_nothing_else_is() {
    let mut rig = sending(Tap::PostFader);
    rig.get("voice").output = OutputTarget::Master;
    assert_both(&rig, |_| 2.0);
    rig.get("voice").sends[0].mute = true;
    assert_both(&rig, |_| 1.0);
}

#[test]
fn level_pan_and_mute_of_a_send_follow_their_lanes() {
    for tap in [Tap::PreFader, Tap::PostFader] {
        let mut rig = sending(tap);
        rig.get("voice").sends[0].level_db = -20.0;
        rig.get("voice").lanes.push(line(AutomationTarget::SendLevel(send_id()), 0.0, -24.0));
        assert_both(&rig, |frame| fall(frame, -24.0));

        let mut rig = sending(tap);
        let pan = steps(AutomationTarget::SendPan(send_id()), &[(0, 1.0), (101, -0.25)]);
        rig.get("voice").lanes.push(pan);
        assert_gains(&rig, |frame| if frame < 101 { (0.0, 1.0) } else { (1.0, 0.75) });

        let mut rig = sending(tap);
        rig.get("voice").sends[0].mute = true;
        let mute = steps(AutomationTarget::SendMute(send_id()), &[(0, 1.0), (59, 0.0)]);
        rig.get("voice").lanes.push(mute);
        assert_both(&rig, |frame| f64::from(u8::from(frame >= 59)));
        rig.get("voice").lanes[0].mode = AutomationMode::Off;
        assert_both(&rig, |_| 0.0);
    }
}

#[test]
fn an_automated_vca_moves_and_mutes_its_members() {
    let mut rig = playing();
    rig.get("voice").volume_db = -6.0;
    in_vca(&mut rig, line(AutomationTarget::Volume, 0.0, -12.0));
    rig.plays("free", &[LEVEL; FRAMES]);
    assert_both(&rig, |frame| 1.0 + fall(frame, -12.0) * db_to_gain(-6.0));

    let mut rig = playing();
    let mute = [(0, 1.0), (45, 0.0), (90, 1.0)];
    in_vca(&mut rig, steps(AutomationTarget::Mute, &mute));
    let heard = |frame: usize| f64::from(u8::from((45..90).contains(&frame)));
    assert_both(&rig, heard);
    rig.session.vcas[0].mute = true;
    assert_both(&rig, heard);
    // It silences a pre-fader send, which its volume leaves alone.
    let mut rig = sending(Tap::PreFader);
    in_vca(&mut rig, steps(AutomationTarget::Mute, &mute));
    assert_both(&rig, heard);
    rig.session.vcas[0].lanes[0] = steps(AutomationTarget::Volume, &[(0, -12.0)]);
    assert_both(&rig, |_| 1.0);
}
