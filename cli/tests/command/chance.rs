//! Random numbers of tests, from a seed that is printed: the same seed gives the same numbers.

/// A small counter-based generator.
pub struct Chance(u64);

impl Chance {
    /// From `WAVEMILL_TEST_SEED`, or a fixed one.
    pub fn seeded() -> Self {
        let given = std::env::var("WAVEMILL_TEST_SEED").ok().and_then(|text| text.parse().ok());
        let seed = given.unwrap_or(20_261_126);
        println!("WAVEMILL_TEST_SEED={seed}");
        Self(seed)
    }

    /// A number below `limit`.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        for factor in [0xBF58_476D_1CE4_E5B9_u64, 0x94D0_49BB_1331_11EB] {
            mixed = (mixed ^ (mixed >> 30)).wrapping_mul(factor);
        }
        (mixed ^ (mixed >> 31)) % limit
    }
}

/// How many processes a test kills.
pub fn kills() -> u64 {
    std::env::var("WAVEMILL_TEST_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(8)
}
