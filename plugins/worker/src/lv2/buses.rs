//! The audio ports of a plug-in, in groups.

use lilv::node::Node;
use lilv::plugin::Plugin;
use wavemill_plugins::AudioBus;

use super::describe::said;
use super::terms::Terms;

/// A group of ports, and which ports it has, in order.
pub struct Bus {
    pub bus: AudioBus,
    pub ports: Vec<usize>,
}

/// The buses of `[inputs, outputs]`, the main ones first.
pub fn buses(terms: &Terms, plugin: &Plugin) -> [Vec<Bus>; 2] {
    [(&terms.input, &terms.main[0]), (&terms.output, &terms.main[1])]
        .map(|(direction, main)| of_direction(terms, plugin, direction, main))
}

/// Audio ports in groups: those of one `pg:group` together; of the others those that are no side
/// chain, which are the main ones where no group is said to be; then the side chain.
fn of_direction(terms: &Terms, plugin: &Plugin, direction: &Node, main: &Node) -> Vec<Bus> {
    let main = plugin.value(main).iter().next().map(|node| node.turtle_token());
    // In the order of the ports: the group's token, its name, and its ports.
    let mut groups: Vec<(Option<String>, bool, String, Vec<usize>)> = Vec::new();
    for port in plugin.iter_ports().filter(|p| p.is_a(direction) && p.is_a(&terms.audio)) {
        let group = port.get(&terms.group);
        let token = group.as_ref().map(Node::turtle_token);
        let side = token.is_none() && port.has_property(&terms.side_chain);
        if let Some(found) = groups.iter_mut().find(|(t, s, ..)| *t == token && *s == side) {
            found.3.push(port.index());
            continue;
        }
        let label = group.and_then(|group| terms.world.get(Some(&group), Some(&terms.label), None));
        let name = match (said(label), side) {
            (label, _) if !label.is_empty() => label,
            (_, true) => "side chain".to_owned(),
            (_, false) => "main".to_owned(),
        };
        groups.push((token, side, name, vec![port.index()]));
    }
    let first = groups.iter().position(|(token, side, ..)| match &main {
        Some(main) => token.as_ref() == Some(main),
        None => !side,
    });
    let bus = |(index, (_, _, name, ports)): (usize, (_, _, _, Vec<usize>))| Bus {
        bus: AudioBus {
            name,
            channels: u32::try_from(ports.len()).unwrap_or(u32::MAX),
            main: Some(index) == first,
        },
        ports,
    };
    let mut buses: Vec<Bus> = groups.into_iter().enumerate().map(bus).collect();
    buses.sort_by_key(|bus| !bus.bus.main);
    buses
}
