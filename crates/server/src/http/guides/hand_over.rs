//! `/api/guides/{provider}/hand-over`: who has connected, who has not, and who must act.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use provider::advice::{Advice, Who};
use provider::cause::to_case;
use provider::profile::Kind;
use serde_json::{Value, json};
use store::accounts::{self, Account, SendStatus, SyncStatus};
use store::grants::{self, Grant, Status};
use store::users::{self, User};
use store::{CredentialId, Millis, credentials, pending_accounts};

use super::profile;
use crate::http::Web;
use crate::http::caller::Administrator;
use crate::http::problem::{Problem, language};
use crate::json::time;

/// How far one mailbox of one person is.
struct Line {
    user: User,
    mailbox: String,
    state: &'static str,
    account: Option<Account>,
    since: Option<Millis>,
    until: Option<Millis>,
    advice: Option<Advice>,
}

impl Line {
    fn who(&self) -> Option<Who> {
        match self.state {
            "connected" => None,
            "invited" | "not_connected" => Some(Who::Member),
            _ => self.advice.as_ref().map(|advice| advice.who),
        }
    }

    /// Mailboxes that wait for their person, and refusals that switching the mail apps on cures.
    fn wants_mail_apps(&self) -> bool {
        if matches!(self.state, "invited" | "not_connected") {
            return !self.mailbox.is_empty();
        }
        let cause = self.advice.as_ref().map(|advice| advice.cause_id.as_str());
        matches!(
            cause,
            Some(
                "exchange-not-connected"
                    | "smtp-auth-disabled-mailbox"
                    | "smtp-auth-disabled-tenant"
                    | "exchange-auth-failed"
                    | "exchange-smtp-auth-failed"
            )
        )
    }
}

async fn lines(web: &Web, provider: &str) -> Result<Vec<Line>, Problem> {
    let provider = provider.to_owned();
    let (people, accounts, pending) = web
        .store()
        .read(move |tx| {
            Box::pin(async move {
                let people = users::list(tx).await?;
                let mut connected = Vec::new();
                for account in accounts::all(tx).await? {
                    if account.provider == provider {
                        let grant = grants::find(tx, account.grant_id).await?;
                        connected.push((account, grant));
                    }
                }
                let mut pending = pending_accounts::list(tx, None).await?;
                let theirs: Vec<CredentialId> = credentials::list(tx)
                    .await?
                    .into_iter()
                    .filter(|credential| credential.fields.provider == provider)
                    .map(|credential| credential.id)
                    .collect();
                pending.retain(|pending| theirs.contains(&pending.of.credential_id));
                Ok((people, connected, pending))
            })
        })
        .await?;
    let mut lines = Vec::new();
    for user in people
        .into_iter()
        .filter(|user| user.status != users::Status::Disabled)
    {
        let theirs: Vec<_> = accounts
            .iter()
            .filter(|(account, _)| account.owner_id == user.id)
            .collect();
        let waits: Vec<_> = pending
            .iter()
            .filter(|pending| pending.of.user_id == user.id)
            .collect();
        let state = match user.status {
            users::Status::Invited => "invited",
            _ => "not_connected",
        };
        let open = |mailbox: String| Line {
            user: user.clone(),
            mailbox,
            state,
            account: None,
            since: Some(user.created_at),
            until: None,
            advice: None,
        };
        lines.extend(
            waits
                .iter()
                .map(|pending| open(pending.of.mailbox_address.clone())),
        );
        if theirs.is_empty() && waits.is_empty() {
            lines.push(open(user.address.clone()));
        }
        for (account, grant) in theirs {
            lines.push(of_account(&user, account, grant.as_ref()));
        }
    }
    Ok(lines)
}

/// The worst of grant, receiving and sending.
fn of_account(user: &User, account: &Account, grant: Option<&Grant>) -> Line {
    let line = |state, since, until, cause: Option<&store::intervals::Cause>| Line {
        user: user.clone(),
        mailbox: account.mailbox_address.clone(),
        state,
        account: Some(account.clone()),
        since: Some(since),
        until,
        advice: cause.map(|cause| to_case(cause).advise(language())),
    };
    if let Some(grant) = grant {
        let (since, cause) = (grant.status_since, grant.cause.as_ref());
        match grant.status {
            Status::NeedsConsent | Status::Revoked => return line("reconnect", since, None, cause),
            Status::AppBroken => return line("blocked", since, None, cause),
            Status::Throttled => return line("waiting", since, grant.status_until, cause),
            Status::Good | Status::Refreshing => {}
        }
    }
    let (sync, send) = (&account.sync, &account.send);
    if sync.status == SyncStatus::Blocked {
        return line("blocked", sync.since, None, sync.cause.as_ref());
    }
    if send.status == SendStatus::Blocked {
        return line("blocked", send.since, None, send.cause.as_ref());
    }
    if sync.status == SyncStatus::Later {
        return line("waiting", sync.since, sync.until, sync.cause.as_ref());
    }
    if send.status == SendStatus::Later {
        return line("waiting", send.since, send.until, send.cause.as_ref());
    }
    line("connected", account.created_at, None, None)
}

