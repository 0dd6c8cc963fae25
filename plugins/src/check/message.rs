//! What a worker finds out about a plug-in beside its output, and how it says so: one JSON value a
//! line.

use serde::{Deserialize, Serialize};

use crate::message::{AchievedProfile, Crash};

/// What is to be found out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    /// Whether it is destroyed without harm.
    End,
    /// Whether instances that were destroyed leave something behind.
    Leaks,
    /// Whether it calls its host from the right threads.
    Threads,
    /// Whether the text of values is theirs.
    Text,
    /// Whether it runs with all the buses that it may have.
    Arrangements,
    /// Whether it is the same once it is activated again.
    Activation,
}

/// All of them, by their names in a command line.
const NAMES: [(&str, Question); 6] = [
    ("end", Question::End),
    ("leaks", Question::Leaks),
    ("threads", Question::Threads),
    ("text", Question::Text),
    ("arrangements", Question::Arrangements),
    ("activation", Question::Activation),
];

impl Question {
    /// The one called `name`.
    pub fn named(name: &str) -> Option<Self> {
        NAMES.iter().find(|(known, _)| *known == name).map(|(_, question)| *question)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        NAMES.iter().find(|(_, known)| *known == self).map_or("", |(name, _)| name)
    }
}

/// What a worker says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Answer {
    /// First of all: under what conditions the plug-in runs.
    Profile(AchievedProfile),
    /// A part of it is done.
    Step,
    /// As it should be; nothing follows.
    Passed {
        /// What was measured.
        what: String,
    },
    /// Not so; nothing follows.
    Failed {
        /// What was expected.
        expected: String,
        /// What came.
        came: String,
    },
    /// Nothing is shown; nothing follows.
    Skipped {
        /// Why.
        what: String,
    },
    /// The plug-in could not be run; nothing follows.
    Refused {
        /// Why.
        what: String,
    },
    /// The worker got a signal that ends it.
    Crashed(Crash),
}
