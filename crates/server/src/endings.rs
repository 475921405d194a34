//! The calendar of endings: every secret and every grant that will end by itself, for the screen, the API and
//! `tegata doctor`.
//!
//!     credentials, grants, deaths -> provider::endings -> Item, the nearest first
//!
//! Grants that ended already are not here: who must act on them is shown elsewhere.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use provider::Providers;
use provider::advice::{Case, Language};
use provider::cause::Step;
use provider::endings::{self, DAY, Ending, Lessons, Reason};
use provider::profile::Kind;
use serde_json::{Value, json};
use store::accounts::{self, Account};
use store::credentials::{self, Access, Credential};
use store::grants::{self, Grant, Status};
use store::notices::{self, Notice};
use store::users::{self, User};
use store::{CredentialId, GrantId, Millis, Tx, UserId};

use crate::json;

/// A grant that was not refreshed for so long is looked at, though the server moves its end.
const IDLE: Millis = 30 * DAY;
/// Accounts named in one item.
const MOST_MAILBOXES: usize = 100;

/// What is known besides the grants themselves.
pub struct Known {
    credentials: BTreeMap<CredentialId, Credential>,
    lessons: Lessons,
}

/// Reads it.
pub async fn known(tx: &mut Tx) -> store::Result<Known> {
    let now = tx.now();
    let credentials = credentials::list(tx).await?;
    Ok(Known {
        credentials: credentials
            .into_iter()
            .map(|credential| (credential.id, credential))
            .collect(),
        lessons: Lessons {
            deaths: grants::deaths(tx, now - endings::MEMORY).await?,
            outlived: grants::outlived(tx, endings::TESTING + DAY).await?,
        },
    })
}

impl Known {
    /// All credentials.
    pub fn credentials(&self) -> impl Iterator<Item = &Credential> {
        self.credentials.values()
    }

    /// One of them.
    pub fn credential(&self, id: CredentialId) -> Option<&Credential> {
        self.credentials.get(&id)
    }

    /// The endings of a grant, the nearest first; none of one that has ended.
    pub fn endings(&self, providers: &Providers, grant: &Grant) -> Vec<Ending> {
        if matches!(grant.status, Status::NeedsConsent | Status::Revoked) {
            return Vec::new();
        }
        let Some(credential) = self.credential(grant.credential_id) else {
            return Vec::new();
        };
        let profile = providers.profile(&credential.fields.provider);
        let kind = profile.map_or(Kind::Generic, |profile| profile.kind);
        let app_only = credential.fields.access == Access::AppOnly;
        endings::of_grant(grant, kind, app_only, &self.lessons)
    }

    /// Puts `ends_at` and `ends_reason` into an account's grant.
    pub fn mark(&self, providers: &Providers, item: &mut Value, grant: Option<&Grant>) {
        let Some(grant) = grant else { return };
        if let Some(ending) = endings::nearest(&self.endings(providers, grant)) {
            item["grant"]["ends_at"] = json!(json::time(ending.at));
            item["grant"]["ends_reason"] = json!(ending.reason.word());
        }
    }

    /// Whether the grants of a credential end after seven days, as far as they have shown.
    pub fn in_testing(&self, providers: &Providers, id: CredentialId, grants: &[Grant]) -> bool {
        let testing = |ending: Ending| ending.reason == Reason::TestingSevenDays;
        let died = self.lessons.deaths.iter().any(|death| {
            let by_testing = death
                .cause
                .as_ref()
                .is_some_and(|cause| cause.id == "grant-ended-testing");
            let published = self.lessons.outlived.get(&id);
            let still = published.is_none_or(|consent| *consent < death.consented_at);
            death.credential_id == id && by_testing && still
        });
        died || grants
            .iter()
            .filter(|grant| grant.credential_id == id)
            .any(|grant| endings::nearest(&self.endings(providers, grant)).is_some_and(testing))
    }
}

/// What the page of a credential says where its grants end after seven days.
pub async fn testing_case(
    tx: &mut Tx,
    providers: &Providers,
    credential: &Credential,
) -> store::Result<Option<Case>> {
    let known = known(tx).await?;
    let grants = grants::of_credential(tx, credential.id).await?;
    let profile = providers.profile(&credential.fields.provider).ok();
    let case = Case::new("grants-end-testing")
        .with("name", &credential.fields.name)
        .with("credential", credential.id.to_string());
    Ok(known
        .in_testing(providers, credential.id, &grants)
        .then(|| profile.map_or(case.clone(), |profile| profile.facts(case))))
}

/// Of what an ending is.
pub enum Subject {
    /// A credential's current secret.
    Secret,
    /// A grant, with whoever gave it and the mailboxes that it opens.
    Grant {
        grant: Box<Grant>,
        person: Option<Box<User>>,
        mailboxes: Vec<Account>,
    },
}

/// One line of the calendar.
pub struct Item {
    /// When and why.
    pub ending: Ending,
    /// The credential, whose secret or whose grant it is.
    pub credential: Credential,
    /// Of what.
    pub subject: Subject,
}

