//! The manifest: what a batch renders, as text. One JSON object, or one job after another (JSON
//! lines).

use serde::Deserialize;
use serde_json::{Map, Value};
use wavemill_core::command::{Batch, BatchError, Command};

use super::settings::JobSettings;

/// Longest manifest, in bytes.
pub const MAX_MANIFEST_BYTES: u64 = 256 << 20;

/// Most renders of a batch.
pub(super) const MAX_JOBS: usize = 1_000_000;

/// Longest name of a variant, in bytes: file names end at 255.
const MAX_NAME_BYTES: usize = 120;

/// The fields of a job's range; those that are left are of its export.
const RANGE_FIELDS: [&str; 3] = ["from", "to", "tail"];

/// What a batch renders.
#[derive(Clone, Debug, PartialEq)]
pub struct Manifest {
    /// The jobs, as written.
    pub(super) entries: Vec<Entry>,
}

/// One job of the manifest: a session and its variants.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entry {
    /// Where it stands, for messages.
    pub(super) at: String,
    /// The session's path as written.
    pub(super) session: String,
    /// The pattern of the file names, where one is given.
    pub(super) output: Option<String>,
    /// How it is rendered and exported.
    pub(super) settings: JobSettings,
    /// The variants; none means the session as it is.
    pub(super) variants: Vec<Variant>,
}

/// A session's variant: edits that are applied to a copy in memory.
#[derive(Clone, Debug, PartialEq)]
pub struct Variant {
    /// What file names and results call it.
    pub name: String,
    /// The commands; none leaves the session as it is.
    pub ops: Vec<Command>,
}

/// Why a text is no manifest. Nothing has been rendered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ManifestError {
    /// Not JSON.
    #[error("not valid JSON: {0}")]
    Json(String),
    /// Something in it is not as it should be.
    #[error("{at}: {what}")]
    Invalid {
        /// Where.
        at: String,
        /// What is wrong and what to do.
        what: String,
    },
    /// A command that is none.
    #[error("{at}: {error}")]
    Op {
        /// The variant.
        at: String,
        /// What is wrong.
        error: BatchError,
    },
    /// Nothing to render.
    #[error(
        "there are no jobs in it: give {{\"jobs\": [{{\"session\": PATH}}]}}, or one job a line"
    )]
    Empty,
    /// Too much to render.
    #[error("{at}: these are more than {MAX_JOBS} renders: split the manifest")]
    TooMany {
        /// The job that is too much.
        at: String,
    },
}

impl ManifestError {
    pub(super) fn invalid(at: &str, what: impl ToString) -> Self {
        Self::Invalid { at: at.to_owned(), what: what.to_string() }
    }
}

/// The whole of the one-object form.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Whole {
    #[serde(default)]
    defaults: Map<String, Value>,
    jobs: Vec<Value>,
}

