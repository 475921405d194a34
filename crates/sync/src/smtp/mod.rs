//! Submission of one message to a provider (RFC 6409), and the rehearsal of it without a message.
//!
//! One connection per message: providers allow few at a time, and a message is rare. All recipients or none: if one is
//! refused nothing is sent. After the final dot an answer that does not come is `unclear`, and never tried again
//! without looking into Sent.

mod session;

use secrecy::SecretString;
use wire::outcome::{Outcome, Verdict};
use wire::smtp::{Extensions, Phase, Reply, classify, message};

use crate::net::{Target, Timeouts};
use session::{Broken, Session};

pub use session::{Step, StepResult};

/// Who sends to whom on the wire; the header is not looked at.
#[derive(Debug, Clone)]
pub struct Envelope {
    pub from: String,
    pub to: Vec<String>,
}

/// The server has taken the message.
#[derive(Debug, Clone)]
pub struct Sent {
    /// The reply to the message.
    pub reply: Reply,
    pub steps: Vec<Step>,
}

/// The server has not taken the message, or we do not know.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{cause_id} ({phase}): {provider_said}")]
pub struct Failure {
    pub outcome: Outcome,
    pub cause_id: &'static str,
    /// A fresh access token may mend it.
    pub refresh_first: bool,
    pub provider_said: String,
    /// `connect`, `tls`, or the name of a `wire::smtp::Phase`.
    pub phase: &'static str,
    /// The recipient that was refused.
    pub recipient: Option<String>,
    /// The message was sent whole and no answer came: it may have gone.
    pub unclear: bool,
    pub steps: Vec<Step>,
}

/// What a rehearsal found: each step with its time; the last one may be a failure.
#[derive(Debug, Clone)]
pub struct Probe {
    pub steps: Vec<Step>,
    /// What the server offers after TLS.
    pub extensions: Option<Extensions>,
    pub failure: Option<Failure>,
}

/// Sends `message` (octets of RFC 5322, line ends are repaired) as `login_user` with an access token.
pub async fn send(
    target: &Target,
    limits: &Timeouts,
    login_user: &str,
    token: &SecretString,
    envelope: &Envelope,
    message: &[u8],
) -> Result<Sent, Failure> {
    let mut session = Session::default();
    let result = submit(
        &mut session,
        target,
        limits,
        login_user,
        token,
        envelope,
        message,
    )
    .await;
    let steps = session.take_steps();
    match result {
        Ok(reply) => Ok(Sent { reply, steps }),
        Err(broken) => Err(failure(*broken, steps)),
    }
}

/// Everything but the message: connection, TLS, EHLO, AUTH, QUIT.
pub async fn probe(
    target: &Target,
    limits: &Timeouts,
    login_user: &str,
    token: &SecretString,
) -> Probe {
    let mut session = Session::default();
    let result = session.log_in(target, limits, login_user, token).await;
    let extensions = result.as_ref().ok().cloned();
    if result.is_ok() {
        session.quit().await;
    }
    let steps = session.take_steps();
    let failure = result.err().map(|broken| failure(*broken, steps.clone()));
    Probe {
        steps,
        extensions,
        failure,
    }
}

async fn submit(
    session: &mut Session,
    target: &Target,
    limits: &Timeouts,
    login_user: &str,
    token: &SecretString,
    envelope: &Envelope,
    octets: &[u8],
) -> Result<Reply, Box<Broken>> {
    let offers = session.log_in(target, limits, login_user, token).await?;
    let size = octets.len() as u64;
    if let Some(limit) = offers.size.filter(|limit| *limit > 0 && size > *limit) {
        session.quit().await;
        let said = format!("{size} octets, the server takes {limit}");
        return Err(Broken::ours(
            "smtp-too-large",
            Outcome::NeedsPerson,
            Phase::MailFrom,
            said,
        ));
    }
    let eight_bit = offers.eight_bit_mime && !octets.is_ascii();
    let announced = offers.size.map(|_| size);
    let utf8 = offers.smtputf8;
    let line = message::mail_from(&envelope.from, announced, eight_bit, utf8).map_err(|e| {
        Broken::ours(
            "smtp-sender-refused",
            Outcome::NeedsPerson,
            Phase::MailFrom,
            e.to_string(),
        )
    })?;
    session.expect(Phase::MailFrom, &line).await?;
    if envelope.to.is_empty() {
        let said = "no recipients".to_owned();
        return Err(Broken::ours(
            "smtp-recipient-refused",
            Outcome::NeedsPerson,
            Phase::RcptTo,
            said,
        ));
    }
    for recipient in &envelope.to {
        let unfit = |e: message::UnfitAddress| {
            Broken::ours(
                "smtp-recipient-refused",
                Outcome::NeedsPerson,
                Phase::RcptTo,
                e.to_string(),
            )
        };
        let line = message::rcpt_to(recipient, utf8).map_err(unfit);
        let result = match line {
            Ok(line) => session.expect(Phase::RcptTo, &line).await.map(drop),
            Err(error) => Err(error),
        };
        if let Err(mut broken) = result {
            broken.recipient = Some(recipient.clone());
            session.quit().await;
            return Err(broken);
        }
    }
    session.expect(Phase::Data, "DATA").await?;
    let reply = session.message(&message::dot_stuffed(octets)).await?;
    session.quit().await;
    Ok(reply)
}

fn failure(broken: Broken, steps: Vec<Step>) -> Failure {
    let Verdict {
        outcome,
        cause_id,
        refresh_first,
    } = broken.verdict;
    Failure {
        outcome,
        cause_id,
        refresh_first,
        provider_said: broken.said,
        phase: broken.phase,
        recipient: broken.recipient,
        unclear: broken.unclear,
        steps,
    }
}

/// The verdict on a reply that is not what was hoped for.
fn verdict_on(reply: &Reply, phase: Phase) -> Verdict {
    let verdict = classify(reply, phase);
    match verdict.outcome {
        // A positive reply in the wrong place, e.g. 250 to DATA.
        Outcome::Done => Verdict {
            outcome: Outcome::Broken,
            cause_id: "net-protocol",
            refresh_first: false,
        },
        _ => verdict,
    }
}

#[cfg(test)]
mod tests;
