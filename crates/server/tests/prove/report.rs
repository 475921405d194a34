//! The figures of a run, for people and for `scripts/figures`.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::{Value, json};

use crate::demand::Counts;
use crate::diary::Life;
use crate::judge::Verdict;
use crate::plan::{GRANTS, Place, Plan, Rule};

/// How many wanted a processor in the last five minutes, in the mean: what else ran slows a run down.
fn load() -> f64 {
    let told = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let five = told.split(' ').nth(1);
    five.and_then(|five| five.parse().ok()).unwrap_or_default()
}

#[derive(Debug)]
pub struct Report(Value);

impl Report {
    pub fn of(
        plan: &Plan,
        verdict: &Verdict,
        counts: &Counts,
        lives: &BTreeMap<String, Life>,
        took: Duration,
    ) -> Report {
        let killed = |command: bool| {
            let all = lives.iter().filter(|(_, life)| life.killed.is_some());
            all.filter(|(by, _)| by.starts_with('c') == command).count()
        };
        let held: usize = lives.values().map(|life| life.holds.len()).sum();
        let held_long: usize = lives.values().map(|life| life.long().count()).sum();
        Report(json!({
            "place": match plan.place {
                Place::Postgres => "two `serve` on PostgreSQL",
                Place::Sqlite => "`serve` and `tegata token` on SQLite",
            },
            "rule": match plan.rule {
                Rule::OldStaysValid => "A",
                Rule::OldDies => "B",
            },
            "seed": plan.seed,
            "seconds": took.as_secs(),
            "grants": GRANTS,
            "serve_killed": killed(false),
            "commands_killed": killed(true),
            "held": held,
            "held_long": held_long,
            "kills_that_hit": verdict.kills_that_hit,
            "open_hit": verdict.open_hit,
            "requests": verdict.requests,
            "granted": verdict.granted,
            "tokens_used": counts.used.load(Ordering::SeqCst),
            "commands": counts.commands.load(Ordering::SeqCst),
            "not_served": counts.refused.load(Ordering::SeqCst),
            "came_late": counts.came_late.load(Ordering::SeqCst),
            "overlaps": verdict.overlaps,
            "late_uses": verdict.late_uses,
            "reuses": verdict.reuses,
            "on_the_wire": verdict.on_the_wire,
            "repeats": verdict.repeats,
            "after_refusal": verdict.after_refusal,
            "lost_unexplained": verdict.lost_unexplained,
            "load": load(),
            "lost_to_kills": verdict.lost_to_kills,
            "lost_to_holds": verdict.lost_to_holds,
            "told": verdict.told,
        }))
    }

    /// Adds it as a line to the file that `TEGATA_PROOF` names.
    ///
    /// # Panics
    /// When that cannot be written.
    pub fn write_down(&self) {
        let Ok(path) = std::env::var("TEGATA_PROOF") else {
            return;
        };
        let file = OpenOptions::new().create(true).append(true).open(path);
        let mut file = file.expect("the figures can be written");
        writeln!(file, "{}", self.0).expect("the figures can be written");
    }
}
