//! Presets as VST3 has them, in files that end in `.vstpreset`.
//!
//! The layout is the one that the VST3 documentation describes as *preset format*: `VST3`, a version,
//! the class's id as 32 characters, and where the list of chunks is; then the chunks, of which `Comp`
//! is the component's state and `Cont` the controller's; then the list. All numbers are little-endian.

use wavemill_core::session::PluginFormat;

use super::{Preset, PresetPlugin, Vst3State};

const MAGIC: &[u8; 4] = b"VST3";
const VERSION: i32 = 1;
const ID_BYTES: usize = 32;
/// Bytes before the chunks: the name, the version, the id and the place of the list.
const HEADER_BYTES: usize = 4 + 4 + ID_BYTES + 8;
/// Bytes of an entry of the list: a name, and two numbers.
const ENTRY_BYTES: usize = 4 + 8 + 8;
/// Most chunks that are looked at.
const MAX_CHUNKS: usize = 128;

/// True where `bytes` begin like one.
pub(super) fn is_one(bytes: &[u8]) -> bool {
    bytes.starts_with(MAGIC)
}

/// The preset in `bytes`, or what is wrong with it.
pub(super) fn read(bytes: &[u8]) -> Result<Preset, String> {
    let damaged = || "it is damaged, or was cut short".to_owned();
    let header = bytes.get(..HEADER_BYTES).ok_or_else(damaged)?;
    if header[4..8] != VERSION.to_le_bytes() {
        return Err("its version is not the one that there is".to_owned());
    }
    let id = std::str::from_utf8(&header[8..8 + ID_BYTES]).map_err(|_| damaged())?;
    if !id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(damaged());
    }
    let list = place(&header[8 + ID_BYTES..]).and_then(|at| bytes.get(at..)).ok_or_else(damaged)?;
    let list = list.strip_prefix(b"List").ok_or_else(damaged)?;
    let (count, entries) = list.split_first_chunk::<4>().ok_or_else(damaged)?;
    let count = usize::try_from(i32::from_le_bytes(*count)).map_err(|_| damaged())?;
    if count > MAX_CHUNKS || entries.len() < count * ENTRY_BYTES {
        return Err(damaged());
    }
    let mut state = Vst3State { component: Vec::new(), controller: Vec::new() };
    for entry in entries.chunks_exact(ENTRY_BYTES).take(count) {
        let (name, numbers) = entry.split_at(4);
        let (at, size) =
            (place(numbers).ok_or_else(damaged)?, place(&numbers[8..]).ok_or_else(damaged)?);
        let end = at.checked_add(size).ok_or_else(damaged)?;
        let chunk = bytes.get(at..end).ok_or_else(damaged)?;
        match name {
            b"Comp" => state.component = chunk.to_vec(),
            b"Cont" => state.controller = chunk.to_vec(),
            // Words about it, and programs of lists, are not what is set.
            _ => {}
        }
    }
    if state.component.is_empty() {
        return Err("it holds no state".to_owned());
    }
    let plugin = PresetPlugin {
        format: PluginFormat::Vst3,
        id: id.to_ascii_uppercase(),
        name: String::new(),
        version: String::new(),
    };
    Ok(Preset { plugin, parameters: Default::default(), state: Some(state.to_bytes()) })
}

/// `preset` as such a file; `None` where it is not a VST3 plug-in's state alone.
pub(super) fn to_bytes(preset: &Preset) -> Option<Vec<u8>> {
    let is_whole = preset.plugin.format == PluginFormat::Vst3 && preset.parameters.is_empty();
    let state = preset.state.as_ref().filter(|_| is_whole)?;
    let Vst3State { component, controller } = Vst3State::of_bytes(state).ok()?;
    let id = preset.plugin.id.as_bytes();
    if id.len() != ID_BYTES {
        return None;
    }
    let chunks = [(b"Comp", component), (b"Cont", controller)];
    let chunks: Vec<_> = chunks.iter().filter(|(_, chunk)| !chunk.is_empty()).collect();
    let sizes: usize = chunks.iter().map(|(_, chunk)| chunk.len()).sum();
    let mut bytes = MAGIC.to_vec();
    bytes.extend(VERSION.to_le_bytes());
    bytes.extend(id.to_ascii_uppercase());
    bytes.extend(number(HEADER_BYTES + sizes));
    let mut entries = Vec::new();
    for (name, chunk) in &chunks {
        entries.extend_from_slice(*name);
        entries.extend(number(bytes.len()));
        entries.extend(number(chunk.len()));
        bytes.extend(chunk);
    }
    bytes.extend(b"List");
    bytes.extend(i32::try_from(chunks.len()).unwrap_or(0).to_le_bytes());
    bytes.extend(entries);
    Some(bytes)
}

fn number(value: usize) -> [u8; 8] {
    i64::try_from(value).unwrap_or(i64::MAX).to_le_bytes()
}

/// The number that `bytes` begin with, as a place.
fn place(bytes: &[u8]) -> Option<usize> {
    usize::try_from(i64::from_le_bytes(*bytes.first_chunk()?)).ok()
}
