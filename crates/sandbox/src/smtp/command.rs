//! The commands of a submission (transcripts.md C, D).

use anyhow::{Result, bail};
use tokio::io::{AsyncRead, AsyncWrite};

use super::line::Line;
use super::session::{Next, Session};
use super::{deliver, words};
use crate::ProviderKind;
use crate::faults::{FaultKind, Protocol, Scope};
use crate::login::{Blob, CHALLENGE, Verdict, judge};

/// Connections of one mailbox that may send at a time at Exchange (providers.md 9).
const MOST_SENDERS: u64 = 3;

pub(crate) async fn carry_out<S>(
    session: &mut Session,
    line: &mut Line<S>,
    text: &str,
) -> Result<Next>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let (verb, rest) = text.split_once(' ').unwrap_or((text, ""));
    let verb = verb.to_ascii_uppercase();
    let place = match verb.as_str() {
        "EHLO" | "HELO" => Some("ehlo"),
        "MAIL" => Some("mail"),
        "RCPT" => Some("rcpt"),
        "DATA" => Some("data"),
        _ => None,
    };
    if let Some(given) = place.and_then(|place| session.given(place, None)) {
        return Ok(given.next());
    }
    Ok(match verb.as_str() {
        "EHLO" | "HELO" => {
            session.reset();
            Next::Reply(session.hello())
        }
        "STARTTLS" if !session.tls => Next::StartTls(match session.provider {
            ProviderKind::Google => "220 2.0.0 Ready to start TLS".to_owned(),
            ProviderKind::Microsoft => "220 2.0.0 SMTP server ready".to_owned(),
        }),
        "AUTH" => auth(session, line, rest).await?,
        "MAIL" => mail(session, rest),
        "RCPT" => recipient(session, rest),
        "DATA" => data(session, line).await?,
        "BDAT" => chunk(session, line, rest).await?,
        "RSET" => {
            session.reset();
            session.say("250 2.1.5 Flushed", "250 2.0.0 Resetting")
        }
        "NOOP" => session.say("250 2.0.0 OK", "250 2.0.0 OK"),
        "VRFY" => session.say(
            "252 2.1.5 Send some mail, I'll try my best",
            "252 2.1.5 Cannot VRFY user",
        ),
        "QUIT" => match session.say(
            "221 2.0.0 closing connection",
            "221 2.0.0 Service closing transmission channel",
        ) {
            Next::Reply(said) | Next::Close(said) | Next::StartTls(said) => Next::Close(said),
        },
        _ => session.say(
            "502 5.5.1 Unrecognized command.",
            "500 5.3.3 Unrecognized command",
        ),
    })
}

async fn auth<S>(session: &mut Session, line: &mut Line<S>, rest: &str) -> Result<Next>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let google = session.provider == ProviderKind::Google;
    let mut words_of = rest.split_whitespace();
    let mechanism = words_of.next().unwrap_or_default().to_ascii_uppercase();
    if !session.tls && google {
        let said = session.google_line("530 5.7.0 Must issue a STARTTLS command first.");
        return Ok(Next::Reply(said));
    }
    let known = mechanism == "XOAUTH2" || (google && mechanism == "OAUTHBEARER");
    if !session.tls || !known {
        return Ok(session.say(
            "504 5.7.4 Unrecognized Authentication Type",
            "504 5.7.4 Unrecognized authentication type",
        ));
    }
    if session.login.is_some() {
        return Ok(session.say(
            "503 5.5.1 Already authenticated",
            "503 5.5.2 Already authenticated",
        ));
    }
    let blob = match words_of.next() {
        Some(blob) => blob.to_owned(),
        None => {
            // A space follows the code.
            line.send("334 ").await?;
            match line.next().await? {
                Some(blob) => blob,
                None => bail!("the client has gone in the middle of AUTH"),
            }
        }
    };
    let Some(blob) = Blob::parse(&blob) else {
        return Ok(session.say(
            "501 5.5.2 Cannot Decode response",
            "501 5.5.124 Invalid XOAUTH2 auth data",
        ));
    };
    if let Some(mut given) = session.given("auth", Some(&blob.user)) {
        session.world.books().counts.smtp_refusals += 1;
        while given
            .lines
            .first()
            .is_some_and(|line| line.starts_with("334"))
        {
            line.send(&given.lines.remove(0)).await?;
            if line.next().await?.is_none() {
                bail!("the client has gone at the challenge");
            }
        }
        return Ok(given.next());
    }
    let verdict = {
        let now = session.world.now();
        let mut books = session.world.books();
        let crowded = google
            && session
                .strikes(&mut books, FaultKind::TooManyConnections, &blob.user)
                .is_some();
        if crowded {
            books.counts.smtp_refusals += 1;
            let said = "454 4.7.0 Too many login attempts, please try again later.";
            return Ok(Next::Close(session.google_line(said)));
        }
        session.world.use_access(&mut books, &blob.token);
        let verdict = judge(&mut books, session.provider, false, &blob, now);
        match &verdict {
            Verdict::Open { mailbox, .. } => {
                *books.counts.smtp_logins.entry(mailbox.clone()).or_default() += 1;
                *books.counts.smtp_open.entry(mailbox.clone()).or_default() += 1;
                let scope = Scope {
                    protocol: Some(Protocol::Smtp),
                    ..Scope::of(session.provider, mailbox)
                };
                if let Some(cut) = books.faults.strike(FaultKind::HangUpAfterBytes, scope) {
                    line.budget = Some(cut.bytes.unwrap_or(0));
                }
                if let Some(slow) = books.faults.strike(FaultKind::Slow, scope) {
                    line.delay = std::time::Duration::from_millis(slow.ms.unwrap_or(300));
                }
            }
            _ => books.counts.smtp_refusals += 1,
        }
        verdict
    };
    match verdict {
        Verdict::Open { mailbox, person } => {
            session.login = Some((mailbox, person));
            Ok(Next::Reply(
                if google {
                    "235 2.7.0 Accepted"
                } else {
                    "235 2.7.0 Authentication successful"
                }
                .to_owned(),
            ))
        }
        Verdict::Off { tenant_wide } if !google => {
            Ok(Next::Close(words::smtp_auth_disabled(session, tenant_wide)))
        }
        _ if google => {
            line.send(&format!("334 {CHALLENGE}")).await?;
            if line.next().await?.is_none() {
                bail!("the client has gone at the challenge");
            }
            Ok(Next::Reply(words::google_bad_credentials(session)))
        }
        _ => {
            let tail = words::exchange_tail(session);
            Ok(Next::Close(format!(
                "535 5.7.3 Authentication unsuccessful {tail}"
            )))
        }
    }
}

