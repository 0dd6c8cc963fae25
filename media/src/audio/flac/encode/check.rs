//! The cyclic redundancy checks of frames: CRC-8 of the header, CRC-16 of the whole.

/// Every remainder of one byte, most significant bit first.
const fn table(polynomial: u16, width: u32) -> [u16; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        #[allow(clippy::cast_possible_truncation)] // Below 256.
        let mut remainder = (byte as u16) << (width - 8);
        let mut bit = 0;
        while bit < 8 {
            let top = remainder & (1 << (width - 1)) != 0;
            remainder = (remainder << 1) ^ if top { polynomial } else { 0 };
            bit += 1;
        }
        table[byte] = if width == 8 { remainder & 0xFF } else { remainder };
        byte += 1;
    }
    table
}

const CRC_8: [u16; 256] = table(0x07, 8);
const CRC_16: [u16; 256] = table(0x8005, 16);

/// The check of a frame's header.
pub(super) fn crc8(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc, byte| CRC_8[usize::from(crc ^ u16::from(*byte))])
}

/// The check of a frame.
pub(super) fn crc16(bytes: &[u8]) -> u16 {
    bytes
        .iter()
        .fold(0, |crc, byte| (crc << 8) ^ CRC_16[usize::from((crc >> 8) ^ u16::from(*byte))])
}

#[cfg(test)]
mod tests {
    use super::{crc8, crc16};

    /// The check values that catalogues of these codes give for the digits 1 to 9: CRC-8/SMBUS and
    /// CRC-16/UMTS.
    #[test]
    fn the_digits_have_their_published_checks() {
        assert_eq!(crc8(b"123456789"), 0xF4);
        assert_eq!(crc16(b"123456789"), 0xFEE8);
    }
}
