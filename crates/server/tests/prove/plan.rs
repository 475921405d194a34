//! What is done in a run, drawn from its seed beforehand.

/// How many mailboxes there are.
pub const GRANTS: usize = 200;
/// How long a process is believed to be at work on a refresh (`provider::tokens::step::LEASE`).
pub const LEASE_MS: u64 = provider::tokens::step::LEASE as u64;

/// Which database, and so which processes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Two `serve` on one PostgreSQL.
    Postgres,
    /// One `serve` with `tegata token` beside it on SQLite.
    Sqlite,
}

/// What becomes of a refresh token when a newer one was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Run A: it stays valid, as Microsoft documents.
    OldStaysValid,
    /// Run B: it dies at once, and whoever uses it ends the grant.
    OldDies,
}

/// One run.
#[derive(Clone, Debug)]
pub struct Plan {
    pub place: Place,
    pub rule: Rule,
    /// Processes killed.
    pub kills: usize,
    /// Processes held for longer than the lease.
    pub long_holds: usize,
    pub seed: u64,
}

/// What is done to a `serve`.
#[derive(Clone, Copy, Debug)]
pub enum Act {
    /// SIGKILL, and started again.
    Kill,
    /// SIGSTOP, and SIGCONT after so many milliseconds.
    Hold(u64),
}

/// One act, and how long the process lives before it.
#[derive(Clone, Copy, Debug)]
pub struct Turn {
    pub wait_ms: u64,
    pub act: Act,
}

impl Plan {
    /// With the seed of `TEGATA_SEED`, to repeat a run, or else a new one; said at once.
    pub fn new(place: Place, rule: Rule, kills: usize, long_holds: usize) -> Plan {
        let given = std::env::var("TEGATA_SEED").ok();
        let seed = given.and_then(|seed| seed.parse().ok()).unwrap_or_else(|| {
            let since = std::time::SystemTime::UNIX_EPOCH.elapsed();
            since.map_or(1, |since| since.as_micros() as u64 % 1_000_000_000)
        });
        let plan = Plan {
            place,
            rule,
            kills,
            long_holds,
            seed,
        };
        println!("{plan:?}; to repeat it: TEGATA_SEED={seed}");
        plan
    }

    /// How many `serve` there are.
    pub fn nodes(&self) -> usize {
        match self.place {
            Place::Postgres => 2,
            Place::Sqlite => 1,
        }
    }

    /// How many `tegata token` are killed: on SQLite half of all.
    pub fn command_kills(&self) -> usize {
        match self.place {
            Place::Postgres => 0,
            Place::Sqlite => self.kills / 2,
        }
    }

    /// The acts for a `serve`. The long holds are the last one's, so that somebody else is there to take over.
    pub fn turns(&self, node: usize) -> Vec<Turn> {
        let mut chance = self.chance(1 + node as u64);
        let all = self.kills - self.command_kills();
        let last = node + 1 == self.nodes();
        // The one that is held for long has less time to be killed in.
        let share = match (self.nodes(), last) {
            (1, _) => all,
            (_, true) => all * 2 / 5,
            (_, false) => all - all * 2 / 5,
        };
        let long_holds = if last { self.long_holds } else { 0 };
        let mut turns = Vec::new();
        for kill in 0..share {
            if kill % 5 == 4 {
                turns.push(Turn {
                    wait_ms: chance.between(200, 2_000),
                    act: Act::Hold(chance.between(100, 4_000)),
                });
            }
            turns.push(Turn {
                wait_ms: chance.between(300, 4_500),
                act: Act::Kill,
            });
            let due = long_holds * (kill + 1) / share.max(1) - long_holds * kill / share.max(1);
            for _ in 0..due {
                turns.push(Turn {
                    wait_ms: chance.between(500, 2_000),
                    act: Act::Hold(chance.between(LEASE_MS + 500, LEASE_MS + 4_000)),
                });
            }
        }
        turns
    }

    /// A source of chance of its own for each that needs one.
    pub fn chance(&self, who: u64) -> Chance {
        Chance(self.seed ^ who.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }
}

/// Numbers by chance that come again with the same seed (SplitMix64).
pub struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From `least` to `most`, both included.
    pub fn between(&mut self, least: u64, most: u64) -> u64 {
        least + self.next() % (most - least + 1)
    }

    pub fn one_of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.between(0, all.len() as u64 - 1) as usize]
    }
}

#[test]
fn all_kills_of_a_plan_are_dealt_out_and_the_same_seed_deals_them_again() {
    for place in [Place::Postgres, Place::Sqlite] {
        let plan = Plan::new(place, Rule::OldDies, 15, 2);
        let turns: Vec<Turn> = (0..plan.nodes())
            .flat_map(|node| plan.turns(node))
            .collect();
        let kills = turns.iter().filter(|turn| matches!(turn.act, Act::Kill));
        assert_eq!(kills.count() + plan.command_kills(), 15);
        let is_long = |turn: &&Turn| matches!(turn.act, Act::Hold(ms) if ms > LEASE_MS);
        assert_eq!(turns.iter().filter(is_long).count(), 2);
        assert_eq!(
            format!("{turns:?}"),
            format!(
                "{:?}",
                (0..plan.nodes())
                    .flat_map(|node| plan.turns(node))
                    .collect::<Vec<_>>()
            )
        );
    }
}
