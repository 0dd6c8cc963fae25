//! Numbers of notes in plug-ins: 31 bits, for they are signed there and negative ones mean none.

/// The bits.
const BITS: u64 = 0x7fff_ffff;

/// The number of a note for a plug-in.
pub fn unsigned(note: u64) -> u32 {
    u32::try_from(note & BITS).unwrap_or(0)
}

/// The number of a note for a plug-in.
pub fn signed(note: u64) -> i32 {
    i32::try_from(note & BITS).unwrap_or(0)
}

/// The number of a note that has none: one at a time sounds of a key.
pub fn of_key(channel: u8, key: u8) -> u64 {
    (BITS + 1) | u64::from(channel) << 8 | u64::from(key)
}
