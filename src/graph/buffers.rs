//! Pass: buffers. Gives each join a slot for its sum; joins whose lives do not overlap share one.

use super::model::Graph;
use super::plan::Segment;

/// The slot of each join that is read, and the number of slots.
///
/// A join lives from the first segment that adds to it (or that reads it, where nothing is added)
/// to the segment that reads it.
pub(super) fn buffers(graph: &Graph, segments: &[Segment]) -> (Vec<Option<usize>>, usize) {
    let mut slots: Vec<Option<usize>> = vec![None; graph.joins.len()];
    let mut free: Vec<usize> = Vec::new();
    let mut count = 0;
    for segment in segments {
        for join in segment.writes.iter().chain(&segment.reads) {
            if slots[*join].is_none() {
                slots[*join] = Some(free.pop().unwrap_or_else(|| {
                    count += 1;
                    count - 1
                }));
            }
        }
        // A join is read by one segment only, so here its life ends.
        free.extend(segment.reads.iter().filter_map(|join| slots[*join]));
    }
    (slots, count)
}
