//! What checks ask of a plug-in that renders never do.

/// `text`, unless there is something in it that nobody can read.
pub fn readable(text: &str) -> Result<String, String> {
    match text.chars().find(|character| character.is_control()) {
        Some(character) => Err(format!("has the control character {:#x}", u32::from(character))),
        None => Ok(text.to_owned()),
    }
}

/// A way in which the buses of a plug-in may be arranged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrangement {
    /// What it is called.
    pub name: String,
    /// The plug-in's own number of it, where it offers it by itself.
    pub number: Option<u32>,
    /// Channels of its inputs and of its outputs, where it says how many they are.
    pub channels: [Vec<Option<u32>>; 2],
}

impl Arrangement {
    /// True where `channels` are those that it has.
    pub fn is_met_by(&self, channels: &[Vec<u32>; 2]) -> bool {
        let meets = |wanted: &Vec<Option<u32>>, found: &Vec<u32>| {
            let mut pairs = wanted.iter().zip(found);
            wanted.len() == found.len() && pairs.all(|(w, f)| w.is_none_or(|w| w == *f))
        };
        self.channels.iter().zip(channels).all(|(wanted, found)| meets(wanted, found))
    }
}

/// A plug-in that can be asked; formats without such a thing have what is written here.
pub trait Examined {
    /// What people read where parameter `index` has the value `value`, if there is anything to read;
    /// or what is wrong with it.
    fn text_of(&mut self, _index: usize, _value: f64) -> Option<Result<String, String>> {
        None
    }

    /// The value that `text` stands for, where the plug-in knows.
    fn value_of(&mut self, _index: usize, _text: &str) -> Option<f64> {
        None
    }

    /// Other ways than its usual one in which its buses may be arranged.
    fn arrangements(&mut self) -> Vec<Arrangement> {
        Vec::new()
    }

    /// Asks for `arrangement`, before activation; false where the plug-in refuses.
    fn arrange(&mut self, _arrangement: &Arrangement) -> bool {
        false
    }

    /// Channels of its inputs and of its outputs, as they are now, in the order of its description.
    fn channels(&mut self) -> [Vec<u32>; 2];

    /// Has input `index`, which is none of the main ones, be off from the next activation on; false
    /// where the format cannot.
    fn leave_out(&mut self, _index: usize) -> bool {
        false
    }

    /// Ends its instance, but not what is known of it, where its format keeps these apart; false
    /// where it does not. It is not active.
    fn end_instance(&mut self) -> bool {
        false
    }

    /// True where the instance that was just deactivated is the one that is activated next.
    fn is_reused(&self) -> bool {
        true
    }

    /// True where it may be activated again at another rate.
    fn changes_rate(&self) -> bool {
        true
    }
}
