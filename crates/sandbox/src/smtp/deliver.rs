//! What becomes of an accepted message: recipients' mailboxes, the list of mail for others, and the
//! copy in Sent that both providers file by themselves.

use std::sync::Arc;

use anyhow::{Result, bail};

use super::session::{Next, Session};
use super::words;
use crate::ProviderKind;
use crate::faults::FaultKind;
use crate::imap::mime;
use crate::mailbox::Role;

/// `timed`: Gmail's last reply to DATA holds the time, that to BDAT does not.
pub(crate) fn submit(session: &mut Session, raw: &[u8], timed: bool) -> Result<Next> {
    let google = session.provider == ProviderKind::Google;
    let Some((mailbox, person)) = session.login.clone() else {
        bail!("a submission without a login");
    };
    let (from, to) = (
        session.from.take().unwrap_or_default(),
        std::mem::take(&mut session.to),
    );
    session.reset();
    if let Some(given) = session.given("message", None) {
        return Ok(given.next());
    }
    let now = session.world.now();
    let world = Arc::clone(&session.world);
    let mut books = world.books();
    if session
        .strikes(&mut books, FaultKind::SendQuota, &mailbox)
        .is_some()
    {
        return Ok(Next::Reply(if google {
            words::google_daily_limit(session)
        } else {
            format!(
                "554 5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException; Failed to process message due to a permanent exception with message [BeginDiagnosticData]Cannot submit message. [EndDiagnosticData] [Hostname={}]",
                session.backend
            )
        }));
    }
    let fields = mime::headers(raw);
    let header_from = mime::value(&fields, "From")
        .map(|v| spec(&v))
        .unwrap_or_default();
    let mut rights = vec![mailbox.clone(), person.to_ascii_lowercase()];
    if let Some(person) = books.person(session.provider, &person) {
        rights.extend(person.rights.iter().map(|r| r.to_ascii_lowercase()));
    }
    let strange = [&header_from, &from]
        .into_iter()
        .find(|a| !a.is_empty() && !rights.contains(&a.to_ascii_lowercase()))
        .cloned();
    if let Some(other) = strange.as_ref().filter(|_| !google) {
        return Ok(Next::Reply(words::send_as_denied(session, &person, other)));
    }
    let id = match mime::value(&fields, "Message-ID") {
        Some(id) => id,
        None => {
            let host = if google {
                "mail.gmail.com"
            } else {
                "prod.outlook.com"
            };
            format!("<{}@{host}>", books.dice.hex(32))
        }
    };
    let sent = finished(raw, &mailbox, &id, google && strange.is_some());
    books.counts.submissions += 1;
    let copies = session
        .strikes(&mut books, FaultKind::NoSentCopy, &mailbox)
        .is_none();
    let mut own = None;
    if copies && let Some(box_) = books.mailbox(&mailbox) {
        let seen = ["\\Seen".to_owned()];
        own = box_
            .role(Role::Sent)
            .and_then(|at| box_.add(at, &sent, now, &seen));
    }
    let trace = format!(
        "Return-Path: <{from}>\r\nReceived: from client.example ([192.0.2.10]) by {} with ESMTPSA; {}\r\n",
        if google {
            "smtp.gmail.com"
        } else {
            session.backend.as_str()
        },
        words::mail_date(now)
    );
    let mut received = trace.into_bytes();
    received.extend_from_slice(&without_bcc(&sent));
    for recipient in &to {
        match (books.mailbox(recipient), own) {
            // Gmail: mail to oneself is one message with two labels.
            (Some(target), Some((number, _)))
                if google && recipient.eq_ignore_ascii_case(&mailbox) =>
            {
                target.place(number, 0);
                let unread = std::collections::BTreeSet::new();
                target.set_flags(number, &unread);
            }
            (Some(target), _) => {
                target.add(0, &received, now, &[]);
            }
            (None, _) => books.elsewhere.push((recipient.clone(), received.clone())),
        }
    }
    let lost = session
        .strikes(&mut books, FaultKind::LostDataReply, &mailbox)
        .is_some();
    drop(books);
    world.announce();
    if lost {
        bail!("hung up on command, before the last reply");
    }
    Ok(Next::Reply(match (google, timed) {
        (true, true) => session.google_line(&format!("250 2.0.0 OK {now}")),
        (true, false) => session.google_line("250 2.0.0 OK"),
        (false, _) => format!("250 2.0.0 OK {id} [Hostname={}]", session.backend),
    }))
}

/// The address of a From field.
fn spec(value: &str) -> String {
    match (value.rfind('<'), value.rfind('>')) {
        (Some(open), Some(close)) if open < close => value
            .get(open + 1..close)
            .unwrap_or_default()
            .trim()
            .to_owned(),
        _ => value.trim().to_owned(),
    }
}

/// With a Message-ID, and at Gmail with the account in From where another address stood.
fn finished(raw: &[u8], own: &str, id: &str, rewrite: bool) -> Vec<u8> {
    let fields = mime::headers(raw);
    let mut out = Vec::with_capacity(raw.len() + 200);
    if mime::value(&fields, "Message-ID").is_none() {
        out.extend_from_slice(format!("Message-ID: {id}\r\n").as_bytes());
    }
    if !rewrite {
        out.extend_from_slice(raw);
        return out;
    }
    for field in &fields {
        if field.name.eq_ignore_ascii_case(b"From") {
            out.extend_from_slice(format!("From: {own}\r\nX-Google-Original-From:").as_bytes());
            out.extend_from_slice(field.value);
        } else {
            out.extend_from_slice(field.whole);
        }
    }
    out.extend_from_slice(b"\r\n");
    out.extend_from_slice(raw.get(mime::body_start(raw)..).unwrap_or_default());
    out
}

fn without_bcc(raw: &[u8]) -> Vec<u8> {
    let fields = mime::headers(raw);
    if !fields.iter().any(|f| f.name.eq_ignore_ascii_case(b"Bcc")) {
        return raw.to_vec();
    }
    let mut out = Vec::with_capacity(raw.len());
    for field in fields {
        if !field.name.eq_ignore_ascii_case(b"Bcc") {
            out.extend_from_slice(field.whole);
        }
    }
    out.extend_from_slice(b"\r\n");
    out.extend_from_slice(raw.get(mime::body_start(raw)..).unwrap_or_default());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bcc_goes_and_the_rest_stays_byte_for_byte() {
        let raw = b"To: a@example.com\r\nBcc: b@example.com,\r\n c@example.com\r\n\r\nx\r\n";
        assert_eq!(without_bcc(raw), b"To: a@example.com\r\n\r\nx\r\n");
    }

    #[test]
    fn a_complete_message_is_kept_as_it_is() {
        let raw = b"From: a@example.com\r\nMessage-ID: <m@example.com>\r\n\r\nx\r\n";
        assert_eq!(
            finished(raw, "a@example.com", "<m@example.com>", false),
            raw
        );
        let other = finished(raw, "b@example.com", "<m@example.com>", true);
        assert!(
            other.starts_with(b"From: b@example.com\r\nX-Google-Original-From: a@example.com\r\n")
        );
    }
}