/// The address between `<` and `>` after `FROM:` or `TO:`, and what follows it.
fn path<'a>(rest: &'a str, keyword: &str) -> Option<(&'a str, &'a str)> {
    let head = rest.get(..keyword.len())?;
    if !head.eq_ignore_ascii_case(keyword) {
        return None;
    }
    let after = rest.get(keyword.len()..)?.trim_start().strip_prefix('<')?;
    after.split_once('>')
}

fn mail(session: &mut Session, rest: &str) -> Next {
    let google = session.provider == ProviderKind::Google;
    if session.login.is_none() {
        return Next::Reply(if google {
            words::google_wants_auth(session)
        } else {
            "530 5.7.57 Client not authenticated to send mail.".to_owned()
        });
    }
    let Some((from, parameters)) = path(rest, "FROM:") else {
        return session.say("555 5.5.2 Syntax error.", "501 5.1.7 Invalid address");
    };
    let size = parameters
        .split_whitespace()
        .find_map(|p| {
            p.to_ascii_uppercase()
                .strip_prefix("SIZE=")
                .map(str::to_owned)
        })
        .and_then(|n| n.parse::<u64>().ok())
        .unwrap_or(0);
    if google && size > 35_882_577 {
        return Next::Reply(words::google_too_large(session));
    }
    if !google && size > 157_286_400 {
        return Next::Reply("552 5.3.4 Message size exceeds fixed maximum message size".to_owned());
    }
    session.reset();
    session.from = Some(from.to_owned());
    session.say("250 2.1.0 OK", "250 2.1.0 Sender OK")
}

fn recipient(session: &mut Session, rest: &str) -> Next {
    let most = if session.provider == ProviderKind::Google {
        100
    } else {
        500
    };
    if session.from.is_none() {
        return session.say("503 5.5.1 MAIL first.", "503 5.5.2 Need mail command");
    }
    let Some((to, _)) = path(rest, "TO:") else {
        return session.say("555 5.5.2 Syntax error.", "501 5.1.3 Invalid address");
    };
    if !to.contains('@') || to.contains(' ') {
        let google =
            format!("553 5.1.3 The recipient address <{to}> is not a valid RFC 5321 address.");
        return session.say(&google, "501 5.1.3 Invalid address");
    }
    if session.to.len() >= most {
        return session.say(
            "452 4.5.3 Your message has too many recipients.",
            "452 4.5.3 Too many recipients",
        );
    }
    session.to.push(to.to_owned());
    session.say("250 2.1.5 OK", "250 2.1.5 Recipient OK")
}

/// Refusal before the data: none, or no envelope, or too many senders at once.
fn not_now(session: &Session) -> Option<Next> {
    if session.from.is_none() || session.to.is_empty() {
        return Some(session.say("503 5.5.1 RCPT first.", "503 5.5.2 Need rcpt command"));
    }
    let (mailbox, _) = session.login.as_ref()?;
    let mut books = session.world.books();
    let exchange = session.provider == ProviderKind::Microsoft;
    let open = books.counts.smtp_open.get(mailbox).copied().unwrap_or(0);
    let crowded = exchange
        && (open > MOST_SENDERS
            || session
                .strikes(&mut books, FaultKind::TooManyConnections, mailbox)
                .is_some());
    crowded.then(|| {
        Next::Reply(format!("432 4.3.2 Concurrent connections limit exceeded. Visit https://aka.ms/concurrent_sending for more information. [Hostname={}]", session.backend))
    })
}

async fn data<S>(session: &mut Session, line: &mut Line<S>) -> Result<Next>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    if let Some(refusal) = not_now(session) {
        return Ok(refusal);
    }
    let go = match session.provider {
        ProviderKind::Google => session.google_line("354 Go ahead"),
        ProviderKind::Microsoft => "354 Start mail input; end with <CRLF>.<CRLF>".to_owned(),
    };
    line.send(&go).await?;
    let raw = line.data().await?;
    deliver::submit(session, &raw, true)
}

async fn chunk<S>(session: &mut Session, line: &mut Line<S>, rest: &str) -> Result<Next>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut words_of = rest.split_whitespace();
    let Some(count) = words_of.next().and_then(|n| n.parse::<usize>().ok()) else {
        return Ok(session.say("501 5.5.4 Syntax error.", "501 5.5.4 Invalid arguments"));
    };
    let last = words_of
        .next()
        .is_some_and(|w| w.eq_ignore_ascii_case("LAST"));
    let octets = line.octets(count).await?;
    if let Some(refusal) = not_now(session) {
        return Ok(refusal);
    }
    session.chunks.extend_from_slice(&octets);
    if !last {
        return Ok(session.say(
            "250 2.0.0 OK",
            &format!("250 2.6.0 {count} octets received OK"),
        ));
    }
    let raw = std::mem::take(&mut session.chunks);
    deliver::submit(session, &raw, false)
}
