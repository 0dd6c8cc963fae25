//! Pass: order. A stable topological order of the strips, or the circle that forbids one.

use super::error::CompileError;
use super::model::{Graph, StripIndex, StripInput};

/// Fills in [`Graph::order`]: each strip after all it hears. Among strips that could come next the
/// one that stands first in the session does, so the order depends on the session alone.
pub(super) fn order(graph: &mut Graph) -> Result<(), CompileError> {
    let hears = sources(graph);
    let mut placed = vec![false; graph.strips.len()];
    let mut order = Vec::with_capacity(placed.len());
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
        placed[strip] = true;
        order.push(strip);
        for listener in &heard_by[strip] {
            waiting[*listener] -= 1;
            if waiting[*listener] == 0 {
                ready.insert(*listener);
            }
        }
    }
    if order.len() < graph.strips.len() {
        return Err(CompileError::Cycle(circle(graph, &hears, &placed)));
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

/// Names a circle among the strips that could not be placed, in the direction the signal flows,
/// its first strip repeated at the end.
fn circle(graph: &Graph, hears: &[Vec<StripIndex>], placed: &[bool]) -> Vec<String> {
    let stuck = |strip: &StripIndex| !placed[*strip];
    let Some(mut at) = (0..placed.len()).find(|strip| stuck(strip)) else { return Vec::new() };
    // Every stuck strip hears a stuck one: walking upstream must come back to where it was.
    let mut walked: Vec<StripIndex> = Vec::new();
    while !walked.contains(&at) {
        walked.push(at);
        match hears[at].iter().copied().find(|strip| stuck(strip)) {
            Some(next) => at = next,
            None => break,
        }
    }
    let first = walked.iter().position(|strip| *strip == at).unwrap_or(0);
    let mut circle: Vec<StripIndex> = walked[first..].to_vec();
    circle.reverse();
    // Start at the strip that stands first in the session, so that the message is stable.
    let smallest = circle.iter().enumerate().min_by_key(|(_, strip)| **strip).map_or(0, |(i, _)| i);
    circle.rotate_left(smallest);
    circle.push(circle[0]);
    circle.into_iter().map(|strip| graph.strips[strip].id.clone()).collect()
}
