//! The presets that an LV2 plug-in's own bundle has for it.

use lilv::World;
use lilv::node::Node;
use lilv::plugin::Plugin;
use wavemill_plugins::PluginProgram;

use super::describe::{said, uri};

const PRESET: &str = "http://lv2plug.in/ns/ext/presets#Preset";
const LABEL: &str = "http://www.w3.org/2000/01/rdf-schema#label";

/// Most programs that are listed; what has more says nonsense.
const MAX_PROGRAMS: usize = 16_384;

/// The presets of `plugin`, by their URIs.
pub fn programs(world: &World, plugin: &Plugin) -> Vec<PluginProgram> {
    let label = world.new_uri(LABEL);
    let Some(presets) = plugin.related(Some(&world.new_uri(PRESET))) else { return Vec::new() };
    let program = |preset: Node| {
        // What it is called stands where it is described; one that is not there has no name.
        let _ = world.load_resource(&preset);
        let name = said(world.get(Some(&preset), Some(&label), None));
        PluginProgram { id: uri(&preset), name, parameter: None }
    };
    let mut programs: Vec<PluginProgram> = presets.iter().take(MAX_PROGRAMS).map(program).collect();
    programs.sort_by(|a, b| a.id.cmp(&b.id));
    programs
}

/// The preset of `plugin` with the URI `id`, ready to be loaded.
pub fn preset(world: &World, plugin: &Plugin, id: &str) -> Option<Node> {
    let known = programs(world, plugin);
    known.iter().any(|program| program.id == id).then(|| world.new_uri(id))
}
