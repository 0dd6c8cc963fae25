//! What the host asks the worker for, as its command line.

use std::ffi::OsString;
use std::path::PathBuf;

use wavemill_core::session::PluginFormat;

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
        let [verb, format, from, path] = arguments.as_slice() else { return Err(usage()) };
        if verb != "describe" {
            return Err(usage());
        }
        let format = match format.to_str() {
            Some("clap") => PluginFormat::Clap,
            Some("vst3") => PluginFormat::Vst3,
            Some("lv2") => PluginFormat::Lv2,
            _ => return Err(usage()),
        };
        let from = from.to_str().and_then(|from| from.parse().ok()).ok_or_else(usage)?;
        Ok(Self::Describe { format, from, path: path.into() })
    }
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
        for bad in [
            &["describe", "clap", "3"][..],
            &["describe", "au", "0", "x"],
            &["describe", "clap", "-1", "x"],
            &["run", "clap", "0", "x"],
            &[],
        ] {
            assert!(parse(bad).is_err(), "{bad:?}");
        }
    }
}
