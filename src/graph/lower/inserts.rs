//! Inserts as nodes: their processors, what their sidechains hear, where their outputs go.

use std::sync::Arc;

use super::super::audible::EdgeRole;
use super::super::controls::{insert_controls, output_controls};
use super::super::error::CompileError;
use super::super::model::{
    FaderControls, JoinIndex, Node, NodeKind, OutletPoint, PanStyle, StripIndex,
};
use super::{Lowering, bare_edge, bare_node, outlet};
use crate::dsp::SilenceFactory;
use crate::process::{
    ControlSet, Event, MAX_FURTHER_OUTPUTS, MAX_SIDECHAINS, PluginChoice, PluginRequest,
    ProcessorFactory, ProcessorSpec, check_file_of,
};
use crate::session::{AutomationLane, Insert, PLUGIN_PROCESSOR, PluginSlot, Sidechain};
use crate::time::Samples;

impl<'a> Lowering<'a> {
    /// The node of an insert and the outlets of its outputs; nothing where it is bypassed, adds no
    /// latency and has no output but the main one.
    pub(super) fn insert(
        &mut self,
        path: String,
        strip: StripIndex,
        insert: &'a Insert,
        (lanes, events): (&[AutomationLane], &[Event]),
    ) -> Result<Vec<Node>, CompileError> {
        let factory = match (&insert.plugin, insert.processor.as_str()) {
            (Some(_), PLUGIN_PROCESSOR) if insert.bypass => return Ok(Vec::new()),
            (Some(slot), PLUGIN_PROCESSOR) => match self.plugin(&path, slot)? {
                PluginChoice::Runs(factory) => factory,
                PluginChoice::Bypassed => return Ok(Vec::new()),
                PluginChoice::Silent => return Ok(vec![silence(path)]),
            },
            _ => self.factory(&path, insert)?,
        };
        if !insert.bypass {
            refuse_too_many_ports(&path, insert, factory.spec())?;
        }
        factory.spec().check_ports(insert).map_err(|error| {
            let path = format!("{path}/{}", error.at);
            CompileError::Unsupported { path, what: error.to_string() }
        })?;
        let controls = insert_controls(&path, insert, lanes, factory.spec(), self.tempo)?;
        let rate = self.session.sample_rate;
        let latency = factory.latency(controls.constants(), rate);
        let outlets = self.outputs(&path, strip, insert, factory.spec());
        let mut nodes = Vec::with_capacity(1 + outlets.len());
        if insert.bypass {
            if latency > Samples::ZERO || !outlets.is_empty() {
                let bare = bare_node(path, latency, Samples::ZERO);
                nodes.push(Node { kind: NodeKind::Delay, ..bare });
            }
        } else {
            let tail = factory.tail_after(controls.constants(), self.tempo, events);
            let sidechains = self.sidechains(&path, strip, insert, factory.spec());
            let kind = NodeKind::Processor { factory, controls, sidechains };
            nodes.push(Node { kind, ..bare_node(path, latency, tail) });
        }
        nodes.extend(outlets);
        Ok(nodes)
    }

    fn factory(
        &self,
        path: &str,
        insert: &Insert,
    ) -> Result<Arc<dyn ProcessorFactory>, CompileError> {
        if let Some(factory) = self.config.processors.factory(insert) {
            return self.with_file(path, insert, factory);
        }
        Err(CompileError::UnknownProcessor {
            path: path.to_owned(),
            name: insert.processor.clone(),
            choices: self.config.processors.names().join(", "),
        })
    }

    fn plugin(&self, path: &str, slot: &PluginSlot) -> Result<PluginChoice, CompileError> {
        let request = PluginRequest {
            slot,
            node: path,
            rate: self.session.sample_rate,
            block: self.session.plugin_block,
            signatures: self.signatures,
            content_end: self.session.end(self.tempo),
        };
        let choice = self.config.processors.plugin(&request);
        choice.map_err(|what| CompileError::Plugin { path: path.to_owned(), what })
    }

