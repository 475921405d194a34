//! What people should know now, from the state of credentials and grants.
//!
//!     state -> wishes (kind, subject, occasion, person) -> those that are missing are added, once each
//!                                                       -> open notices that nobody wishes for are withdrawn
//!
//! Planning again changes nothing; a death is planned by its time, an ending by its date and the days before it.
//! Of several days that were passed at once only the nearest is told.

use std::collections::{BTreeMap, HashSet};

use provider::Providers;
use provider::advice::Case;
use provider::cause::to_cause;
use provider::endings::{self, DAY, Ending};
use store::accounts;
use store::credentials::{Credential, Status as CredentialStatus, SwitchedBy};
use store::grants::{self, Grant, Status};
use store::notices::{self, Kind, New, Notice};
use store::submissions;
use store::users::{self, Role, User};
use store::{Tx, UserId};

use crate::endings::{Known, known, occasion};

/// A grant that was not refreshed for so long is looked at.
const IDLE: i64 = 30 * DAY;
/// A switch of secrets is news for so long.
const NEWS: i64 = 7 * DAY;
/// Open notices that are looked at.
const MOST_OPEN: i64 = 10_000;
/// Mailboxes that are named in one line.
const MOST_NAMED: usize = 5;

type Key = (Kind, [u8; 16], String, UserId);

fn key(new: &New) -> Key {
    (new.kind, new.subject_id, new.occasion.clone(), new.user_id)
}

/// What is to be changed.
#[derive(Default)]
struct Plan {
    add: Vec<New>,
    withdraw: Vec<Notice>,
    deaths: Vec<Grant>,
}

/// Brings the notices in line with the state.
pub async fn plan(providers: &Providers) -> store::Result<()> {
    let with = providers.clone();
    let plan = providers
        .store()
        .read(move |tx| Box::pin(async move { look(tx, &with).await }))
        .await?;
    // Where nothing changes, nothing is written: other processes would look at everything again.
    if plan.add.is_empty() && plan.withdraw.is_empty() && plan.deaths.is_empty() {
        return Ok(());
    }
    providers
        .store()
        .write(move |tx| {
            Box::pin(async move {
                for grant in &plan.deaths {
                    grants::note_death(tx, grant).await?;
                }
                for new in &plan.add {
                    notices::add(tx, new).await?;
                }
                for notice in &plan.withdraw {
                    withdraw(tx, notice).await?;
                }
                Ok(())
            })
        })
        .await
}

/// One that is on its way is taken back if that is still possible; else it settles as sent.
async fn withdraw(tx: &mut Tx, notice: &Notice) -> store::Result<()> {
    if let (notices::Status::Queued, Some(account), Some(submission)) =
        (notice.status, notice.account_id, notice.submission_id)
        && submissions::find(tx, account, submission).await?.is_some()
        && !submissions::cancel(tx, account, submission).await?
    {
        return Ok(());
    }
    notices::withdraw(tx, notice.id).await
}

async fn look(tx: &mut Tx, providers: &Providers) -> store::Result<Plan> {
    let (wishes, deaths) = wishes(tx, providers).await?;
    let mut plan = Plan::default();
    let dead: HashSet<[u8; 16]> = deaths.iter().map(|grant| grant.id.0).collect();
    for grant in deaths {
        if !grants::is_death_noted(tx, &grant).await? {
            plan.deaths.push(grant);
        }
    }
    let wished: HashSet<Key> = wishes.iter().map(key).collect();
    for new in wishes {
        if !notices::is_known(tx, &new).await? {
            plan.add.push(new);
        }
    }
    let open = notices::open(tx, MOST_OPEN).await?;
    plan.withdraw = open
        .into_iter()
        .filter(|notice| {
            let asked = is_asked(&notice.of) && dead.contains(&notice.of.subject_id);
            !asked && !wished.contains(&key(&notice.of))
        })
        .collect();
    Ok(plan)
}

/// All that people should know now, and the grants that ended.
async fn wishes(tx: &mut Tx, providers: &Providers) -> store::Result<(Vec<New>, Vec<Grant>)> {
    let known = known(tx).await?;
    let now = tx.now();
    let administrators: Vec<UserId> = users::list(tx)
        .await?
        .into_iter()
        .filter(|user| user.role == Role::Administrator && user.status == users::Status::Active)
        .map(|user| user.id)
        .collect();
    let watched = grants::to_watch(tx, now - IDLE).await?;
    let mut wishes = Vec::new();
    for credential in known.credentials() {
        for telling in of_credential(providers, &known, credential, &watched, now) {
            wishes.extend(administrators.iter().map(|user| telling.to(*user)));
        }
    }
    let mut deaths = Vec::new();
    for grant in watched {
        if grant.status == Status::NeedsConsent {
            let telling = of_death(tx, &grant).await?;
            for person in grants::people_of(tx, &grant).await? {
                wishes.push(telling.to(person.id));
            }
            deaths.push(grant);
        } else if let Some(telling) = of_ending(providers, &known, &grant, now) {
            let owner = users::find(tx, grant.user_id).await?;
            wishes.extend(owner.filter(may_read).map(|user| telling.to(user.id)));
        }
    }
    Ok((wishes, deaths))
}

