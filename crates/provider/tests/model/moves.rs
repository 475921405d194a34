//! What can happen in a state, and what comes of it.

use provider::tokens::step::{Action, Answer, Event, LEAST_LIFE, Outcome, State};
use store::Millis;
use store::grants::Status;

use crate::rules::Rule;
use crate::variants::{self, Variant};
use crate::world::{Given, LIFE, Limits, Phase, Reply, Request, Rotation, TICK, World};

/// One thing that happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Move {
    /// Somebody wants a token of this process.
    Demand(usize),
    /// The process does what it is about to do.
    Act(usize),
    /// The provider reads a request.
    Provide(usize),
    /// A reply arrives.
    Deliver(usize),
    /// A connection breaks; the request arrives nevertheless, or not.
    Lose { request: usize, arrives: bool },
    /// The deadline of a request passes.
    TimeOut(usize),
    /// The process is killed, and begins anew.
    Crash(usize),
    /// Time passes.
    Tick,
    /// The machine's clock is set.
    Jump(Millis),
    /// A person consents anew.
    Consent,
    /// The provider forgets its newest refresh token.
    Rollback,
}

/// All that can happen next.
pub fn possible(world: &World, limits: &Limits) -> Vec<Move> {
    let mut moves = Vec::new();
    for (index, process) in world.processes.iter().enumerate() {
        match process.phase {
            // Before anything happened the two are alike.
            Phase::Idle
                if world.left.demands > 0
                    && (index == 0 || limits.skew != 0 || *world != World::new(limits)) =>
            {
                moves.push(Move::Demand(index));
            }
            Phase::Doing(..) => moves.push(Move::Act(index)),
            _ => {}
        }
        if world.left.crashes > 0 && process.phase != Phase::Idle {
            moves.push(Move::Crash(index));
        }
    }
    for (index, request) in world.wire.iter().enumerate() {
        if request.reply.is_none() {
            moves.push(Move::Provide(index));
        }
        if request.from.is_none() {
            continue;
        }
        if request.reply.is_some() {
            moves.push(Move::Deliver(index));
        }
        if world.left.losses > 0 {
            moves.push(Move::Lose {
                request: index,
                arrives: true,
            });
            if request.reply.is_none() {
                moves.push(Move::Lose {
                    request: index,
                    arrives: false,
                });
            }
        }
        if world.now >= request.by {
            moves.push(Move::TimeOut(index));
        }
    }
    if world.now < Millis::from(limits.horizon) * TICK {
        moves.push(Move::Tick);
    }
    if world.left.jumps > 0 && *world != World::new(limits) {
        moves.push(Move::Jump(-12 * TICK));
        moves.push(Move::Jump(12 * TICK));
    }
    if world.left.consents > 0 {
        moves.push(Move::Consent);
    }
    if world.left.rollbacks > 0 && world.provider.newest > 0 {
        moves.push(Move::Rollback);
    }
    moves
}

/// The state after it.
pub fn after(world: &World, limits: &Limits, variant: Variant, what: Move) -> World {
    let mut world = world.clone();
    match what {
        Move::Demand(index) => {
            world.left.demands -= 1;
            world.processes[index].phase = Phase::Doing(State::Looking, Action::Read);
            act(&mut world, variant, index);
        }
        Move::Act(index) => act(&mut world, variant, index),
        Move::Provide(index) => provide(&mut world, limits.rotation, index),
        Move::Deliver(index) => {
            let request = world.wire.remove(index);
            let Some(from) = request.from else {
                return world;
            };
            let answer = match request.reply {
                Some(Reply::Tokens(given)) => {
                    let asked_at = match variant {
                        Variant::LifeFromArrival => world.now,
                        _ => request.asked_at,
                    };
                    let ends = world.clock(from) + LIFE - (world.now - asked_at);
                    world.processes[from].given = Some(Given {
                        ends,
                        asked_at,
                        ..given
                    });
                    Answer::Tokens {
                        access_ends_at: ends,
                    }
                }
                _ => Answer::GrantRefused,
            };
            answered(&mut world, variant, from, answer);
        }
        Move::Lose {
            request: index,
            arrives,
        } => {
            world.left.losses -= 1;
            cut(&mut world, variant, index, arrives);
        }
        Move::TimeOut(index) => cut(&mut world, variant, index, true),
        Move::Crash(index) => {
            world.left.crashes -= 1;
            let process = &mut world.processes[index];
            process.phase = Phase::Idle;
            process.life += 1;
            if process
                .given
                .take()
                .is_some_and(|given| given.refresh.is_some())
            {
                world.ledger.reply_lost = true;
            }
            if let Some(at) = world
                .wire
                .iter()
                .position(|request| request.from == Some(index))
            {
                orphan(&mut world, at);
            }
        }
        Move::Tick => world.now += TICK,
        Move::Jump(by) => {
            world.left.jumps -= 1;
            world.ledger.clock_set = true;
            for process in &mut world.processes {
                process.offset += by;
            }
            // The keeper of the process notices (`ClockWatch`), within less time than a token must have left.
            if by < 0 && variant != Variant::BelieveTheFuture {
                let now = world.clock(0);
                world.row.distrust(now);
            }
        }
        Move::Consent => {
            world.left.consents -= 1;
            world.provider.issued += 1;
            world.provider.newest = world.provider.issued;
            world.provider.access += 1;
            let given = Given {
                access: world.provider.access,
                truly_ends: world.now + LIFE,
                ends: world.now + LIFE,
                refresh: Some(world.provider.newest),
                asked_at: 0,
            };
            let now = world.now;
            world.row.consented(given, now);
        }
        Move::Rollback => {
            world.left.rollbacks -= 1;
            world.provider.newest -= 1;
        }
    }
    world
}

