//! The state that a plug-in writes, of which no more is taken than a worker and its host have room
//! for.

use std::io::{Error, ErrorKind, Write};

use wavemill_plugins::run::message::MAX_STATE_BYTES as MOST;

/// The most bytes of a state.
#[expect(clippy::cast_possible_truncation, reason = "it is far smaller than memory can be")]
pub const MAX_STATE_BYTES: usize = MOST as usize;

/// What was written.
#[derive(Default)]
pub struct BoundedState {
    bytes: Vec<u8>,
    is_full: bool,
}

impl BoundedState {
    /// All of it.
    pub fn bytes(self) -> Result<Vec<u8>, String> {
        if self.is_full { Err(too_large()) } else { Ok(self.bytes) }
    }
}

/// What is said of a state that is larger.
pub fn too_large() -> String {
    format!("its state has more than {} MiB, which is the most that is kept", MOST >> 20)
}

impl Write for BoundedState {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.bytes.len() + bytes.len() > MAX_STATE_BYTES {
            self.is_full = true;
            return Err(Error::from(ErrorKind::FileTooLarge));
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_large_is_not_taken() {
        let mut state = BoundedState::default();
        state.write_all(b"state").unwrap();
        assert_eq!(state.bytes(), Ok(b"state".to_vec()));
        let mut state = BoundedState::default();
        let piece = vec![0; 1 << 20];
        let taken = (0..1_024).take_while(|_| state.write_all(&piece).is_ok()).count();
        assert_eq!(taken, 256);
        assert!(state.bytes().unwrap_err().contains("256 MiB"));
    }
}
