//! Chunk keys: what comes later changes no earlier key, and equal keys mean equal samples.

use crate::graph::{ChunkKeys, Plan, STORE_CHUNK_FRAMES, SignalKey};
use crate::process::CONTROL_GRID_FRAMES;
use crate::rig::{Rig, clip, delay, insert, send, to_group};
use crate::session::{
    AutomationLane, AutomationMode, AutomationPoint, AutomationShape, AutomationTarget,
    ChannelLayout, ClipContent, LaneId, Tap, TimeValue, TrackKind,
};
use crate::time::Samples;

const CHUNK: usize = STORE_CHUNK_FRAMES as usize;
const CHUNKS: usize = 4;

fn keys(plan: &Plan) -> Vec<SignalKey> {
    let mut keys = ChunkKeys::new(plan);
    let next = |_| {
        keys.advance();
        keys.output()
    };
    (0..CHUNKS).map(next).collect()
}

/// Chunks of the master's stream.
fn chunks(rig: &Rig) -> Vec<Vec<f32>> {
    let plan = rig.plan();
    let config = crate::execute::SegmentConfig {
        max_frames: 1024,
        level: crate::simd::SimdLevel::detect(),
        chains: false,
    };
    let mut executor = crate::execute::Executor::new(plan, config).unwrap();
    let mut out = vec![0.0; 2 * CHUNK * CHUNKS];
    executor.run_block(&mut out).unwrap();
    out.chunks(2 * CHUNK).map(<[f32]>::to_vec).collect()
}

fn point(at: i64, value: f64, shape: AutomationShape) -> AutomationPoint {
    AutomationPoint { at: TimeValue::Samples(Samples(at)), value, shape, curvature: 0.0 }
}

fn lane(target: AutomationTarget, points: Vec<AutomationPoint>) -> AutomationLane {
    let id = LaneId::new(target.to_string().replace(['/', '.', '_'], "-")).unwrap();
    AutomationLane { id, target, mode: AutomationMode::Read, points }
}

/// A noisy track through an equaliser, a late group and a synced echo on a return.
fn rig() -> Rig {
    let mut rig = Rig::new();
    let noise = crate::math::random::Random::new(3, 1);
    let samples: Vec<f32> =
        (0..CHUNKS * CHUNK).map(|n| noise.bipolar_f32(n as u64) * 0.2).collect();
    let eq = [("band1.frequency_hz", 900.0), ("band1.gain_db", 6.0)];
    let track = rig.plays("a", &samples);
    track.inserts.push(insert("eq", "equaliser", &eq));
    track.output = to_group("group");
    track.sends.push(send("echo", Tap::PostFader));
    rig.track("group", TrackKind::Group, ChannelLayout::Stereo).inserts.push(delay(300.0));
    let echo = insert("echo", "delay", &[("time_ms", 200.0), ("mix", 1.0)]);
    rig.track("echo", TrackKind::Return, ChannelLayout::Stereo).inserts.push(echo);
    let volume = (0..CHUNKS).map(|chunk| {
        let at = i64::try_from(chunk * CHUNK + 100).unwrap();
        point(at, -3.0 * chunk as f64, AutomationShape::Linear)
    });
    let volume = lane(AutomationTarget::Volume, volume.collect());
    rig.get("a").lanes.push(volume);
    rig
}

/// Changes at a position: no key of a chunk before it may change, and those after it must.
#[test]
fn what_comes_later_changes_no_earlier_key() {
    let at = i64::try_from(2 * CHUNK + 500).unwrap();
    type Change = fn(&mut Rig, i64);
    let changes: [(&str, Change); 5] = [
        ("a clip added", |rig, at| {
            let mut later = clip("a", at, 2_000);
            later.gain_db = -6.0;
            rig.get("a").clips.push(later);
        }),
        ("a clip cut short", |rig, at| {
            rig.get("a").clips[0].length = TimeValue::Samples(Samples(at));
        }),
        ("a fade out", |rig, at| {
            rig.get("a").clips[0].fade_out.length =
                Samples(i64::try_from(CHUNKS * CHUNK).unwrap() - at);
        }),
        ("a point added", |rig, at| {
            let points = &mut rig.get("a").lanes[0].points;
            points.push(point(at + 2 * 64_000, 2.0, AutomationShape::Linear));
        }),
        ("the last point moved", |rig, _| {
            rig.get("a").lanes[0].points[3].value = 4.0;
        }),
    ];
    let before = rig();
    let (keys_before, heard_before) = (keys(&before.plan()), chunks(&before));
    for (what, change) in changes {
        let mut after = before.clone();
        change(&mut after, at);
        let (keys_after, heard_after) = (keys(&after.plan()), chunks(&after));
        assert_eq!(keys_after[..2], keys_before[..2], "{what}");
        assert_ne!(keys_after[3], keys_before[3], "{what}");
        for chunk in 0..CHUNKS {
            if keys_after[chunk] == keys_before[chunk] {
                assert!(heard_after[chunk] == heard_before[chunk], "{what}, chunk {chunk}");
            }
        }
    }
}

