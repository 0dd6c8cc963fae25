//! A bundle of one plug-in that has no code, for what is told before any runs.

use lilv::World;
use lilv::plugin::Plugin;

use crate::lv2::describe::{uri, world_of};

/// The bundle. It is there for as long as this.
pub struct Bundle {
    folder: std::path::PathBuf,
}

const PREFIXES: &str = "\
    @prefix lv2: <http://lv2plug.in/ns/lv2core#> .\n\
    @prefix doap: <http://usefulinc.com/ns/doap#> .\n\
    @prefix bufsz: <http://lv2plug.in/ns/ext/buf-size#> .\n\
    @prefix atom: <http://lv2plug.in/ns/ext/atom#> .\n\
    @prefix pset: <http://lv2plug.in/ns/ext/presets#> .\n\
    @prefix state: <http://lv2plug.in/ns/ext/state#> .\n\
    @prefix midi: <http://lv2plug.in/ns/ext/midi#> .\n\
    @prefix rsz: <http://lv2plug.in/ns/ext/resize-port#> .\n\
    @prefix pg: <http://lv2plug.in/ns/ext/port-groups#> .\n\
    @prefix time: <http://lv2plug.in/ns/ext/time#> .\n";

impl Bundle {
    pub const ID: &str = "urn:wavemill:test";

    /// With one more statement of the plug-in, which may be empty, and ports of these types.
    pub fn new(statement: &str, ports: &[&str]) -> Self {
        let mut text =
            format!("<{}> a lv2:Plugin ; lv2:binary <none.so> ; doap:name \"Test\"", Self::ID);
        if !statement.is_empty() {
            text += &format!(" ;\n{statement}");
        }
        for (index, port) in ports.iter().enumerate() {
            text += &format!(
                " ;\nlv2:port [ lv2:index {index} ; lv2:symbol \"port_{index}\" ; \
                 lv2:name \"Port\" ; a {port} ]"
            );
        }
        Self::of_text(&(text + " .\n"))
    }

    /// With this text behind the names of vocabularies.
    pub fn of_text(text: &str) -> Self {
        let thread = std::thread::current().id();
        let name = format!("wavemill-lv2-{}-{thread:?}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("manifest.ttl"), format!("{PREFIXES}{text}")).unwrap();
        Self { folder }
    }

    pub fn path(&self) -> &std::path::Path {
        &self.folder
    }

    pub fn world(&self) -> World {
        world_of(&self.folder).unwrap()
    }

    /// The plug-in of a world of this bundle.
    pub fn plugin(world: &World) -> Plugin {
        let plugin = world.plugins().iter().find(|plugin| uri(&plugin.uri()) == Self::ID);
        plugin.unwrap()
    }
}

impl Drop for Bundle {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
