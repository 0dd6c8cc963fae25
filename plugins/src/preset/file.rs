//! A preset, and the file it is in.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

use serde::{Deserialize, Serialize};
use wavemill_core::session::{PluginFormat, PluginSlot};
use wavemill_media::audio::{WriteError, write_whole};

use super::vstpreset;
use crate::description::PluginDescription;
use crate::digest::hex;
use crate::format::format_title;

/// The most bytes of a file; twice a state's, which is in hexadecimal digits, and some.
const MAX_FILE_BYTES: u64 = 600 << 20;

/// What is set in a plug-in.
#[derive(Clone, Debug, PartialEq)]
pub struct Preset {
    /// Which one.
    pub plugin: PresetPlugin,
    /// Values that are set once the state is restored, by the ids of parameters.
    pub parameters: BTreeMap<String, f64>,
    /// Its state, as only it understands it.
    pub state: Option<Vec<u8>>,
}

/// The plug-in that a preset is of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PresetPlugin {
    /// Its format.
    pub format: PluginFormat,
    /// Its id in that format.
    pub id: String,
    /// Its name for people.
    #[serde(default)]
    pub name: String,
    /// Its version when the preset was made.
    #[serde(default)]
    pub version: String,
}

/// The file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    /// The version of this format.
    wavemill_preset: u32,
    plugin: PresetPlugin,
    #[serde(default)]
    parameters: BTreeMap<String, f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    state: Option<String>,
}

/// The version of the format.
const VERSION: u32 = 1;

/// A preset that cannot be read or used.
#[derive(Debug, thiserror::Error)]
pub enum PresetError {
    /// The file cannot be read.
    #[error("the preset '{path}' cannot be read ({reason}): name a file that can be")]
    Read {
        /// The file.
        path: String,
        /// The system's words.
        reason: String,
    },
    /// The file is no preset.
    #[error(
        "'{path}' is no preset: {what}; 'wavemill plugins preset save' writes some, and VST3 plug-ins \
         have those whose names end in .vstpreset"
    )]
    NotAPreset {
        /// The file.
        path: String,
        /// What is wrong with it.
        what: String,
    },
    /// It is one of another plug-in.
    #[error("the preset '{path}' is of {found} and not of {wanted}: choose one of that plug-in")]
    OtherPlugin {
        /// The file.
        path: String,
        /// What it is of.
        found: String,
        /// What it was to be of.
        wanted: String,
    },
    /// It has what its file's format cannot hold.
    #[error(
        "'{path}' cannot hold this preset: a .vstpreset is for the state of a VST3 plug-in and nothing \
         else; choose a name with another ending"
    )]
    NotForVst3 {
        /// The file.
        path: String,
    },
    /// It cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

impl PresetPlugin {
    /// The plug-in that `description` describes.
    pub fn of(description: &PluginDescription) -> Self {
        let PluginDescription { format, id, name, version, .. } = description.clone();
        Self { format, id, name, version }
    }

    /// The plug-in of an insert.
    pub fn of_slot(slot: &PluginSlot) -> Self {
        let PluginSlot { format, id, name, version, .. } = slot.clone();
        Self { format, id, name, version }
    }

    fn told(&self) -> String {
        format!("the {} plug-in '{}'", format_title(self.format), self.id)
    }
}

impl Preset {
    /// Reads the preset in the file `path`.
    ///
    /// # Errors
    /// [`PresetError::Read`] and [`PresetError::NotAPreset`].
    pub fn read(path: &Path) -> Result<Self, PresetError> {
        let shown = || path.display().to_string();
        let io =
            |error: std::io::Error| PresetError::Read { path: shown(), reason: error.to_string() };
        let mut bytes = Vec::new();
        let file = std::fs::File::open(path).map_err(io)?;
        file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(io)?;
        let read = match bytes.len() as u64 > MAX_FILE_BYTES {
            true => Err(format!("it has more than {} MiB", MAX_FILE_BYTES >> 20)),
            false if vstpreset::is_one(&bytes) => vstpreset::read(&bytes),
            false => of_json(&bytes),
        };
        read.map_err(|what| PresetError::NotAPreset { path: shown(), what })
    }

    /// Writes it to the file `path`: as VST3 has it where its name ends in `.vstpreset`. One that is
    /// there is replaced where `overwrite`.
    ///
    /// # Errors
    /// [`PresetError::NotForVst3`] and [`PresetError::Write`].
    pub fn write(&self, path: &Path, overwrite: bool) -> Result<(), PresetError> {
        let bytes = match has_vst3_name(path) {
            true => vstpreset::to_bytes(self)
                .ok_or_else(|| PresetError::NotForVst3 { path: path.display().to_string() })?,
            false => self.to_json(),
        };
        write_whole(path, overwrite, |write| write(&bytes).map(|()| true))?;
        Ok(())
    }

    /// Checks that it is one of `plugin`; `path` is where it was.
    ///
    /// # Errors
    /// [`PresetError::OtherPlugin`].
    pub fn check(&self, plugin: &PresetPlugin, path: &Path) -> Result<(), PresetError> {
        match (self.plugin.format, &self.plugin.id) == (plugin.format, &plugin.id) {
            true => Ok(()),
            false => Err(PresetError::OtherPlugin {
                path: path.display().to_string(),
                found: self.plugin.told(),
                wanted: plugin.told(),
            }),
        }
    }

