//! Remixes: what has changed runs twice, once with the sign turned, and all else is left alone.

use crate::graph::{ChunkKeys, FaderInput, FaderLink, Plan, Remix, master_inputs, verify};
use crate::rig::{Rig, delay, insert, send, to_group};
use crate::session::{ChannelLayout, OutputTarget, Tap, TrackKind};

/// ```text
/// a ──────────────────> master
///  └──send──> nowhere
/// b ─[late 9]─────────> master
/// ```
fn plan(volume_db: f64) -> Plan {
    let mut rig = Rig::new();
    let a = rig.plays("a", &[0.1; 100]);
    a.volume_db = volume_db;
    a.sends.push(send("nowhere", Tap::PostFader));
    rig.plays("b", &[0.2; 100]).inserts.push(delay(9.0));
    rig.track("nowhere", TrackKind::Return, ChannelLayout::Stereo).output = OutputTarget::None;
    (*rig.plan()).clone()
}

fn remix(new: &Plan, old: &Plan) -> Remix {
    let inputs = |plan| {
        let mut keys = ChunkKeys::new(plan);
        keys.advance();
        master_inputs(plan, &keys).expect("the master hears its input alone")
    };
    Remix::new((new, &inputs(new)), (old, &inputs(old))).expect("the two compare")
}

#[test]
fn what_changed_is_exchanged_and_nothing_else_runs() {
    let (new, old) = (plan(-3.0), plan(0.0));
    let remix = remix(&new, &old);
    let strips = remix.plan.graph.strips.iter().enumerate();
    let run: Vec<_> = strips.filter(|(_, s)| s.audible).map(|(i, s)| (i, s.id.as_str())).collect();
    assert_eq!(run, [(0, "tracks/a"), (3, "master"), (remix.new_strips, "tracks/a")]);
    let input = &remix.plan.graph.joins[1];
    let heard = input.inputs.iter().map(|edge| &remix.plan.graph.edges[*edge]);
    let heard: Vec<_> = heard.map(|edge| (edge.from, edge.negative)).collect();
    assert_eq!((input.id.as_str(), heard), ("master/input", vec![(0, false), (4, true)]));
    assert_eq!(remix.work(&new), (4, 5), "nodes besides the master's");
    verify(&new).expect("its own plan is as it was");
}

/// A checkpoint of a strip holds the delays of the edges that run, so the same ones must.
#[test]
fn edges_run_where_they_ran_in_their_own_plan() {
    let (new, old) = (plan(-3.0), plan(0.0));
    let graph = &remix(&new, &old).plan.graph;
    let own = [&new, &old].into_iter().flat_map(|plan| {
        (0..plan.graph.edges.len()).map(|e| (plan.graph.runs(e), plan.graph.edges[e].from == 0))
    });
    for (edge, (ran, of_a)) in own.enumerate().filter(|(_, (_, of_a))| *of_a) {
        assert!(of_a);
        assert_eq!(graph.runs(edge), ran, "{}", graph.edges[edge].id);
    }
}

/// ```text
/// one ─[gain]───┐
/// two ─[gain]───┴> bus ─[gain]──> master
///  └─pre-fader──> verb ─[gain]──────┘
/// ```
fn bus(volume_db: f64) -> Plan {
    let mut rig = Rig::new();
    let gain = || vec![insert("gain", "gain", &[])];
    for id in ["one", "two"] {
        let track = rig.plays(id, &[0.1; 100]);
        track.inserts = gain();
        track.output = to_group("bus");
    }
    rig.get("two").sends.push(send("verb", Tap::PreFader));
    let bus = rig.track("bus", TrackKind::Group, ChannelLayout::Stereo);
    (bus.inserts, bus.volume_db) = (gain(), volume_db);
    rig.track("verb", TrackKind::Return, ChannelLayout::Stereo).inserts = gain();
    (*rig.plan()).clone()
}

fn running(remix: &Remix) -> Vec<usize> {
    let strips = remix.plan.graph.strips.iter().enumerate();
    strips.filter(|(_, strip)| strip.audible).map(|(index, _)| index).collect()
}

/// Strips are the two tracks, the bus, the return and the master; those of the older plan follow.
#[test]
fn strips_are_cut_where_nothing_leaves_them_before_the_fader() {
    let remix = remix(&bus(-3.0), &bus(0.0));
    assert_eq!(running(&remix), [0, 1, 2, 4, 5, 6, 7], "not the return, which has not changed");
    // What "two" sends is not heard, but runs on for the state of its edge.
    assert_eq!(remix.fader_strips(), [0, 2, 5, 7]);
}

#[test]
fn what_is_kept_passes_a_link_and_all_runs() {
    let mut remix = remix(&bus(-3.0), &bus(0.0));
    let linked =
        |strip| if [2, 7].contains(&strip) { FaderInput::Linked } else { FaderInput::Chain };
    let links = remix.link_faders(&linked);
    assert_eq!(running(&remix), [0, 1, 2, 4, 5, 6, 7]);
    // In the order in which they run: the older version's first.
    let strips = vec![7, 2];
    assert_eq!(links, [FaderLink { link: 0, strips, channels: 2, given: false }]);
    let of_bus = remix.plan.segments.iter().filter(|segment| segment.strips == [7, 2]);
    let parts: Vec<_> = of_bus.map(|s| (s.nodes.clone(), s.link_in, s.link_out)).collect();
    assert_eq!(parts.len(), 2, "{parts:?}");
    assert_eq!((parts[0].0.end, parts[0].1, parts[0].2), (parts[1].0.start, None, Some(0)));
    assert_eq!((parts[1].1, parts[1].2), (Some(0), None));
}

#[test]
fn for_what_is_given_nothing_runs() {
    let mut remix = remix(&bus(-3.0), &bus(0.0));
    let given = |strip| if [2, 7].contains(&strip) { FaderInput::Given } else { FaderInput::Chain };
    let links = remix.link_faders(&given);
    assert_eq!(running(&remix), [2, 4, 7]);
    // In the order in which they run: the older version's first.
    let strips = vec![7, 2];
    assert_eq!(links, [FaderLink { link: 0, strips, channels: 2, given: true }]);
    let segments = remix.plan.segments.iter();
    let of_bus: Vec<_> = segments.filter(|segment| segment.strips == [7, 2]).collect();
    assert_eq!(of_bus.len(), 1);
    assert_eq!((of_bus[0].link_in, of_bus[0].link_out), (Some(0), None));
    assert!(of_bus[0].reads.is_empty(), "the sum of its members");
}

/// What enters a fader has one name in both versions, and another where the chain has changed.
#[test]
fn names_at_faders_follow_what_is_before_them() {
    let name = |plan: &Plan| {
        let mut keys = ChunkKeys::new(plan);
        keys.advance();
        (keys.fader_input(0), keys.fader_input(2))
    };
    let (one, bus_input) = name(&bus(0.0));
    assert_eq!(name(&bus(-3.0)), (one, bus_input));
    assert_ne!(one, bus_input);
    let mut rig = Rig::new();
    rig.plays("one", &[0.1; 100]).inserts = vec![insert("gain", "gain", &[("gain_db", 1.0)])];
    rig.track("two", TrackKind::Group, ChannelLayout::Stereo);
    rig.track("three", TrackKind::Group, ChannelLayout::Stereo);
    assert_ne!(name(&rig.plan()).0, one);
}
