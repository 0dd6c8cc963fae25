//! `wavemill cache`: what the store holds, and how to make it smaller or sure of itself.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::json;
use wavemill_render::store::Store;

use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::{output, store_arguments};

/// Arguments of `cache`.
#[derive(Debug, Args)]
#[command(after_help = "\
The store is $WAVEMILL_CACHE or the user's cache folder; 'off' in $WAVEMILL_CACHE renders without
one. It takes at most 5 GB, or what $WAVEMILL_CACHE_QUOTA says (20GB); what was not used for longest
goes first. Nothing in it is needed: what is missing is rendered again, to the same samples.

Examples:
  wavemill cache stats
  WAVEMILL_CACHE_QUOTA=1GB wavemill cache gc
  wavemill cache verify --json")]
pub struct Cache {
    /// What to do.
    #[command(subcommand)]
    action: Action,
    /// Folder of the store.
    #[arg(long, value_name = "DIR", global = true)]
    cache: Option<PathBuf>,
    /// Print one JSON object.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Clone, Copy, Debug, Subcommand)]
enum Action {
    /// Show what is in it.
    Stats,
    /// Remove what was not used for longest until the quota holds.
    Gc,
    /// Read every object and remove the damaged ones; exit code 1 where there were any.
    Verify,
    /// Remove everything.
    Clear,
}

impl Cache {
    /// Does it.
    pub fn run(&self) -> Result<ExitStatus, Failure> {
        let store = store_arguments::open_existing(self.cache.clone())?;
        match self.action {
            Action::Stats => self.stats(&store)?,
            Action::Gc => self.freed(store.sweep())?,
            Action::Clear => self.freed(store.clear())?,
            Action::Verify => return self.verify(&store),
        }
        Ok(ExitStatus::Done)
    }

    fn stats(&self, store: &Store) -> Result<(), Failure> {
        let stats = store.stats();
        if self.json {
            return output::json(&stats);
        }
        let mut text = format!(
            "{}: {} of {}\n",
            stats.folder,
            megabytes(stats.bytes),
            megabytes(stats.quota_bytes)
        );
        for kind in &stats.kinds {
            text.push_str(&format!(
                "  {:<8} {:>8} objects {:>14}\n",
                kind.kind,
                kind.objects,
                megabytes(kind.bytes)
            ));
        }
        output::text(&text)
    }

    fn freed(&self, bytes: u64) -> Result<(), Failure> {
        if self.json {
            output::json(&json!({ "freed_bytes": bytes }))
        } else {
            output::text(&format!("{} freed\n", megabytes(bytes)))
        }
    }

    fn verify(&self, store: &Store) -> Result<ExitStatus, Failure> {
        let verified = store.verify();
        if self.json {
            output::json(&verified)?;
        } else {
            let mut text =
                format!("{} objects, {} damaged\n", verified.objects, verified.damaged.len());
            for path in &verified.damaged {
                text.push_str(&format!("  removed {path}\n"));
            }
            output::text(&text)?;
        }
        Ok(if verified.damaged.is_empty() { ExitStatus::Done } else { ExitStatus::Damaged })
    }
}

fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}