    /// The factory with the file the insert names, where it plays from one.
    fn with_file(
        &self,
        path: &str,
        insert: &Insert,
        factory: Arc<dyn ProcessorFactory>,
    ) -> Result<Arc<dyn ProcessorFactory>, CompileError> {
        check_file_of(factory.as_ref(), insert).map_err(|error| {
            let path = format!("{path}/{}", error.at);
            CompileError::Unsupported { path, what: error.to_string() }
        })?;
        // What is bypassed is only asked how late it is.
        let (Some(file), false) = (&insert.file, insert.bypass) else { return Ok(factory) };
        match factory.playing(file, self.config.audio) {
            None => Ok(factory),
            Some(Ok(playing)) => Ok(playing),
            Some(Err(source)) => Err(CompileError::Audio { path: path.to_owned(), source }),
        }
    }

    /// The joins its sidechain inputs hear, by port.
    fn sidechains(
        &mut self,
        path: &str,
        strip: StripIndex,
        insert: &Insert,
        spec: &ProcessorSpec,
    ) -> Vec<Option<JoinIndex>> {
        let mut joins = Vec::with_capacity(spec.sidechains().len());
        for (index, port) in spec.sidechains().iter().enumerate() {
            joins.push(match (index, insert.sidechains.get(port.name.as_ref())) {
                (0, _) => insert
                    .sidechain
                    .as_ref()
                    .map(|heard| self.sidechain(format!("{path}/sidechain"), strip, heard)),
                (_, Some(heard)) => {
                    let id = format!("{path}/sidechains/{}", port.name);
                    Some(self.sidechain(id, strip, heard))
                }
                (_, None) => None,
            });
        }
        joins
    }

    fn sidechain(&mut self, id: String, strip: StripIndex, sidechain: &Sidechain) -> JoinIndex {
        let join = self.join(id.clone(), strip);
        if let Some(from) = self.strips.get(&sidechain.from).copied() {
            let id = format!("{id}/{}", sidechain.from);
            let role = EdgeRole::Sidechain(sidechain.tap);
            self.tap(id, (from, sidechain.tap), join, None, role);
        }
        join
    }

    /// The outlets of its outputs other than the main one, in the order of its spec. The outputs of
    /// a bypassed insert are silent, and as late as if it worked.
    fn outputs(
        &mut self,
        path: &str,
        strip: StripIndex,
        insert: &Insert,
        spec: &ProcessorSpec,
    ) -> Vec<Node> {
        let track = self.session.tracks.get(strip);
        let mut outlets = Vec::with_capacity(insert.outputs.len());
        for (index, port) in spec.further_outputs().iter().enumerate() {
            let Some(to) = insert.outputs.get(port.name.as_ref()) else { continue };
            let to = self.strips.get(to).and_then(|to| self.inputs.get(to).copied());
            let Some(to) = to else { continue };
            let id = format!("{path}/outputs/{}", port.name);
            let mut edge = bare_edge(id.clone(), strip, to);
            let controls = track.and_then(|t| output_controls(self.session, t, self.tempo));
            edge.gain = controls.map(|controls| FaderControls { controls, pan: PanStyle::Balance });
            let role = if insert.bypass { EdgeRole::Bypassed } else { EdgeRole::Output };
            let edge = self.edge(edge, role);
            let point = OutletPoint::Port { index, name: port.name.to_string() };
            outlets.push(outlet(id, point, vec![edge]));
        }
        outlets
    }
}

/// What stands in the place of a plug-in that is silent.
fn silence(path: String) -> Node {
    let kind = NodeKind::Processor {
        factory: Arc::new(SilenceFactory),
        controls: ControlSet::default(),
        sidechains: Vec::new(),
    };
    Node { kind, ..bare_node(path, Samples::ZERO, Samples::ZERO) }
}

/// Refuses processors with more ports than a block has room for.
fn refuse_too_many_ports(
    path: &str,
    insert: &Insert,
    spec: &ProcessorSpec,
) -> Result<(), CompileError> {
    let limits = [
        (spec.sidechains().len(), MAX_SIDECHAINS, "sidechain inputs"),
        (spec.further_outputs().len(), MAX_FURTHER_OUTPUTS, "outputs besides the main one"),
    ];
    for (count, limit, what) in limits {
        if count > limit {
            let name = &insert.processor;
            let what = format!("{name} has {count} {what}, more than {limit}: bypass it");
            return Err(CompileError::Unsupported { path: path.to_owned(), what });
        }
    }
    Ok(())
}
