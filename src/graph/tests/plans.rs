//! Plan snapshots. They are updated by hand: `INSTA_UPDATE=always cargo test -p wavemill-core`.

use crate::graph::{print_plan, verify};
use crate::rig::{Rig, delay, insert, send, sidechain, split, to_group, track_id};
use crate::session::{ChannelLayout, Tap, TrackKind};
use crate::time::Ticks;

fn printed(rig: &Rig) -> String {
    let plan = rig.plan();
    verify(&plan).expect("a compiled plan is sound");
    print_plan(&plan, false)
}

/// ```text
/// (nothing) ──> master
/// ```
#[test]
fn an_empty_session() {
    insta::assert_snapshot!(printed(&Rig::new()));
}

/// ```text
/// kick  ──┐
/// snare ──┤
/// hat   ──┼──> master       five of the same chain, side by side
/// clap  ──┤
/// ride  ──┘
/// ```
#[test]
fn tracks_of_one_chain_run_side_by_side() {
    let mut rig = Rig::new();
    for id in ["kick", "snare", "hat", "clap", "ride"] {
        rig.plays(id, &[0.1; 100]).inserts.push(insert("trim", "gain", &[]));
    }
    insta::assert_snapshot!(printed(&rig));
}

/// ```text
/// bass ─[late 100]──────────────┐
/// drums ──> group ─[late 7]─────┼──> master      delays: bass 0, group 93, verb 60
///   └─send──> verb ─[late 40]───┘
/// ```
#[test]
fn groups_sends_and_returns_are_compensated() {
    let mut rig = Rig::new();
    rig.plays("bass", &[0.1; 100]).inserts.push(delay(100.0));
    let drums = rig.plays("drums", &[0.1; 100]);
    drums.output = to_group("group");
    drums.sends.push(send("verb", Tap::PostFader));
    rig.track("group", TrackKind::Group, ChannelLayout::Stereo).inserts.push(delay(7.0));
    rig.track("verb", TrackKind::Return, ChannelLayout::Stereo).inserts.push(delay(40.0));
    insta::assert_snapshot!(printed(&rig));
}

/// ```text
/// key ─[late 50]─────────┬──> master
///                        v sidechain
/// pad ─[+50]─[test-key]─────> master
/// ```
#[test]
fn a_late_sidechain_delays_what_it_controls() {
    let mut rig = Rig::new();
    rig.plays("key", &[0.1; 100]).inserts.push(delay(50.0));
    let mut heard = insert("key", "test-key", &[]);
    heard.sidechain = Some(sidechain("key", Tap::PostFader));
    rig.plays("pad", &[0.1; 100]).inserts.push(heard);
    insta::assert_snapshot!(printed(&rig));
}

/// ```text
/// keys ─[notes]─[tone]─[late 30]─[split, late 100]───[+7]───> master
///                                  ├─second──> bus ──[+7]───> master
///                                  └─third──> verb ─[late 7]─> master
/// ```
#[test]
fn outputs_of_an_insert_are_routed_and_compensated() {
    let mut rig = Rig::new();
    let mut split = split(100.0, "second", "bus");
    split.outputs.insert("third".to_owned(), track_id("verb"));
    let chain =
        [insert("notes", "test-notes", &[]), insert("tone", "tone", &[]), delay(30.0), split];
    rig.track("keys", TrackKind::Instrument, ChannelLayout::Stereo).inserts.extend(chain);
    rig.track("bus", TrackKind::Group, ChannelLayout::Stereo);
    rig.track("verb", TrackKind::Return, ChannelLayout::Stereo).inserts.push(delay(7.0));
    insta::assert_snapshot!(printed(&rig));
}

/// ```text
/// muted ─x
/// soloed ──> master
/// other ─x
/// ```
#[test]
fn what_is_not_heard_is_not_run() {
    let mut rig = Rig::new();
    rig.plays("muted", &[0.1; 100]).mute = true;
    rig.plays("soloed", &[0.1; 100]).solo = true;
    rig.plays("other", &[0.1; 100]);
    insta::assert_snapshot!(printed(&rig));
}

/// Equal sessions have equal keys, whatever the order of their tracks; any change of what is heard
/// changes the master's.
#[test]
fn keys_name_what_is_heard() {
    let master_key = |rig: &Rig| {
        let plan = rig.plan();
        plan.graph.strips[plan.master()].nodes.last().expect("a fader").key
    };
    let mut rig = Rig::new();
    rig.plays("a", &[0.1; 100]).inserts.push(insert("trim", "gain", &[]));
    rig.plays("b", &[0.2; 100]);
    let key = master_key(&rig);
    assert_eq!(master_key(&rig.clone()), key);

    let mut reordered = rig.clone();
    reordered.session.tracks.reverse();
    reordered.session.name = "renamed".to_owned();
    assert_eq!(master_key(&reordered), key);

    let changes: [fn(&mut Rig); 9] = [
        |rig| rig.get("a").volume_db = -1.0,
        |rig| rig.get("a").mute = true,
        |rig| rig.get("a").inserts.push(delay(3.0)),
        |rig| rig.get("a").inserts.push(insert("notes", "test-notes", &[])),
        |rig| {
            rig.track("bus", TrackKind::Group, ChannelLayout::Stereo);
            rig.get("a").inserts.push(split(0.0, "second", "bus"));
        },
        |rig| rig.get("a").clips[0].gain_db = -1.0,
        |rig| {
            rig.get("a").clips[0].start =
                crate::session::TimeValue::Samples(crate::time::Samples(1))
        },
        |rig| rig.session.master.volume_db = -1.0,
        |rig| {
            let rate = rig.session.sample_rate;
            let other = crate::audio::MemorySource::new(&[0.3; 200], 2, rate);
            rig.audio.insert("b", other);
        },
    ];
    for (index, change) in changes.into_iter().enumerate() {
        let mut changed = rig.clone();
        change(&mut changed);
        assert_ne!(master_key(&changed), key, "change {index}");
    }
}

