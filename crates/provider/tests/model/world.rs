//! What there is: two processes, one row, one provider, and what is on the wire between them.

use provider::tokens::step::{Action, State};
use store::Millis;

use crate::row::Row;

/// Time passes by so much: every wait of the protocol ends at such a moment or just after one.
pub const TICK: Millis = 10_000;
/// How long the provider's access tokens live.
pub const LIFE: Millis = 4 * TICK;

/// What the provider does with a refresh token that was used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Rotation {
    /// Nothing: there is one for ever (Google).
    Never,
    /// A new one each time; the old one stays valid (Microsoft).
    Lenient,
    /// A new one each time; the old one is refused.
    Strict,
    /// As strict, and who uses an old one ends the grant (RFC 9700, 4.14.2).
    Family,
}

impl Rotation {
    pub const ALL: [Rotation; 4] = [
        Rotation::Never,
        Rotation::Lenient,
        Rotation::Strict,
        Rotation::Family,
    ];
}

/// How much of what may happen.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    pub rotation: Rotation,
    /// Ticks.
    pub horizon: u8,
    /// How often somebody wants a token.
    pub demands: u8,
    /// Processes killed.
    pub crashes: u8,
    /// Connections that break with a request or reply in them.
    pub losses: u8,
    /// How often the machine's clock is set, far back or forward.
    pub jumps: u8,
    /// How far the second process's clock is ahead: the two run on two machines.
    pub skew: Millis,
    /// Times that a person consents anew.
    pub consents: u8,
    /// Times that the provider forgets the newest refresh token.
    pub rollbacks: u8,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            rotation: Rotation::Lenient,
            horizon: 10,
            demands: 2,
            crashes: 0,
            losses: 0,
            jumps: 0,
            skew: 0,
            consents: 0,
            rollbacks: 0,
        }
    }
}

/// What of the limits is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Left {
    pub demands: u8,
    pub crashes: u8,
    pub losses: u8,
    pub jumps: u8,
    pub consents: u8,
    pub rollbacks: u8,
}

/// Tokens as the provider gave them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Given {
    pub access: u8,
    /// By the provider's clock, which is the true one.
    pub truly_ends: Millis,
    /// By the clock of who got it.
    pub ends: Millis,
    pub refresh: Option<u8>,
    /// Since boot, that is by the true clock; 0 once they are stored.
    pub asked_at: Millis,
}

/// A reply on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reply {
    Tokens(Given),
    Refused,
}

/// A request on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Request {
    /// Who waits for it; `None`: nobody any more.
    pub from: Option<usize>,
    pub refresh: u8,
    /// By the true clock.
    pub asked_at: Millis,
    /// By the true clock.
    pub by: Millis,
    /// What the provider said.
    pub reply: Option<Reply>,
    /// Its connection broke, or its sender gave up: both sides know that it is over.
    pub cut: bool,
}

/// Where a process is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Phase {
    Idle,
    /// About to do this.
    Doing(State, Action),
    /// Its request is on the wire.
    Waiting(State),
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Process {
    pub phase: Phase,
    /// How its clock differs from the true one.
    pub offset: Millis,
    /// Tokens that came and are not stored yet.
    pub given: Option<Given>,
    /// A new one each time that it begins, so that a dead one's lease is not its own.
    pub life: u8,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Provider {
    /// The newest refresh token.
    pub newest: u8,
    /// The last number given to a refresh token.
    pub issued: u8,
    /// The last number given to an access token.
    pub access: u8,
    /// Ended, because an old token was used.
    pub ended: bool,
}

/// What an observer who sees all of it remembers, to judge by.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Ledger {
    /// A reply with a new refresh token reached nobody who could store it.
    pub reply_lost: bool,
    /// Somebody asked while the request of a sleeper was on the wire past its deadline, or a clock was set.
    pub overlapped: bool,
    /// A clock was set.
    pub clock_set: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct World {
    pub now: Millis,
    pub row: Row,
    pub processes: [Process; 2],
    pub provider: Provider,
    pub wire: Vec<Request>,
    pub ledger: Ledger,
    pub left: Left,
    /// A rule that the last move broke by itself.
    pub broken: Option<crate::rules::Rule>,
}

impl World {
    /// A grant whose access token has ended; an hour is long ago.
    pub fn new(limits: &Limits) -> World {
        let process = Process {
            phase: Phase::Idle,
            offset: 0,
            given: None,
            life: 0,
        };
        World {
            now: 0,
            row: Row::new(),
            processes: [
                process.clone(),
                Process {
                    offset: limits.skew,
                    ..process
                },
            ],
            provider: Provider {
                newest: 0,
                issued: 0,
                access: 0,
                ended: false,
            },
            wire: Vec::new(),
            ledger: Ledger::default(),
            left: Left {
                demands: limits.demands,
                crashes: limits.crashes,
                losses: limits.losses,
                jumps: limits.jumps,
                consents: limits.consents,
                rollbacks: limits.rollbacks,
            },
            broken: None,
        }
    }

    /// The time by a process's clock.
    pub fn clock(&self, process: usize) -> Millis {
        self.now + self.processes[process].offset
    }
}
