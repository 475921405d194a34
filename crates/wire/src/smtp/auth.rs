//! AUTH with an access token, as a small machine: it says what to send, the driver brings the replies.
//!
//! The blob never goes on the command line: Microsoft's tokens make it longer than servers' line buffers. An error
//! challenge is answered as the mechanism wants (an empty line for XOAUTH2), so that the refusal itself comes.

use secrecy::SecretString;

use super::reply::Reply;
use crate::sasl::{Challenge, answer_to_challenge};

/// What the driver does next.
#[derive(Debug)]
pub enum AuthStep {
    /// Send this line; the CRLF is not in it.
    Send(SecretString),
    Done,
    /// `challenge` is what the server said before the refusal, if it did.
    Refused {
        reply: Reply,
        challenge: Option<Challenge>,
    },
}

#[derive(Debug)]
enum State {
    Begun,
    BlobSent,
    ChallengeAnswered,
}

/// One AUTH exchange.
#[derive(Debug)]
pub struct Auth {
    mechanism: &'static str,
    blob: SecretString,
    state: State,
    challenge: Option<Challenge>,
}

impl Auth {
    /// The first line to send, and the machine that takes the replies. `blob` is from `sasl::xoauth2`.
    pub fn xoauth2(blob: SecretString) -> (String, Self) {
        Self::begin("XOAUTH2", blob)
    }

    /// The same for OAUTHBEARER; `blob` is from `sasl::oauthbearer`.
    pub fn oauthbearer(blob: SecretString) -> (String, Self) {
        Self::begin("OAUTHBEARER", blob)
    }

    fn begin(mechanism: &'static str, blob: SecretString) -> (String, Self) {
        let auth = Self {
            mechanism,
            blob,
            state: State::Begun,
            challenge: None,
        };
        (format!("AUTH {mechanism}"), auth)
    }

    /// The next step after a reply. A server that never stops asking is refused at the third 334.
    pub fn on_reply(&mut self, reply: Reply) -> AuthStep {
        match (reply.code, &self.state) {
            (235, _) => AuthStep::Done,
            (334, State::Begun) => {
                self.state = State::BlobSent;
                AuthStep::Send(self.blob.clone())
            }
            (334, State::BlobSent) => {
                self.challenge = Challenge::decode(&reply.text());
                self.state = State::ChallengeAnswered;
                AuthStep::Send(answer_to_challenge(self.mechanism).to_owned().into())
            }
            _ => AuthStep::Refused {
                reply,
                challenge: self.challenge.take(),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::super::reply::ReplyReader;
    use super::*;

    fn reply(line: &str) -> Reply {
        let mut reader = ReplyReader::new();
        reader.feed(line.as_bytes());
        reader.feed(b"\r\n");
        reader.next_reply().expect("SMTP").expect("whole")
    }

    fn sent(step: AuthStep) -> String {
        match step {
            AuthStep::Send(line) => line.expose_secret().to_owned(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_token_is_sent_only_after_the_server_asked() {
        let (line, mut auth) = Auth::xoauth2("QkxPQg==".to_owned().into());
        assert_eq!(line, "AUTH XOAUTH2");
        assert_eq!(sent(auth.on_reply(reply("334 "))), "QkxPQg==");
        assert!(matches!(
            auth.on_reply(reply("235 2.7.0 Accepted")),
            AuthStep::Done
        ));
    }

    #[test]
    fn an_error_challenge_is_answered_with_an_empty_line_and_kept() {
        let (_, mut auth) = Auth::xoauth2("QkxPQg==".to_owned().into());
        sent(auth.on_reply(reply("334 ")));
        let challenge = "334 eyJzdGF0dXMiOiI0MDAiLCJzY2hlbWVzIjoiQmVhcmVyIiwic2NvcGUiOiJodHRwczovL21haWwuZ29vZ2xlLmNvbS8ifQ==";
        assert_eq!(sent(auth.on_reply(reply(challenge))), "");
        match auth.on_reply(reply("535 5.7.8 Username and Password not accepted")) {
            AuthStep::Refused { reply, challenge } => {
                assert_eq!(reply.code, 535);
                assert_eq!(challenge.expect("kept").status, "400");
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_server_that_asks_for_ever_is_refused() {
        let (_, mut auth) = Auth::oauthbearer("QkxPQg==".to_owned().into());
        sent(auth.on_reply(reply("334 ")));
        assert_eq!(sent(auth.on_reply(reply("334 "))), "AQ==");
        assert!(matches!(
            auth.on_reply(reply("334 ")),
            AuthStep::Refused { .. }
        ));
    }
}
