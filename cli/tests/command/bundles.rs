//! Bundles of the test plug-ins, and a catalogue that knows them.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::support::{Place, command, run};

/// The library with the plug-ins of the tests, which is built with them.
pub fn library() -> PathBuf {
    let program = std::env::current_exe().unwrap();
    program.with_file_name("libwavemill_plugin_fixtures.so")
}

/// A folder of bundles, and a catalogue.
pub struct Bundles(pub Place);

impl Bundles {
    pub fn new(names: &[&str]) -> Self {
        let bundles = Self(Place::new());
        std::fs::create_dir(bundles.0.path("bundles")).unwrap();
        names.iter().for_each(|name| bundles.add(name));
        bundles
    }

    pub fn at(&self, name: &str) -> PathBuf {
        self.0.path("bundles").join(name)
    }

    pub fn add(&self, name: &str) {
        let path = self.at(&format!("{name}.clap"));
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::copy(library(), path).unwrap();
    }

    /// A VST3 bundle, and its path: all of the test plug-ins that are VST3s are in it.
    pub fn add_vst3(&self) -> PathBuf {
        let bundle = self.at("fixtures.vst3");
        let folder = bundle.join("Contents").join(format!("{}-linux", std::env::consts::ARCH));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::copy(library(), folder.join("fixtures.so")).unwrap();
        bundle
    }

    /// The same of LV2.
    pub fn add_lv2(&self) -> PathBuf {
        let bundle = self.at("fixtures.lv2");
        let texts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../plugins/fixtures/lv2");
        std::fs::create_dir_all(&bundle).unwrap();
        std::fs::copy(library(), bundle.join("fixtures.so")).unwrap();
        for text in ["manifest.ttl", "fixtures.ttl"] {
            std::fs::copy(texts.join(text), bundle.join(text)).unwrap();
        }
        bundle
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = command();
        command.arg("plugins").args(arguments);
        command.args(["--catalogue", &self.0.text("catalogue")]);
        command
    }

    /// Scans the folder and gives the summary.
    pub fn scan(&self, arguments: &[&str]) -> Value {
        let folder = self.0.text("bundles");
        let all = [&["scan", "--json", "--quiet", "--path", &folder], arguments].concat();
        let outcome = run(&mut self.command(&all));
        let summary = outcome.json();
        let failed = summary["failed"].as_u64().unwrap();
        assert_eq!(outcome.code, Some(i32::from(failed > 0)), "{outcome:?}");
        summary
    }

    pub fn json(&self, arguments: &[&str]) -> Value {
        let outcome = run(&mut self.command(&[arguments, &["--json"]].concat()));
        assert_eq!(outcome.code, Some(0), "{outcome:?}");
        outcome.json()
    }

    /// The ids that are listed, without what they have in common.
    pub fn listed(&self) -> Vec<String> {
        let list = self.json(&["list"]);
        let id = |row: &Value| row["id"].as_str().unwrap().to_owned();
        let ids = list.as_array().unwrap().iter().map(id);
        ids.map(|id| id.trim_start_matches("org.wavemill.test.").to_owned()).collect()
    }

    /// What the blocklist says: the file's name and the kind of each failure.
    pub fn blocked(&self) -> Vec<(String, String, String)> {
        let list = self.json(&["blocklist"]);
        let row = |row: &Value| {
            let name = Path::new(row["path"].as_str().unwrap()).file_name().unwrap();
            let text = |key: &str| row[key].as_str().unwrap().to_owned();
            (name.to_str().unwrap().to_owned(), text("kind"), text("what"))
        };
        list.as_array().unwrap().iter().map(row).collect()
    }
}

/// The id of the VST3 test plug-in whose class id ends in `name`.
pub fn vst3_id(name: &str) -> String {
    format!("WavemillTest{name}").bytes().map(|byte| format!("{byte:02X}")).collect()
}

/// The URI of the LV2 test plug-in `name`.
pub fn lv2_id(name: &str) -> String {
    format!("urn:wavemill:test:{name}")
}