fn may_read(user: &User) -> bool {
    user.status != users::Status::Disabled
}

/// A notice without its reader.
struct Telling {
    kind: Kind,
    subject_id: [u8; 16],
    occasion: String,
    case: Case,
    values: BTreeMap<String, String>,
}

impl Telling {
    fn to(&self, user_id: UserId) -> New {
        New {
            kind: self.kind,
            subject_id: self.subject_id,
            occasion: self.occasion.clone(),
            user_id,
            cause: Some(to_cause(&self.case)),
            values: self.values.clone(),
        }
    }
}

fn values(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

/// The beginning of the occasion of a notice that somebody ordered again.
const ASKED: &str = "asked ";

/// Whether a person ordered this notice of a death, besides the one that each death has.
pub fn is_asked(new: &New) -> bool {
    new.kind == Kind::GrantDied && new.occasion.starts_with(ASKED)
}

/// The notice of a death to the grant's own person, ordered now.
pub async fn asked(tx: &mut Tx, grant: &Grant) -> store::Result<New> {
    let occasion = format!("{ASKED}{}", tx.now());
    let telling = of_death(tx, grant).await?;
    Ok(New {
        occasion,
        ..telling.to(grant.user_id)
    })
}

/// What administrators should know of a credential.
fn of_credential(
    providers: &Providers,
    known: &Known,
    credential: &Credential,
    watched: &[Grant],
    now: i64,
) -> Vec<Telling> {
    let profile = providers.profile(&credential.fields.provider).ok();
    let facts = |case: Case| {
        let case = case.with("credential", credential.id.to_string());
        match profile {
            Some(profile) => profile.facts(case),
            None => case,
        }
    };
    let name = credential.fields.name.as_str();
    let telling = |kind, occasion, case, values| Telling {
        kind,
        subject_id: credential.id.0,
        occasion,
        case,
        values,
    };
    let mut all = Vec::new();
    if let Some(ending) = endings::of_secret(credential)
        && let Some(days) = ending.reached(&ending.notices(credential.created_at), now)
    {
        let date = ending.day();
        all.push(telling(
            Kind::SecretEnds,
            occasion(&ending, credential.created_at, days),
            facts(ending.case(profile, now)),
            values(&[("name", name), ("date", &date)]),
        ));
    }
    if credential.status == CredentialStatus::Broken
        && let Some(cause) = &credential.cause
    {
        let since = credential.broken_since.unwrap_or(credential.updated_at);
        all.push(telling(
            Kind::CredentialBroken,
            since.to_string(),
            facts(provider::cause::to_case(cause)),
            values(&[("name", name)]),
        ));
    }
    if let Some(switched) = &credential.switched
        && switched.by == SwitchedBy::Refusal
        && now - switched.at < NEWS
    {
        let case = switched
            .cause
            .as_ref()
            .map_or_else(|| Case::new("secret-switched"), provider::cause::to_case);
        all.push(telling(
            Kind::SecretSwitched,
            switched.at.to_string(),
            facts(case),
            values(&[("name", name)]),
        ));
    }
    if known.in_testing(providers, credential.id, watched) {
        all.push(telling(
            Kind::GrantEnds,
            "testing".to_owned(),
            facts(Case::new("grants-end-testing").with("name", name)),
            values(&[("name", name), ("whole_app", "1")]),
        ));
    }
    all
}

/// What owner and members should know of a grant that needs consent.
async fn of_death(tx: &mut Tx, grant: &Grant) -> store::Result<Telling> {
    let mailboxes: Vec<_> = accounts::of_grant(tx, grant.id).await?;
    let named: Vec<&str> = mailboxes
        .iter()
        .take(MOST_NAMED)
        .map(|account| account.mailbox_address.as_str())
        .collect();
    let more = match mailboxes.len() > MOST_NAMED {
        true => ", …",
        false => "",
    };
    let name = format!("{}{more}", named.join(", "));
    let case = match &grant.cause {
        Some(cause) => provider::cause::to_case(cause),
        None => Case::new("grant-ended").with("address", &grant.subject.address),
    };
    let account = mailboxes
        .first()
        .map_or(String::new(), |account| account.id.to_string());
    Ok(Telling {
        kind: Kind::GrantDied,
        subject_id: grant.id.0,
        occasion: grant.status_since.to_string(),
        case: case.with("account", account),
        values: values(&[("name", &name), ("address", &grant.subject.address)]),
    })
}

/// What its owner should know of a grant that will end.
fn of_ending(providers: &Providers, known: &Known, grant: &Grant, now: i64) -> Option<Telling> {
    let credential = known.credential(grant.credential_id)?;
    let ending: Ending = endings::nearest(&known.endings(providers, grant))?;
    let days = ending.reached(&ending.notices(grant.created_at), now)?;
    let profile = providers.profile(&credential.fields.provider).ok();
    let address = grant.subject.address.as_str();
    let date = ending.day();
    Some(Telling {
        kind: Kind::GrantEnds,
        subject_id: grant.id.0,
        occasion: occasion(&ending, grant.created_at, days),
        case: ending.case(profile, now).with("address", address),
        values: values(&[("name", address), ("date", &date)]),
    })
}

#[cfg(test)]
mod tests;