impl Item {
    /// The id of the credential or the grant.
    pub fn id(&self) -> String {
        match &self.subject {
            Subject::Secret => self.credential.id.to_string(),
            Subject::Grant { grant, .. } => grant.id.to_string(),
        }
    }

    /// Since when the ending is known.
    fn from(&self) -> Millis {
        match &self.subject {
            Subject::Secret => self.credential.created_at,
            Subject::Grant { grant, .. } => grant.created_at,
        }
    }

    /// What to tell people of it.
    pub fn case(&self, providers: &Providers) -> Case {
        let profile = providers.profile(&self.credential.fields.provider).ok();
        let now = providers.store().now();
        let case = self.ending.case(profile, now);
        let case = case.with("credential", self.credential.id.to_string());
        match &self.subject {
            Subject::Secret => case,
            Subject::Grant {
                grant, mailboxes, ..
            } => {
                let account = mailboxes.first();
                case.with("address", &grant.subject.address).with(
                    "account",
                    account.map_or(String::new(), |one| one.id.to_string()),
                )
            }
        }
    }

    /// The occasion of the notice that goes out so many days before.
    pub fn occasion(&self, days: i64) -> String {
        occasion(&self.ending, self.from(), days)
    }
}

/// Tells notices of one ending apart: by the secret's date or the consent, and the number of days.
pub fn occasion(ending: &Ending, from: Millis, days: i64) -> String {
    match ending.reason {
        Reason::SecretDate => format!("{}/{days}", ending.day()),
        _ => format!("{from}/{days}"),
    }
}

/// Whose endings.
#[derive(Clone, Copy)]
pub enum Whose {
    /// Everybody's, and the secrets: for administrators.
    All,
    /// Those of the grants that concern a member.
    Of(UserId),
}

/// The calendar, the nearest first. `all`: with those that the server itself moves on.
pub async fn calendar(
    tx: &mut Tx,
    providers: &Providers,
    whose: Whose,
    all: bool,
) -> store::Result<Vec<Item>> {
    let known = known(tx).await?;
    let mut items = Vec::new();
    if matches!(whose, Whose::All) {
        items.extend(known.credentials().filter_map(|credential| {
            Some(Item {
                ending: endings::of_secret(credential)?,
                credential: credential.clone(),
                subject: Subject::Secret,
            })
        }));
    }
    let grants = match all {
        true => grants::all(tx).await?,
        false => {
            let idle_since = tx.now() - IDLE;
            grants::to_watch(tx, idle_since).await?
        }
    };
    let theirs = match whose {
        Whose::All => None,
        Whose::Of(user) => Some(grants_of(tx, user).await?),
    };
    let mut people: HashMap<UserId, Option<Box<User>>> = HashMap::new();
    for grant in grants {
        let concerns = match (&theirs, whose) {
            (Some(theirs), Whose::Of(user)) => grant.user_id == user || theirs.contains(&grant.id),
            _ => true,
        };
        let endings = known.endings(providers, &grant);
        let nearest = endings::nearest(&endings);
        let moving = endings.into_iter().find(|ending| ending.moves && all);
        let shown: Vec<Ending> = nearest.into_iter().chain(moving).collect();
        let credential = known.credential(grant.credential_id);
        let (Some(credential), true, false) = (credential, concerns, shown.is_empty()) else {
            continue;
        };
        let mut mailboxes = accounts::of_grant(tx, grant.id).await?;
        if mailboxes.is_empty() {
            continue;
        }
        mailboxes.truncate(MOST_MAILBOXES);
        let user = grant.user_id;
        if let std::collections::hash_map::Entry::Vacant(entry) = people.entry(user) {
            entry.insert(users::find(tx, user).await?.map(Box::new));
        }
        for ending in shown {
            items.push(Item {
                ending,
                credential: credential.clone(),
                subject: Subject::Grant {
                    grant: Box::new(grant.clone()),
                    person: people.get(&user).cloned().flatten(),
                    mailboxes: mailboxes.clone(),
                },
            });
        }
    }
    items.sort_by_key(|item| (item.ending.at, item.id(), item.ending.moves));
    Ok(items)
}

async fn grants_of(tx: &mut Tx, user: UserId) -> store::Result<BTreeSet<GrantId>> {
    let accounts = accounts::of_user(tx, user).await?;
    Ok(accounts
        .into_iter()
        .filter(|(_, rights)| rights.read || rights.manage)
        .map(|(account, _)| account.grant_id)
        .collect())
}

