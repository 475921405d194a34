//! What an SMTP reply means for us (facts/providers.md, 8.6).
//!
//! Known texts first, because one code (535 5.7.139, 554 5.2.0) stands for many causes; then enhanced codes; then
//! the phase and the class.

use super::reply::Reply;
use crate::outcome::{Outcome, Verdict};

/// What the reply answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Phase {
    Greeting,
    Ehlo,
    StartTls,
    Auth,
    MailFrom,
    RcptTo,
    /// The command DATA.
    Data,
    /// The message after `354`.
    Message,
}

impl Phase {
    /// For steps and logs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Greeting => "greeting",
            Self::Ehlo => "ehlo",
            Self::StartTls => "starttls",
            Self::Auth => "auth",
            Self::MailFrom => "mail-from",
            Self::RcptTo => "rcpt-to",
            Self::Data => "data",
            Self::Message => "message",
        }
    }
}

const MINUTE: u64 = 60;
const HOUR: u64 = 3600;

/// The verdict on a reply; 2xx and 3xx are `Done`.
pub fn classify(reply: &Reply, phase: Phase) -> Verdict {
    if matches!(reply.class(), 2 | 3) {
        return Verdict::new(Outcome::Done, "done");
    }
    let text = reply.text().to_ascii_lowercase();
    by_text(&text)
        .or_else(|| by_code(reply, phase, &text))
        .unwrap_or_else(|| by_class(reply, phase, &text))
}

/// Texts that mean one thing wherever they stand. Lower case.
fn by_text(text: &str) -> Option<Verdict> {
    let has = |part: &str| text.contains(part);
    Some(
        if has("smtpclientauthentication is disabled for the tenant") {
            Verdict::person("smtp-auth-disabled-tenant")
        } else if has("smtpclientauthentication is disabled for the mailbox") {
            Verdict::person("smtp-auth-disabled-mailbox")
        } else if has("basic authentication is disabled") {
            Verdict::person("smtp-basic-auth-disabled")
        } else if has("criteria to be authenticated") || has("security defaults policy") {
            Verdict::person("smtp-auth-policy")
        } else if has("user credentials were incorrect") {
            // 535 5.7.139 as well, but no policy: the person or the permission is the wrong one.
            Verdict::person("exchange-smtp-auth-failed").refreshing()
        } else if has("invalid xoauth2 auth data") {
            Verdict::broken("smtp-sasl-malformed")
        } else if has("application-specific password") {
            Verdict::person("smtp-app-password")
        } else if has("log in with your web browser") || has("log in via your web browser") {
            Verdict::person("smtp-web-login")
        } else if has("too many login attempts") {
            Verdict::later(30 * MINUTE, "smtp-too-many-logins")
        } else if has("cannot authenticate due to temporary")
            || has("temporary authentication failure")
        {
            Verdict::later(5 * MINUTE, "smtp-auth-unavailable")
        } else if has("sendasdenied") || has("permissions to send as this sender") {
            Verdict::person("send-as-denied")
        } else if has("maxsubmissionexceeded") || has("messagesubmissionexceeded") {
            Verdict::person("smtp-too-large")
        } else if [
            "submissionquotaexceeded",
            "daily limit",
            "daily user sending",
            "daily sending quota",
        ]
        .into_iter()
        .any(has)
        {
            Verdict::later(24 * HOUR, "smtp-daily-limit")
        } else if has("concurrent connections limit") || has("sender thread limit") {
            Verdict::later(MINUTE, "smtp-concurrent-limit")
        } else if has("quotaexceededexception") || has("mailbox full") {
            Verdict::person("smtp-mailbox-full")
        } else if has("bad outbound sender") {
            Verdict::person("smtp-sender-blocked")
        } else if has("unusual rate of unsolicited") {
            Verdict::later(HOUR, "smtp-unusual-rate")
        } else if has("client not authenticated") {
            Verdict::broken("smtp-not-authenticated")
        } else {
            return None;
        },
    )
}

