//! How things look in the API (contracts of the architecture): times RFC 3339 UTC, dates YYYY-MM-DD.

use provider::advice::Language;
use provider::cause::to_case;
use provider::profile::Kind;
use serde_json::{Value, json};
use store::Millis;
use store::accounts::{Account, State};
use store::api_tokens::ApiToken;
use store::credentials::{Credential, Status};
use store::grants::{self, Grant};
use store::intervals::{Cause, Interval};
use store::login_sessions::LoginSession;
use store::traffic::Traffic;
use store::users::User;

/// RFC 3339 in UTC, to the second.
pub fn time(millis: Millis) -> String {
    let format =
        time::macros::format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");
    time::OffsetDateTime::from_unix_timestamp(millis.div_euclid(1000))
        .ok()
        .and_then(|time| time.format(format).ok())
        .unwrap_or_default()
}

/// RFC 3339 in UTC, to the millisecond.
pub fn time_with_millis(millis: Millis) -> String {
    let seconds = time(millis);
    format!(
        "{}.{:03}Z",
        seconds.trim_end_matches('Z'),
        millis.rem_euclid(1000)
    )
}

fn maybe(millis: Option<Millis>) -> Value {
    millis.map_or(Value::Null, |millis| json!(time(millis)))
}

/// A person.
pub fn user(user: &User) -> Value {
    json!({
        "id": user.id, "login": user.login, "name": user.name, "address": user.address, "role": user.role,
        "status": user.status, "language": user.language, "created_at": time(user.created_at),
        "last_sign_in_at": maybe(user.last_sign_in_at),
    })
}

/// A browser's stay.
pub fn login_session(session: &LoginSession, current: bool) -> Value {
    json!({
        "id": session.id, "created_at": time(session.created_at), "last_seen_at": time(session.last_seen_at),
        "user_agent": session.user_agent, "remote_address": session.remote_address, "current": current,
    })
}

/// A key for a program, without its value.
pub fn api_token(token: &ApiToken) -> Value {
    json!({
        "id": token.id, "name": token.name, "scopes": token.scopes, "created_at": time(token.created_at),
        "expires_at": maybe(token.expires_at), "last_used_at": maybe(token.last_used_at),
    })
}

fn advice(cause: Option<&Cause>, language: Language) -> Value {
    cause.map_or(Value::Null, |cause| json!(to_case(cause).advise(language)))
}

/// A credential, without its secret.
pub fn credential(
    credential: &Credential,
    redirect_uri: &str,
    in_use_by: usize,
    language: Language,
) -> Value {
    let fields = &credential.fields;
    let (next, previous) = (credential.next.as_ref(), credential.previous.as_ref());
    // A secret that is too short for a hint is held all the same.
    let hint = |hint: &str| if hint.is_empty() { "…" } else { hint }.to_owned();
    let switched = credential.switched.as_ref().map(|switched| {
        json!({
            "at": time(switched.at), "by": switched.by.word(), "advice": advice(switched.cause.as_ref(), language),
        })
    });
    json!({
        "next_secret_hint": next.map(|next| hint(&next.hint)), "next_secret_ends_on": next.and_then(|next| next.ends_on.as_ref()),
        "next_secret_status": next.map(|next| next.status.word()),
        "next_secret_advice": advice(next.and_then(|next| next.cause.as_ref()), language),
        "previous_secret_hint": previous.map(|previous| hint(&previous.hint)), "secret_switched": switched,
        "id": credential.id, "provider": fields.provider, "name": fields.name, "client_id": fields.client_id,
        "secret_hint": fields.secret_hint, "secret_ends_on": fields.secret_ends_on, "note": fields.note,
        "tenant": fields.tenant, "redirect_path": fields.redirect_path, "redirect_uri": redirect_uri, "auth": "secret",
        "access": fields.access.word(), "allowed_addresses": fields.allowed_addresses, "status": credential.status.word(),
        "advice": advice(credential.cause.as_ref().filter(|_| credential.status == Status::Broken), language),
        "in_use_by": in_use_by, "created_at": time(credential.created_at), "updated_at": time(credential.updated_at),
    })
}

