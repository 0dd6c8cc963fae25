//! Pass: verify. Checks a finished plan from scratch, trusting none of the passes.

use super::model::{Graph, NodeKind, OutletPoint, Strip, StripInput};
use super::plan::Plan;

/// Checks that every strip runs once, that nothing is read before all that feeds it has run, that
/// all paths into a join are equally late, that node time adds up, that every edge leaves one outlet
/// and outputs leave right behind their insert, and that no two joins share a slot while both live.
/// Returns what is wrong.
pub fn verify(plan: &Plan) -> Result<(), String> {
    edges_leave_once(&plan.graph)?;
    strips_run_once(plan)?;
    reads_follow_writes(plan)?;
    slots_do_not_alias(plan)?;
    joins_are_aligned(&plan.graph)?;
    node_time_adds_up(&plan.graph)?;
    plan.graph.strips.iter().try_for_each(outputs_follow_their_insert)
}

fn strips_run_once(plan: &Plan) -> Result<(), String> {
    // For each strip the nodes that have run, and its last link.
    let mut runs = vec![(0, None); plan.graph.strips.len()];
    for segment in &plan.segments {
        for strip in &segment.strips {
            let (done, link) = &mut runs[*strip];
            if *done != segment.nodes.start || *link != segment.link_in {
                return Err(format!("parts of {} do not follow", plan.graph.strips[*strip].id));
            }
            (*done, *link) = (segment.nodes.end, segment.link_out);
        }
    }
    for (strip, (done, link)) in plan.graph.strips.iter().zip(runs) {
        let all = if strip.audible { strip.nodes.len() } else { 0 };
        if done != all || link.is_some() {
            return Err(format!("{done} of {all} nodes of {} run", strip.id));
        }
    }
    Ok(())
}

fn reads_follow_writes(plan: &Plan) -> Result<(), String> {
    let mut read = vec![false; plan.graph.joins.len()];
    for segment in &plan.segments {
        for join in &segment.reads {
            if std::mem::replace(&mut read[*join], true) {
                return Err(format!("{} is read twice", plan.graph.joins[*join].id));
            }
        }
        for join in &segment.writes {
            if read[*join] {
                return Err(format!(
                    "{} is added to after it was read",
                    plan.graph.joins[*join].id
                ));
            }
        }
    }
    let written = plan.segments.iter().flat_map(|segment| &segment.writes);
    for join in written {
        if !read[*join] {
            return Err(format!("{} is added to and never read", plan.graph.joins[*join].id));
        }
    }
    Ok(())
}

fn slots_do_not_alias(plan: &Plan) -> Result<(), String> {
    // For each slot the join that lives in it now.
    let mut lives: Vec<Option<usize>> = vec![None; plan.slot_count];
    for segment in &plan.segments {
        for join in segment.writes.iter().chain(&segment.reads) {
            let name = &plan.graph.joins[*join].id;
            let slot = plan.join_slots[*join].ok_or(format!("{name} has no slot"))?;
            match lives[slot] {
                Some(other) if other != *join => {
                    return Err(format!(
                        "{name} shares a slot with {}",
                        plan.graph.joins[other].id
                    ));
                }
                _ => lives[slot] = Some(*join),
            }
        }
        for slot in segment.reads.iter().filter_map(|join| plan.join_slots[*join]) {
            lives[slot] = None;
        }
    }
    Ok(())
}

fn joins_are_aligned(graph: &Graph) -> Result<(), String> {
    for join in &graph.joins {
        for edge in join.inputs.iter().map(|edge| &graph.edges[*edge]) {
            if edge.delay.0 < 0 || edge.latency + edge.delay != join.latency {
                return Err(format!(
                    "{} reaches {} {} samples late, delayed by {}, where {} is due",
                    edge.id, join.id, edge.latency.0, edge.delay.0, join.latency.0
                ));
            }
        }
    }
    Ok(())
}

fn node_time_adds_up(graph: &Graph) -> Result<(), String> {
    for strip in &graph.strips {
        let mut at = match strip.input {
            StripInput::Join(join) => graph.joins[join].latency,
            _ => crate::time::Samples::ZERO,
        };
        for node in &strip.nodes {
            if node.input_latency != at {
                return Err(format!("{} is not {} samples late", node.id, node.input_latency.0));
            }
            if node.hears().any(|join| graph.joins[join].latency != at) {
                return Err(format!("a sidechain of {} is not in time", node.id));
            }
            if let Some(edge) = node.feeds().iter().find(|edge| graph.edges[**edge].latency != at) {
                return Err(format!("{} does not leave in time", graph.edges[*edge].id));
            }
            at += node.latency;
        }
    }
    Ok(())
}

fn edges_leave_once(graph: &Graph) -> Result<(), String> {
    let mut left = vec![0_usize; graph.edges.len()];
    for (index, strip) in graph.strips.iter().enumerate() {
        for edge in strip.nodes.iter().flat_map(|node| node.feeds()) {
            left[*edge] += usize::from(graph.edges[*edge].from == index);
        }
    }
    match left.iter().position(|times| *times != 1) {
        Some(edge) => Err(format!("{} leaves {} times", graph.edges[edge].id, left[edge])),
        None => Ok(()),
    }
}

/// The buffers of an insert's outputs live until the next insert runs, in the order of its ports.
fn outputs_follow_their_insert(strip: &Strip) -> Result<(), String> {
    // The port behind which outlets may stand, and how many ports there are.
    let mut ports = 0..0;
    for node in &strip.nodes {
        ports = match &node.kind {
            NodeKind::Processor { factory, .. } => 0..factory.spec().further_outputs().len(),
            // A bypassed insert has outputs too, which are silent.
            NodeKind::Delay => 0..usize::MAX,
            NodeKind::Outlet { point: OutletPoint::Port { index, .. }, .. } => {
                if !ports.contains(index) {
                    return Err(format!("{} is out of place", node.id));
                }
                index + 1..ports.end
            }
            _ => 0..0,
        };
    }
    Ok(())
}
