//! Taps inside of chains: what an insert puts out is handed out where it is, and as late as it is;
//! and the mix does not hear of it.

use crate::execute::{JoinBuffer, JoinIo, SegmentConfig, SegmentRunner};
use crate::graph::{
    CompileError, JoinIndex, Plan, PlanOutputs, SignalKey, TapIndex, TapPoint, TapRequest,
    TapSource, tap_flow, verify,
};
use crate::rig::{Rig, delay, insert, sidechain, split, track_id};
use crate::session::{ChannelLayout, InsertId, Tap, TrackKind};
use crate::simd::SimdLevel;

const FRAMES: usize = 1_000;

fn course() -> Vec<f32> {
    (0..FRAMES).map(|n| f32::from(u16::try_from(n * n % 997).unwrap()) / 1_024.0).collect()
}

/// The course on both sides, so many samples late and times `factor`.
fn late(samples: usize, factor: f32) -> Vec<f32> {
    let silence = vec![0.0; samples];
    let mono = silence.into_iter().chain(course()).take(FRAMES);
    mono.flat_map(|sample| [factor * sample; 2]).collect()
}

fn of(track: &str, point: TapPoint) -> TapRequest {
    TapRequest { source: TapSource::Track(track_id(track)), point }
}

fn id(insert: &str) -> InsertId {
    InsertId::new(insert).unwrap()
}

/// Joins, the mix, and what taps hand out.
struct Hands {
    joins: Vec<JoinBuffer>,
    mix: Vec<f32>,
    taps: Vec<Vec<f32>>,
}

impl JoinIo for Hands {
    fn take(&mut self, join: JoinIndex, out: &mut [f32]) {
        self.joins[join].take(0, out);
    }

    fn add(&mut self, join: JoinIndex, sums: &[f64]) {
        self.joins[join].add(0, sums);
    }

    fn output(&mut self, samples: &[f32]) {
        self.mix.extend(samples);
    }

    fn tap(&mut self, tap: TapIndex, samples: &[f32]) {
        self.taps[tap].extend(samples);
    }
}

fn run(plan: &Plan, block: usize) -> Hands {
    let config = SegmentConfig { max_frames: block, level: SimdLevel::detect(), chains: false };
    let new = |segment| SegmentRunner::new(plan, segment, config).unwrap();
    let mut runners: Vec<SegmentRunner> = plan.segments.iter().map(new).collect();
    let mut hands = Hands {
        joins: vec![JoinBuffer::new(block); plan.graph.joins.len()],
        mix: Vec::new(),
        taps: vec![Vec::new(); plan.graph.taps.len()],
    };
    for start in (0..FRAMES).step_by(block) {
        for runner in &mut runners {
            let position = i64::try_from(start).unwrap();
            runner.run(position, block.min(FRAMES - start), &mut hands).unwrap();
        }
    }
    hands
}

/// ```text
/// voice ─[late 23]─[split, late 100]─[gain]──> master
///                    └─third──> bus ─────────> master
/// ```
fn rig() -> Rig {
    let mut rig = Rig::new();
    let voice = rig.plays("voice", &course());
    voice.inserts.push(delay(23.0));
    voice.inserts.push(split(100.0, "third", "bus"));
    voice.inserts.push(insert("double", "gain", &[("gain_db", 6.0)]));
    rig.track("bus", TrackKind::Group, ChannelLayout::Stereo);
    rig
}

fn tapped(rig: &Rig) -> (Vec<TapRequest>, std::sync::Arc<Plan>) {
    let first = rig.session.tracks[0].inserts[0].id.clone();
    let second = rig.session.tracks[0].inserts[1].id.clone();
    let taps = vec![
        of("voice", TapPoint::Input),
        of("voice", TapPoint::AfterInsert(first)),
        of("voice", TapPoint::InsertOutput { insert: second.clone(), port: "third".to_owned() }),
        of("voice", TapPoint::AfterInsert(second)),
        of("voice", TapPoint::AfterInsert(id("double"))),
        of("voice", TapPoint::PostFader),
        of("bus", TapPoint::Input),
        TapRequest { source: TapSource::Master, point: TapPoint::Input },
    ];
    let plan = rig.compile_outputs(&PlanOutputs { mix: true, taps: taps.clone() }).unwrap();
    verify(&plan).unwrap();
    (taps, plan)
}

