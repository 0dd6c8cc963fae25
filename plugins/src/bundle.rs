//! Where plug-ins are: the folders of each format, and the bundles in them.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use wavemill_core::session::PluginFormat;

/// How deep folders are looked through.
const MAX_DEPTH: usize = 8;

/// A file or folder that holds plug-ins of one format.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bundle {
    /// Where it is.
    pub path: PathBuf,
    /// Its format.
    pub format: PluginFormat,
}

/// Folders to look in, by format.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SearchFolders(Vec<(PluginFormat, PathBuf)>);

impl SearchFolders {
    /// The folders that the formats name for this system. `CLAP_PATH` and `VST3_PATH` are looked in
    /// as well; `LV2_PATH` takes their place, as LV2 hosts do. Relative ones begin at the folder
    /// this program runs in. `variable` gives the value of an environment variable.
    pub fn standard(variable: impl Fn(&str) -> Option<OsString>) -> Self {
        let set = |name: &str| variable(name).filter(|value| !value.is_empty());
        let listed = |name: &str| -> Vec<PathBuf> {
            let split = set(name).map(|value| std::env::split_paths(&value).collect::<Vec<_>>());
            let named = split.unwrap_or_default().into_iter();
            named.map(|folder| std::path::absolute(&folder).unwrap_or(folder)).collect()
        };
        let home = set("HOME").map(PathBuf::from);
        let mut folders = Vec::new();
        for (format, name) in [
            (PluginFormat::Clap, "CLAP_PATH"),
            (PluginFormat::Vst3, "VST3_PATH"),
            (PluginFormat::Lv2, "LV2_PATH"),
        ] {
            let named = listed(name);
            let instead = format == PluginFormat::Lv2 && !named.is_empty();
            folders.extend(named.into_iter().map(|folder| (format, folder)));
            if !instead {
                let standard = standard_folders(format, home.as_deref());
                folders.extend(standard.into_iter().map(|folder| (format, folder)));
            }
        }
        Self(folders)
    }

    /// The folders, in the order in which they are looked through.
    pub fn iter(&self) -> impl Iterator<Item = (PluginFormat, &Path)> {
        self.0.iter().map(|(format, folder)| (*format, folder.as_path()))
    }
}

#[cfg(target_os = "macos")]
fn standard_folders(format: PluginFormat, home: Option<&Path>) -> Vec<PathBuf> {
    let name = match format {
        PluginFormat::Clap => "CLAP",
        PluginFormat::Vst3 => "VST3",
        PluginFormat::Lv2 => "LV2",
    };
    let below = Path::new("Library/Audio/Plug-Ins").join(name);
    home.map(|home| home.join(&below)).into_iter().chain([Path::new("/").join(&below)]).collect()
}

#[cfg(not(target_os = "macos"))]
fn standard_folders(format: PluginFormat, home: Option<&Path>) -> Vec<PathBuf> {
    let name = match format {
        PluginFormat::Clap => "clap",
        PluginFormat::Vst3 => "vst3",
        PluginFormat::Lv2 => "lv2",
    };
    let home = home.map(|home| home.join(format!(".{name}")));
    let system = ["/usr/local/lib", "/usr/lib"].map(|lib| Path::new(lib).join(name));
    home.into_iter().chain(system).collect()
}

/// The format of what is at `path`, by its name and what is in it; `None` where it is no bundle.
fn format_of(path: &Path) -> Option<PluginFormat> {
    let ends = |end: &str| path.extension().is_some_and(|found| found.eq_ignore_ascii_case(end));
    if ends("clap") {
        Some(PluginFormat::Clap)
    } else if ends("vst3") {
        Some(PluginFormat::Vst3)
    } else if path.join("manifest.ttl").is_file() {
        Some(PluginFormat::Lv2)
    } else {
        None
    }
}

/// The bundles in `folders`, sorted by path, each once. Folders that cannot be read hold none.
pub fn find_bundles(folders: &SearchFolders) -> Vec<Bundle> {
    let mut looked = Looked::default();
    for (format, folder) in folders.iter() {
        looked.folders.clear();
        look_in(folder, Some(format), MAX_DEPTH, &mut looked);
    }
    looked.found.into_iter().collect()
}

