//! Every order of events, breadth first, so that what breaks a rule is shown in as few moves as can be.

use std::collections::{HashSet, VecDeque};
use std::hash::{BuildHasher as _, RandomState};

use crate::moves::{self, Move};
use crate::rules::{self, Rule};
use crate::variants::Variant;
use crate::world::{Limits, TICK, World};

/// What a search found.
pub enum Found {
    /// All states hold all rules.
    Nothing { states: usize },
    /// This one does not; how it came about.
    Broken { rule: Rule, trace: String },
}

/// Two hashes of 64 bits stand for a state: of millions no two are alike.
struct Seen([RandomState; 2], HashSet<u128>);

impl Seen {
    fn is_new(&mut self, world: &World) -> bool {
        let [high, low] = [0, 1].map(|index: usize| u128::from(self.0[index].hash_one(world)));
        self.1.insert(high << 64 | low)
    }
}

/// Looks at every state that can be reached.
pub fn search(limits: Limits, variant: Variant) -> Found {
    let mut seen = Seen([RandomState::new(), RandomState::new()], HashSet::new());
    let start = World::new(&limits);
    seen.is_new(&start);
    // How each state was reached: from which one, and by what.
    let mut ways: Vec<(usize, Option<Move>)> = vec![(0, None)];
    let mut waiting = VecDeque::from([(start, 0)]);
    while let Some((world, way)) = waiting.pop_front() {
        if let Some(rule) = rules::broken(&world, &limits, variant) {
            let trace = told(&limits, variant, &ways, way);
            return Found::Broken { rule, trace };
        }
        for what in moves::possible(&world, &limits) {
            let next = moves::after(&world, &limits, variant, what);
            if seen.is_new(&next) {
                ways.push((way, Some(what)));
                waiting.push_back((next, ways.len() - 1));
            }
        }
    }
    Found::Nothing { states: ways.len() }
}

fn told(
    limits: &Limits,
    variant: Variant,
    ways: &[(usize, Option<Move>)],
    mut at: usize,
) -> String {
    let mut moves = Vec::new();
    while let (from, Some(what)) = ways[at] {
        moves.push(what);
        at = from;
    }
    let mut world = World::new(limits);
    let mut lines = Vec::new();
    for what in moves.into_iter().rev() {
        world = moves::after(&world, limits, variant, what);
        let row = &world.row;
        lines.push(format!(
            "{:>3} {what:?} -> version {}, refresh {:?}, {:?}, lease {:?}",
            world.now / TICK,
            row.version,
            row.refresh,
            row.status,
            row.lease
        ));
    }
    lines.join("\n")
}
