//! Pass: fader links. Cuts strips of a remix before their faders, so that what enters a fader can be
//! kept for the next remix, and given to it: a fader that is moved again and again then costs its
//! own work and no more. It enters no key.

use super::buffers::buffers;
use super::model::{Graph, NodeKind, Strip, StripIndex};
use super::plan::{LinkIndex, Segment};
use super::remix::{Remix, needed, send_unheard};
use super::segments::{part, segments};

/// What enters the faders of some strips that run side by side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaderLink {
    /// The link it passes: `[frame][lane]`.
    pub link: LinkIndex,
    /// The strips; lane `instance * channels + channel` is theirs.
    pub strips: Vec<StripIndex>,
    /// Channels of each.
    pub channels: usize,
    /// It comes from elsewhere: nothing before these faders runs.
    pub given: bool,
}

/// Where what enters a strip's fader comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaderInput {
    /// From the strip's chain, all in one.
    Chain,
    /// From its chain, over a link.
    Linked,
    /// From elsewhere, over a link.
    Given,
}

impl Remix {
    /// The strips that can be cut before their fader: they have a processor there, and nothing that
    /// runs leaves them before it.
    pub fn fader_strips(&self) -> Vec<StripIndex> {
        let graph = &self.plan.graph;
        let strips = graph.strips.iter().enumerate();
        let fit = strips.filter(|(index, strip)| {
            strip.audible && *index != graph.master && may_be_cut(graph, strip)
        });
        fit.map(|(index, _)| index).collect()
    }

    /// Cuts those of [`Self::fader_strips`] for which `input` says so. Strips that are only needed
    /// for what is given do not run any more.
    pub fn link_faders(&mut self, input: &dyn Fn(StripIndex) -> FaderInput) -> Vec<FaderLink> {
        let unheard = self.unheard;
        let graph = &mut self.plan.graph;
        let given: Vec<bool> =
            (0..graph.strips.len()).map(|strip| input(strip) == FaderInput::Given).collect();
        let heard: Vec<_> = graph.joins[self.input].inputs.clone();
        let mut runs = needed(graph, &heard, &given);
        runs[graph.master] = true;
        send_unheard(graph, &runs, unheard);
        for (strip, runs) in graph.strips.iter_mut().zip(&runs) {
            strip.audible = *runs;
        }
        let mut links = Vec::new();
        let mut parts = Vec::new();
        for whole in segments(graph) {
            cut_segment(graph, &whole, input, &mut parts, &mut links);
        }
        (self.plan.join_slots, self.plan.slot_count) = buffers(graph, &parts);
        self.plan.join_slots[unheard] = None;
        self.plan.segments = parts;
        links
    }
}

/// The place of a strip's fader.
fn fader(strip: &Strip) -> Option<usize> {
    strip.nodes.iter().position(|node| matches!(node.kind, NodeKind::Fader(_)))
}

fn may_be_cut(graph: &Graph, strip: &Strip) -> bool {
    let Some(fader) = fader(strip) else { return false };
    let before = &strip.nodes[..fader];
    let leaves = before.iter().flat_map(|node| node.feeds()).any(|edge| graph.runs(*edge));
    before.iter().any(|node| matches!(node.kind, NodeKind::Processor { .. })) && !leaves
}

/// Appends the parts of a segment to `parts`.
fn cut_segment(
    graph: &Graph,
    whole: &Segment,
    input: &dyn Fn(StripIndex) -> FaderInput,
    parts: &mut Vec<Segment>,
    links: &mut Vec<FaderLink>,
) {
    let channels = whole.channels;
    for chosen in [FaderInput::Chain, FaderInput::Linked, FaderInput::Given] {
        let strips = whole.strips.iter().copied().filter(|strip| input(*strip) == chosen);
        let strips: Vec<StripIndex> = strips.collect();
        let Some(first) = strips.first() else { continue };
        // All strips of a segment have the same nodes.
        let fader = fader(&graph.strips[*first]).filter(|_| chosen != FaderInput::Chain);
        let Some(fader) = fader else {
            parts.push(part(graph, &strips, channels, whole.nodes.clone(), (None, None)));
            continue;
        };
        let link = links.len();
        let given = chosen == FaderInput::Given;
        if !given {
            parts.push(part(graph, &strips, channels, 0..fader, (None, Some(link))));
        }
        parts.push(part(graph, &strips, channels, fader..whole.nodes.end, (Some(link), None)));
        links.push(FaderLink { link, strips, channels, given });
    }
}