/// The provider takes the request, or refuses.
fn provide(world: &mut World, rotation: Rotation, index: usize) {
    let provider = &mut world.provider;
    let request = &mut world.wire[index];
    let old = request.refresh != provider.newest;
    let refused = provider.ended
        || match rotation {
            Rotation::Never => false,
            // One that was never given, or that the provider forgot.
            Rotation::Lenient => request.refresh > provider.newest,
            Rotation::Strict | Rotation::Family => old,
        };
    let reply = if refused {
        provider.ended |= rotation == Rotation::Family && old;
        Reply::Refused
    } else {
        provider.access += 1;
        let refresh = (rotation != Rotation::Never).then(|| {
            provider.issued = provider.issued.max(provider.newest) + 1;
            provider.newest = provider.issued;
            provider.newest
        });
        Reply::Tokens(Given {
            access: provider.access,
            truly_ends: world.now + LIFE,
            ends: 0,
            refresh,
            asked_at: 0,
        })
    };
    request.reply = Some(reply);
    if request.from.is_none() {
        let request = world.wire.remove(index);
        note_lost(world, &request);
    }
}

fn note_lost(world: &mut World, request: &Request) {
    if matches!(
        request.reply,
        Some(Reply::Tokens(Given {
            refresh: Some(_),
            ..
        }))
    ) {
        world.ledger.reply_lost = true;
    }
}

/// Nobody waits for this request any more; what it does at the provider it may still do.
fn orphan(world: &mut World, index: usize) {
    world.wire[index].from = None;
    if world.wire[index].reply.is_some() {
        let request = world.wire.remove(index);
        note_lost(world, &request);
    }
}

fn cut(world: &mut World, variant: Variant, index: usize, arrives: bool) {
    let Some(from) = world.wire[index].from else {
        return;
    };
    if arrives {
        world.wire[index].cut = true;
        orphan(world, index);
    } else {
        world.wire.remove(index);
    }
    answered(world, variant, from, Answer::None);
}

fn answered(world: &mut World, variant: Variant, process: usize, answer: Answer) {
    let Phase::Waiting(state) = world.processes[process].phase.clone() else {
        return;
    };
    let now = world.clock(process);
    go_on(
        world,
        variant,
        process,
        state,
        Event::Answered { now, answer },
    );
}

fn go_on(world: &mut World, variant: Variant, process: usize, state: State, event: Event) {
    let (state, action) = variants::step(variant, state, event);
    if matches!(state, State::Ended(_)) {
        return ended(world, variant, process, &state);
    }
    world.processes[process].phase = Phase::Doing(state, action);
    if variant == Variant::UseBeforeStore
        && matches!(
            world.processes[process].phase,
            Phase::Doing(State::Storing { .. }, _)
        )
        && let Some(given) = world.processes[process].given
    {
        use_token(world, Some(given));
    }
}

/// What the caller does with the outcome (`tokens::fly`), at once: how long it sleeps then is its own affair.
fn ended(world: &mut World, variant: Variant, index: usize, state: &State) {
    world.processes[index].phase = Phase::Idle;
    match state {
        State::Ended(Outcome::Fresh) => {
            let now = world.clock(index);
            let lives = world.row.access.is_some_and(|access| access.ends > now);
            if lives || variant == Variant::NoLeastLife {
                use_token(world, world.row.access);
            } else {
                // Slept over its end: the caller looks again.
                world.processes[index].phase = Phase::Doing(State::Looking, Action::Read);
            }
        }
        State::Ended(Outcome::NeedsConsent) if world.row.status != Status::NeedsConsent => {
            world.broken = Some(Rule::ToldTheTruth);
        }
        _ => {}
    }
}