/// Two clips that sound together and change ends: as many ends at the same places, other samples.
#[test]
fn which_clip_ends_is_in_the_key() {
    let ends = |first: usize, second: usize| {
        let mut rig = rig();
        let rate = rig.session.sample_rate;
        rig.audio.insert("b", crate::audio::MemorySource::new(&[0.25; 2 * 4 * CHUNK], 2, rate));
        let mut other = clip("b", 0, second);
        other.start = TimeValue::Samples(Samples(0));
        let track = rig.get("a");
        track.clips[0].length = TimeValue::Samples(Samples(i64::try_from(first).unwrap()));
        track.clips.push(other);
        (keys(&rig.plan()), chunks(&rig))
    };
    let (one, other) = (ends(CHUNK + 50, 3 * CHUNK + 50), ends(3 * CHUNK + 50, CHUNK + 50));
    assert_eq!(one.0[0], other.0[0]);
    assert!(one.1[2] != other.1[2], "they sound the same, which proves nothing");
    for chunk in 1..CHUNKS {
        assert_ne!(one.0[chunk], other.0[chunk], "chunk {chunk}");
    }
}

/// A muted send has no delay line, so a state without the one is none without the other.
#[test]
fn which_sends_run_is_in_the_state_key() {
    let state = |muted: usize| {
        let mut rig = rig();
        rig.track("hall", TrackKind::Return, ChannelLayout::Stereo);
        rig.get("a").sends.push(send("hall", Tap::PostFader));
        rig.get("a").sends[muted].mute = true;
        let plan = rig.plan();
        let mut keys = ChunkKeys::new(&plan);
        keys.advance();
        keys.state(0)
    };
    assert_ne!(state(0), state(1));
}

/// The soundness of keys, which a store stands on: random edits at random places, and wherever a
/// key is the same, so is every sample.
#[test]
fn equal_keys_mean_equal_samples() {
    let random = crate::math::random::Random::new(11, 5);
    let before = rig();
    let (keys_before, heard_before) = (keys(&before.plan()), chunks(&before));
    let mut kept = 0;
    for turn in 0..24_u64 {
        let mut after = before.clone();
        let draw = |what: u64, below: u64| random.bits(turn * 16 + what) % below;
        let at = i64::try_from(draw(0, (CHUNK * CHUNKS) as u64)).unwrap();
        let track = after.get("a");
        match turn % 8 {
            0 => track.clips[0].start = TimeValue::Samples(Samples(at)),
            1 => track.clips[0].length = TimeValue::Samples(Samples(at + 1)),
            2 => track.clips[0].fade_in.length = Samples(at),
            3 => {
                let index = usize::try_from(draw(1, 4)).unwrap();
                track.lanes[0].points[index].value = -9.0;
            }
            4 => track.lanes[0].points.push(point(
                at + CONTROL_GRID_FRAMES,
                -1.0,
                AutomationShape::Hold,
            )),
            5 => {
                let target = AutomationTarget::Insert {
                    insert: track.inserts[0].id.clone(),
                    parameter: "band1.gain_db".to_owned(),
                };
                let points = vec![
                    point(at, 6.0, AutomationShape::Hold),
                    point(at + 90_000, 1.0, AutomationShape::Hold),
                ];
                track.lanes.push(lane(target, points));
            }
            6 => {
                let mut other = clip("a", at, 5_000);
                if let ClipContent::Audio(audio) = &mut other.content {
                    audio.reverse = true;
                }
                track.clips.push(other);
            }
            _ => {
                let target = AutomationTarget::Pan;
                let points = vec![
                    point(at, 0.0, AutomationShape::Linear),
                    point(at + 10_000, 0.5, AutomationShape::Linear),
                ];
                track.lanes.push(lane(target, points));
            }
        }
        after.get("a").lanes.iter_mut().for_each(|lane| {
            lane.points.sort_by_key(|point| match point.at {
                TimeValue::Samples(at) => at.0,
                TimeValue::Ticks(at) => at.0,
            });
        });
        let (keys_after, heard_after) = (keys(&after.plan()), chunks(&after));
        for chunk in 0..CHUNKS {
            if keys_after[chunk] == keys_before[chunk] {
                kept += 1;
                assert!(heard_after[chunk] == heard_before[chunk], "turn {turn}, chunk {chunk}");
            }
        }
    }
    assert!(kept > 10, "only {kept} chunks kept their keys: the test says nothing");
}

/// The names themselves. Stores hold objects under them, so they change on purpose only: with the
/// version of a stage or a processor, or with the text that every key starts with. Updated by hand:
/// `INSTA_UPDATE=always cargo test -p wavemill-core pinned`.
#[test]
fn the_bytes_of_names_are_pinned() {
    let plan = rig().plan();
    let mut names = crate::graph::print_plan(&plan, true);
    let mut keys = ChunkKeys::new(&plan);
    for chunk in 0..2 {
        keys.advance();
        for (index, join) in plan.graph.joins.iter().enumerate() {
            names += &format!("chunk {chunk} of {}: {}\n", join.id, keys.join(index));
        }
        for (index, strip) in plan.graph.strips.iter().enumerate() {
            names += &format!("state of {} after it: {}\n", strip.id, keys.state(index));
        }
        names += &format!("chunk {chunk} of the output: {}\n", keys.output());
        names += &format!("100 frames of it: {}\n", keys.output().of_frames(100));
    }
    insta::assert_snapshot!(names);
}
