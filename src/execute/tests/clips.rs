//! Clips: offsets, loops, reversal, fades and overlaps against closed forms.

use crate::audio::MemorySource;
use crate::rig::{Rig, clip};
use crate::session::{
    ChannelLayout, Clip, ClipContent, Fade, FadeCurve, TakeLane, TakeLaneId, TrackKind,
};
use crate::time::Samples;

/// 0/1024, 1/1024, 2/1024, ...: a sample tells its frame.
fn ramp(frames: u16) -> Vec<f32> {
    (0..frames).map(|n| f32::from(n) / 1_024.0).collect()
}

fn frames_of(samples: &[f32]) -> Vec<f32> {
    samples.iter().map(|sample| sample * 1_024.0).collect()
}

/// The left channel of a track with `clips` of a 100-frame ramp.
fn play(clips: Vec<Clip>, frames: usize) -> Vec<f32> {
    let mut rig = Rig::new();
    let rate = rig.session.sample_rate;
    rig.audio.insert("ramp", MemorySource::new(&ramp(100), 1, rate));
    rig.track("t", TrackKind::Audio, ChannelLayout::Stereo).clips = clips;
    frames_of(&rig.left(frames))
}

fn audio(clip: &mut Clip) -> &mut crate::session::AudioContent {
    match &mut clip.content {
        ClipContent::Audio(audio) => audio,
        ClipContent::Midi(_) => panic!("an audio clip"),
    }
}

#[test]
fn a_clip_plays_its_part_at_its_place() {
    let mut one = clip("ramp", 10, 5);
    audio(&mut one).offset = Samples(20);
    let heard = play(vec![one], 20);
    assert_eq!(heard[8..18], [0.0, 0.0, 20.0, 21.0, 22.0, 23.0, 24.0, 0.0, 0.0, 0.0]);
}

#[test]
fn a_reversed_clip_plays_the_same_part_backwards() {
    let mut one = clip("ramp", 2, 4);
    audio(&mut one).offset = Samples(20);
    audio(&mut one).reverse = true;
    assert_eq!(play(vec![one], 8), [0.0, 0.0, 23.0, 22.0, 21.0, 20.0, 0.0, 0.0]);
}

#[test]
fn a_looped_clip_repeats_its_part() {
    let mut one = clip("ramp", 1, 8);
    audio(&mut one).offset = Samples(50);
    audio(&mut one).loop_length = Some(Samples(3));
    assert_eq!(play(vec![one.clone()], 10)[1..9], [50.0, 51.0, 52.0, 50.0, 51.0, 52.0, 50.0, 51.0]);
    audio(&mut one).reverse = true;
    assert_eq!(play(vec![one], 10)[1..9], [52.0, 51.0, 50.0, 52.0, 51.0, 50.0, 52.0, 51.0]);
}

#[test]
fn beyond_the_file_is_silence() {
    let mut one = clip("ramp", 0, 6);
    audio(&mut one).offset = Samples(97);
    assert_eq!(play(vec![one], 6), [97.0, 98.0, 99.0, 0.0, 0.0, 0.0]);
}

#[test]
fn overlapping_clips_are_summed() {
    let mut late = clip("ramp", 3, 5);
    audio(&mut late).offset = Samples(10);
    assert_eq!(
        play(vec![clip("ramp", 0, 5), late], 8),
        [0.0, 1.0, 2.0, 13.0, 15.0, 12.0, 13.0, 14.0]
    );
}

#[test]
fn a_muted_clip_is_silent_and_its_neighbours_are_not() {
    let mut muted = clip("ramp", 2, 5);
    muted.mute = true;
    audio(&mut muted).offset = Samples(50);
    assert_eq!(play(vec![clip("ramp", 0, 4), muted], 8)[..6], [0.0, 1.0, 2.0, 3.0, 0.0, 0.0]);
}

/// Clips on the active take lane are heard, and those on none.
#[test]
fn only_the_active_take_lane_is_heard() {
    let id = |id: &str| TakeLaneId::new(id).expect("a valid id");
    let mut rig = Rig::new();
    let rate = rig.session.sample_rate;
    rig.audio.insert("ramp", MemorySource::new(&ramp(100), 1, rate));
    let track = rig.track("t", TrackKind::Audio, ChannelLayout::Stereo);
    track.take_lanes =
        ["one", "two"].map(|lane| TakeLane { id: id(lane), name: lane.to_owned() }).to_vec();
    for (start, offset, lane) in [(0, 1, None), (4, 10, Some("one")), (4, 20, Some("two"))] {
        let mut clip = clip("ramp", start, 2);
        clip.id = crate::session::ClipId::new(format!("at-{offset}")).expect("a valid id");
        clip.take_lane = lane.map(id);
        audio(&mut clip).offset = Samples(offset);
        track.clips.push(clip);
    }
    for (active, wanted) in [
        (None, [1.0, 2.0, 0.0, 0.0, 0.0, 0.0]),
        (Some("one"), [1.0, 2.0, 0.0, 0.0, 10.0, 11.0]),
        (Some("two"), [1.0, 2.0, 0.0, 0.0, 20.0, 21.0]),
    ] {
        rig.get("t").active_take_lane = active.map(id);
        assert_eq!(frames_of(&rig.left(6)), wanted, "{active:?}");
    }
}

/// Linear fades over the same span add up to one: a crossfade of equal material is no change.
#[test]
fn linear_crossfades_keep_the_level() {
    let mut rig = Rig::new();
    let rate = rig.session.sample_rate;
    rig.audio.insert("flat", MemorySource::new(&[0.5; 300], 1, rate));
    let mut first = clip("flat", 0, 200);
    let mut second = clip("flat", 100, 200);
    let fade = Fade { length: Samples(100), curve: FadeCurve::Linear };
    first.fade_out = fade.clone();
    second.fade_in = fade;
    rig.track("t", TrackKind::Audio, ChannelLayout::Mono).clips = vec![first, second];
    rig.get("t").pan = -1.0;
    for (n, sample) in rig.left(300).iter().enumerate() {
        assert!((sample - 0.5).abs() < 1e-7, "{sample} at {n}");
    }
}

#[test]
fn nan_and_infinity_in_files_are_silence() {
    let mut rig = Rig::new();
    let rate = rig.session.sample_rate;
    let samples = [0.25, f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 0.25];
    rig.audio.insert("bad", MemorySource::new(&samples, 1, rate));
    rig.track("t", TrackKind::Audio, ChannelLayout::Stereo).clips = vec![clip("bad", 0, 5)];
    assert_eq!(rig.left(5), [0.25, 0.0, 0.0, 0.0, 0.25]);
}

#[test]
fn fades_are_the_same_in_any_block() {
    let mut one = clip("ramp", 7, 90);
    one.fade_in = Fade { length: Samples(40), curve: FadeCurve::EqualPower };
    one.fade_out = Fade { length: Samples(33), curve: FadeCurve::Smooth };
    one.gain_db = -3.0;
    let mut rig = Rig::new();
    let rate = rig.session.sample_rate;
    rig.audio.insert("ramp", MemorySource::new(&ramp(100), 1, rate));
    rig.track("t", TrackKind::Audio, ChannelLayout::Stereo).clips = vec![one];
    let level = crate::simd::SimdLevel::SCALAR;
    let whole = rig.render_with(120, &[120], level);
    for block in [1, 7, 64] {
        assert_eq!(rig.render_with(120, &[block], level), whole, "block {block}");
    }
}
