//! What a batch may write to: every job a file of its own, and none that somebody needs.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use wavemill_media::folder::SessionFolder;

use super::jobs::Job;
use crate::inputs::inputs_of;
use crate::paths::{folded, real, real_cached};

/// Why the outputs of a batch cannot be what the manifest says. Nothing has been rendered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// Two jobs with one file.
    #[error(
        "{first} and {second} would both write '{name}'{other}; upper and lower case count as one: \
         use {{session}}, {{variant}} or {{index}} in the output"
    )]
    Collision {
        /// The earlier job.
        first: String,
        /// The later one.
        second: String,
        /// The name of the later one's file.
        name: String,
        /// Says how the earlier one is written, where that is not the same.
        other: String,
    },
    /// A file that the batch itself needs.
    #[error("{at}: '{}' is {what}: choose another output", path.display())]
    Needed {
        /// The job.
        at: String,
        /// The file.
        path: PathBuf,
        /// What it is.
        what: String,
    },
    /// Files that this batch has not made.
    #[error(
        "{at}: '{}' exists already{more}, and is not, or not any more, what this batch made: \
         choose other outputs, or replace what is there with --force", path.display()
    )]
    Exists {
        /// The first job whose output exists.
        at: String,
        /// The file.
        path: PathBuf,
        /// Says how many more there are.
        more: String,
    },
    /// A folder or device where a file should be.
    #[error("{at}: '{}' is not a regular file: choose another output", path.display())]
    NotAFile {
        /// The job.
        at: String,
        /// What is there.
        path: PathBuf,
    },
}

/// Checks the outputs of all jobs before anything is rendered. `is_own` says whether what is at a
/// job's output was made by this batch; anything else is kept unless `overwrite`. `needed` are
/// files of the batch itself, and what they are.
///
/// # Errors
/// The first clash.
pub fn check_targets(
    jobs: &[Job],
    overwrite: bool,
    needed: &[(&Path, &str)],
    is_own: &dyn Fn(&Job) -> bool,
) -> Result<(), TargetError> {
    let needed: BTreeMap<String, &str> =
        needed.iter().map(|(path, what)| (folded(&real(path)), *what)).collect();
    let mut parents = BTreeMap::new();
    let mut taken: BTreeMap<String, &Job> = BTreeMap::new();
    for job in jobs {
        for path in job.paths() {
            let target = folded(&real_cached(&path, &mut parents));
            if let Some(what) = needed.get(&target) {
                let at = job.at.clone();
                return Err(TargetError::Needed { at, path, what: (*what).to_owned() });
            }
            if let Some(first) = taken.insert(target, job) {
                return Err(collision(first, job));
            }
        }
    }
    check_existing(jobs, overwrite, is_own)
}

fn collision(first: &Job, second: &Job) -> TargetError {
    let same = first.name == second.name;
    TargetError::Collision {
        first: first.at.clone(),
        second: second.at.clone(),
        name: second.name.clone(),
        other: if same { String::new() } else { format!(" ('{}' is the same file)", first.name) },
    }
}

fn check_existing(
    jobs: &[Job],
    overwrite: bool,
    is_own: &dyn Fn(&Job) -> bool,
) -> Result<(), TargetError> {
    let mut foreign = Vec::new();
    for job in jobs {
        let mut exists = None;
        for path in job.paths() {
            let Ok(found) = std::fs::metadata(&path) else { continue };
            if !found.is_file() {
                return Err(TargetError::NotAFile { at: job.at.clone(), path });
            }
            exists = Some(path);
        }
        if let Some(path) = exists.filter(|_| !is_own(job)) {
            foreign.push((job, path));
        }
    }
    let Some((first, path)) = foreign.first() else { return Ok(()) };
    if !overwrite {
        let more = match foreign.len() {
            1 => String::new(),
            count => format!(" (and {} more outputs)", count - 1),
        };
        let (at, path) = (first.at.clone(), path.clone());
        return Err(TargetError::Exists { at, path, more });
    }
    refuse_inputs_of_all(jobs, &foreign)
}

