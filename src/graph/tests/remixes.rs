//! Remixes: what has changed runs twice, once with the sign turned, and all else is left alone.

use crate::graph::{ChunkKeys, Plan, Remix, master_inputs, verify};
use crate::rig::{Rig, delay, send};
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