/// What follows the tempo has another key at another tempo; what does not keeps its key.
#[test]
fn keys_hold_the_tempo_where_it_is_heard() {
    let keys = |bpm: f64, mode: &str| {
        let mut rig = Rig::new();
        let mut echo = insert("echo", "delay", &[]);
        let mode = crate::session::ParameterValue::Choice(mode.to_owned());
        echo.parameters.insert("mode".to_owned(), mode);
        rig.plays("a", &[0.1; 100]).inserts.push(echo);
        let shape = crate::session::TempoShape::Step;
        rig.session.tempo = vec![crate::session::TempoPoint { at: Ticks::ZERO, bpm, shape }];
        let plan = rig.plan();
        plan.graph.strips[0].nodes[0].key
    };
    assert_ne!(keys(120.0, "synced"), keys(60.0, "synced"));
    assert_eq!(keys(120.0, "milliseconds"), keys(60.0, "milliseconds"));
}

/// A mono and a stereo bus of the same input make different signals.
#[test]
fn keys_hold_the_layout_of_a_bus() {
    let key = |layout| {
        let mut rig = Rig::new();
        rig.plays("a", &[0.1; 100]).output = to_group("bus");
        rig.track("bus", TrackKind::Group, layout).inserts.push(insert("eq", "equaliser", &[]));
        rig.plan().graph.strips[1].nodes[0].key
    };
    assert_ne!(key(ChannelLayout::Mono), key(ChannelLayout::Stereo));
}

/// What is routed enters the key of where it goes, by the name of the output, and no other key.
#[test]
fn keys_hold_which_output_is_routed() {
    let keys = |port: Option<&str>| {
        let mut rig = Rig::new();
        let mut split = insert("split", "test-split", &[]);
        split.outputs.extend(port.map(|port| (port.to_owned(), track_id("bus"))));
        rig.plays("a", &[0.1; 100]).inserts.push(split);
        rig.track("bus", TrackKind::Group, ChannelLayout::Stereo);
        let plan = rig.plan();
        let key = |strip: usize| {
            let key = plan.graph.strips[strip].nodes.last().map(|node| node.key);
            key.expect("every strip has a fader")
        };
        (key(0), key(1), key(plan.master()))
    };
    let none = keys(None);
    let all = [none, keys(Some("second")), keys(Some("third"))];
    for (index, (track, bus, master)) in all.into_iter().enumerate() {
        assert_eq!(track, none.0, "{index}: the track itself sounds as before");
        for (other, (_, other_bus, other_master)) in all.into_iter().enumerate() {
            assert_eq!(bus == other_bus, index == other, "{index} and {other}");
            assert_eq!(master == other_master, index == other, "{index} and {other}");
        }
    }
}

/// Which of its sidechains a processor hears something at enters its key.
#[test]
fn keys_hold_which_sidechain_is_connected() {
    let key = |first: bool, other: bool| {
        let mut rig = Rig::new();
        let mut keys = insert("keys", "test-keys", &[]);
        keys.sidechain = first.then(|| sidechain("b", Tap::PostFader));
        if other {
            keys.sidechains.insert("other".to_owned(), sidechain("b", Tap::PostFader));
        }
        rig.plays("a", &[0.1; 100]).inserts.push(keys);
        rig.plays("b", &[0.2; 100]);
        rig.plan().graph.strips[0].nodes[0].key
    };
    let keys = [key(false, false), key(true, false), key(false, true), key(true, true)];
    for (index, key) in keys.iter().enumerate() {
        assert!(!keys[..index].contains(key), "{index}");
    }
}

/// The verifier finds what it is there for.
#[test]
fn the_verifier_finds_planted_faults() {
    let mut rig = Rig::new();
    rig.plays("late", &[0.1; 100]).inserts.push(delay(10.0));
    rig.plays("prompt", &[0.1; 100]);
    rig.track("group", TrackKind::Group, ChannelLayout::Stereo);
    rig.get("prompt").output = to_group("group");
    rig.get("prompt").inserts.push(split(0.0, "second", "group"));
    let plan = rig.plan();
    type Fault = fn(&mut crate::graph::Plan);
    let faults: [(&str, Fault); 8] = [
        ("late, delayed by", |plan| plan.graph.edges[0].delay.0 += 1),
        ("0 of 3 nodes of tracks/late run", |plan| drop(plan.segments.remove(0))),
        ("after it was read", |plan| plan.segments.reverse()),
        ("shares a slot", |plan| plan.join_slots.fill(Some(0))),
        ("samples late", |plan| plan.graph.strips[0].nodes[0].input_latency.0 = 5),
        ("is out of place", |plan| plan.graph.strips[1].nodes.swap(1, 2)),
        ("leaves 0 times", |plan| drop(plan.graph.strips[1].nodes.pop())),
        ("does not leave in time", |plan| {
            (plan.graph.edges[0].latency.0, plan.graph.edges[0].delay.0) = (9, 1);
        }),
    ];
    for (expected, fault) in faults {
        let mut broken = (*plan).clone();
        fault(&mut broken);
        let found = verify(&broken).expect_err(expected);
        assert!(found.contains(expected), "{found:?} does not speak of {expected:?}");
    }
}
