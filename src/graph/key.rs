//! Signal keys: SHA-256 digests that name a signal by everything its samples depend on.

use sha2::{Digest, Sha256};

use crate::process::{ControlCurve, ControlPoint, ControlSet};
use crate::stages::{CLIP_PLAYER_VERSION, DELAY_COMPENSATION_VERSION, FADER_VERSION, JOIN_VERSION};

/// Frames of a chunk, counted from stream position 0. Part of every chunk key; it has nothing to
/// do with blocks or with the scheduler's tasks.
pub const STORE_CHUNK_FRAMES: u32 = 65_536;

/// The name of a signal: equal keys mean equal samples.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SignalKey(pub [u8; 32]);

impl SignalKey {
    /// The key of a chunk that is cut short: of its first `frames` frames.
    pub fn of_frames(&self, frames: u64) -> Self {
        if frames == u64::from(STORE_CHUNK_FRAMES) {
            return *self;
        }
        KeyHasher::new("part of a chunk").key(self).bytes(&frames.to_le_bytes()).finish()
    }

    /// The key of what belongs to the nodes `nodes` of a strip alone, where this is of all.
    pub fn of_part(&self, nodes: std::ops::Range<usize>) -> Self {
        KeyHasher::new("part of a strip").key(self).count(nodes.start).count(nodes.end).finish()
    }

    /// The first 12 hexadecimal digits, for printing.
    pub fn short(&self) -> String {
        self.0[..6].iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl std::fmt::Display for SignalKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// The versions of the core stages: where one makes other bits, everything has another name.
const STAGES: [[u8; 4]; 4] = [
    CLIP_PLAYER_VERSION.to_le_bytes(),
    FADER_VERSION.to_le_bytes(),
    JOIN_VERSION.to_le_bytes(),
    DELAY_COMPENSATION_VERSION.to_le_bytes(),
];

/// Hashes the parts of a key, each with its length, so that no two lists of parts are the same
/// bytes.
pub(super) struct KeyHasher(Sha256);

impl KeyHasher {
    /// Starts a key of the given domain, such as `node`.
    pub(super) fn new(domain: &str) -> Self {
        let mut hasher = Self(Sha256::new());
        hasher.text("wavemill signal 1").bytes(STAGES.as_flattened()).text(domain);
        hasher
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.update((bytes.len() as u64).to_le_bytes());
        self.0.update(bytes);
        self
    }

    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        self.bytes(text.as_bytes())
    }

    pub(super) fn integer(&mut self, value: i64) -> &mut Self {
        self.bytes(&value.to_le_bytes())
    }

    pub(super) fn count(&mut self, count: usize) -> &mut Self {
        self.bytes(&(count as u64).to_le_bytes())
    }

    pub(super) fn number(&mut self, value: f64) -> &mut Self {
        // One zero: -0 and 0 are the same setting.
        self.bytes(&(value + 0.0).to_bits().to_le_bytes())
    }

    pub(super) fn key(&mut self, key: &SignalKey) -> &mut Self {
        self.bytes(&key.0)
    }

    pub(super) fn controls(&mut self, controls: &ControlSet) -> &mut Self {
        self.count(controls.constants().len());
        for value in controls.constants() {
            self.number(*value);
        }
        self.count(controls.curves().len());
        for (index, curve) in controls.curves() {
            self.count(*index).curve(curve);
        }
        self
    }

    fn curve(&mut self, curve: &ControlCurve) -> &mut Self {
        self.count(curve.points().len());
        for point in curve.points() {
            self.point(point);
        }
        self
    }

    pub(super) fn point(&mut self, point: &ControlPoint) -> &mut Self {
        self.integer(point.at.0).number(point.value);
        match point.bend {
            None => self.text("hold"),
            Some(bend) => self.text("bend").number(bend),
        }
    }

    pub(super) fn finish(&mut self) -> SignalKey {
        SignalKey(self.0.finalize_reset().into())
    }
}
