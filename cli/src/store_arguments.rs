//! Where the store is: `--cache`, `--no-cache`, the environment, or the user's cache folder.

use std::path::PathBuf;

use clap::Args;
use wavemill_plugins::Catalogue;
use wavemill_render::store::{DEFAULT_QUOTA_BYTES, Store};

use crate::failure::Failure;
use crate::output;

/// The folder, or `off`.
const FOLDER_VARIABLE: &str = "WAVEMILL_CACHE";
/// The folder of what is known of plug-ins.
const CATALOGUE_VARIABLE: &str = "WAVEMILL_PLUGINS";
/// The quota, such as `20GB`.
const QUOTA_VARIABLE: &str = "WAVEMILL_CACHE_QUOTA";

/// The store of a render.
#[derive(Debug, Args)]
pub struct StoreArguments {
    /// Folder of the store, which keeps what was rendered; $WAVEMILL_CACHE or the user's cache
    /// folder where left out.
    #[arg(long, value_name = "DIR", conflicts_with = "no_cache")]
    cache: Option<PathBuf>,
    /// Render everything, and keep nothing of it.
    #[arg(long)]
    no_cache: bool,
}

impl StoreArguments {
    /// True where what is rendered may be kept.
    pub fn keeps(&self) -> bool {
        !self.no_cache && (self.cache.is_some() || default_folder().is_some())
    }

    /// The store to use, if any. A store that nobody asked for by name and that cannot be used is
    /// a warning.
    pub fn open(&self, quiet: bool) -> Result<Option<Store>, Failure> {
        if self.no_cache {
            return Ok(None);
        }
        if self.cache.is_some() {
            return open_named(self.cache.clone()).map(Some);
        }
        let Some(folder) = default_folder() else { return Ok(None) };
        match Store::open(&folder, quota_bytes()?) {
            Ok(store) => Ok(Some(store)),
            Err(error) => {
                if !quiet {
                    output::note(&format!("warning: {error}"));
                }
                Ok(None)
            }
        }
    }
}

/// The store in `folder`, which must be there, or where the environment or the system says.
pub fn open_existing(folder: Option<PathBuf>) -> Result<Store, Failure> {
    if let Some(folder) = folder.as_ref().filter(|folder| !folder.is_dir()) {
        return Err(Failure::file_system(format!(
            "there is no store in '{}': give the folder of one, or leave --cache out",
            folder.display()
        )));
    }
    open_named(folder)
}

fn open_named(folder: Option<PathBuf>) -> Result<Store, Failure> {
    let folder = folder.or_else(default_folder).ok_or_else(|| {
        Failure::usage(format!(
            "there is no store: {FOLDER_VARIABLE} is 'off' or HOME is not set; give a folder with \
             --cache DIR"
        ))
    })?;
    Store::open(&folder, quota_bytes()?).map_err(Failure::file_system)
}

fn default_folder() -> Option<PathBuf> {
    match variable(FOLDER_VARIABLE) {
        Some(folder) if folder == "off" => None,
        Some(folder) => Some(folder.into()),
        None => Some(user_caches()?.join("wavemill")),
    }
}

/// Where what is known of plug-ins is kept, if nobody says otherwise.
pub fn catalogue_folder() -> Option<PathBuf> {
    let named = variable(CATALOGUE_VARIABLE).map(PathBuf::from);
    named.or_else(|| Some(user_caches()?.join("wavemill-plugins")))
}

/// What scans have found for this user. Without a place for it, nothing is known of any plug-in.
pub fn user_catalogue() -> Catalogue {
    let folder = catalogue_folder().unwrap_or_else(|| PathBuf::from("/nonexistent"));
    Catalogue::at(&folder)
}

/// The folder in which programs of this user keep what they can make again.
fn user_caches() -> Option<PathBuf> {
    let home = || variable("HOME").map(PathBuf::from);
    match variable("XDG_CACHE_HOME") {
        Some(caches) => Some(PathBuf::from(caches)),
        None if cfg!(target_os = "macos") => Some(home()?.join("Library").join("Caches")),
        None => Some(home()?.join(".cache")),
    }
}

fn variable(name: &str) -> Option<std::ffi::OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

fn quota_bytes() -> Result<u64, Failure> {
    let Some(text) = std::env::var_os(QUOTA_VARIABLE) else { return Ok(DEFAULT_QUOTA_BYTES) };
    let text = text.to_string_lossy();
    parse_bytes(&text).ok_or_else(|| {
        Failure::usage(format!(
            "{QUOTA_VARIABLE} is '{text}': give bytes as a number with MB, GB or TB, such as 20GB"
        ))
    })
}

fn parse_bytes(text: &str) -> Option<u64> {
    let units = [("TB", 1_000_000_000_000), ("GB", 1_000_000_000), ("MB", 1_000_000), ("", 1)];
    let (number, unit) =
        units.iter().find_map(|(name, unit)| Some((text.strip_suffix(name)?, unit)))?;
    number.trim().parse::<u64>().ok()?.checked_mul(*unit)
}

#[cfg(test)]
mod tests {
    use super::parse_bytes;

    #[test]
    fn quotas_have_units() {
        for (text, bytes) in [
            ("20GB", Some(20_000_000_000)),
            ("1 TB", Some(1_000_000_000_000)),
            ("500MB", Some(500_000_000)),
            ("12345", Some(12_345)),
            ("many", None),
            ("-1GB", None),
            ("99999999999TB", None),
        ] {
            assert_eq!(parse_bytes(text), bytes, "{text}");
        }
    }
}