    fn to_json(&self) -> Vec<u8> {
        let Self { plugin, parameters, state } = self.clone();
        let state = state.map(|state| hex(&state));
        let document = Document { wavemill_preset: VERSION, plugin, parameters, state };
        let mut json = serde_json::to_vec_pretty(&document).unwrap_or_default();
        json.push(b'\n');
        json
    }
}

/// True where a file of that name is to be one of VST3's own.
fn has_vst3_name(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("vstpreset"))
}

fn of_json(bytes: &[u8]) -> Result<Preset, String> {
    let document: Document = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    let Document { wavemill_preset, plugin, parameters, state } = document;
    if wavemill_preset != VERSION {
        return Err(format!("its version is {wavemill_preset}, and this program reads {VERSION}"));
    }
    let state = state.map(|digits| of_hex(&digits).ok_or("its state is not in hexadecimal digits"));
    Ok(Preset { plugin, parameters, state: state.transpose()? })
}

fn of_hex(digits: &str) -> Option<Vec<u8>> {
    let (pairs, rest) = digits.as_bytes().as_chunks::<2>();
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let byte = |[high, low]: &[u8; 2]| Some(digit(*high)? << 4 | digit(*low)?);
    rest.is_empty().then(|| pairs.iter().map(byte).collect())?
}

#[cfg(test)]
mod tests {
    use super::super::Vst3State;
    use super::*;

    fn preset(format: PluginFormat, id: &str, state: Option<Vec<u8>>) -> Preset {
        let (id, name, version) = (id.to_owned(), "Thing".to_owned(), "1.2".to_owned());
        let plugin = PresetPlugin { format, id, name, version };
        let parameters = BTreeMap::from([("5".to_owned(), -20.5), ("x y".to_owned(), 1e-300)]);
        Preset { plugin, parameters, state }
    }

    #[test]
    fn what_is_written_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json");
        for state in [None, Some(vec![]), Some((0..=255).collect())] {
            let kept = preset(PluginFormat::Clap, "org.x", state);
            kept.write(&path, true).unwrap();
            assert_eq!(Preset::read(&path).unwrap(), kept);
        }
        let again = preset(PluginFormat::Clap, "org.x", None).write(&path, false).unwrap_err();
        assert!(matches!(again, PresetError::Write(WriteError::Exists { .. })), "{again}");
    }

    #[test]
    fn a_preset_of_vst3_is_read_again_and_takes_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.VSTPreset");
        let id = "0123456789ABCDEF0123456789ABCDEF";
        let state = Vst3State { component: vec![1, 2, 3], controller: vec![9] };
        let mut kept = preset(PluginFormat::Vst3, id, Some(state.to_bytes()));
        let refused = kept.write(&path, true).unwrap_err();
        assert!(matches!(refused, PresetError::NotForVst3 { .. }), "{refused}");
        kept.parameters.clear();
        kept.write(&path, true).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        assert_eq!(bytes[..8], *b"VST3\x01\0\0\0");
        assert_eq!(bytes[8..40], *id.as_bytes());
        let read = Preset::read(&path).unwrap();
        assert_eq!((read.plugin.id.as_str(), read.state), (id, kept.state.clone()));
        for cut in 0..bytes.len() {
            std::fs::write(&path, &bytes[..cut]).unwrap();
            assert!(Preset::read(&path).is_err(), "{cut}");
        }
        let other = Preset { plugin: preset(PluginFormat::Lv2, id, None).plugin, ..kept };
        let refused = other.write(&path, true).unwrap_err();
        assert!(matches!(refused, PresetError::NotForVst3 { .. }), "{refused}");
    }

    #[test]
    fn what_is_no_preset_is_refused_and_says_why() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bad");
        let plugin = r#""plugin": {"format": "clap", "id": "x"}"#;
        for (text, word) in [
            (String::new(), "EOF"),
            ("{}".to_owned(), "wavemill_preset"),
            (format!(r#"{{"wavemill_preset": 2, {plugin}}}"#), "version is 2"),
            (format!(r#"{{"wavemill_preset": 1, {plugin}, "state": "0"}}"#), "hexadecimal"),
            (format!(r#"{{"wavemill_preset": 1, {plugin}, "state": "0g"}}"#), "hexadecimal"),
            (format!(r#"{{"wavemill_preset": 1, {plugin}, "state": "+1"}}"#), "hexadecimal"),
            (format!(r#"{{"wavemill_preset": 1, {plugin}, "more": 1}}"#), "more"),
        ] {
            std::fs::write(&path, &text).unwrap();
            let error = Preset::read(&path).unwrap_err().to_string();
            assert!(error.contains(word) && error.contains("bad"), "{text}: {error}");
        }
        assert!(
            Preset::read(&folder.path().join("none")).unwrap_err().to_string().contains("none")
        );
    }

    #[test]
    fn a_preset_is_of_one_plug_in() {
        let clap = preset(PluginFormat::Clap, "a", None);
        let path = Path::new("p");
        assert!(clap.check(&clap.plugin, path).is_ok());
        for other in [preset(PluginFormat::Clap, "b", None), preset(PluginFormat::Lv2, "a", None)] {
            let error = clap.check(&other.plugin, path).unwrap_err().to_string();
            assert!(error.contains("the CLAP plug-in 'a'"), "{error}");
        }
    }
}
