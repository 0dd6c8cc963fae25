//! Pass: order. A stable topological order of the strips, or the circle that forbids one.

use super::error::CompileError;
use super::model::{Graph, StripIndex, StripInput};
use crate::session::circle::find_circle;

/// Fills in [`Graph::order`]: each strip after all it hears. Among strips that could come next the
/// one that stands first in the session does, so the order depends on the session alone.
pub(super) fn order(graph: &mut Graph) -> Result<(), CompileError> {
    let hears = sources(graph);
    let mut order = Vec::with_capacity(graph.strips.len());
    let mut waiting: Vec<usize> = hears.iter().map(Vec::len).collect();
    let mut heard_by = vec![Vec::new(); hears.len()];
    for (strip, sources) in hears.iter().enumerate() {
        for source in sources {
            heard_by[*source].push(strip);
        }
    }
    let mut ready: std::collections::BTreeSet<StripIndex> = waiting
        .iter()
        .enumerate()
        .filter(|(_, left)| **left == 0)
        .map(|(index, _)| index)
        .collect();
    while let Some(strip) = ready.pop_first() {
        order.push(strip);
        for listener in &heard_by[strip] {
            waiting[*listener] -= 1;
            if waiting[*listener] == 0 {
                ready.insert(*listener);
            }
        }
    }
    if order.len() < graph.strips.len() {
        let circle = find_circle(&hears).unwrap_or_default();
        let name = |strip: StripIndex| graph.strips[strip].id.clone();
        return Err(CompileError::Cycle(circle.into_iter().map(name).collect()));
    }
    graph.order = order;
    Ok(())
}

/// For each strip the strips it hears, each once.
fn sources(graph: &Graph) -> Vec<Vec<StripIndex>> {
    let mut hears: Vec<Vec<StripIndex>> = vec![Vec::new(); graph.strips.len()];
    for (index, strip) in graph.strips.iter().enumerate() {
        let mut joins = Vec::new();
        if let StripInput::Join(join) = strip.input {
            joins.push(join);
        }
        joins.extend(strip.nodes.iter().flat_map(|node| node.hears()));
        let from = joins.iter().flat_map(|join| &graph.joins[*join].inputs);
        hears[index].extend(from.map(|edge| graph.edges[*edge].from));
        hears[index].sort_unstable();
        hears[index].dedup();
    }
    hears
}
