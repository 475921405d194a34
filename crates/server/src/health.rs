//! What runs and what does not: for the health screen, `tegata doctor`, and the support bundle.
//!
//! The bundle is clean by construction: it is put together field by field from what may leave the house.
//! There is no place in it for a secret, a token, a mail, or the program's log; of an address only the domain stays, and
//! of an account's protocol log (where one is kept) no name of a folder.

use std::collections::{BTreeMap, HashMap};

use provider::Providers;
use provider::advice::{Language, search_words};
use provider::cause::to_case;
use provider::profile::Kind;
use serde_json::{Value, json};
use store::accounts::{self, Account, SendStatus, SyncStatus};
use store::failures::{self, Tally};
use store::grants::{self, Grant, Status};
use store::traffic::{self, Traffic};
use store::{GrantId, credentials, protocol_log};

use crate::json;

const DAY: i64 = 24 * 3_600_000;
/// Mailboxes that need attention, in one answer.
const MOST_ATTENTION: usize = 100;
/// Lines of an account's protocol log in a bundle: the newest.
const MOST_LINES: usize = 2_000;
/// Kinds of failures, in one answer.
const MOST_FAILURES: i64 = 200;

/// The worst of grant, receiving and sending: 0 good, 1 waits by itself, 2 stopped.
pub fn severity(account: &Account, grant: Option<&Grant>) -> u8 {
    let of_grant = match grant.map(|grant| grant.status) {
        Some(Status::Good | Status::Refreshing) | None => 0,
        Some(Status::Throttled) => 1,
        Some(Status::AppBroken | Status::NeedsConsent | Status::Revoked) => 2,
    };
    let of_sync = match account.sync.status {
        SyncStatus::Live | SyncStatus::Filling => 0,
        SyncStatus::Later => 1,
        SyncStatus::Blocked => 2,
    };
    let of_send = match account.send.status {
        SendStatus::Ready => 0,
        SendStatus::Later => 1,
        SendStatus::Blocked => 2,
    };
    of_grant.max(of_sync).max(of_send)
}

/// An account with what belongs to it.
pub struct Seen {
    /// The mailbox.
    pub account: Account,
    /// Its grant.
    pub grant: Option<Grant>,
    /// Today's sums.
    pub today: Option<Traffic>,
}

/// Every account, the worst first.
pub async fn accounts(providers: &Providers) -> store::Result<Vec<Seen>> {
    let mut seen = providers
        .store()
        .read(|tx| {
            Box::pin(async move {
                let grants: HashMap<GrantId, Grant> = grants::all(tx)
                    .await?
                    .into_iter()
                    .map(|grant| (grant.id, grant))
                    .collect();
                let today = traffic::today_of_all(tx).await?;
                let seen = |account: Account| Seen {
                    grant: grants.get(&account.grant_id).cloned(),
                    today: today.get(&account.id).copied(),
                    account,
                };
                Ok(accounts::all(tx)
                    .await?
                    .into_iter()
                    .map(seen)
                    .collect::<Vec<_>>())
            })
        })
        .await?;
    seen.sort_by_key(|seen| std::cmp::Reverse(severity(&seen.account, seen.grant.as_ref())));
    Ok(seen)
}

fn show(providers: &Providers, seen: &Seen, language: Language) -> Value {
    let now = providers.store().now();
    let kind = providers
        .profile(&seen.account.provider)
        .ok()
        .map(|profile| profile.kind);
    let mut item = json::account(&seen.account, seen.grant.as_ref(), now, language);
    item["budget"] = json::budget(seen.today, kind, now);
    item
}

/// `GET /api/health`
pub async fn report(providers: &Providers, language: Language) -> store::Result<Value> {
    let seen = accounts(providers).await?;
    let count = |wanted: u8| {
        seen.iter()
            .filter(|seen| severity(&seen.account, seen.grant.as_ref()) == wanted)
            .count()
    };
    let attention: Vec<Value> = seen
        .iter()
        .filter(|seen| severity(&seen.account, seen.grant.as_ref()) > 0)
        .take(MOST_ATTENTION)
        .map(|seen| show(providers, seen, language))
        .collect();
    let (failed, names) = failures_of_the_day(providers).await?;
    let (unknown, known): (Vec<_>, Vec<_>) =
        failed.iter().partition(|tally| !tally.said.is_empty());
    Ok(json!({
        "now": json::time(providers.store().now()), "version": env!("CARGO_PKG_VERSION"),
        "accounts": { "total": seen.len(), "good": count(0), "waiting": count(1), "stopped": count(2) },
        "attention": attention,
        "failures": known.iter().map(|tally| failure(tally, &names, language)).collect::<Vec<_>>(),
        "unknown": unknown.iter().map(|tally| unknown_answer(providers, tally)).collect::<Vec<_>>(),
    }))
}

type Names = BTreeMap<String, String>;

async fn failures_of_the_day(providers: &Providers) -> store::Result<(Vec<Tally>, Names)> {
    let from = providers.store().now() - DAY;
    providers
        .store()
        .read(move |tx| {
            Box::pin(async move {
                let failed = failures::since(tx, from, MOST_FAILURES).await?;
                let names = credentials::list(tx)
                    .await?
                    .into_iter()
                    .map(|credential| (credential.id.to_string(), credential.fields.name))
                    .collect();
                Ok((failed, names))
            })
        })
        .await
}

