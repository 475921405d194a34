//! What must hold in every state.

use store::grants::Status;

use crate::moves;
use crate::variants::Variant;
use crate::world::{Limits, Phase, Rotation, World};

/// The invariants of decision 0010.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Rule {
    /// At most one refresh request of a grant within its deadline, over all processes.
    OneRequest,
    /// A token that is handed out is in the row.
    DurableBeforeUse,
    /// The newest refresh token is never overwritten by an older one.
    NewestToken,
    /// The row always holds a refresh token.
    NeverEmptied,
    /// An access token is never used past its end.
    NoTokenPastItsEnd,
    /// Consent is asked for only where the provider truly takes no token any more that it ever gave us in time.
    NothingIsLost,
    /// Where a reply was lost, the refusal that follows is told as that.
    LostReplyIsTold,
    /// A caller is told "consent again" only where the row says so.
    ToldTheTruth,
    /// A grant that lives has a token again, once the provider answers.
    ComesBack,
}

/// The first rule that this state breaks.
pub fn broken(world: &World, limits: &Limits, variant: Variant) -> Option<Rule> {
    if world.broken.is_some() {
        return world.broken;
    }
    if world.row.refresh.is_none() {
        return Some(Rule::NeverEmptied);
    }
    let in_time = |request: &&crate::world::Request| {
        request.reply.is_none() && !request.cut && world.now < request.by
    };
    if !world.ledger.clock_set && world.wire.iter().filter(in_time).count() > 1 {
        return Some(Rule::OneRequest);
    }
    let at_rest = world
        .processes
        .iter()
        .all(|process| process.phase == Phase::Idle);
    if !at_rest {
        return None;
    }
    if world.row.status == Status::NeedsConsent {
        let excused = match limits.rotation {
            Rotation::Never | Rotation::Lenient => false,
            Rotation::Strict => world.ledger.reply_lost,
            Rotation::Family => world.ledger.reply_lost || world.ledger.overlapped,
        };
        if !excused {
            return Some(Rule::NothingIsLost);
        }
        if world.ledger.reply_lost && !world.row.told_lost {
            return Some(Rule::LostReplyIsTold);
        }
        return None;
    }
    (!moves::comes_back(world, limits, variant)).then_some(Rule::ComesBack)
}