#[test]
fn every_place_of_a_chain_is_handed_out_as_late_as_it_is() {
    let rig = rig();
    let (_, plan) = tapped(&rig);
    let latencies: Vec<i64> = plan.graph.taps.iter().map(|tap| tap.latency.0).collect();
    assert_eq!(latencies, [0, 23, 123, 123, 123, 123, 123, 123]);
    let bare = run(&rig.plan(), 256).mix;
    for block in [1, 64, 256, FRAMES] {
        let hands = run(&plan, block);
        assert_eq!(hands.mix, bare, "the mix hears of it, blocks of {block}");
        for (tap, expected) in [
            (0, late(0, 1.0)),
            (1, late(23, 1.0)),
            (2, late(123, 1.0)),
            (3, late(123, 1.0)),
            (6, late(123, 1.0)),
        ] {
            assert_eq!(hands.taps[tap], expected, "{}", plan.graph.taps[tap].id);
        }
        assert_ne!(hands.taps[4], hands.taps[3]);
        assert_eq!(hands.taps[5].len(), 2 * FRAMES);
    }
}

#[test]
fn what_a_signal_follows_from_is_the_nearest_taps_and_its_own() {
    let mut rig = rig();
    let hears = |rig: &Rig| -> Vec<Vec<TapIndex>> {
        let (taps, plan) = tapped(rig);
        (0..taps.len()).map(|tap| tap_flow(&plan, tap).hears).collect()
    };
    let own = |rig: &Rig| -> Vec<SignalKey> {
        let (taps, plan) = tapped(rig);
        (0..taps.len()).map(|tap| tap_flow(&plan, tap).own).collect()
    };
    let none: Vec<TapIndex> = Vec::new();
    let expected = [none, vec![0], vec![1], vec![1], vec![3], vec![4], vec![2], vec![5]];
    // What leaves the bus is not tapped, so nothing of it is in what the master hears.
    assert_eq!(hears(&rig), expected);
    let before = own(&rig);
    let changed = |rig: &Rig| -> Vec<TapIndex> {
        let now = own(rig);
        (0..now.len()).filter(|tap| now[*tap] != before[*tap]).collect()
    };
    rig.get("voice").inserts[2] = insert("double", "gain", &[("gain_db", 5.0)]);
    assert_eq!(changed(&rig), [4]);
    rig.get("voice").volume_db = -1.0;
    assert_eq!(changed(&rig), [4, 5]);
    rig.get("voice").clips[0].gain_db = -1.0;
    assert_eq!(changed(&rig), [0, 4, 5]);
    // A track more is heard by the master alone; latency is the own of what makes it, not of what
    // comes after.
    let mut rig = self::rig();
    rig.plays("more", &course());
    assert_eq!(changed(&rig), [7]);
    let mut rig = self::rig();
    rig.get("voice").inserts[0] = delay(40.0);
    assert_eq!(changed(&rig), [1]);
    // A sidechain between two taps.
    let mut rig = self::rig();
    rig.plays("key", &course());
    rig.get("voice").inserts[2].processor = "test-key".to_owned();
    rig.get("voice").inserts[2].parameters.clear();
    rig.get("voice").inserts[2].sidechain = Some(sidechain("key", Tap::PostFader));
    let taps = vec![
        of("key", TapPoint::PostFader),
        of("voice", TapPoint::Input),
        of("voice", TapPoint::PostFader),
    ];
    let plan = rig.compile_outputs(&PlanOutputs { mix: true, taps }).unwrap();
    assert_eq!(tap_flow(&plan, 2).hears, [0, 1]);
}

#[test]
fn what_is_not_there_is_not_tapped() {
    let mut rig = rig();
    let split = rig.session.tracks[0].inserts[1].id.clone();
    let refused = |rig: &Rig, point: TapPoint, path: &str| {
        let outputs = PlanOutputs { mix: true, taps: vec![of("voice", point)] };
        match rig.compile_outputs(&outputs) {
            Err(CompileError::Unsupported { path: found, .. }) => assert_eq!(found, path),
            other => panic!("{:?}", other.map(|_| ())),
        }
    };
    let output =
        |port: &str| TapPoint::InsertOutput { insert: split.clone(), port: port.to_owned() };
    let path = format!("tracks/voice/inserts/{split}/outputs");
    refused(&rig, TapPoint::AfterInsert(id("none")), "tracks/voice/inserts/none");
    refused(&rig, output("second"), &format!("{path}/second"));
    rig.get("voice").inserts[1].bypass = true;
    refused(&rig, output("third"), &format!("{path}/third"));
}
