//! Bundles of the library with the test plug-ins.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::run::Opened;

/// A folder with a bundle of each format.
pub struct Bundles(TempDir);

impl Bundles {
    pub fn new() -> Self {
        let bundles = Self(tempfile::tempdir().unwrap());
        let program = std::env::current_exe().unwrap();
        let library = program.with_file_name("libwavemill_plugin_fixtures.so");
        let texts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/lv2");
        let contents = format!("fixtures.vst3/Contents/{}-linux", std::env::consts::ARCH);
        let copies = [
            (library.clone(), format!("{contents}/fixtures.so")),
            (library.clone(), "echo+flood+mpe.clap".to_owned()),
            (library, "fixtures.lv2/fixtures.so".to_owned()),
            (texts.join("manifest.ttl"), "fixtures.lv2/manifest.ttl".to_owned()),
            (texts.join("fixtures.ttl"), "fixtures.lv2/fixtures.ttl".to_owned()),
        ];
        for (from, to) in copies {
            let to = bundles.at(&to);
            std::fs::create_dir_all(to.parent().unwrap()).unwrap();
            std::fs::copy(from, to).unwrap();
        }
        bundles
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// The CLAP plug-in whose id ends so: one of those in the file's name.
    pub fn clap(&self, name: &str) -> Opened {
        let id = format!("org.wavemill.test.{name}");
        crate::clap::open(&self.at("echo+flood+mpe.clap"), &id).unwrap()
    }

    /// The VST3 plug-in whose class id ends so.
    pub fn vst3(&self, name: &str) -> Opened {
        let id: String =
            format!("WavemillTest{name}").bytes().map(|byte| format!("{byte:02X}")).collect();
        crate::vst3::open(&self.at("fixtures.vst3"), &id).unwrap()
    }

    /// The LV2 plug-in whose URI ends so.
    pub fn lv2(&self, name: &str) -> Opened {
        let (path, id) = self.of_lv2(name);
        crate::lv2::open(&path, &id).unwrap()
    }

    /// Its bundle and its URI.
    pub fn of_lv2(&self, name: &str) -> (PathBuf, String) {
        (self.at("fixtures.lv2"), format!("urn:wavemill:test:{name}"))
    }
}
