//! Where a check collects what it finds, and the sentences that several checks share.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::ops::RangeInclusive;

use super::Problem;

/// Most problems listed.
const MAX_PROBLEMS: usize = 100;

/// Most valid choices listed in a message.
const MAX_CHOICES: usize = 12;

/// A place in the document; written out only where there is something to say about it.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    parent: Option<&'a Place<'a>>,
    step: Step<'a>,
}

#[derive(Clone, Copy)]
enum Step<'a> {
    Name(&'a str),
    Index(usize),
}

impl<'a> Place<'a> {
    pub(super) const fn root() -> Self {
        Self { parent: None, step: Step::Name("session") }
    }

    /// The field or the element with the id `name` in it.
    pub(super) const fn at(&'a self, name: &'a str) -> Self {
        Self { parent: Some(self), step: Step::Name(name) }
    }

    /// The element `index`, counted from 0, where elements have no ids.
    pub(super) const fn nth(&'a self, index: usize) -> Self {
        Self { parent: Some(self), step: Step::Index(index) }
    }

    fn write(&self, path: &mut String) {
        if let Some(parent) = self.parent.filter(|parent| parent.parent.is_some()) {
            parent.write(path);
            path.push('/');
        }
        match self.step {
            Step::Name(name) => path.push_str(name),
            // Writing to a string does not fail.
            Step::Index(index) => drop(write!(path, "{index}")),
        }
    }
}

/// Problems found so far.
#[derive(Default)]
pub(super) struct Report {
    problems: Vec<Problem>,
    unlisted: usize,
}

impl Report {
    pub(super) fn add(&mut self, place: &Place<'_>, what: impl Into<String>) {
        if self.problems.len() == MAX_PROBLEMS {
            self.unlisted += 1;
            return;
        }
        let mut path = String::new();
        place.write(&mut path);
        self.problems.push(Problem { path, what: what.into() });
    }

    pub(super) fn finish(mut self) -> Vec<Problem> {
        if self.unlisted > 0 {
            let what = format!("and {} more problems: correct those above first", self.unlisted);
            self.problems.push(Problem { path: "session".to_owned(), what });
        }
        self.problems
    }

    /// `value` lies in `range`; anything else, NaN too, does not.
    pub(super) fn range(
        &mut self,
        place: &Place<'_>,
        value: f64,
        range: RangeInclusive<f64>,
        unit: &str,
    ) {
        if !range.contains(&value) {
            let (low, high) = (range.start(), range.end());
            let space = if unit.is_empty() { "" } else { " " };
            self.add(place, format!("{value} is out of range: use {low} to {high}{space}{unit}"));
        }
    }

    /// At most `most` of something; whether that is so.
    pub(super) fn count(&mut self, place: &Place<'_>, count: usize, most: usize) -> bool {
        if count > most {
            self.add(place, format!("there are {count} of them and at most {most} are allowed"));
        }
        count <= most
    }

    pub(super) fn text(&mut self, place: &Place<'_>, text: &str, most: usize) {
        if text.len() > most {
            let bytes = text.len();
            self.add(place, format!("the text is {bytes} bytes long: shorten it to {most}"));
        }
    }

    /// No id is there twice.
    pub(super) fn unique<'a>(&mut self, place: &Place<'_>, ids: impl Iterator<Item = &'a str>) {
        let mut first: BTreeMap<&str, usize> = BTreeMap::new();
        for (index, id) in ids.enumerate() {
            match first.get(id) {
                Some(before) => self.add(
                    &place.at(id),
                    format!(
                        "elements {before} and {index} (counted from 0) both have the id '{id}': give each its own"
                    ),
                ),
                None => drop(first.insert(id, index)),
            }
        }
    }
}

/// The valid choices of a reference: `kind` in the plural, and their ids.
pub(super) fn choices<'a>(kind: &str, ids: impl Iterator<Item = &'a str>) -> String {
    let mut text = String::new();
    let mut left = 0;
    for (index, id) in ids.enumerate() {
        if index >= MAX_CHOICES {
            left += 1;
            continue;
        }
        text.push_str(if index == 0 { "" } else { ", " });
        text.push_str(id);
    }
    match (text.is_empty(), left) {
        (true, _) => format!("there are no {kind}"),
        (false, 0) => format!("the {kind} are {text}"),
        (false, _) => format!("the {kind} are {text} and {left} more"),
    }
}
