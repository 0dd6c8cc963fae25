//! Names of copied files: those of their sources, made safe for every file system.

use std::path::Path;

/// The longest stem kept, in bytes, so that a number still fits behind it.
const MAX_STEM_BYTES: usize = 180;

/// Splits the name of `source` into a stem and an extension (with its dot) that are safe on every
/// file system: neither empty, hidden, nor of characters that mean something elsewhere.
pub(super) fn safe_name(source: &Path) -> (String, String) {
    let part = |text: Option<&std::ffi::OsStr>| {
        text.map(|text| text.to_string_lossy().into_owned()).unwrap_or_default()
    };
    let mut stem = String::new();
    for character in part(source.file_stem()).chars() {
        if stem.len() + character.len_utf8() > MAX_STEM_BYTES {
            break;
        }
        stem.push(safe(character));
    }
    let stem = stem.trim_matches([' ', '.']);
    let stem = if stem.is_empty() { "audio" } else { stem };
    let extension: String = part(source.extension()).chars().take(8).map(safe).collect();
    let extension = if extension.is_empty() { extension } else { format!(".{extension}") };
    (stem.to_owned(), extension)
}

/// The name of a track made from `source`.
pub(super) fn track_name(source: &Path) -> String {
    let stem = source.file_stem().unwrap_or(source.as_os_str()).to_string_lossy();
    let name: String = stem.chars().filter(|character| !character.is_control()).collect();
    let name = name.trim();
    if name.is_empty() { "Audio".to_owned() } else { name.to_owned() }
}

fn safe(character: char) -> char {
    if character.is_control() || r#"<>:"/\|?*"#.contains(character) { '_' } else { character }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::folder::numbered;

    fn name(source: &str) -> String {
        let (stem, extension) = safe_name(Path::new(source));
        numbered(&stem, &extension, 1)
    }

    #[test]
    fn usual_names_stay() {
        assert_eq!(name("/a/01 Kick (room).wav"), "01 Kick (room).wav");
        assert_eq!(name("Glück.FLAC"), "Glück.FLAC");
        assert_eq!(numbered("kick", ".wav", 3), "kick-3.wav");
    }

    #[test]
    fn unsafe_names_are_made_safe() {
        assert_eq!(name("a:b?\n.wav"), "a_b__.wav");
        assert_eq!(name("... .wav"), "audio.wav");
        assert_eq!(name(".hidden"), "hidden");
        assert_eq!(name("bare"), "bare");
        assert_eq!(name(&format!("{}.wav", "ü".repeat(200))).len(), MAX_STEM_BYTES + 4);
    }

    #[test]
    fn tracks_are_called_as_their_files() {
        assert_eq!(track_name(Path::new("/a/01 Kick.take2.wav")), "01 Kick.take2");
        assert_eq!(track_name(Path::new("/a/\u{1}.wav")), "Audio");
    }
}
