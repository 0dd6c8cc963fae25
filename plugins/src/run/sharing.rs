//! Which plug-ins run in one process.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use wavemill_core::job::CancelToken;

use super::link::Link;
use crate::description::PluginDescription;
use crate::failure::WorkerFailure;
use crate::worker::WorkerProgram;

/// Which plug-ins run in one process. What does not give the same beside another instance has a
/// process of its own whatever is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Isolation {
    /// Every instance has its own.
    #[default]
    Instance,
    /// Those of one chain share one.
    Chain,
    /// Those of one vendor share one.
    Vendor,
}

/// The processes that are shared at the moment.
#[derive(Clone, Default)]
pub(super) struct Sharing {
    isolation: Isolation,
    links: Arc<Mutex<BTreeMap<String, Weak<Link>>>>,
}

impl Sharing {
    /// Nothing is shared yet.
    pub(super) fn new(isolation: Isolation) -> Self {
        Self { isolation, links: Arc::default() }
    }

    /// Nothing is shared at all.
    pub(super) fn none() -> Self {
        Self::default()
    }

    /// True where processes are shared.
    pub(super) fn shares(&self) -> bool {
        self.isolation != Isolation::Instance
    }

    /// The process for the plug-in at `node`, where it shares one.
    pub(super) fn link(
        &self,
        node: &str,
        plugin: &PluginDescription,
        program: &WorkerProgram,
        cancel: &CancelToken,
    ) -> Result<Option<Arc<Link>>, WorkerFailure> {
        let key = match self.isolation {
            Isolation::Instance => return Ok(None),
            Isolation::Chain => node.split("/inserts/").next().unwrap_or(node),
            // Those who do not say who made them have nothing in common.
            Isolation::Vendor if plugin.vendor.is_empty() => node,
            Isolation::Vendor => &plugin.vendor,
        };
        let mut links = self.links.lock().unwrap_or_else(PoisonError::into_inner);
        let there = links.get(key).and_then(Weak::upgrade).filter(|link| !link.has_ended());
        if let Some(link) = there {
            return Ok(Some(link));
        }
        let link = Arc::new(Link::start(program, cancel)?);
        links.insert(key.to_owned(), Arc::downgrade(&link));
        Ok(Some(link))
    }
}
