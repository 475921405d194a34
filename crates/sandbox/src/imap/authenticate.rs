//! AUTHENTICATE XOAUTH2 and OAUTHBEARER, with the challenge that tells nothing (transcripts.md A9).

use std::sync::Arc;

use anyhow::Result;
use tokio::io::{AsyncRead, AsyncWrite};
use wire::imap::command::Unprinted;

use super::line::{Input, Line};
use super::session::{Login, Session};
use super::{After, spoken};
use crate::ProviderKind;
use crate::faults::{FaultKind, Place, Protocol, Reply, Scope};
use crate::login::{Blob, CHALLENGE, Verdict, judge};

/// Connections per account at Gmail (providers.md 9).
const MOST_CONNECTIONS: u64 = 15;

pub(crate) async fn authenticate<S>(
    session: &mut Session,
    line: &mut Line<S>,
    tag: &str,
    mechanism: &str,
    initial: Option<Unprinted>,
) -> Result<After>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let google = session.provider == ProviderKind::Google;
    if session.login.is_some() {
        session.bad(tag, super::words::BAD_STATE);
        return Ok(After::GoOn);
    }
    if mechanism != "XOAUTH2" && !(google && mechanism == "OAUTHBEARER") {
        session.tagged(
            tag,
            if google {
                "NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)"
            } else {
                "NO AUTHENTICATE failed."
            },
        );
        return Ok(After::GoOn);
    }
    let blob = match initial {
        Some(blob) => blob.expose().to_owned(),
        None => {
            line.send(b"+ \r\n").await?;
            match line.next().await? {
                Input::Line(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
                Input::Refused | Input::End => return Ok(After::Close),
            }
        }
    };
    if let Some(Reply::Imap { lines, close, .. }) = given_answer(session, &blob) {
        session.world.books().counts.imap_refusals += 1;
        for said in &lines {
            line.send(spoken(std::slice::from_ref(said), tag).as_bytes())
                .await?;
            if said.starts_with("+ ") && matches!(line.next().await?, Input::Refused | Input::End) {
                return Ok(After::Close);
            }
        }
        return Ok(if close { After::Close } else { After::GoOn });
    }
    let refusal = match decide(session, &blob) {
        Decision::In(login) => {
            welcome(session, line, login, tag);
            return Ok(After::GoOn);
        }
        Decision::No(text) => {
            session.tagged(tag, text);
            session.world.books().counts.imap_refusals += 1;
            return Ok(After::GoOn);
        }
        Decision::Challenge(text) => text,
    };
    session.world.books().counts.imap_refusals += 1;
    line.send(format!("+ {CHALLENGE}\r\n").as_bytes()).await?;
    match line.next().await? {
        // OAUTHBEARER's dummy answer is a single ^A.
        Input::Line(answer) if answer.is_empty() || answer == b"AQ==" || answer == b"*" => {
            session.tagged(tag, refusal);
        }
        Input::Line(_) => session.tagged(tag, "NO Invalid SASL argument"),
        Input::Refused | Input::End => return Ok(After::Close),
    }
    Ok(After::GoOn)
}

/// The fault `reply` for who logs in.
fn given_answer(session: &Session, blob: &str) -> Option<Reply> {
    let user = Blob::parse(blob)?.user;
    let scope = Scope::of(session.provider, &user);
    let mut books = session.world.books();
    books.faults.answer(Place::Imap("authenticate"), scope)
}

enum Decision {
    In(Login),
    /// Refused at once.
    No(&'static str),
    /// Refused after the challenge.
    Challenge(&'static str),
}

fn decide(session: &Session, blob: &str) -> Decision {
    let google = session.provider == ProviderKind::Google;
    let now = session.world.now();
    let mut books = session.world.books();
    let Some(blob) = Blob::parse(blob) else {
        return Decision::No(if google {
            "BAD Invalid SASL argument"
        } else {
            "NO AUTHENTICATE failed."
        });
    };
    let scope = Scope::of(session.provider, &blob.user);
    if books
        .faults
        .strike(FaultKind::ImapUnavailable, scope)
        .is_some()
    {
        return Decision::No(if google {
            "NO [UNAVAILABLE] Temporary System Error"
        } else {
            "NO Server Unavailable. 15"
        });
    }
    let open = books
        .counts
        .imap_open
        .get(&blob.user.to_ascii_lowercase())
        .copied();
    let crowded = books
        .faults
        .strike(FaultKind::TooManyConnections, scope)
        .is_some()
        || (google && open.unwrap_or(0) >= MOST_CONNECTIONS);
    if crowded {
        return if google {
            Decision::Challenge("NO [ALERT] Too many simultaneous connections. (Failure)")
        } else {
            Decision::No("NO Server Unavailable. 15")
        };
    }
    let login = |mailbox: String, connected: bool| {
        Decision::In(Login {
            mailbox,
            token: blob.token.clone(),
            connected,
        })
    };
    session.world.use_access(&mut books, &blob.token);
    match (
        judge(&mut books, session.provider, true, &blob, now),
        session.provider,
    ) {
        (Verdict::Open { mailbox, .. }, _) => login(mailbox, true),
        (Verdict::NotConnected { .. }, _) => login(blob.user.to_ascii_lowercase(), false),
        (Verdict::Off { .. }, ProviderKind::Google) => Decision::Challenge(
            "NO [ALERT] Your account is not enabled for IMAP use. Please visit your Gmail settings page and enable your account for IMAP access. (Failure)",
        ),
        (_, ProviderKind::Google) => {
            Decision::Challenge("NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)")
        }
        (_, ProviderKind::Microsoft) => Decision::No("NO AUTHENTICATE failed."),
    }
}

fn welcome<S>(session: &mut Session, line: &mut Line<S>, login: Login, tag: &str) {
    let address = login.mailbox.clone();
    let scope = Scope {
        protocol: Some(Protocol::Imap),
        ..Scope::of(session.provider, &address)
    };
    let world = Arc::clone(&session.world);
    let mut books = world.books();
    if let Some(fault) = books.faults.strike(FaultKind::HangUpAfterBytes, scope) {
        line.budget = Some(fault.bytes.unwrap_or(0));
    }
    *books.counts.imap_logins.entry(address.clone()).or_default() += 1;
    *books.counts.imap_open.entry(address.clone()).or_default() += 1;
    session.login = Some(login);
    drop(books);
    match session.provider {
        ProviderKind::Google => {
            session.capability();
            session.tagged(tag, &format!("OK {address} authenticated (Success)"));
        }
        ProviderKind::Microsoft => session.tagged(tag, "OK AUTHENTICATE completed."),
    }
}
