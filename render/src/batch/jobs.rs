//! The jobs of a manifest: one render each, with its paths and its name.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::manifest::{Entry, Manifest, ManifestError, Variant};
use super::settings::JobSettings;
use crate::pattern::{Field, expand};
use crate::session_name::session_name;

/// One render of a batch.
#[derive(Clone, Debug)]
pub struct Job {
    /// Its number in the batch, from 1.
    pub index: usize,
    /// Where it stands in the manifest, for messages.
    pub at: String,
    /// The session's path as the manifest says it.
    pub session: String,
    /// The session's path, to be opened.
    pub session_path: PathBuf,
    /// The edits to apply, where it has any.
    pub variant: Option<Arc<Variant>>,
    /// How it is rendered and exported.
    pub settings: Arc<JobSettings>,
    /// The file's name as its pattern gives it, which no other job of the batch has.
    pub name: String,
    /// The file.
    pub output: PathBuf,
}

impl Job {
    /// The files it writes.
    pub fn paths(&self) -> Vec<PathBuf> {
        self.settings.export.paths(&self.output)
    }
}

/// Where relative paths begin.
#[derive(Clone, Copy, Debug)]
pub struct Places<'a> {
    /// Of sessions.
    pub sessions: &'a Path,
    /// Of outputs.
    pub outputs: &'a Path,
}

/// The jobs of `manifest`, in its order.
///
/// # Errors
/// A pattern that gives no usable file name.
pub fn jobs(manifest: Manifest, places: Places<'_>) -> Result<Vec<Job>, ManifestError> {
    let mut jobs = Vec::new();
    for entry in manifest.entries {
        add_jobs(entry, places, &mut jobs)?;
    }
    Ok(jobs)
}

fn add_jobs(entry: Entry, places: Places<'_>, jobs: &mut Vec<Job>) -> Result<(), ManifestError> {
    let session_path = places.sessions.join(&entry.session);
    let session_name = session_name(&session_path);
    let settings = Arc::new(entry.settings);
    let default =
        if entry.variants.is_empty() { "{session}.wav" } else { "{session}-{variant}.wav" };
    let pattern = entry.output.as_deref().unwrap_or(default);
    let variants = entry.variants.into_iter().map(|variant| Some(Arc::new(variant)));
    let mut variants: Vec<_> = variants.collect();
    if variants.is_empty() {
        variants.push(None);
    }
    for (number, variant) in variants.into_iter().enumerate() {
        let index = jobs.len() + 1;
        let at = match &variant {
            Some(_) => format!("{}.variants[{number}]", entry.at),
            None => entry.at.clone(),
        };
        let called = variant.as_ref().map(|variant| variant.name.as_str());
        let no_variants = Field::Missing("the job has no variants that {variant} could be");
        let fields = [
            ("session", Field::Text(&session_name)),
            ("variant", called.map_or(no_variants, Field::Text)),
            ("index", Field::Number(index)),
        ];
        let name = expand(pattern, &fields);
        let name = name.map_err(|what| ManifestError::invalid(&at, format!("output {what}")))?;
        let output = places.outputs.join(&name);
        if output.file_name().is_none() || name.ends_with(['/', '\\']) || name.contains('\0') {
            return Err(ManifestError::invalid(&at, format!("output {name:?} is no file's name")));
        }
        settings.export.check_name(&output).map_err(|what| ManifestError::invalid(&at, what))?;
        jobs.push(Job {
            index,
            at,
            session: entry.session.clone(),
            session_path: session_path.clone(),
            variant,
            settings: Arc::clone(&settings),
            name,
            output,
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jobs_of(text: &str) -> Result<Vec<Job>, ManifestError> {
        let places = Places { sessions: Path::new("/m"), outputs: Path::new("/o") };
        jobs(Manifest::parse(text).unwrap(), places)
    }

    #[test]
    fn every_variant_is_a_job_with_its_own_number_and_paths() {
        let jobs = jobs_of(
            r#"{"jobs": [
                {"session": "kits/a", "variants": [{"name": "x", "ops": []}, {"name": "y", "ops": []}]},
                {"session": "/s/b/session.json"},
                {"session": "c", "output": "{index:03}/{session}.wav"}]}"#,
        )
        .unwrap();
        let names: Vec<&str> = jobs.iter().map(|job| job.name.as_str()).collect();
        assert_eq!(names, ["a-x.wav", "a-y.wav", "b.wav", "004/c.wav"]);
        assert_eq!(jobs[3].output, Path::new("/o/004/c.wav"));
        assert_eq!(jobs[0].session_path, Path::new("/m/kits/a"));
        assert_eq!(jobs[2].session_path, Path::new("/s/b/session.json"));
        assert_eq!((jobs[1].at.as_str(), jobs[2].at.as_str()), ("jobs[0].variants[1]", "jobs[1]"));
    }

    #[test]
    fn patterns_that_give_no_file_are_refused_with_their_place() {
        for (output, word) in [
            ("{variant}.wav", "no variants"),
            ("out/", "no file"),
            ("..", "no file"),
            ("a.mp3", "WAV or FLAC"),
        ] {
            let text = format!(r#"{{"jobs": [{{"session": "a", "output": "{output}"}}]}}"#);
            let message = jobs_of(&text).unwrap_err().to_string();
            assert!(message.starts_with("jobs[0]: ") && message.contains(word), "{message}");
        }
    }

    /// One byte of a manifest replaced, doubled or gone: refused, or jobs with names.
    #[test]
    fn no_slip_of_a_finger_is_more_than_refused() {
        let text = r#"{"defaults": {"tail": "none", "output": "{session}-{variant}/{index:04}.wav"},
            "jobs": [{"session": "a/b", "rate": 44100, "bit_depth": 16, "variants": [
                {"name": "x", "ops": [{"op": "set_volume", "track": "t", "volume_db": -3}]}]},
            {"session": "c", "output": "{{c}}", "from": "1|1|0", "tail": 2.5, "measure": false}]}"#;
        let (mut refused, mut read) = (0, 0);
        for at in 0..text.len() {
            for with in ["", "\"", "{", "}", "[", "9", "-", "\\", "/", "ä", "\0", "{{"] {
                let mangled = format!("{}{with}{}", &text[..at], &text[at + 1..]);
                let manifest = Manifest::parse(&mangled);
                let places = Places { sessions: Path::new("/m"), outputs: Path::new("/o") };
                match manifest.and_then(|manifest| jobs(manifest, places)) {
                    Ok(jobs) => {
                        assert!(
                            jobs.iter().all(|job| job.output.file_name().is_some()),
                            "{mangled}"
                        );
                        read += 1;
                    }
                    Err(error) => {
                        assert!(!error.to_string().is_empty());
                        refused += 1;
                    }
                }
            }
        }
        assert!(refused > 1_000 && read > 100, "{refused} refused, {read} read");
    }
}
