//! What every port of a plug-in is connected to.

use std::collections::BTreeMap;

use lilv::node::Node;
use lilv::plugin::Plugin;
use lilv::port::Port;
use wavemill_plugins::PluginDescription;

use super::buses::buses;
use super::describe::{number_of, said, uri};
use super::terms::Terms;

/// Bytes of a port for events that does not ask for more: room for 21,844 messages of three bytes in a
/// block, each of which takes 24, or for fewer that are longer. What is more is told of. What is never
/// written to takes no memory.
pub const SEQUENCE_BYTES: u32 = 1 << 19;

/// Most bytes that a port may ask for.
const MAX_SEQUENCE_BYTES: u32 = 1 << 26;

/// The ports of a plug-in, by their numbers.
#[derive(Debug)]
pub struct Ports {
    /// Audio inputs and outputs, bus by bus in the order of the description.
    pub audio: [Vec<usize>; 2],
    /// Inputs and outputs of control signals. Nothing is connected to them: inputs are zero.
    pub signals: Vec<usize>,
    /// Control inputs, which are the parameters in the order of the description.
    pub controls: Vec<Control>,
    /// Control outputs.
    pub meters: Vec<usize>,
    /// Where among those the latency is.
    pub latency: Option<usize>,
    /// Inputs and outputs of events.
    pub events: [Vec<EventPort>; 2],
    /// What may stay unconnected and does.
    pub unconnected: Vec<usize>,
}

/// A control input.
#[derive(Clone, Debug)]
pub struct Control {
    pub port: usize,
    pub symbol: String,
    /// Its value with nothing set.
    pub default: f64,
    /// Its values are parts of the sample rate.
    pub of_sample_rate: bool,
    /// It is how the host says that nobody waits for the output.
    pub freewheels: bool,
}

/// A port of events.
#[derive(Debug)]
pub struct EventPort {
    pub port: usize,
    pub bytes: usize,
    /// It takes or gives MIDI.
    pub midi: bool,
    /// It takes the transport's position.
    pub position: bool,
}

impl Ports {
    /// The ports of `plugin`, or which one cannot be connected.
    pub fn of(
        terms: &Terms,
        plugin: &Plugin,
        description: &PluginDescription,
    ) -> Result<Self, String> {
        let audio = buses(terms, plugin)
            .map(|buses| buses.into_iter().flat_map(|bus| bus.ports).collect::<Vec<_>>());
        let mut ports = Self {
            audio,
            signals: Vec::new(),
            controls: Vec::new(),
            meters: Vec::new(),
            latency: None,
            events: [Vec::new(), Vec::new()],
            unconnected: Vec::new(),
        };
        let mut parameters = description.parameters.iter();
        for port in plugin.iter_ports() {
            let [input, output] = [&terms.input, &terms.output].map(|side| port.is_a(side));
            if port.is_a(&terms.audio) && (input || output) {
                continue;
            } else if port.is_a(&terms.control) && input {
                let parameter = parameters.next().ok_or("its ports are not its parameters")?;
                let default = parameter.default;
                ports.controls.push(control(terms, &port, parameter.id.clone(), default));
            } else if port.is_a(&terms.control) && output {
                ports.meters.push(port.index());
            } else if port.is_a(&terms.cv) {
                ports.signals.push(port.index());
            } else if port.is_a(&terms.atom) && (input || output) {
                ports.events[usize::from(!input)].push(event_port(terms, &port));
            } else if port.has_property(&terms.optional) {
                ports.unconnected.push(port.index());
            } else {
                let kinds = port.classes();
                let kinds: Vec<String> = kinds.iter().map(|kind| uri(&kind)).collect();
                let symbol = said(port.symbol());
                return Err(format!(
                    "its port '{symbol}' is of no known kind ({})",
                    kinds.join(", ")
                ));
            }
        }
        let latency = plugin.has_latency().then(|| plugin.latency_port_index()).flatten();
        ports.latency = ports.meters.iter().position(|port| Some(*port) == latency);
        Ok(ports)
    }

