//! The short check, after a consent: does the mailbox open, does it take mail?

use std::time::Instant;

use provider::cause::{Step, to_case};
use store::connects::Status;

use super::{Check, millis};
use crate::imap::{Connection, ImapError};
use crate::net::Timeouts;
use crate::session::{self, NoSession};
use crate::{smtp, standing};

impl Check<'_> {
    /// Identity is proven, so the consent is kept whatever comes: receiving and sending are tried apart.
    pub(super) async fn run_after_consent(&mut self) -> anyhow::Result<()> {
        let receives = self.imap(Status::Checking).await?;
        self.smtp(Status::Checking).await?;
        let last = self.steps.last().cloned();
        if let Some(step) = last {
            self.tell(step, Status::Done).await?;
        }
        if receives {
            self.go_on();
        }
        Ok(())
    }

    /// Login, LIST and SELECT of the inbox.
    async fn imap(&mut self, status: Status) -> anyhow::Result<bool> {
        let subject = self.profile()?.imap.to_string();
        self.tell(Step::running("imap", subject.clone()), status)
            .await?;
        let began = Instant::now();
        let tried = match session::open(self.providers, &self.account).await {
            Ok(mut session) => {
                let looked = look_around(&mut session.connection).await;
                if looked.is_ok() {
                    let _ = session.connection.logout().await;
                }
                looked.map_err(NoSession::Imap)
            }
            Err(error) => Err(error),
        };
        let (step, works) = match tried {
            Ok(folders) => {
                self.receives().await?;
                let step = Step::ok("imap", subject, millis(began));
                (step.said(&format!("{folders} folders")), true)
            }
            Err(NoSession::NoToken(cause)) => {
                let case = to_case(&cause);
                (Step::fail("imap", subject, millis(began), case), false)
            }
            Err(NoSession::Ours(error)) => anyhow::bail!(error),
            Err(NoSession::Imap(error)) => {
                let step = self.refused_imap("imap", subject, began, &error).await?;
                (step, false)
            }
        };
        self.tell(step, status).await?;
        Ok(works)
    }

    /// EHLO, TLS and AUTH; no mail.
    pub(super) async fn smtp(&mut self, status: Status) -> anyhow::Result<()> {
        let profile = self.profile()?.clone();
        let subject = profile.smtp.to_string();
        self.tell(Step::running("smtp", subject.clone()), status)
            .await?;
        let began = Instant::now();
        let token = match session::token(self.providers, &self.account).await {
            Ok(token) => token,
            Err(NoSession::NoToken(cause)) => {
                let step = Step::fail("smtp", subject, millis(began), to_case(&cause));
                self.tell(step, status).await?;
                // The next try follows: once there is a token again, sending shall not stay as it was.
                standing::look_again(self.providers.store(), &self.account).await?;
                return Ok(());
            }
            Err(error) => anyhow::bail!("{error:?}"),
        };
        let (server, tls, id) = (&profile.smtp, profile.smtp_tls, self.account.id);
        let target = session::target(self.providers, &profile, server, tls, Some(id));
        let user = &self.account.smtp_user;
        let probe = smtp::probe(&target, &Timeouts::default(), user, &token.token).await;
        let step = match probe.failure {
            None => {
                self.sends().await?;
                Step::ok("smtp", subject, millis(began))
            }
            Some(failure) => self.refused_smtp("smtp", subject, began, &failure).await?,
        };
        self.tell(step, status).await?;
        Ok(())
    }
}

async fn look_around(connection: &mut Connection) -> Result<usize, ImapError> {
    let folders = connection.list_folders().await?;
    let inbox = folders
        .iter()
        .find(|folder| folder.is_inbox())
        .map_or("INBOX", |folder| folder.name.as_str());
    connection.examine(inbox, false).await?;
    Ok(folders.len())
}
