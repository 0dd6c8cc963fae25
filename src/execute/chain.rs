//! Processors that stand right behind each other, as one: where those that make them can run several at
//! once better than one after the other.

use std::sync::Arc;

use super::processor_step::{ProcessorStep, prepare, routed_after, setups};
use super::segment_io::SegmentConfig;
use crate::graph::{Node, NodeKind, Plan, Segment};
use crate::process::{InstanceSetup, PrepareError, ProcessorFactory, Stage};

/// The step that runs several nodes of every strip of `segment` from node `index` on, and how many;
/// `None` where that is no better than one after the other, or no chain begins there.
pub(super) fn chain_from(
    plan: &Plan,
    segment: &Segment,
    index: usize,
    config: SegmentConfig,
) -> Result<Option<(ProcessorStep, usize)>, PrepareError> {
    let nodes = &plan.graph.strips[segment.strips[0]].nodes[..];
    let places = index..segment.nodes.end;
    let factories: Vec<_> = places.map_while(|index| factory_in_chain(nodes, index)).collect();
    let [first, _, ..] = &*factories else { return Ok(None) };
    let setups: Vec<Vec<InstanceSetup>> =
        (index..index + factories.len()).map(|index| setups(plan, segment, index)).collect();
    let stages: Vec<Stage<'_>> = factories
        .iter()
        .zip(&setups)
        .map(|(factory, setups)| Stage {
            factory: factory.as_ref(),
            prepare: prepare(plan, segment, setups, config),
        })
        .collect();
    Ok(first.prepare_chain(&stages)?.map(|chain| {
        let name = &first.spec().name;
        (ProcessorStep::of_chain(chain.processor, name, segment.strips.len()), chain.stages)
    }))
}

/// What makes node `index`, where that is a processor with nothing but one input and one output, as all
/// strips that run side by side have it.
fn factory_in_chain(nodes: &[Node], index: usize) -> Option<&Arc<dyn ProcessorFactory>> {
    let NodeKind::Processor { factory, sidechains, .. } = &nodes[index].kind else { return None };
    let spec = factory.spec();
    let plays = spec.event_inputs > 0 || spec.event_outputs > 0;
    let is_plain = !plays && !sidechains.iter().any(Option::is_some);
    (is_plain && routed_after(nodes, index).next().is_none()).then_some(factory)
}
