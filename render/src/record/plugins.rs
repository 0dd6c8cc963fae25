//! The plug-ins of a record: which they are, on what machine they ran, and whether they repeat.

use serde::{Deserialize, Serialize};
use wavemill_core::session::PluginFormat;

/// A plug-in that took part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PluginRecord {
    /// Where it stands.
    pub node: String,
    /// Its format.
    pub format: PluginFormat,
    /// Its id in that format.
    pub id: String,
    /// Its version, as it writes it.
    pub version: String,
    /// SHA-256 of the files of its bundle, hexadecimal.
    pub bundle_sha256: String,
    /// SHA-256 of its state, hexadecimal; `None` where it started without one.
    pub state_sha256: Option<String>,
    /// SHA-256 of what its output may depend on beside the session and its bundle: the libraries and
    /// files it has open, the processor, and the conditions it ran under.
    pub machine_sha256: String,
    /// Frames that its output is waited for at least: with nothing set, or as far as it was seen to rise.
    pub latency_frames: u32,
    /// Whether it gives the same twice with what was set whenever that was found out; `None` where it
    /// never was.
    pub repeats: Option<bool>,
}