/// What a job has beside its settings.
struct Head {
    session: String,
    output: Option<String>,
    variants: Vec<Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct VariantText {
    name: String,
    ops: Value,
}

impl Manifest {
    /// Reads a manifest.
    ///
    /// # Errors
    /// The first thing in it that is wrong, and where; see [`ManifestError`].
    pub fn parse(text: &str) -> Result<Self, ManifestError> {
        let values: Result<Vec<Value>, _> =
            serde_json::Deserializer::from_str(text).into_iter().collect();
        let mut values = values.map_err(|error| ManifestError::Json(error.to_string()))?;
        let is_whole = values.len() == 1 && values[0].get("session").is_none();
        let (defaults, jobs, name) = match values.pop() {
            None => return Err(ManifestError::Empty),
            Some(value) if is_whole => {
                let whole: Whole = serde_json::from_value(value)
                    .map_err(|error| ManifestError::invalid("the manifest", error))?;
                (whole.defaults, whole.jobs, "jobs")
            }
            Some(last) => {
                values.push(last);
                (Map::new(), values, "job ")
            }
        };
        let output = check_defaults(&defaults)?;
        let mut entries = Vec::with_capacity(jobs.len());
        let mut renders = 0;
        for (index, job) in jobs.into_iter().enumerate() {
            let at = if name == "jobs" {
                format!("jobs[{index}]")
            } else {
                format!("job {}", index + 1)
            };
            let entry = entry(at, job, &defaults, output.as_deref())?;
            renders += entry.variants.len().max(1);
            if renders > MAX_JOBS {
                return Err(ManifestError::TooMany { at: entry.at });
            }
            entries.push(entry);
        }
        if entries.is_empty() { Err(ManifestError::Empty) } else { Ok(Self { entries }) }
    }
}

/// Checks the defaults by themselves, so that a slip in them is not reported of the first job;
/// their output pattern.
fn check_defaults(defaults: &Map<String, Value>) -> Result<Option<String>, ManifestError> {
    let mut settings = defaults.clone();
    let output = take_text(&mut settings, "output", "defaults")?;
    settings_of(settings, "defaults")?;
    Ok(output)
}

fn entry(
    at: String,
    job: Value,
    defaults: &Map<String, Value>,
    default_output: Option<&str>,
) -> Result<Entry, ManifestError> {
    let Value::Object(mut own) = job else {
        return Err(ManifestError::invalid(&at, "a job is an object: {\"session\": PATH, ...}"));
    };
    let head = head(&mut own, &at)?;
    // A job's own settings stand for those of the defaults, field by field.
    let mut all = defaults.clone();
    all.remove("output");
    all.extend(own);
    let settings = settings_of(all, &at)?;
    let variants = head.variants.into_iter().enumerate();
    let variants =
        variants.map(|(index, value)| variant(value, &format!("{at}.variants[{index}]")));
    let variants: Vec<Variant> = variants.collect::<Result<_, _>>()?;
    let output = head.output.or_else(|| default_output.map(str::to_owned));
    Ok(Entry { at, session: head.session, output, settings, variants })
}

/// Takes what a job has beside its settings out of it.
fn head(job: &mut Map<String, Value>, at: &str) -> Result<Head, ManifestError> {
    let session = take_text(job, "session", at)?
        .filter(|path| !path.is_empty())
        .ok_or_else(|| ManifestError::invalid(at, "it names no session: give \"session\": PATH"))?;
    let output = take_text(job, "output", at)?;
    let variants = match job.remove("variants") {
        None => Vec::new(),
        Some(Value::Array(variants)) if !variants.is_empty() => variants,
        Some(_) => {
            let what = "variants is a list of at least one {\"name\": NAME, \"ops\": [...]}";
            return Err(ManifestError::invalid(at, what));
        }
    };
    Ok(Head { session, output, variants })
}

fn take_text(
    object: &mut Map<String, Value>,
    field: &str,
    at: &str,
) -> Result<Option<String>, ManifestError> {
    match object.remove(field) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(ManifestError::invalid(at, format!("{field} is a text"))),
    }
}

fn settings_of(object: Map<String, Value>, at: &str) -> Result<JobSettings, ManifestError> {
    let is_range = |field: &str| RANGE_FIELDS.contains(&field);
    let (range, export) = object.into_iter().partition(|(field, _)| is_range(field));
    let range = serde_json::from_value(Value::Object(range))
        .map_err(|error| ManifestError::invalid(at, error))?;
    let export = serde_json::from_value(Value::Object(export))
        .map_err(|error| ManifestError::invalid(at, with_other_fields(&error.to_string(), at)))?;
    let settings = JobSettings { range, export };
    settings.check().map_err(|what| ManifestError::invalid(at, what))?;
    Ok(settings)
}

/// What serde says of an unknown field names those of the export only.
fn with_other_fields(error: &str, at: &str) -> String {
    if !error.starts_with("unknown field") {
        return error.to_owned();
    }
    let own: &[&str] =
        if at == "defaults" { &["output"] } else { &["session", "output", "variants"] };
    let fields = RANGE_FIELDS.iter().chain(own).map(|field| format!("`{field}`"));
    format!("{error}, {}", fields.collect::<Vec<_>>().join(", "))
}

fn variant(value: Value, at: &str) -> Result<Variant, ManifestError> {
    let text: VariantText =
        serde_json::from_value(value).map_err(|error| ManifestError::invalid(at, error))?;
    check_name(&text.name).map_err(|what| ManifestError::invalid(at, what))?;
    if !text.ops.is_array() {
        return Err(ManifestError::invalid(at, "ops is a list of commands, as in 'wavemill edit'"));
    }
    let batch = Batch::parse(&text.ops.to_string());
    let batch = batch.map_err(|error| ManifestError::Op { at: at.to_owned(), error })?;
    Ok(Variant { name: text.name, ops: batch.ops })
}

