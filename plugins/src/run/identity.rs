//! All that the output of a plug-in depends on beside what the session says, as one digest.

use std::collections::BTreeSet;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use wavemill_core::session::PluginSlot;
use wavemill_core::time::SignatureMap;

use super::factory::HOSTING_VERSION;
use super::sharing::Isolation;
use crate::message::AchievedProfile;

/// What enters it.
pub(super) struct Ingredients<'a> {
    pub(super) slot: &'a PluginSlot,
    /// SHA-256 of the bundle's files, in hexadecimal digits.
    pub(super) content_sha256: &'a str,
    pub(super) bundle: &'a Path,
    pub(super) sample_rate_hz: u32,
    pub(super) block: u32,
    pub(super) signatures: &'a SignatureMap,
    pub(super) profile: &'a AchievedProfile,
    /// The worker that has loaded it.
    pub(super) process: u32,
    pub(super) isolation: Isolation,
}

impl Ingredients<'_> {
    /// The digest. Libraries and other files enter by path, size and time of change.
    /// `machine` is what [`Self::machine`] gave.
    pub(super) fn digest(&self, machine: &[u8; 32]) -> [u8; 32] {
        let mut hasher = Sha256::new();
        let mut enter = |name: &str, value: &str| enter(&mut hasher, name, value);
        enter("hosting", &HOSTING_VERSION.to_string());
        enter("format", &format!("{:?}", self.slot.format));
        enter("id", &self.slot.id);
        enter("state", self.slot.state_sha256.as_deref().unwrap_or(""));
        enter("mpe", &self.slot.mpe.to_string());
        enter("content", self.content_sha256);
        enter("rate", &self.sample_rate_hz.to_string());
        enter("block", &self.block.to_string());
        enter("bars", &format!("{:?}", self.signatures));
        enter("isolation", &format!("{:?}", self.isolation));
        hasher.update(machine);
        hasher.finalize().into()
    }

    /// The digest of what belongs to the machine and not to the session.
    pub(super) fn machine(&self) -> [u8; 32] {
        let mut hasher = Sha256::new();
        let mut enter = |name: &str, value: &str| enter(&mut hasher, name, value);
        enter("profile", &serde_json::to_string(self.profile).unwrap_or_default());
        enter("system", std::env::consts::OS);
        enter("architecture", std::env::consts::ARCH);
        enter("processor", &processor());
        for file in files(self.process, self.bundle) {
            enter("file", &file);
        }
        hasher.finalize().into()
    }
}

/// Lengths keep one value from reaching into the next.
fn enter(hasher: &mut Sha256, name: &str, value: &str) {
    hasher.update(format!("{name} {} {value}\n", value.len()));
}

/// `identity` of a plug-in that is waited for longer than it says at first, as some that is kept is
/// placed by that.
pub(super) fn with_latency(identity: [u8; 32], raised_frames: u32) -> [u8; 32] {
    match raised_frames {
        0 => identity,
        frames => Sha256::new()
            .chain_update(identity)
            .chain_update(frames.to_le_bytes())
            .finalize()
            .into(),
    }
}

/// What the processor can do, in the system's words: plug-ins choose their code by it.
fn processor() -> String {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let says = |line: &&str| line.starts_with("flags") || line.starts_with("Features");
    text.lines().find(says).unwrap_or_default().to_owned()
}

/// The files that the process has mapped or open, such as libraries and what a state names, but for
/// those of the bundle, whose content enters.
fn files(process: u32, bundle: &Path) -> BTreeSet<String> {
    let maps = std::fs::read_to_string(format!("/proc/{process}/maps")).unwrap_or_default();
    let mapped = maps.lines().filter_map(|line| Some(PathBuf::from(&line[line.find('/')?..])));
    let open = std::fs::read_dir(format!("/proc/{process}/fd")).into_iter().flatten().flatten();
    let open = open.filter_map(|entry| std::fs::read_link(entry.path()).ok());
    let mut files = BTreeSet::new();
    for path in mapped.chain(open).filter(|path| !path.starts_with(bundle)) {
        // What is shared memory or a device is no file that something is read from.
        let about = path.metadata().ok().filter(std::fs::Metadata::is_file);
        if let Some(about) = about {
            let about = (about.len(), about.mtime(), about.mtime_nsec());
            files.insert(format!("{} {about:?}", path.display()));
        }
    }
    files
}
