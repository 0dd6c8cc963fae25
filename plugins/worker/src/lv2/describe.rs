//! What the plug-ins of an LV2 bundle say of themselves. All of it is in text files, so no code of
//! the plug-in runs.

use std::path::Path;

use lilv::World;
use lilv::node::Node;
use lilv::plugin::Plugin;
use lilv::port::Port;
use wavemill_core::session::PluginFormat;
use wavemill_plugins::message::Describing;
use wavemill_plugins::{AudioBus, PluginDescription, PluginKind, PluginParameter, Tail};

use super::buses::buses;
use super::programs::programs;
use super::terms::Terms;
use crate::replies::Replies;
use crate::text::clean;

/// Says what is in the bundle at `path`, from plug-in `from` on, in order of their URIs.
pub fn describe(from: u32, path: &Path, replies: &mut Replies) -> Result<(), String> {
    let world = world_of(path)?;
    let terms = Terms::new(&world);
    let plugins = world.plugins();
    let mut plugins: Vec<(String, Plugin)> =
        plugins.iter().map(|plugin| (uri(&plugin.uri()), plugin)).collect();
    plugins.sort_by(|a, b| a.0.cmp(&b.0));
    // Bundles of presets and of words say what they are, and are no plug-ins.
    let says_something = world.ask(None, Some(&terms.kind), None);
    if plugins.is_empty() && !says_something {
        return Err("its manifest cannot be read".to_owned());
    }
    let count = u32::try_from(plugins.len()).unwrap_or(u32::MAX);
    replies.say(&Describing::Loaded { plugins: count });
    for (index, (id, plugin)) in (0..count).zip(plugins) {
        if index < from {
            continue;
        }
        replies.say(&Describing::Begin { index, id: id.clone() });
        replies.say_described(describe_plugin(&terms, id, &plugin));
    }
    replies.say(&Describing::Done);
    Ok(())
}

/// A world with the bundle at `path` and no other: what a plug-in is depends on nothing else that is
/// installed.
pub fn world_of(path: &Path) -> Result<World, String> {
    let world = World::new();
    let folder =
        path.to_str().filter(|path| !path.contains('\0')).ok_or("its path is not UTF-8")?;
    // A bundle is a folder, and its URI ends like one.
    world.load_bundle(&world.new_file_uri(None, &format!("{}/", folder.trim_end_matches('/'))));
    Ok(world)
}

/// What `plugin` says it is.
pub fn describe_plugin(
    terms: &Terms,
    id: String,
    plugin: &Plugin,
) -> Result<PluginDescription, String> {
    match plugin.verify() {
        true => Ok(terms.plugin(id, plugin)),
        false => Err("it lacks a name, a binary or ports".to_owned()),
    }
}

impl Terms<'_> {
    fn plugin(&self, id: String, plugin: &Plugin) -> PluginDescription {
        let [audio_inputs, audio_outputs] = buses(self, plugin)
            .map(|buses| buses.into_iter().map(|bus| bus.bus).collect::<Vec<AudioBus>>());
        let notes = [&self.input, &self.output].map(|direction| {
            let takes = |port: &Port| {
                port.is_a(direction) && port.is_a(&self.atom) && port.supports_event(&self.midi)
            };
            u32::try_from(plugin.iter_ports().filter(takes).count()).unwrap_or(u32::MAX)
        });
        let features: Vec<String> =
            plugin.value(&self.kind).iter().map(|kind| last(&uri(&kind))).collect();
        let has = |name: &str| features.iter().any(|feature| feature == name);
        let kind = match has("InstrumentPlugin") || has("GeneratorPlugin") {
            true => PluginKind::Instrument,
            false => {
                let [inputs, outputs] = [&audio_inputs, &audio_outputs].map(|b| !b.is_empty());
                PluginKind::of_ports(inputs, outputs, notes.map(|count| count > 0))
            }
        };
        let number = |term: &Node| plugin.value(term).iter().find_map(|node| node.as_int());
        PluginDescription {
            format: PluginFormat::Lv2,
            id,
            name: said(Some(plugin.name())),
            vendor: said(plugin.author_name()),
            version: match (number(&self.minor_version), number(&self.micro_version)) {
                (Some(minor), Some(micro)) => format!("{minor}.{micro}"),
                _ => String::new(),
            },
            summary: said(plugin.value(&self.comment).iter().next()),
            features: features.into_iter().filter(|feature| feature != "Plugin").collect(),
            kind,
            audio_inputs,
            audio_outputs,
            note_inputs: notes[0],
            note_outputs: notes[1],
            parameters: self.parameters(plugin),
            latency_frames: None,
            tail: Tail::Unknown,
            saves_state: plugin.has_extension_data(&self.state),
            programs: programs(self.world, plugin),
        }
    }

    /// Its control inputs.
    fn parameters(&self, plugin: &Plugin) -> Vec<PluginParameter> {
        let ports = plugin.iter_ports();
        let inputs = ports.filter(|port| port.is_a(&self.input) && port.is_a(&self.control));
        inputs.map(|port| self.parameter(&port)).collect()
    }

    fn parameter(&self, port: &Port) -> PluginParameter {
        let range = port.range();
        let number = |node: Option<Node>| node.as_ref().and_then(number_of);
        let toggled = port.has_property(&self.toggled);
        let min = number(range.minimum).unwrap_or(0.0);
        let max = number(range.maximum).unwrap_or(1.0).max(min);
        let default = number(range.default).unwrap_or(min);
        let points: Vec<(Option<f64>, String)> = port
            .scale_points()
            .iter()
            .map(|point| (number_of(&point.value()), said(Some(point.label()))))
            .collect();
        let label = |value: f64| {
            let point = points.iter().find(|(at, _)| *at == Some(value));
            point.map(|(_, label)| label.clone()).unwrap_or_default()
        };
        let is_for =
            |what: &Node| port.get(&self.designation).is_some_and(|meant| uri(&meant) == uri(what));
        // Told by the host, and by nobody else.
        let hosts = is_for(&self.freewheeling);
        PluginParameter {
            id: said(port.symbol()),
            name: said(port.name()),
            group: String::new(),
            min,
            max,
            default,
            texts: [label(min), label(default), label(max)],
            stepped: toggled
                || port.has_property(&self.integer)
                || port.has_property(&self.enumeration),
            automatable: !hosts,
            read_only: false,
            hidden: hosts || port.has_property(&self.not_on_gui),
            // `lv2:enabled` is 1 where a bypass is 0.
            bypass: is_for(&self.enabled),
        }
    }
}

pub fn number_of(node: &Node) -> Option<f64> {
    node.as_float()
        .map(f64::from)
        .or_else(|| node.as_int().map(f64::from))
        .or_else(|| node.as_bool().map(|set| f64::from(u8::from(set))))
        .filter(|number| number.is_finite())
}

pub fn said(node: Option<Node>) -> String {
    node.and_then(|node| node.as_str().map(|text| clean(text.as_bytes()))).unwrap_or_default()
}

pub fn uri(node: &Node) -> String {
    clean(node.as_uri().unwrap_or_default().as_bytes())
}

/// What comes after the last `#` or `/`.
fn last(uri: &str) -> String {
    uri.rsplit(['#', '/']).next().unwrap_or(uri).to_owned()
}