fn by_code(reply: &Reply, phase: Phase, text: &str) -> Option<Verdict> {
    let temporary = reply.class() == 4;
    Some(match (reply.code, reply.enhanced) {
        (_, Some((5, 4, 5))) | (_, Some((5, 1, 90))) => {
            Verdict::later(24 * HOUR, "smtp-daily-limit")
        }
        (_, Some((5, 1, 8))) => Verdict::person("smtp-sender-blocked"),
        (_, Some((5, 7, 60))) | (_, Some((5, 2, 252))) => Verdict::person("send-as-denied"),
        (_, Some((5, 2, 3))) | (_, Some((5, 3, 4))) => Verdict::person("smtp-too-large"),
        (_, Some((5, 7, 26))) => Verdict::person("smtp-unauthenticated-domain"),
        (_, Some((4, 3, 2))) if reply.code == 432 => {
            Verdict::later(MINUTE, "smtp-concurrent-limit")
        }
        (_, Some((_, 5, 3))) => Verdict::person("smtp-too-many-recipients"),
        (450, Some((4, 2, 1))) => Verdict::later(15 * MINUTE, "smtp-recipient-rate"),
        (530, _) if phase != Phase::Auth => Verdict::broken("smtp-not-authenticated"),
        (504, _) if phase == Phase::Auth => Verdict::person("smtp-mechanism-missing"),
        (501, _) if phase == Phase::Auth => Verdict::broken("smtp-sasl-malformed"),
        (535, Some((5, 7, 3))) => Verdict::person("exchange-smtp-auth-failed").refreshing(),
        (535, Some((5, 7, 139))) => Verdict::person("smtp-auth-policy"),
        (535, _) => Verdict::person("smtp-auth-failed").refreshing(),
        (454, _) if phase == Phase::Auth => Verdict::later(5 * MINUTE, "smtp-auth-unavailable"),
        (421, _) => Verdict::later(MINUTE, "smtp-busy"),
        (451, _) if text.contains("temporary server error") => Verdict::later(MINUTE, "smtp-busy"),
        _ if temporary && matches!(phase, Phase::Greeting | Phase::Ehlo | Phase::StartTls) => {
            Verdict::later(MINUTE, "smtp-busy")
        }
        _ => return None,
    })
}

fn by_class(reply: &Reply, phase: Phase, text: &str) -> Verdict {
    let temporary = reply.class() == 4;
    match phase {
        Phase::Auth if temporary => Verdict::later(5 * MINUTE, "smtp-auth-unavailable"),
        // Words that nobody knows are not taken for an ended permission: a fresh token is tried, then they are shown.
        Phase::Auth => Verdict::person("smtp-login-refused").refreshing(),
        Phase::Greeting | Phase::Ehlo | Phase::StartTls if !temporary => {
            Verdict::person("smtp-login-refused")
        }
        Phase::RcptTo if temporary => Verdict::later(15 * MINUTE, "smtp-recipient-greylisted"),
        Phase::RcptTo => Verdict::person("smtp-recipient-refused"),
        _ if temporary => Verdict::later(MINUTE, "smtp-later"),
        Phase::MailFrom if is_sender(reply) => Verdict::person("smtp-sender-refused"),
        Phase::Data | Phase::Message if is_recipient(reply) => {
            Verdict::person("smtp-recipient-refused")
        }
        Phase::Data | Phase::Message if is_content(reply, text) => {
            Verdict::person("smtp-content-refused")
        }
        _ => Verdict::broken("smtp-refused"),
    }
}

/// RFC 3463: addresses (x.1.x) and security (x.7.x); without a code, what RFC 5321 has for MAIL.
fn is_sender(reply: &Reply) -> bool {
    match reply.enhanced {
        Some((5, 1 | 7, _)) => true,
        Some(_) => false,
        None => matches!(reply.code, 550 | 551 | 553),
    }
}

/// Policy (x.7.x) and content (x.6.x); without a code, what spam filters say.
fn is_content(reply: &Reply, text: &str) -> bool {
    match reply.enhanced {
        Some((5, 6 | 7, _)) => true,
        Some(_) => false,
        None => {
            matches!(reply.code, 550 | 552 | 554)
                && [
                    "spam",
                    "virus",
                    "malware",
                    "policy",
                    "content",
                    "blocked",
                    "unsolicited",
                ]
                .into_iter()
                .any(|part| text.contains(part))
        }
    }
}

/// Gmail names unknown recipients only after DATA at times.
fn is_recipient(reply: &Reply) -> bool {
    matches!(
        reply.enhanced,
        Some((5, 1, 1 | 2 | 3 | 10)) | Some((5, 2, 1))
    )
}

#[cfg(test)]
mod tests;
