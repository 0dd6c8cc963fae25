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

use crate::replies::Replies;
use crate::text::clean;

const LV2: &str = "http://lv2plug.in/ns/lv2core#";
const ATOM_PORT: &str = "http://lv2plug.in/ns/ext/atom#AtomPort";
const MIDI_EVENT: &str = "http://lv2plug.in/ns/ext/midi#MidiEvent";
const GROUP: &str = "http://lv2plug.in/ns/ext/port-groups#group";
const MAIN_INPUT: &str = "http://lv2plug.in/ns/ext/port-groups#mainInput";
const MAIN_OUTPUT: &str = "http://lv2plug.in/ns/ext/port-groups#mainOutput";
const NOT_ON_GUI: &str = "http://lv2plug.in/ns/ext/port-props#notOnGUI";
const STATE_INTERFACE: &str = "http://lv2plug.in/ns/ext/state#interface";
const TYPE: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type";
const COMMENT: &str = "http://www.w3.org/2000/01/rdf-schema#comment";
const LABEL: &str = "http://www.w3.org/2000/01/rdf-schema#label";

/// Says what is in the bundle at `path`, from plug-in `from` on, in order of their URIs.
pub fn describe(from: u32, path: &Path, replies: &mut Replies) -> Result<(), String> {
    let world = World::new();
    let folder = path.to_str().ok_or("its path is not UTF-8")?;
    // A bundle is a folder, and its URI ends like one.
    world.load_bundle(&world.new_file_uri(None, &format!("{}/", folder.trim_end_matches('/'))));
    let plugins = world.plugins();
    let mut plugins: Vec<(String, Plugin)> =
        plugins.iter().map(|plugin| (uri(&plugin.uri()), plugin)).collect();
    plugins.sort_by(|a, b| a.0.cmp(&b.0));
    // Bundles of presets and of words say what they are, and are no plug-ins.
    let says_something = world.ask(None, Some(&world.new_uri(TYPE)), None);
    if plugins.is_empty() && !says_something {
        return Err("its manifest cannot be read".to_owned());
    }
    let count = u32::try_from(plugins.len()).unwrap_or(u32::MAX);
    replies.say(&Describing::Loaded { plugins: count });
    let terms = Terms::new(&world);
    for (index, (id, plugin)) in (0..count).zip(plugins) {
        if index < from {
            continue;
        }
        replies.say(&Describing::Begin { index, id: id.clone() });
        replies.say_described(match plugin.verify() {
            true => Ok(terms.plugin(id, &plugin)),
            false => Err("it lacks a name, a binary or ports".to_owned()),
        });
    }
    replies.say(&Describing::Done);
    Ok(())
}

/// The words of the language that plug-ins are described in.
struct Terms<'a> {
    input: Node,
    output: Node,
    audio: Node,
    control: Node,
    atom: Node,
    midi: Node,
    group: Node,
    label: Node,
    main: [Node; 2],
    side_chain: Node,
    integer: Node,
    toggled: Node,
    enumeration: Node,
    not_on_gui: Node,
    designation: Node,
    enabled: Node,
    minor_version: Node,
    micro_version: Node,
    kind: Node,
    comment: Node,
    state: Node,
    world: &'a World,
}

impl<'a> Terms<'a> {
    fn new(world: &'a World) -> Self {
        let term = |uri: &str| world.new_uri(uri);
        let core = |name: &str| world.new_uri(&format!("{LV2}{name}"));
        Self {
            input: core("InputPort"),
            output: core("OutputPort"),
            audio: core("AudioPort"),
            control: core("ControlPort"),
            atom: term(ATOM_PORT),
            midi: term(MIDI_EVENT),
            group: term(GROUP),
            label: term(LABEL),
            main: [term(MAIN_INPUT), term(MAIN_OUTPUT)],
            side_chain: core("isSideChain"),
            integer: core("integer"),
            toggled: core("toggled"),
            enumeration: core("enumeration"),
            not_on_gui: term(NOT_ON_GUI),
            designation: core("designation"),
            enabled: core("enabled"),
            minor_version: core("minorVersion"),
            micro_version: core("microVersion"),
            kind: term(TYPE),
            comment: term(COMMENT),
            state: term(STATE_INTERFACE),
            world,
        }
    }

    fn plugin(&self, id: String, plugin: &Plugin) -> PluginDescription {
        let audio_inputs = self.buses(plugin, &self.input, &self.main[0]);
        let audio_outputs = self.buses(plugin, &self.output, &self.main[1]);
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
        }
    }

    /// Its audio ports in groups: those of one `pg:group` together; of the others those that are no
    /// side chain, which are the main ones where no group is said to be; then the side chain.
    fn buses(&self, plugin: &Plugin, direction: &Node, main: &Node) -> Vec<AudioBus> {
        let main = plugin.value(main).iter().next().map(|node| node.turtle_token());
        // In the order of the ports: the group's token, its name, and how many ports it has.
        let mut groups: Vec<(Option<String>, bool, String, u32)> = Vec::new();
        for port in plugin.iter_ports().filter(|p| p.is_a(direction) && p.is_a(&self.audio)) {
            let group = port.get(&self.group);
            let token = group.as_ref().map(Node::turtle_token);
            let side = token.is_none() && port.has_property(&self.side_chain);
            if let Some(found) = groups.iter_mut().find(|(t, s, ..)| *t == token && *s == side) {
                found.3 += 1;
                continue;
            }
            let label =
                group.and_then(|group| self.world.get(Some(&group), Some(&self.label), None));
            let name = match (said(label), side) {
                (label, _) if !label.is_empty() => label,
                (_, true) => "side chain".to_owned(),
                (_, false) => "main".to_owned(),
            };
            groups.push((token, side, name, 1));
        }
        let first = groups.iter().position(|(token, side, ..)| match &main {
            Some(main) => token.as_ref() == Some(main),
            None => !side,
        });
        let bus = |(index, (_, _, name, channels))| AudioBus {
            name,
            channels,
            main: Some(index) == first,
        };
        let mut buses: Vec<AudioBus> = groups.into_iter().enumerate().map(bus).collect();
        buses.sort_by_key(|bus| !bus.main);
        buses
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
        let meant = port.get(&self.designation).map(|node| uri(&node));
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
            automatable: true,
            read_only: false,
            hidden: port.has_property(&self.not_on_gui),
            // `lv2:enabled` is 1 where a bypass is 0.
            bypass: meant == Some(uri(&self.enabled)),
        }
    }
}

fn number_of(node: &Node) -> Option<f64> {
    node.as_float()
        .map(f64::from)
        .or_else(|| node.as_int().map(f64::from))
        .or_else(|| node.as_bool().map(|set| f64::from(u8::from(set))))
        .filter(|number| number.is_finite())
}

fn said(node: Option<Node>) -> String {
    node.and_then(|node| node.as_str().map(|text| clean(text.as_bytes()))).unwrap_or_default()
}

fn uri(node: &Node) -> String {
    clean(node.as_uri().unwrap_or_default().as_bytes())
}

/// What comes after the last `#` or `/`.
fn last(uri: &str) -> String {
    uri.rsplit(['#', '/']).next().unwrap_or(uri).to_owned()
}
