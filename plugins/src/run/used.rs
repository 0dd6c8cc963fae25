//! The plug-ins that took part in the renders of a library.

use wavemill_core::session::PluginSlot;

use super::verdict::Verdicts;

/// A plug-in that took part, as far as its output depends on it.
#[derive(Clone, Debug, PartialEq)]
pub struct UsedPlugin {
    /// Where it stands.
    pub node: String,
    /// What it is, with the version that is installed.
    pub slot: PluginSlot,
    /// SHA-256 of the files of its bundle, in hexadecimal digits.
    pub bundle_sha256: String,
    /// SHA-256 of what belongs to the machine: open files and libraries, processor, conditions.
    pub machine_sha256: [u8; 32],
    /// Frames that a render waits for its output at least: with nothing set, or as far as it rose.
    pub latency_frames: u32,
    /// Whether it gives the same twice, where that is known.
    pub repeats: Option<bool>,
}

/// The same, with the place where more may be known later.
#[derive(Clone, Debug)]
pub(super) struct Using {
    pub(super) plugin: UsedPlugin,
    pub(super) verdicts: Verdicts,
}

impl Using {
    /// As it is known now.
    pub(super) fn now(&self) -> UsedPlugin {
        UsedPlugin { repeats: self.verdicts.known(), ..self.plugin.clone() }
    }
}