/// An item as the API shows it, with the notices about it.
pub fn show(
    providers: &Providers,
    item: &Item,
    told: &[(Notice, Option<User>)],
    language: Language,
) -> Value {
    let now = providers.store().now();
    let advice = item.case(providers).advise(language);
    let fields = &item.credential.fields;
    let (kind, name, person, mailboxes) = match &item.subject {
        Subject::Secret => ("secret", fields.name.clone(), Value::Null, Vec::new()),
        Subject::Grant {
            grant,
            person,
            mailboxes,
        } => (
            "grant",
            grant.subject.address.clone(),
            person.as_ref().map_or(
                Value::Null,
                |user| json!({ "id": user.id, "name": shown_name(user) }),
            ),
            mailboxes
                .iter()
                .map(|one| json!({ "account_id": one.id, "address": one.mailbox_address }))
                .collect(),
        ),
    };
    json!({
        "kind": kind, "subject_id": item.id(), "credential_id": item.credential.id, "name": name,
        "provider": fields.provider, "ends_at": json::time(item.ending.at), "ends_on": item.ending.day(),
        "reason": item.ending.reason.word(), "certain": item.ending.certain, "moves": item.ending.moves,
        "days": item.ending.days(now), "who": advice.who, "card": advice.card, "person": person,
        "mailboxes": mailboxes, "notices": notices_of(item, told, now), "advice": advice,
    })
}

/// The name of a person, or the login where there is none.
pub fn shown_name(user: &User) -> &str {
    match user.name.as_str() {
        "" => &user.login,
        name => name,
    }
}

/// Who a notice is for.
pub fn addressee(user: Option<&User>, address: &str) -> Value {
    user.map_or(Value::Null, |user| {
        let address = if address.is_empty() {
            user.address.as_str()
        } else {
            address
        };
        json!({ "id": user.id, "name": shown_name(user), "address": address })
    })
}

/// What was told, and what will be: a line for each number of days.
fn notices_of(item: &Item, told: &[(Notice, Option<User>)], now: Millis) -> Vec<Value> {
    let mut lines = Vec::new();
    for days in item.ending.notices(item.from()) {
        let occasion = item.occasion(days);
        let about = |(notice, _): &&(Notice, Option<User>)| {
            notice.of.occasion == occasion && notice.status != notices::Status::Withdrawn
        };
        let mut any = told.iter().filter(about).peekable();
        let planned = item.ending.at - days * DAY;
        if any.peek().is_none() && planned > now {
            lines.push(
                json!({ "days": days, "status": "waiting", "to": null, "at": json::time(planned) }),
            );
        }
        for (notice, user) in any {
            let at = notice.sent_at.unwrap_or(notice.created_at);
            lines.push(json!({
                "days": days, "status": notice.status.shown(), "to": addressee(user.as_ref(), &notice.address),
                "at": json::time(at),
            }));
        }
    }
    lines
}

/// The notices about an item, with whom they are for.
pub async fn told(tx: &mut Tx, item: &Item) -> store::Result<Vec<(Notice, Option<User>)>> {
    let found = match &item.subject {
        Subject::Secret => {
            notices::of_subject(tx, notices::Kind::SecretEnds, item.credential.id.0).await?
        }
        Subject::Grant { grant, .. } => {
            notices::of_subject(tx, notices::Kind::GrantEnds, grant.id.0).await?
        }
    };
    let mut told = Vec::new();
    for notice in found {
        let user = users::find(tx, notice.of.user_id).await?;
        told.push((notice, user));
    }
    Ok(told)
}

/// Days before an ending from which the doctor warns, and from which it fails.
const WARN: i64 = 30;
const FAIL: i64 = 7;

/// The doctor's steps: an ending in the next thirty days warns, in the next seven (or past) fails. What is only
/// learnt from an earlier death warns.
pub async fn check(providers: &Providers) -> store::Result<Vec<Step>> {
    let with = providers.clone();
    let items = providers
        .store()
        .read(move |tx| {
            Box::pin(async move {
                let mut items = calendar(tx, &with, Whose::All, false).await?;
                // One that the server moves on comes near only where it was off, or where refreshes fail.
                let idle = calendar(tx, &with, Whose::All, true).await?;
                let near = tx.now() + WARN * DAY;
                items.extend(
                    idle.into_iter()
                        .filter(|item| item.ending.moves && item.ending.at <= near),
                );
                Ok(items)
            })
        })
        .await?;
    let now = providers.store().now();
    Ok(items
        .iter()
        .map(|item| step(providers, item, now))
        .collect())
}

fn step(providers: &Providers, item: &Item, now: Millis) -> Step {
    let (name, subject) = match &item.subject {
        Subject::Secret => ("secret-ends", item.credential.fields.name.clone()),
        Subject::Grant { grant, .. } => ("grant-ends", grant.subject.address.clone()),
    };
    let left = item.ending.at - now;
    let case = item.case(providers);
    let step = if left > WARN * DAY {
        Step::ok(name, subject, 0)
    } else if left > FAIL * DAY || !item.ending.certain {
        Step::warn(name, subject, 0, case)
    } else {
        Step::fail(name, subject, 0, case)
    };
    let days = item.ending.days(now);
    step.said(&format!(
        "{} ({}), {days} days",
        item.ending.day(),
        item.ending.reason.word()
    ))
}
