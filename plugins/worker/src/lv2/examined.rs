//! What checks ask of an LV2 plug-in: its format has no text, and ports are what they are.

use super::instance::Plugin;
use crate::probe::Examined;

impl Examined for Plugin {
    fn channels(&mut self) -> [Vec<u32>; 2] {
        self.ports.audio.each_ref().map(|ports| vec![1; ports.len()])
    }

    fn end_instance(&mut self) -> bool {
        self.idle = None;
        true
    }

    /// One without a function for that was not deactivated, and is made anew.
    fn is_reused(&self) -> bool {
        self.idle.is_some()
    }

    /// An instance is made for a rate.
    fn changes_rate(&self) -> bool {
        false
    }
}