/// Exchange Online PowerShell, a line a mailbox. An administrator pastes it: an address with anything but plain
/// letters and marks stays out (PowerShell ends a string at several quotation marks), and is in the list alone.
fn mail_apps_script(lines: &[Line]) -> Option<String> {
    let plain = |address: &str| {
        address
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"@._+-".contains(&b))
    };
    let script: String = lines
        .iter()
        .filter(|line| line.wants_mail_apps() && plain(&line.mailbox))
        .map(|line| {
            format!(
                "Set-CASMailbox -Identity '{}' -ImapEnabled $true -SmtpClientAuthenticationDisabled $false\n",
                line.mailbox
            )
        })
        .collect();
    (!script.is_empty()).then_some(script)
}

fn show(line: &Line) -> Value {
    let user = &line.user;
    json!({
        "user": { "id": user.id, "login": user.login, "name": user.name, "address": user.address },
        "mailbox_address": line.mailbox, "state": line.state,
        "account_id": line.account.as_ref().map(|account| account.id),
        "since": line.since.map(time), "until": line.until.map(time), "who": line.who(), "advice": line.advice,
    })
}

/// `GET /api/guides/{provider}/hand-over`
pub async fn find(
    State(web): State<Web>,
    _: Administrator,
    Path(name): Path<String>,
) -> Result<Json<Value>, Problem> {
    let profile = profile(&web, &name)?;
    let lines = lines(&web, &name).await?;
    let count = |states: &[&str]| {
        lines
            .iter()
            .filter(|line| states.contains(&line.state))
            .count()
    };
    let script = match profile.kind {
        Kind::Microsoft => mail_apps_script(&lines),
        _ => None,
    };
    Ok(Json(json!({
        "counts": {
            "connected": count(&["connected"]), "not_connected": count(&["invited", "not_connected"]),
            "waiting": count(&["waiting"]), "blocked": count(&["blocked"]), "reconnect": count(&["reconnect"]),
        },
        "people": lines.iter().map(show).collect::<Vec<_>>(), "mail_apps_script": script,
    })))
}

/// `GET /api/guides/{provider}/hand-over.csv`: UTF-8 with its mark, so that Excel reads it.
pub async fn csv(
    State(web): State<Web>,
    _: Administrator,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    profile(&web, &name)?;
    let mut text = String::from(
        "\u{feff}login,name,address,mailbox_address,state,since,until,who,cause,cure\r\n",
    );
    for line in lines(&web, &name).await? {
        let advice = line.advice.as_ref();
        let who = line
            .who()
            .and_then(|who| serde_json::to_value(who).ok())
            .and_then(|who| who.as_str().map(str::to_owned));
        let fields = [
            line.user.login.clone(),
            line.user.name.clone(),
            line.user.address.clone(),
            line.mailbox.clone(),
            line.state.to_owned(),
            line.since.map(time).unwrap_or_default(),
            line.until.map(time).unwrap_or_default(),
            who.unwrap_or_default(),
            advice
                .map(|advice| advice.cause.clone())
                .unwrap_or_default(),
            advice.map(|advice| advice.cure.clone()).unwrap_or_default(),
        ];
        let fields: Vec<String> = fields.iter().map(|field| cell(field)).collect();
        text.push_str(&fields.join(","));
        text.push_str("\r\n");
    }
    let file = format!("attachment; filename=\"tegata-{name}.csv\"");
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, file),
    ];
    Ok((headers, text).into_response())
}

/// A field in quotes; what a spreadsheet would take for a formula is made plain text.
pub(crate) fn cell(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    let mark = if formula { "'" } else { "" };
    format!("\"{mark}{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_that_a_spreadsheet_would_run_is_plain_text() {
        for text in ["=1+1", "＝1", "@x", "\n=1"] {
            assert!(cell(text).starts_with("\"'"), "{text}");
        }
        assert_eq!(cell("佐藤 \"花子\""), "\"佐藤 \"\"花子\"\"\"");
    }
}