fn side<S: Copy>(state: &State<S>, word: impl Fn(S) -> &'static str, language: Language) -> Value {
    json!({
        "status": word(state.status), "since": time(state.since), "until": maybe(state.until),
        "advice": advice(state.cause.as_ref(), language),
    })
}

/// The word of a grant's state. A refresh under way shows only when the old token has ended: before that nobody
/// misses anything.
fn grant_word(grant: &Grant, now: Millis) -> &'static str {
    let under_way = grant.lease_until.is_some_and(|until| until > now);
    let ended = grant.access_ends_at.is_none_or(|ends| ends <= now);
    if grant.status == grants::Status::Good && under_way && ended {
        grants::Status::Refreshing.word()
    } else {
        grant.status.word()
    }
}

/// A connected mailbox with the state of its grant, of receiving and of sending, at a time.
pub fn account(account: &Account, grant: Option<&Grant>, now: Millis, language: Language) -> Value {
    let mut sync = side(&account.sync, |status| status.word(), language);
    sync["last_received_at"] = maybe(account.last_received_at);
    sync["lag"] = json!(account.lag);
    let mut send = side(&account.send, |status| status.word(), language);
    send["last_sent_at"] = maybe(account.last_sent_at);
    let grant_json = grant.map_or(Value::Null, |grant| {
        json!({
            "status": grant_word(grant, now), "since": time(grant.status_since), "until": maybe(grant.status_until),
            "advice": advice(grant.cause.as_ref(), language), "person": grant.subject.address,
            // Filled in by `endings::Known::mark`.
            "ends_at": null, "ends_reason": null,
        })
    });
    json!({
        "id": account.id, "name": account.name, "address": account.address, "mailbox_address": account.mailbox_address,
        "provider": account.provider, "credential_id": grant.map(|grant| grant.credential_id), "grant": grant_json,
        "sync": sync, "send": send,
        "created_at": time(account.created_at),
    })
}

/// Who must act on a grant that does not work, as one reader of the account sees it: `you`, its `owner`, an
/// `administrator`, or `nobody` where waiting helps; null where it works.
pub fn acts(account: &Account, grant: Option<&Grant>, reader: store::UserId) -> Value {
    let who = match grant.map(|grant| grant.status) {
        Some(grants::Status::NeedsConsent | grants::Status::Revoked)
            if account.owner_id == reader =>
        {
            "you"
        }
        Some(grants::Status::NeedsConsent | grants::Status::Revoked) => "owner",
        Some(grants::Status::AppBroken) => "administrator",
        Some(grants::Status::Throttled) => "nobody",
        Some(grants::Status::Good | grants::Status::Refreshing) | None => return Value::Null,
    };
    json!(who)
}

/// Of what is counted by day, Gmail limits what is downloaded (facts providers 9).
const GMAIL_DAILY_BYTES: i64 = 2_500_000_000;

/// What an account's talk with its provider took today.
pub fn budget(traffic: Option<Traffic>, kind: Option<Kind>, now: Millis) -> Value {
    traffic.map_or(Value::Null, |traffic| {
        let limit = (kind == Some(Kind::Google)).then_some(GMAIL_DAILY_BYTES);
        json!({
            "day": &time(now)[..10], "received_bytes": traffic.received_bytes, "sent_bytes": traffic.sent_bytes,
            "commands": traffic.commands, "connections": traffic.connections, "limit_received_bytes": limit,
        })
    })
}

/// A stretch of time in one state.
pub fn interval(interval: &Interval, language: Language) -> Value {
    json!({
        "what": interval.side, "status": interval.status, "since": time(interval.since), "until": maybe(interval.ended_at),
        "advice": advice(interval.cause.as_ref(), language),
    })
}
