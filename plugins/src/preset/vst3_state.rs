//! The state of both halves of a plug-in as one string of bytes.

/// What it starts with: a name and a version.
const MAGIC: [u8; 8] = *b"WMVST3\0\x01";

/// Bytes before the two states: what it starts with, and their lengths.
const HEADER_BYTES: usize = MAGIC.len() + 2 * size_of::<u64>();

/// What both halves saved; empty where one saves nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vst3State {
    /// Of the component.
    pub component: Vec<u8>,
    /// Of the controller.
    pub controller: Vec<u8>,
}

impl Vst3State {
    /// As bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let parts = [&self.component, &self.controller];
        let mut bytes = MAGIC.to_vec();
        for part in parts {
            bytes.extend((part.len() as u64).to_le_bytes());
        }
        parts.iter().for_each(|part| bytes.extend(*part));
        bytes
    }

    /// From bytes.
    pub fn of_bytes(bytes: &[u8]) -> Result<Self, String> {
        let (header, states) = bytes
            .split_at_checked(HEADER_BYTES)
            .filter(|(header, _)| header.starts_with(&MAGIC))
            .ok_or("the state is none that a VST3 plug-in saved here")?;
        let (_, lengths) = header.split_at(MAGIC.len());
        let mut lengths = lengths.chunks_exact(size_of::<u64>()).map(|length| {
            let length = length.iter().rev().fold(0, |sum, byte| sum << 8 | u64::from(*byte));
            usize::try_from(length).unwrap_or(usize::MAX)
        });
        let (component, controller) =
            (lengths.next().unwrap_or_default(), lengths.next().unwrap_or_default());
        if component.checked_add(controller) != Some(states.len()) {
            return Err(format!(
                "the state is damaged: it should have {component} bytes and {controller} bytes, and \
                 has {}",
                states.len()
            ));
        }
        let (component, controller) = states.split_at(component);
        Ok(Self { component: component.to_vec(), controller: controller.to_vec() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_come_back_and_garbage_does_not() {
        let state = Vst3State { component: vec![1, 2, 3], controller: vec![4] };
        let bytes = state.to_bytes();
        assert_eq!(Vst3State::of_bytes(&bytes), Ok(state));
        for end in 0..bytes.len() {
            assert!(Vst3State::of_bytes(&bytes[..end]).is_err(), "{end}");
        }
        let longer = [&bytes[..], &[0]].concat();
        let refused = Vst3State::of_bytes(&longer).unwrap_err();
        assert!(refused.contains("3 bytes and 1 bytes, and has 5"), "{refused}");
        let mut huge = bytes.clone();
        huge[8..24].fill(0xff);
        assert!(Vst3State::of_bytes(&huge).unwrap_err().contains("damaged"));
        let mut other = bytes;
        other[7] = 2;
        assert!(Vst3State::of_bytes(&other).unwrap_err().contains("none that"));
        assert!(Vst3State::of_bytes(b"").is_err());
    }
}