/// Refuses to replace a file that any session of the batch is made of. Sessions that cannot be read
/// have nothing to lose here; their jobs fail by themselves.
fn refuse_inputs_of_all(jobs: &[Job], replaced: &[(&Job, PathBuf)]) -> Result<(), TargetError> {
    let paths =
        replaced.iter().flat_map(|(job, _)| job.paths().into_iter().map(move |p| (p, *job)));
    let targets: BTreeMap<PathBuf, &Job> =
        paths.filter_map(|(path, job)| Some((path.canonicalize().ok()?, job))).collect();
    let sessions: BTreeSet<&Path> = jobs.iter().map(|job| job.session_path.as_path()).collect();
    for path in sessions {
        let Ok(folder) = SessionFolder::open(path) else { continue };
        let Ok(session) = folder.load() else { continue };
        for (input, what) in inputs_of(&folder, &session, &folder.audio_files()) {
            let job = input.canonicalize().ok().and_then(|input| targets.get(&input));
            if let Some(job) = job {
                let what = format!("{what} '{}'", path.display());
                return Err(TargetError::Needed {
                    at: job.at.clone(),
                    path: job.output.clone(),
                    what,
                });
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::{Manifest, Places, jobs};
    use super::*;

    fn of(folder: &Path, outputs: &[&str]) -> Vec<Job> {
        let lines =
            outputs.iter().map(|output| format!(r#"{{"session": "s", "output": "{output}"}}"#));
        let manifest = Manifest::parse(&lines.collect::<Vec<_>>().join("\n")).unwrap();
        jobs(manifest, Places { sessions: folder, outputs: folder }).unwrap()
    }

    fn check(folder: &Path, outputs: &[&str], overwrite: bool) -> Result<(), TargetError> {
        check_targets(&of(folder, outputs), overwrite, &[], &|_| false)
    }

    #[test]
    fn names_that_are_one_file_are_refused_however_they_are_written() {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path();
        for (one, other) in [
            ("a.wav", "a.wav"),
            ("a.wav", "A.WAV"),
            ("x/a.wav", "x/./a.wav"),
            ("x/a.wav", "x/y/../a.wav"),
            ("Ä.wav", "ä.wav"),
        ] {
            let error = check(at, &["0.wav", one, other], false).unwrap_err().to_string();
            for word in ["job 2", "job 3", other] {
                assert!(error.contains(word), "{error}");
            }
        }
        check(at, &["a.wav", "b.wav", "x/a.wav"], false).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn links_to_one_folder_are_one_folder() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("real")).unwrap();
        std::os::unix::fs::symlink("real", folder.path().join("link")).unwrap();
        let error = check(folder.path(), &["real/n/a.wav", "link/n/a.wav"], false).unwrap_err();
        assert!(matches!(error, TargetError::Collision { .. }), "{error}");
    }

    #[test]
    fn what_is_there_is_kept_unless_forced_or_own() {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path();
        std::fs::write(at.join("b.wav"), "x").unwrap();
        std::fs::write(at.join("c.wav"), "x").unwrap();
        let names = ["a.wav", "b.wav", "c.wav"];
        let error = check(at, &names, false).unwrap_err().to_string();
        for word in ["job 2", "b.wav", "exists already (and 1 more outputs)", "--force"] {
            assert!(error.contains(word), "no '{word}' in {error}");
        }
        check(at, &names, true).unwrap();
        check_targets(&of(at, &names), false, &[], &|_| true).unwrap();
        std::fs::create_dir(at.join("d.wav")).unwrap();
        let error = check(at, &["d.wav"], true).unwrap_err();
        assert!(matches!(error, TargetError::NotAFile { .. }), "{error}");
    }

    #[test]
    fn files_of_the_batch_itself_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path();
        let manifest = at.join("jobs.wav");
        let needed = [(manifest.as_path(), "the manifest")];
        let error = check_targets(&of(at, &["Jobs.wav"]), true, &needed, &|_| false).unwrap_err();
        assert!(error.to_string().contains("the manifest"), "{error}");
    }
}