/// A variant's name becomes part of a file's: it may lead nowhere.
fn check_name(name: &str) -> Result<(), String> {
    let leads = |c: char| matches!(c, '/' | '\\') || c.is_control();
    if name.is_empty() || name.len() > MAX_NAME_BYTES || name.contains(leads) {
        return Err(format!(
            "the name {name:?} cannot be part of a file's name: give 1 to {MAX_NAME_BYTES} bytes \
             without / and \\"
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str, words: &[&str]) {
        let message = Manifest::parse(text).unwrap_err().to_string();
        for word in words {
            assert!(message.contains(word), "no '{word}' in: {message}");
        }
    }

    #[test]
    fn defaults_hold_where_a_job_says_nothing() {
        let manifest = Manifest::parse(
            r#"{"defaults": {"rate": 44100, "tail": "none", "output": "{session}.wav"},
                "jobs": [{"session": "a"}, {"session": "b", "rate": 48000, "output": "x.wav"}]}"#,
        )
        .unwrap();
        let [a, b] = manifest.entries.as_slice() else { panic!("{manifest:?}") };
        assert_eq!(a.settings.export.rate.map(|rate| rate.hz()), Some(44_100));
        assert_eq!(b.settings.export.rate.map(|rate| rate.hz()), Some(48_000));
        assert_eq!(a.settings.range.tail, b.settings.range.tail);
        assert_eq!(a.output.as_deref(), Some("{session}.wav"));
        assert_eq!(b.output.as_deref(), Some("x.wav"));
    }

    #[test]
    fn one_job_a_line_is_the_same_as_a_list() {
        let lines = "{\"session\": \"a\", \"rate\": 44100}\n\n{\"session\": \"b\"}\n";
        let list = r#"{"jobs": [{"session": "a", "rate": 44100}, {"session": "b"}]}"#;
        let strip = |text: &str| {
            let entries = Manifest::parse(text).unwrap().entries.into_iter();
            entries.map(|entry| Entry { at: String::new(), ..entry }).collect::<Vec<_>>()
        };
        assert_eq!(strip(lines), strip(list));
        assert_eq!(strip("{\"session\": \"a\"}").len(), 1);
    }

    #[test]
    fn slips_are_named_with_their_place() {
        refused("{\"jobs\": [", &["not valid JSON", "line 1"]);
        refused("", &["no jobs"]);
        refused("[]", &["the manifest"]);
        refused(r#"{"jobs": []}"#, &["no jobs"]);
        refused(r#"{"jobs": [], "job": 1}"#, &["unknown field `job`"]);
        refused(r#"{"jobs": [{"sesion": "a"}]}"#, &["jobs[0]", "no session"]);
        refused(
            r#"{"jobs": [{"session": "a"}, {"session": "a", "bitdepth": 16}]}"#,
            &["jobs[1]", "unknown field `bitdepth`", "`bit_depth`", "`variants`"],
        );
        refused(r#"{"defaults": {"speed": 2}, "jobs": []}"#, &["defaults", "`speed`", "`output`"]);
        refused(r#"{"defaults": {"tail": -1}, "jobs": []}"#, &["defaults", "tail", "0 to 86400"]);
        refused(r#"{"jobs": [{"session": "a", "rate": 7}]}"#, &["jobs[0]", "rate"]);
        refused("{\"session\": \"a\"}\n{\"session\": 5}", &["job 2", "session is a text"]);
        refused(r#"{"jobs": [{"session": "a", "variants": []}]}"#, &["jobs[0]", "variants"]);
    }

    #[test]
    fn slips_in_variants_are_named_with_their_place() {
        let with = |variant: &str| {
            format!(
                r#"{{"jobs": [{{"session": "a", "variants": [{{"name": "ok", "ops": []}}, {variant}]}}]}}"#
            )
        };
        refused(&with(r#"{"name": "x", "ops": [], "op": 1}"#), &["jobs[0].variants[1]", "`op`"]);
        refused(
            &with(r#"{"name": "a/b", "ops": []}"#),
            &["jobs[0].variants[1]", "a/b", "without /"],
        );
        refused(&with(r#"{"name": "", "ops": []}"#), &["variants[1]", "name"]);
        refused(&with(r#"{"name": "x", "ops": {"ops": []}}"#), &["variants[1]", "list"]);
        refused(
            &with(r#"{"name": "x", "ops": [{"op": "set_volum", "track": "a"}]}"#),
            &["jobs[0].variants[1]", "ops[0] (set_volum)"],
        );
    }
}