/// The bundles at or below `path`, whatever their format.
pub fn bundles_below(path: &Path) -> Vec<Bundle> {
    let mut looked = Looked::default();
    match format_of(path) {
        Some(format) if path.exists() => {
            looked.found.insert(Bundle { path: path.to_owned(), format });
        }
        Some(_) => {}
        None => look_in(path, None, MAX_DEPTH, &mut looked),
    }
    looked.found.into_iter().collect()
}

/// What was found, and the folders that were looked in, by their own names: links may lead to them
/// again and again.
#[derive(Default)]
struct Looked {
    found: BTreeSet<Bundle>,
    folders: BTreeSet<PathBuf>,
}

fn look_in(folder: &Path, wanted: Option<PluginFormat>, depth: usize, looked: &mut Looked) {
    let Ok(own_name) = folder.canonicalize() else { return };
    if !looked.folders.insert(own_name) {
        return;
    }
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        match format_of(&path) {
            Some(format) if wanted.is_none_or(|wanted| wanted == format) => {
                looked.found.insert(Bundle { path, format });
            }
            Some(_) => {}
            None if depth > 0 && path.is_dir() => look_in(&path, wanted, depth - 1, looked),
            None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn touch(path: PathBuf) {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, "").unwrap();
    }

    #[test]
    fn bundles_are_found_by_format_once_and_in_order() {
        let root = tempfile::tempdir().unwrap();
        let at = |name: &str| root.path().join(name);
        touch(at("a/Gain One.clap"));
        touch(at("a/vendor/Größe.CLAP"));
        touch(at("a/Other.vst3/Contents/x86_64-linux/Other.so"));
        touch(at("l/amp.lv2/manifest.ttl"));
        touch(at("l/none.lv2/readme"));
        touch(at("a/notes.txt"));
        let lists = |name: &str| match name {
            "CLAP_PATH" => Some(std::env::join_paths([at("a"), at("a"), at("gone")]).unwrap()),
            "LV2_PATH" => Some(at("l").into_os_string()),
            "VST3_PATH" => Some(at("a").into_os_string()),
            _ => None,
        };
        let found = find_bundles(&SearchFolders::standard(lists));
        let ours: Vec<_> = found.iter().filter(|b| b.path.starts_with(root.path())).collect();
        let names: Vec<_> =
            ours.iter().map(|bundle| (bundle.format, bundle.path.clone())).collect();
        let expected = [
            (PluginFormat::Clap, at("a/Gain One.clap")),
            (PluginFormat::Vst3, at("a/Other.vst3")),
            (PluginFormat::Clap, at("a/vendor/Größe.CLAP")),
            (PluginFormat::Lv2, at("l/amp.lv2")),
        ];
        assert_eq!(names, expected);
        // LV2_PATH takes the place of the standard folders; the others are looked in as well.
        let folders = SearchFolders::standard(lists);
        let lv2: Vec<_> = folders.iter().filter(|(f, _)| *f == PluginFormat::Lv2).collect();
        assert_eq!(lv2, [(PluginFormat::Lv2, at("l").as_path())]);
        assert!(folders.iter().filter(|(f, _)| *f == PluginFormat::Clap).count() > 3);
    }

    #[test]
    fn what_is_named_may_be_a_bundle_or_a_folder_of_some() {
        let root = tempfile::tempdir().unwrap();
        let at = |name: &str| root.path().join(name);
        touch(at("x/b.clap"));
        touch(at("x/a.lv2/manifest.ttl"));
        let formats = |path: &Path| -> Vec<_> {
            bundles_below(path).into_iter().map(|bundle| bundle.format).collect()
        };
        assert_eq!(formats(&at("x")), [PluginFormat::Lv2, PluginFormat::Clap]);
        assert_eq!(formats(&at("x/b.clap")), [PluginFormat::Clap]);
        assert_eq!(formats(&at("x/none")), []);
        assert_eq!(formats(&at("x/none.clap")), []);
        // Links in circles lead nowhere new.
        std::os::unix::fs::symlink(at("x"), at("x/again")).unwrap();
        std::os::unix::fs::symlink("..", at("x/up")).unwrap();
        assert_eq!(formats(&at("x")), [PluginFormat::Lv2, PluginFormat::Clap]);
    }
}
