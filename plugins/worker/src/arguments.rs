//! What the host asks the worker for, as its command line.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use wavemill_core::session::PluginFormat;
use wavemill_plugins::check::message::Question;
use wavemill_plugins::format_word;

use crate::probe::Place;

/// What to do.
#[derive(Debug, PartialEq, Eq)]
pub enum Request {
    /// `describe FORMAT FROM PATH`: say what is in the bundle at `path`, from plug-in `from` on.
    Describe {
        /// The bundle's format.
        format: PluginFormat,
        /// The first plug-in to describe.
        from: u32,
        /// Where the bundle is.
        path: PathBuf,
    },
    /// `probe QUESTION FORMAT PATH ID`: find something out about a plug-in.
    Probe {
        /// What.
        question: Question,
        /// The plug-in.
        place: Place,
    },
    /// `run`: do what comes as commands on standard input.
    Run,
}

impl Request {
    /// Reads the arguments.
    pub fn parse(arguments: impl Iterator<Item = OsString>) -> Result<Self, String> {
        let arguments: Vec<OsString> = arguments.collect();
        if let [verb] = arguments.as_slice()
            && verb == "run"
        {
            return Ok(Self::Run);
        }
        if let [verb, question, format, path, id] = arguments.as_slice()
            && verb == "probe"
        {
            let question = question.to_str().and_then(Question::named).ok_or_else(usage)?;
            let format = format_named(format).ok_or_else(usage)?;
            let id = id.to_str().ok_or_else(usage)?.to_owned();
            return Ok(Self::Probe { question, place: Place { format, path: path.into(), id } });
        }
        let [verb, format, from, path] = arguments.as_slice() else { return Err(usage()) };
        if verb != "describe" {
            return Err(usage());
        }
        let format = format_named(format).ok_or_else(usage)?;
        let from = from.to_str().and_then(|from| from.parse().ok()).ok_or_else(usage)?;
        Ok(Self::Describe { format, from, path: path.into() })
    }
}

fn format_named(name: &OsStr) -> Option<PluginFormat> {
    let all = [PluginFormat::Clap, PluginFormat::Vst3, PluginFormat::Lv2];
    all.into_iter().find(|format| name == format_word(*format))
}

fn usage() -> String {
    "this program loads plug-ins for wavemill, which starts it: use 'wavemill plugins'".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_whole_or_refused() {
        let parse = |words: &[&str]| Request::parse(words.iter().map(OsString::from));
        let path = PathBuf::from("/a b/ü.clap");
        let wanted = Request::Describe { format: PluginFormat::Clap, from: 3, path };
        assert_eq!(parse(&["describe", "clap", "3", "/a b/ü.clap"]), Ok(wanted));
        assert_eq!(parse(&["run"]), Ok(Request::Run));
        let place = Place { format: PluginFormat::Lv2, path: "/a".into(), id: "urn:x".to_owned() };
        let wanted = Request::Probe { question: Question::Leaks, place };
        assert_eq!(parse(&["probe", "leaks", "lv2", "/a", "urn:x"]), Ok(wanted));
        for bad in [
            &["describe", "clap", "3"][..],
            &["describe", "au", "0", "x"],
            &["describe", "clap", "-1", "x"],
            &["run", "clap", "0", "x"],
            &["probe", "leaks", "lv2", "/a"],
            &["probe", "everything", "lv2", "/a", "urn:x"],
            &[],
        ] {
            assert!(parse(bad).is_err(), "{bad:?}");
        }
    }
}
