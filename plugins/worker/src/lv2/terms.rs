//! The words of the language that plug-ins are described in.

use lilv::World;
use lilv::node::Node;

const LV2: &str = "http://lv2plug.in/ns/lv2core#";
const ATOM_PORT: &str = "http://lv2plug.in/ns/ext/atom#AtomPort";
const MIDI_EVENT: &str = "http://lv2plug.in/ns/ext/midi#MidiEvent";
const GROUP: &str = "http://lv2plug.in/ns/ext/port-groups#group";
const MAIN_INPUT: &str = "http://lv2plug.in/ns/ext/port-groups#mainInput";
const MAIN_OUTPUT: &str = "http://lv2plug.in/ns/ext/port-groups#mainOutput";
const NOT_ON_GUI: &str = "http://lv2plug.in/ns/ext/port-props#notOnGUI";
const STATE_INTERFACE: &str = "http://lv2plug.in/ns/ext/state#interface";
const POSITION: &str = "http://lv2plug.in/ns/ext/time#Position";
const MINIMUM_SIZE: &str = "http://lv2plug.in/ns/ext/resize-port#minimumSize";
const LOADS_DEFAULT_STATE: &str = "http://lv2plug.in/ns/ext/state#loadDefaultState";
const TYPE: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type";
const COMMENT: &str = "http://www.w3.org/2000/01/rdf-schema#comment";
const LABEL: &str = "http://www.w3.org/2000/01/rdf-schema#label";

/// The words.
pub struct Terms<'a> {
    pub input: Node,
    pub output: Node,
    pub audio: Node,
    pub control: Node,
    pub atom: Node,
    pub midi: Node,
    pub group: Node,
    pub label: Node,
    pub main: [Node; 2],
    pub side_chain: Node,
    pub cv: Node,
    pub optional: Node,
    pub sample_rate: Node,
    pub freewheeling: Node,
    pub position: Node,
    pub minimum_size: Node,
    pub loads_default_state: Node,
    pub integer: Node,
    pub toggled: Node,
    pub enumeration: Node,
    pub not_on_gui: Node,
    pub designation: Node,
    pub enabled: Node,
    pub minor_version: Node,
    pub micro_version: Node,
    pub kind: Node,
    pub comment: Node,
    pub state: Node,
    pub world: &'a World,
}

impl<'a> Terms<'a> {
    /// Looks them up.
    pub fn new(world: &'a World) -> Self {
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
            cv: core("CVPort"),
            optional: core("connectionOptional"),
            sample_rate: core("sampleRate"),
            freewheeling: core("freeWheeling"),
            position: term(POSITION),
            minimum_size: term(MINIMUM_SIZE),
            loads_default_state: term(LOADS_DEFAULT_STATE),
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
}