fn act(world: &mut World, variant: Variant, index: usize) {
    let Phase::Doing(state, action) = world.processes[index].phase.clone() else {
        return;
    };
    let now = world.clock(index);
    let owner = (index, world.processes[index].life);
    let event = match action {
        Action::Read => {
            let view = world.row.view();
            let least_life = LEAST_LIFE;
            Event::Read {
                now,
                view,
                least_life,
            }
        }
        Action::TakeLease { version, until } => {
            let taken = world.row.take_lease(version, owner, until, now);
            Event::Leased { now, taken }
        }
        Action::Ask { previous, by } => {
            let refresh = if previous {
                world.row.previous
            } else {
                world.row.refresh
            };
            let same_version = match &state {
                State::Asking { view, .. } => view.version == world.row.version,
                _ => true,
            };
            let in_time = now < by || variant == Variant::SendWhenever;
            let current = same_version || variant == Variant::AskWithAnyVersion;
            if let Some(refresh) = refresh
                && in_time
                && current
            {
                let unstored = world.processes.iter().any(|other| other.given.is_some());
                world.ledger.overlapped |=
                    unstored || !world.wire.is_empty() || world.ledger.clock_set;
                let left = (by - now).max(TICK);
                world.wire.push(Request {
                    from: Some(index),
                    refresh,
                    asked_at: world.now,
                    by: world.now + left,
                    reply: None,
                    cut: false,
                });
                world.processes[index].phase = Phase::Waiting(state);
                return;
            }
            let answer = Answer::NotAsked;
            Event::Answered { now, answer }
        }
        Action::Store { version, .. } => {
            let stored = store(world, variant, index, version, now);
            Event::Stored { now, stored }
        }
        Action::GiveBack {
            version,
            status,
            next_try,
            unanswered,
            reply_lost,
        } => {
            let unanswered = unanswered && variant != Variant::ForgetLostReplies;
            let ours = world
                .row
                .give_back(version, owner, status, next_try, unanswered);
            if ours && status == Some(Status::NeedsConsent) {
                world.row.told_lost = reply_lost;
                if variant == Variant::RefusalErases {
                    world.row.refresh = None;
                }
            }
            Event::GivenBack(ours)
        }
        Action::End => return ended(world, variant, index, &state),
    };
    go_on(world, variant, index, state, event);
}

fn store(world: &mut World, variant: Variant, index: usize, version: i64, now: Millis) -> bool {
    let owner = (index, world.processes[index].life);
    let Some(given) = world.processes[index].given.take() else {
        return false;
    };
    let leased = world
        .row
        .lease
        .is_some_and(|(holder, until)| holder == owner && until > now);
    if variant == Variant::FenceByLease && !leased {
        if given.refresh.is_some() && world.row.version == version {
            // Thrown away by ourselves: no excuse.
            return false;
        }
        return false;
    }
    let version = match variant {
        Variant::StoreWhateverTheVersion => world.row.version,
        _ => version,
    };
    let given = Given {
        ends: now + LIFE - (world.now - given.asked_at),
        asked_at: 0,
        ..given
    };
    let before = world.row.refresh;
    let stored = world.row.renewed(version, owner, given, now);
    if stored && world.row.refresh < before {
        world.broken = Some(Rule::NewestToken);
    }
    stored
}

/// A login, right now.
fn use_token(world: &mut World, token: Option<Given>) {
    let Some(token) = token else {
        // The caller looks again (`fly`): between the protocol's end and its look the row has changed.
        return;
    };
    let durable = world
        .row
        .access
        .is_some_and(|stored| stored.access >= token.access);
    if !durable {
        world.broken = Some(Rule::DurableBeforeUse);
    } else if token.truly_ends <= world.now {
        world.broken = Some(Rule::NoTokenPastItsEnd);
    }
}

/// From here on nothing goes wrong any more, and one process wants a token: does it get one?
pub fn comes_back(world: &World, limits: &Limits, variant: Variant) -> bool {
    let mut world = world.clone();
    let limits = Limits {
        horizon: u8::MAX,
        ..*limits
    };
    for _ in 0..12 {
        world.wire.clear();
        world.left.demands = 1;
        world = after(&world, &limits, variant, Move::Demand(0));
        for _ in 0..24 {
            let what = match &world.processes[0].phase {
                Phase::Idle => break,
                Phase::Doing(..) => Move::Act(0),
                Phase::Waiting(_) if world.wire[0].reply.is_none() => Move::Provide(0),
                Phase::Waiting(_) => Move::Deliver(0),
            };
            world = after(&world, &limits, variant, what);
        }
        let now = world.clock(0);
        let lives = world.row.access.is_some_and(|access| access.ends > now);
        // At a strict provider a reply may be lost that nobody has missed yet.
        let rotates = matches!(limits.rotation, Rotation::Strict | Rotation::Family);
        if lives || (rotates && world.row.status == Status::NeedsConsent) {
            return true;
        }
        world.now += 4 * TICK;
    }
    false
}
