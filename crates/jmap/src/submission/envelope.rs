//! The envelope of a submission (RFC 8621, 7): given, or made from the email; who may send as whom.

use std::collections::HashSet;

use serde_json::{Value, json};
use store::identities::Identity;
use store::world::Millis;
use wire::mime::{Headers, Message};

use crate::error::SetError;
use crate::limits;
use crate::types::utc_date;

/// A checked envelope.
#[derive(Debug, PartialEq, Eq)]
pub struct Envelope {
    /// Sender.
    pub mail_from: String,
    /// Recipients, each once.
    pub rcpt_to: Vec<String>,
    /// Not before then (RFC 4865); at once where `None`.
    pub send_at: Option<Millis>,
}

/// Checks the email's From and the given envelope, or makes one.
pub fn check(
    given: Option<&Value>,
    message: &Message,
    identity: &Identity,
    now: Millis,
) -> Result<Envelope, SetError> {
    let headers = &message.headers;
    if headers.from.is_empty() {
        let error = SetError::new("invalidEmail").with("properties", json!(["from"]));
        return Err(error.because("the email has no sender"));
    }
    if !headers
        .from
        .iter()
        .all(|address| same(&address.email, &identity.email))
    {
        return Err(SetError::new("forbiddenFrom")
            .because(format!("the email's From must be {}", identity.email)));
    }
    let envelope = match given.filter(|given| !given.is_null()) {
        Some(given) => read(given, now)?,
        None => Envelope {
            mail_from: identity.email.clone(),
            rcpt_to: recipients(headers),
            send_at: None,
        },
    };
    if !same(&envelope.mail_from, &identity.email) {
        return Err(SetError::new("forbiddenMailFrom")
            .because(format!("the sender must be {}", identity.email)));
    }
    if envelope.rcpt_to.is_empty() {
        return Err(SetError::new("noRecipients"));
    }
    if envelope.rcpt_to.len() > limits::RECIPIENTS || headers.addresses_left_out > 0 {
        return Err(
            SetError::new("tooManyRecipients").with("maxRecipients", json!(limits::RECIPIENTS))
        );
    }
    let bad: Vec<&String> = envelope
        .rcpt_to
        .iter()
        .filter(|email| !is_address(email))
        .collect();
    if !bad.is_empty() {
        return Err(SetError::new("invalidRecipients").with("invalidRecipients", json!(bad)));
    }
    Ok(envelope)
}

fn same(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}

/// To, Cc and Bcc, each address once.
fn recipients(headers: &Headers) -> Vec<String> {
    let mut seen = HashSet::new();
    let all = headers.to.iter().chain(&headers.cc).chain(&headers.bcc);
    all.map(|address| address.email.trim().to_owned())
        .filter(|email| !email.is_empty() && seen.insert(email.to_lowercase()))
        .collect()
}

/// Enough to go into an SMTP command: nothing that could end it or open another.
fn is_address(email: &str) -> bool {
    let Some((local, domain)) = email.rsplit_once('@') else {
        return false;
    };
    let plain = |letter: char| {
        !letter.is_whitespace() && !letter.is_control() && !"<>,;:\"()[]\\".contains(letter)
    };
    (1..=64).contains(&local.len())
        && (1..=255).contains(&domain.len())
        && email.chars().all(plain)
        && !domain.contains('@')
}

fn read(given: &Value, now: Millis) -> Result<Envelope, SetError> {
    let wrong = || {
        SetError::properties(
            &["envelope"],
            "an Envelope needs mailFrom {email} and rcptTo [{email}]",
        )
    };
    let email = |address: &Value| {
        address["email"]
            .as_str()
            .map(str::to_owned)
            .ok_or_else(wrong)
    };
    let rcpt_to = given["rcptTo"]
        .as_array()
        .ok_or_else(wrong)?
        .iter()
        .map(email)
        .collect::<Result<Vec<_>, _>>()?;
    let mut seen = HashSet::new();
    let rcpt_to = rcpt_to
        .into_iter()
        .filter(|email| seen.insert(email.to_lowercase()))
        .collect();
    let mut send_at = None;
    for (name, value) in given["mailFrom"]["parameters"]
        .as_object()
        .into_iter()
        .flatten()
    {
        let text = value.as_str().unwrap_or_default();
        let wanted = match name.to_ascii_uppercase().as_str() {
            "HOLDFOR" => text
                .parse::<u32>()
                .ok()
                .map(|seconds| now + i64::from(seconds) * 1000),
            "HOLDUNTIL" => utc_date(text),
            _ => {
                return Err(SetError::properties(
                    &["envelope"],
                    format!("the parameter {name} is not offered"),
                ));
            }
        };
        let longest = now + limits::DELAYED_SEND * 1000;
        let wanted = wanted.filter(|time| *time <= longest);
        send_at = Some(wanted.ok_or_else(|| {
            SetError::properties(&["envelope"], format!("{name} is beyond maxDelayedSend"))
        })?);
    }
    Ok(Envelope {
        mail_from: email(&given["mailFrom"])?,
        rcpt_to,
        send_at,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_cannot_carry_a_second_smtp_command() {
        assert!(is_address("alice@example.com"));
        for bad in [
            "",
            "alice",
            "@x",
            "a@",
            "a@b\r\nRCPT TO:<c@d>",
            "a>@b",
            "a b@c",
            "a@b,c@d",
        ] {
            assert!(!is_address(bad), "{bad:?}");
        }
    }
}
