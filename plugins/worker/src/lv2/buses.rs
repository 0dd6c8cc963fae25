//! The audio ports of a plug-in, in groups.

use lilv::node::Node;
use lilv::plugin::Plugin;
use lilv::port::Port;
use wavemill_core::process::{MAX_FURTHER_OUTPUTS, MAX_SIDECHAINS};
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
    [
        (&terms.input, &terms.main[0], MAX_SIDECHAINS),
        (&terms.output, &terms.main[1], MAX_FURTHER_OUTPUTS),
    ]
    .map(|(direction, main, further)| {
        let main = plugin.value(main).iter().next().map(|node| node.turtle_token());
        let ports = || plugin.iter_ports().filter(|p| p.is_a(direction) && p.is_a(&terms.audio));
        let token = |port: Port| port.get(&terms.group).map(|group| group.turtle_token());
        // A group that no port is in is none.
        let main = main.filter(|main| ports().any(|port| token(port).as_ref() == Some(main)));
        let room_in_main = if main.is_none() { MAIN_PORTS } else { 0 };
        let buses = grouped(terms, ports(), main.as_ref(), room_in_main);
        // What has more ports than can be routed has them in one bus.
        match buses.len() > further + 1 {
            true => grouped(terms, ports(), main.as_ref(), usize::MAX),
            false => buses,
        }
    })
}

/// What ports of one bus have in common.
#[derive(PartialEq)]
enum Belongs {
    /// To this `pg:group`.
    To(String),
    /// To those that are the main bus of most plug-ins.
    Main,
    /// To its side chain.
    SideChain,
    /// To no other port.
    Alone(usize),
}

/// Ports that are no side chain and in no group, and belong together: one for each side. What there is
/// beyond them is something else, such as the single drums of a kit.
const MAIN_PORTS: usize = 2;

/// Audio ports in groups: those of one `pg:group` together; of the others the side chain; as many as
/// there is room for together; and each further one alone. The group `main` comes first, and where
/// there is none, the first that is no side chain.
fn grouped(
    terms: &Terms,
    ports: impl Iterator<Item = Port>,
    main: Option<&String>,
    mut room_in_main: usize,
) -> Vec<Bus> {
    let mut buses: Vec<(Belongs, Bus)> = Vec::new();
    for port in ports {
        let group = port.get(&terms.group);
        let belongs = match &group {
            Some(group) => Belongs::To(group.turtle_token()),
            None if port.has_property(&terms.side_chain) => Belongs::SideChain,
            None if room_in_main > 0 => {
                room_in_main -= 1;
                Belongs::Main
            }
            None => Belongs::Alone(port.index()),
        };
        let found = buses.iter_mut().find(|(other, _)| *other == belongs);
        if let Some((_, Bus { bus, ports })) = found {
            bus.channels = bus.channels.saturating_add(1);
            ports.push(port.index());
            continue;
        }
        let name = name(terms, &belongs, group.as_ref(), &port);
        let bus = AudioBus { name, channels: 1, main: false };
        buses.push((belongs, Bus { bus, ports: vec![port.index()] }));
    }
    let first = buses.iter().position(|(belongs, _)| match main {
        Some(main) => *belongs == Belongs::To(main.clone()),
        None => *belongs != Belongs::SideChain,
    });
    let mut buses: Vec<Bus> = buses.into_iter().map(|(_, bus)| bus).collect();
    if let Some(first) = first {
        buses[first].bus.main = true;
        buses[..=first].rotate_right(1);
    }
    buses
}

/// What a bus is called that begins with `port`.
fn name(terms: &Terms, belongs: &Belongs, group: Option<&Node>, port: &Port) -> String {
    let of_port = || said(port.name());
    match belongs {
        Belongs::To(_) => {
            let label =
                group.and_then(|group| terms.world.get(Some(group), Some(&terms.label), None));
            match said(label) {
                label if label.is_empty() => "main".to_owned(),
                label => label,
            }
        }
        Belongs::Main => "main".to_owned(),
        Belongs::SideChain => "side chain".to_owned(),
        Belongs::Alone(_) if of_port().is_empty() => said(port.symbol()),
        Belongs::Alone(_) => of_port(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lv2::tests::bundle::Bundle;

    /// Name, whether it is the main one, and ports of each bus.
    fn listed(statement: &str, ports: &[&str]) -> [Vec<(String, bool, Vec<usize>)>; 2] {
        let bundle = Bundle::new(statement, ports);
        let world = bundle.world();
        let (terms, plugin) = (Terms::new(&world), Bundle::plugin(&world));
        buses(&terms, &plugin).map(|buses| {
            let all = buses.into_iter().inspect(|bus| {
                assert_eq!(bus.bus.channels as usize, bus.ports.len());
            });
            all.map(|bus| (bus.bus.name, bus.bus.main, bus.ports)).collect()
        })
    }

    const OUT: &str = "lv2:OutputPort, lv2:AudioPort";
    const IN: &str = "lv2:InputPort, lv2:AudioPort";

    #[test]
    fn what_is_in_no_group_beyond_two_ports_stands_alone() {
        let side = format!("{IN} ; lv2:portProperty lv2:isSideChain");
        let [inputs, outputs] = listed("", &[OUT, OUT, OUT, IN, &side, IN, IN, OUT]);
        let bus = |name: &str, main, ports: &[usize]| (name.to_owned(), main, ports.to_vec());
        assert_eq!(
            outputs,
            [bus("main", true, &[0, 1]), bus("Port", false, &[2]), bus("Port", false, &[7])]
        );
        let wanted =
            [bus("main", true, &[3, 5]), bus("side chain", false, &[4]), bus("Port", false, &[6])];
        assert_eq!(inputs, wanted);
        assert_eq!(listed("", &[OUT])[1], [bus("main", true, &[0])]);
    }

    #[test]
    fn more_ports_than_can_be_routed_are_one_bus() {
        let [inputs, outputs] = listed("", &[&[IN; 18][..], &[OUT; 18]].concat());
        assert_eq!((inputs.len(), outputs.len()), (17, 17));
        let [inputs, outputs] = listed("", &[&[IN; 19][..], &[OUT; 67]].concat());
        assert_eq!((inputs.len(), inputs[0].2.len()), (1, 19));
        assert_eq!((outputs.len(), outputs[0].2.len()), (1, 67));
    }

    #[test]
    fn a_group_that_is_the_main_one_leaves_all_others_alone() {
        let grouped = format!("{OUT} ; pg:group <urn:group>");
        let main = "pg:mainOutput <urn:group>";
        let [_, outputs] = listed(main, &[OUT, &grouped, OUT, &grouped]);
        let names: Vec<(bool, Vec<usize>)> =
            outputs.into_iter().map(|(_, main, ports)| (main, ports)).collect();
        assert_eq!(names, [(true, vec![1, 3]), (false, vec![0]), (false, vec![2])]);
        // One that no port is in is none.
        let [_, outputs] = listed("pg:mainOutput <urn:other>", &[OUT, &grouped, OUT, OUT]);
        let ports: Vec<Vec<usize>> = outputs.into_iter().map(|(.., ports)| ports).collect();
        assert_eq!(ports, [vec![0, 2], vec![1], vec![3]]);
        // Where the first is in a group, that is the main one.
        let [_, outputs] = listed("", &[&grouped, &grouped, OUT, OUT, OUT]);
        let wanted = [(true, vec![0, 1]), (false, vec![2, 3]), (false, vec![4])];
        let found = outputs.into_iter().map(|(_, main, ports)| (main, ports));
        assert_eq!(found.collect::<Vec<_>>(), wanted);
    }
}
