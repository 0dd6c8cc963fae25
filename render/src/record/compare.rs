//! What differs between two records: facts, keys, and signals, the most upstream first.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::{Map, Value};

use super::BounceRecord;
use super::origins::{SignalDifference, signal_differences};
use super::plan::PlanRecord;

/// What differs between two records.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RecordDifference {
    /// Settings, versions, inputs and what came out, by path; whether they were traced does not
    /// count.
    pub facts: Vec<FactDifference>,
    /// Signals whose keys differ or that only one has, in the order of the session: what they may
    /// depend on is another, up to the end of the session.
    pub keys: Vec<String>,
    /// Signals whose samples differ, each after all it follows from; `None` where they do not
    /// compare, for the two start at other samples or have other rates.
    pub signals: Option<Vec<SignalDifference>>,
}

/// A field that differs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FactDifference {
    /// Where it stands.
    pub path: String,
    /// In the first record; null where it is not there.
    pub a: Value,
    /// In the second one.
    pub b: Value,
}

impl RecordDifference {
    /// True where nothing differs.
    pub fn is_none(&self) -> bool {
        self.facts.is_empty()
            && self.keys.is_empty()
            && self.signals.as_ref().is_some_and(Vec::is_empty)
    }
}

/// What differs between `a` and `b`.
///
/// # Errors
/// Where a field cannot be said in JSON.
pub fn compare(a: &BounceRecord, b: &BounceRecord) -> Result<RecordDifference, serde_json::Error> {
    let mut found = Vec::new();
    differences("", &facts(a)?, &facts(b)?, &mut found);
    processors(&a.keys, &b.keys, &mut found);
    let comparable = a.range.from == b.range.from && a.session.sample_rate == b.session.sample_rate;
    Ok(RecordDifference {
        facts: found,
        keys: keys(&a.keys, &b.keys),
        signals: comparable.then(|| signal_differences(a, b)),
    })
}

/// All but keys and signals.
fn facts(record: &BounceRecord) -> Result<Value, serde_json::Error> {
    let mut facts = Map::new();
    facts.insert("wavemill".to_owned(), Value::from(record.wavemill.as_str()));
    let sections = [
        ("session", serde_json::to_value(&record.session)?),
        ("versions", serde_json::to_value(&record.versions)?),
        ("inputs", by_name(serde_json::to_value(&record.inputs)?, "file")),
        ("plugins", by_name(serde_json::to_value(&record.plugins)?, "node")),
        ("range", serde_json::to_value(&record.range)?),
        ("export", serde_json::to_value(&record.export)?),
        ("outcome", serde_json::to_value(&record.outcome)?),
    ];
    facts.extend(sections.map(|(name, section)| (name.to_owned(), section)));
    Ok(Value::Object(facts))
}

/// A list by what its items have as `name`, so that one more does not move the others.
fn by_name(list: Value, name: &str) -> Value {
    let Value::Array(list) = list else { return list };
    let named = list.into_iter().filter_map(|item| {
        let name = item.get(name)?.as_str()?.to_owned();
        Some((name, item))
    });
    Value::Object(named.collect())
}

/// Appends the leaves in which `a` and `b` differ.
fn differences(path: &str, a: &Value, b: &Value, found: &mut Vec<FactDifference>) {
    let at = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}/{name}") };
    match (a, b) {
        (Value::Object(a), Value::Object(b)) => {
            for (name, a) in a {
                differences(&at(name), a, b.get(name).unwrap_or(&Value::Null), found);
            }
            for (name, b) in b.iter().filter(|(name, _)| !a.contains_key(*name)) {
                differences(&at(name), &Value::Null, b, found);
            }
        }
        _ if a == b => {}
        _ => found.push(FactDifference { path: path.to_owned(), a: a.clone(), b: b.clone() }),
    }
}

/// Appends processors that are others, or of other versions.
fn processors(a: &PlanRecord, b: &PlanRecord, found: &mut Vec<FactDifference>) {
    let named = |plan: &PlanRecord| -> BTreeMap<String, Value> {
        let nodes = plan.strips.iter().flat_map(|strip| &strip.nodes);
        let named = nodes.filter_map(|node| {
            let name = node.processor.as_ref()?;
            let version = node.processor_version.unwrap_or_default();
            Some((node.id.clone(), Value::from(format!("{name} {version}"))))
        });
        named.collect()
    };
    let (a, b) = (named(a), named(b));
    let none = Value::Null;
    let mut ids: Vec<&String> =
        a.keys().chain(b.keys().filter(|id| !a.contains_key(*id))).collect();
    ids.sort_unstable();
    for id in ids {
        differences(id, a.get(id).unwrap_or(&none), b.get(id).unwrap_or(&none), found);
    }
}

fn keys(a: &PlanRecord, b: &PlanRecord) -> Vec<String> {
    let (a, b) = (named_keys(a), named_keys(b));
    let find = |list: &[(String, String)]| list.iter().cloned().collect::<BTreeMap<_, _>>();
    let (by_id_a, by_id_b) = (find(&a), find(&b));
    let of_a = a.iter().filter(|(id, key)| by_id_b.get(id) != Some(key));
    let only_b = b.iter().filter(|(id, _)| !by_id_a.contains_key(id));
    of_a.chain(only_b).map(|(id, _)| id.clone()).collect()
}

/// The keys of all signals by id.
fn named_keys(plan: &PlanRecord) -> Vec<(String, String)> {
    let mut named = Vec::new();
    let mut inputs = BTreeSet::new();
    for strip in &plan.strips {
        let input = format!("{}/input", strip.id);
        named.push((input.clone(), strip.input_key.clone()));
        inputs.insert(input);
        named.extend(strip.nodes.iter().map(|node| (node.id.clone(), node.key.clone())));
    }
    named.extend(plan.edges.iter().map(|edge| (edge.id.clone(), edge.key.clone())));
    // The sum at a strip's main input is named already.
    let sidechains = plan.joins.iter().filter(|join| !inputs.contains(&join.id));
    named.extend(sidechains.map(|join| (join.id.clone(), join.key.clone())));
    named
}
