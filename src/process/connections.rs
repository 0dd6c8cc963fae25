//! Whether an insert connects only ports that its processor has, and names a file where it needs one.

use std::collections::BTreeMap;

use super::{AudioPort, ProcessorFactory, ProcessorSpec};
use crate::session::Insert;

/// A connection to something that the processor does not have, or none to what it needs.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}: {fix}")]
pub struct PortError {
    /// Where in the insert, such as `outputs/kick`.
    pub at: String,
    /// What is wrong.
    pub what: String,
    /// What to do.
    pub fix: String,
}

/// Checks that `insert` names a file where `factory`, which it is for, plays from one, and none
/// where it does not.
///
/// # Errors
/// Where it does otherwise.
pub fn check_file_of(factory: &dyn ProcessorFactory, insert: &Insert) -> Result<(), PortError> {
    let name = &factory.spec().name;
    let (what, fix) = match (factory.plays_from_file(), &insert.file) {
        (true, None) => {
            (format!("{name} plays from a file and none is given"), "give its path as 'file'")
        }
        (false, Some(_)) => (format!("{name} plays from no file"), "leave the file out"),
        (true, Some(_)) | (false, None) => return Ok(()),
    };
    Err(PortError { at: "file".to_owned(), what, fix: fix.to_owned() })
}

impl ProcessorSpec {
    /// Checks that the sidechains and outputs `insert` connects are ports of this processor.
    ///
    /// # Errors
    /// The first that is none, with those there are.
    pub fn check_ports(&self, insert: &Insert) -> Result<(), PortError> {
        if insert.sidechain.is_some() && !self.has_sidechain() {
            return Err(PortError {
                at: "sidechain".to_owned(),
                what: format!("{} has no sidechain input", self.name),
                fix: "leave the sidechain out".to_owned(),
            });
        }
        let first = self.sidechains().first();
        let further = self.sidechains().get(1..).unwrap_or_default();
        let connected = &insert.sidechains;
        let instead = "connect the first sidechain input as 'sidechain'";
        self.check_list(
            ("sidechains", "further sidechain input"),
            connected,
            further,
            (first, instead),
        )?;
        let main = self.outputs.first();
        let instead = "the main output stays in the chain; route the track instead";
        self.check_list(
            ("outputs", "output"),
            &insert.outputs,
            self.further_outputs(),
            (main, instead),
        )
    }

    fn check_list<T>(
        &self,
        (list, kind): (&str, &str),
        connected: &BTreeMap<String, T>,
        ports: &[AudioPort],
        (first, instead): (Option<&AudioPort>, &str),
    ) -> Result<(), PortError> {
        let unknown = |name: &&String| ports.iter().all(|port| port.name != **name);
        let Some(name) = connected.keys().find(unknown) else { return Ok(()) };
        let names: Vec<&str> = ports.iter().map(|port| port.name.as_ref()).collect();
        let (what, fix) = if first.is_some_and(|port| port.name == *name) {
            (format!("'{name}' is not routed here"), instead.to_owned())
        } else if names.is_empty() {
            let what = format!("{} has no {kind} '{name}', nor any to connect here", self.name);
            (what, "leave it out".to_owned())
        } else {
            let what = format!("{} has no {kind} '{name}'", self.name);
            (what, format!("it has {}", names.join(", ")))
        };
        Err(PortError { at: format!("{list}/{name}"), what, fix })
    }
}
