//! Login with an access token (XOAUTH2, or OAUTHBEARER where only that is offered).

use secrecy::{ExposeSecret as _, SecretString};
use wire::imap::classify::Phase;
use wire::imap::commands::{Request, Step};
use wire::imap::response::Response;
use wire::outcome::{Outcome, Verdict};
use wire::sasl::{self, Challenge};

use super::connection::Connection;
use super::error::ImapError;

/// Longest initial response that goes on the command line, in octets.
const INITIAL_LIMIT: usize = 8 * 1024;

impl Connection {
    /// Logs in as `user` (the mailbox). After it the capabilities are those of the logged-in state.
    ///
    /// The error of a refused token holds the server's challenge (status and scope) and its refusal. Whether a fresh
    /// token is worth a try is `verdict().refresh_first`.
    pub async fn authenticate_xoauth2(
        &mut self,
        user: &str,
        token: &SecretString,
    ) -> Result<(), ImapError> {
        let (mechanism, blob) = self.mechanism(user, token)?;
        let initial =
            self.capabilities.has("SASL-IR") && blob.expose_secret().len() <= INITIAL_LIMIT;
        let request = Request::Authenticate {
            mechanism,
            initial: initial.then_some(&blob),
        };
        let before = std::mem::take(&mut self.capabilities);
        let result = self
            .exchange_blob(&request, mechanism, &blob, initial)
            .await;
        if let Err(error) = result {
            self.busy = true;
            self.capabilities = before;
            return Err(error);
        }
        // Gmail tells them unasked, Exchange does not.
        if self.capabilities.is_empty() {
            self.refresh_capabilities().await?;
        }
        Ok(())
    }

    fn mechanism(
        &self,
        user: &str,
        token: &SecretString,
    ) -> Result<(&'static str, SecretString), ImapError> {
        let unfit = |_| {
            let why = "it holds a control character";
            ImapError::from(wire::imap::commands::UnfitArgument {
                what: "the user or the token",
                why,
            })
        };
        if self.capabilities.has("AUTH=XOAUTH2") {
            return Ok(("XOAUTH2", sasl::xoauth2(user, token).map_err(unfit)?));
        }
        if self.capabilities.has("AUTH=OAUTHBEARER") {
            let (host, port) = self.place();
            return Ok((
                "OAUTHBEARER",
                sasl::oauthbearer(user, host, port, token).map_err(unfit)?,
            ));
        }
        let offered: Vec<&str> = self
            .capabilities
            .iter()
            .filter(|c| c.starts_with("AUTH="))
            .collect();
        let cause_id = "imap-mechanism-missing";
        let verdict = Verdict {
            outcome: Outcome::NeedsPerson,
            cause_id,
            refresh_first: false,
        };
        Err(ImapError::Refused {
            verdict,
            said: offered.join(" "),
            code: None,
        })
    }

    async fn exchange_blob(
        &mut self,
        request: &Request<'_>,
        mechanism: &str,
        blob: &SecretString,
        initial: bool,
    ) -> Result<(), ImapError> {
        let tag = self.begin(request).await?;
        let until = self.within(self.limits.timeouts.login);
        for step in request.encode(&tag, self.literal_mode())? {
            if let Step::Send(bytes) = step {
                self.send(&bytes, until).await?;
            }
        }
        // `asked`: the server has seen the blob on a line of its own; a second question then is a challenge.
        let mut asked = false;
        let mut questions = 0;
        let mut challenge = None;
        loop {
            match self.next_response(until).await?.0 {
                Response::Continuation(text) => {
                    questions += 1;
                    if questions > 3 {
                        return Err(ImapError::protocol("AUTHENTICATE does not end"));
                    }
                    challenge = challenge.or_else(|| Challenge::decode(&text));
                    let wants_blob =
                        challenge.is_none() && !asked && (!initial || text.trim().is_empty());
                    let answer = if wants_blob {
                        blob.expose_secret()
                    } else {
                        sasl::answer_to_challenge(mechanism)
                    };
                    asked = true;
                    self.send(format!("{answer}\r\n").as_bytes(), until).await?;
                }
                Response::Status(status) if status.tag.is_some() => {
                    if let Some(Challenge { status, scope, .. }) = &challenge {
                        self.alert = Some(format!("challenge: status {status}, scope {scope}"));
                    }
                    if self.tagged(&tag, Phase::Login, status)?.is_some() {
                        return Ok(());
                    }
                }
                _ => {}
            }
        }
    }
}