fn failure(tally: &Tally, names: &Names, language: Language) -> Value {
    let credential = tally.credential.map(|id| id.to_string());
    let name = credential.as_ref().and_then(|id| names.get(id));
    json!({
        "provider": tally.provider, "credential_id": credential, "credential_name": name,
        "cause_id": tally.cause.id, "count": tally.count, "accounts": tally.accounts,
        "last_at": json::time(tally.last_at), "advice": to_case(&tally.cause).advise(language),
    })
}

fn unknown_answer(providers: &Providers, tally: &Tally) -> Value {
    let profile = providers.profile(&tally.provider);
    let kind = profile.map_or(Kind::Generic, |profile| profile.kind);
    json!({
        "provider": tally.provider, "provider_said": tally.said,
        "search": search_words(kind, &tally.said),
        "count": tally.count, "first_at": json::time(tally.first_at), "last_at": json::time(tally.last_at),
    })
}

/// `GET /api/support-bundle` and `tegata doctor --bundle`
pub async fn bundle(
    providers: &Providers,
    configuration: &Value,
    language: Language,
) -> store::Result<Value> {
    let now = providers.store().now();
    let seen = accounts(providers).await?;
    let (failed, names) = failures_of_the_day(providers).await?;
    let credentials: Vec<Value> = providers
        .store()
        .read(|tx| {
            Box::pin(async move {
                let mut items = Vec::new();
                for credential in credentials::list(tx).await? {
                    let people = credentials::people_consented(tx, credential.id).await?;
                    let fields = &credential.fields;
                    items.push(json!({
                        "id": credential.id, "provider": fields.provider, "status": credential.status.word(),
                        "cause_id": credential.cause.as_ref().map(|cause| &cause.id),
                        "secret_ends_on": fields.secret_ends_on, "redirect_path": fields.redirect_path,
                        "access": fields.access.word(), "people_consented": people,
                        "tenant": if fields.tenant.contains('-') { "(a GUID)" } else { fields.tenant.as_str() },
                    }));
                }
                Ok(items)
            })
        })
        .await?;
    let mut accounts = Vec::new();
    for one in &seen {
        accounts.push(bundled_account(providers, one).await?);
    }
    let failures: Vec<Value> = failed
        .iter()
        .map(|tally| {
            let mut item = failure(tally, &names, language);
            item["advice"] = Value::Null;
            item["credential_name"] = Value::Null;
            item["provider_said"] = json!(clean(&tally.said));
            item
        })
        .collect();
    Ok(json!({
        "what": "Tegata support bundle: states and causes; no secrets, no mail, no addresses",
        "made_at": json::time(now), "version": env!("CARGO_PKG_VERSION"), "configuration": configuration,
        "credentials": credentials, "accounts": accounts, "failures": failures,
    }))
}

/// The state of an account, and its protocol log where one was kept.
async fn bundled_account(providers: &Providers, seen: &Seen) -> store::Result<Value> {
    let account = &seen.account;
    let id = account.id;
    let lines = providers
        .store()
        .read(move |tx| Box::pin(async move { protocol_log::lines(tx, id).await }))
        .await?;
    let newest = lines.len().saturating_sub(MOST_LINES);
    let lines: Vec<String> = lines
        .iter()
        .skip(newest)
        .map(|line| format!("{} {}", json::time(line.at), clean(&line.text)))
        .collect();
    let domain = account
        .mailbox_address
        .rsplit('@')
        .next()
        .unwrap_or_default();
    let cause = |cause: Option<&store::intervals::Cause>| {
        cause.map(|cause| {
            let said = cause.provider_said.as_deref().map(clean);
            json!({ "cause_id": cause.id, "provider_said": said })
        })
    };
    Ok(json!({
        "id": account.id, "domain": domain, "provider": account.provider, "dialect": account.dialect,
        "grant": seen.grant.as_ref().map(|grant| json!({
            "status": grant.status.word(), "since": json::time(grant.status_since), "cause": cause(grant.cause.as_ref()),
            "failures": grant.failures, "created_at": json::time(grant.created_at),
        })),
        "sync": {
            "status": account.sync.status.word(), "since": json::time(account.sync.since),
            "cause": cause(account.sync.cause.as_ref()), "lag": account.lag,
            "last_received_at": account.last_received_at.map(json::time),
        },
        "send": {
            "status": account.send.status.word(), "since": json::time(account.send.since),
            "cause": cause(account.send.cause.as_ref()), "last_sent_at": account.last_sent_at.map(json::time),
        },
        "traffic_today": seen.today.map(|today| json!({
            "received_bytes": today.received_bytes, "sent_bytes": today.sent_bytes, "commands": today.commands,
            "connections": today.connections,
        })),
        "protocol_log": lines,
    }))
}

/// Words without addresses (of each only the domain stays) and without what stands in quotation marks.
fn clean(words: &str) -> String {
    let words = &wire::mask::without_quoted(words);
    let word = |word: &str| match word.rsplit_once('@') {
        Some((_, domain)) => format!("(somebody)@{domain}"),
        None => word.to_owned(),
    };
    words.split(' ').map(word).collect::<Vec<_>>().join(" ")
}