    /// Which of the controls have a value in `saved`, and which; what is no control any more is left
    /// out.
    pub fn values_of(&self, saved: &BTreeMap<String, f64>) -> impl Iterator<Item = (usize, f64)> {
        let value = |(index, control): (usize, &Control)| {
            saved.get(&control.symbol).filter(|_| !control.freewheels).map(|value| (index, *value))
        };
        self.controls.iter().enumerate().filter_map(value)
    }
}

fn control(terms: &Terms, port: &Port, symbol: String, default: f64) -> Control {
    let meant = port.get(&terms.designation).map(|meant| uri(&meant));
    let is_for = |what: &Node| meant.as_ref() == Some(&uri(what));
    Control {
        port: port.index(),
        symbol,
        // What may be bypassed is not, whatever it says.
        default: if is_for(&terms.enabled) { 1.0 } else { default },
        of_sample_rate: port.has_property(&terms.sample_rate),
        freewheels: is_for(&terms.freewheeling),
    }
}

fn event_port(terms: &Terms, port: &Port) -> EventPort {
    let wanted = port.get(&terms.minimum_size).and_then(|bytes| number_of(&bytes)).unwrap_or(0.0);
    let bytes = wanted.clamp(f64::from(SEQUENCE_BYTES), f64::from(MAX_SEQUENCE_BYTES));
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it was clamped")]
    let bytes = bytes as usize;
    EventPort {
        port: port.index(),
        bytes,
        midi: port.supports_event(&terms.midi),
        position: port.supports_event(&terms.position),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lv2::describe::describe_plugin;
    use crate::lv2::tests::bundle::Bundle;

    #[test]
    fn every_port_is_known_for_what_it_is() {
        let bundle = Bundle::new(
            "",
            &[
                "lv2:OutputPort, lv2:AudioPort",
                "lv2:InputPort, lv2:AudioPort ; lv2:portProperty lv2:isSideChain",
                "lv2:InputPort, lv2:AudioPort",
                "lv2:InputPort, lv2:ControlPort ; lv2:default 0.25 ; lv2:portProperty lv2:sampleRate",
                "lv2:InputPort, lv2:ControlPort ; lv2:designation lv2:freeWheeling",
                "lv2:InputPort, lv2:ControlPort ; lv2:default 0 ; lv2:designation lv2:enabled",
                "lv2:OutputPort, lv2:ControlPort",
                "lv2:OutputPort, lv2:ControlPort ; lv2:designation lv2:latency",
                "lv2:InputPort, lv2:CVPort",
                "lv2:InputPort, atom:AtomPort ; rsz:minimumSize 999999 ; atom:supports time:Position",
                "lv2:OutputPort, atom:AtomPort ; atom:supports midi:MidiEvent",
                "lv2:InputPort, <urn:Port> ; lv2:portProperty lv2:connectionOptional",
            ],
        );
        let world = bundle.world();
        let (terms, plugin) = (Terms::new(&world), Bundle::plugin(&world));
        let description = describe_plugin(&terms, Bundle::ID.to_owned(), &plugin).unwrap();
        let ports = Ports::of(&terms, &plugin, &description).unwrap();
        assert_eq!(ports.audio, [vec![2, 1], vec![0]]);
        let controls: Vec<(usize, f64, bool, bool)> = ports
            .controls
            .iter()
            .map(|control| {
                (control.port, control.default, control.of_sample_rate, control.freewheels)
            })
            .collect();
        let wanted = [(3, 0.25, true, false), (4, 0.0, false, true), (5, 1.0, false, false)];
        assert_eq!(controls, wanted);
        assert_eq!((ports.meters, ports.latency), (vec![6, 7], Some(1)));
        assert_eq!((ports.signals, ports.unconnected), (vec![8], vec![11]));
        let events = ports.events.map(|ports| {
            ports.into_iter().map(|p| (p.port, p.bytes, p.midi, p.position)).collect::<Vec<_>>()
        });
        let usual = SEQUENCE_BYTES as usize;
        assert_eq!(events, [vec![(9, 999_999, false, true)], vec![(10, usual, true, false)]]);
    }
}
