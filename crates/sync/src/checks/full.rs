//! The full check, on demand: each step of the chain by itself, from the token to the mail in Sent.
//!
//!     token -> scopes, address -> imap_connect -> imap_login -> imap_list -> imap_select -> imap_idle
//!                              -> smtp_connect -> smtp_auth -> (mail_sent -> mail_arrived, mail_in_sent)
//!
//! What depends on a step that failed is told as skipped.

use std::time::{Duration, Instant};

use provider::advice::Case;
use provider::cause::{Outcome, Step, to_case};
use provider::tokens::{self, Answered, Fresh};
use store::connects::Status;
use store::credentials::{self, Access, Credential};
use store::grants::{self, Grant};

use super::{Check, Options, millis};
use crate::imap::{Connection, ImapError};
use crate::net::Timeouts;
use crate::session;
use crate::smtp::{self, StepResult};

/// The steps of receiving, in order.
const IMAP_STEPS: [&str; 5] = [
    "imap_connect",
    "imap_login",
    "imap_list",
    "imap_select",
    "imap_idle",
];
/// IDLE is tried this long: whether it begins and ends is what counts.
const IDLE_TRY: Duration = Duration::from_millis(300);

impl Check<'_> {
    pub(super) async fn run_on_demand(&mut self, options: Options) -> anyhow::Result<()> {
        let token = self.token().await?;
        self.permissions().await?;
        let (imap, smtp) = (
            self.profile()?.imap.to_string(),
            self.profile()?.smtp.to_string(),
        );
        let Some(token) = token else {
            self.skip(&IMAP_STEPS, &imap).await?;
            self.skip(&["smtp_connect", "smtp_auth"], &smtp).await?;
            return Ok(());
        };
        let receives = self.receiving(&token, imap).await?;
        let sends = self.sending(&token, smtp).await?;
        if options.mail {
            self.mail_to_self(&token, sends, receives).await?;
        }
        if receives {
            self.go_on();
        }
        Ok(())
    }

    pub(super) async fn skip(&mut self, names: &[&str], subject: &str) -> store::Result<()> {
        for name in names {
            self.tell(Step::skip(name, subject), Status::Checking)
                .await?;
        }
        Ok(())
    }

    pub(super) async fn running(&mut self, name: &str, subject: &str) -> store::Result<Instant> {
        self.tell(Step::running(name, subject), Status::Checking)
            .await?;
        Ok(Instant::now())
    }

    /// Refreshes once: the surest proof that the grant lives.
    async fn token(&mut self) -> anyhow::Result<Option<Fresh>> {
        let subject = self.account.smtp_user.clone();
        let began = self.running("token", &subject).await?;
        let week = 7 * 24 * 3_600_000;
        let answered = tokens::refresh(self.providers, self.account.grant_id, week).await;
        // Asking for more life than any token has is how a refresh is forced; the one that came is looked at below.
        let answered = match answered {
            Ok(Answered::Later(..)) | Err(_) => {
                tokens::fresh_token(self.providers, self.account.grant_id).await?
            }
            Ok(other) => other,
        };
        let ms = millis(began);
        let (step, token) = match answered {
            Answered::Fresh(fresh) => (Step::ok("token", subject, ms), Some(fresh)),
            Answered::Later(_, cause)
            | Answered::AppBroken(cause)
            | Answered::NeedsConsent(cause) => {
                (Step::fail("token", subject, ms, to_case(&cause)), None)
            }
        };
        self.tell(step, Status::Checking).await?;
        Ok(token)
    }

    /// What was wanted and what was granted; who signed in, and for which mailbox.
    async fn permissions(&mut self) -> anyhow::Result<()> {
        let id = self.account.grant_id;
        let found = self
            .providers
            .store()
            .read(move |tx| {
                Box::pin(async move {
                    let Some(grant) = grants::find(tx, id).await? else {
                        return Ok(None);
                    };
                    let credential = credentials::find(tx, grant.credential_id).await?;
                    Ok(credential.map(|credential| (grant, credential)))
                })
            })
            .await?;
        if let Some((grant, credential)) = found {
            let (scopes, address) = self.judge_permissions(&grant, &credential)?;
            self.tell(scopes, Status::Checking).await?;
            self.tell(address, Status::Checking).await?;
        }
        Ok(())
    }

    fn judge_permissions(
        &self,
        grant: &Grant,
        credential: &Credential,
    ) -> anyhow::Result<(Step, Step)> {
        let profile = self.profile()?;
        let mailbox = &self.account.mailbox_address;
        let facts = |case: Case| {
            profile
                .facts(case)
                .with("address", mailbox)
                .with("account", self.account.id.to_string())
                .with("credential", credential.id.to_string())
        };
        if credential.fields.access == Access::AppOnly {
            // Which roles an app's token has does not show before it is used.
            let scopes = Step::skip("scopes", &profile.label);
            let address = if credential.fields.allows(mailbox) {
                Step::ok("address", mailbox, 0)
            } else {
                Step::fail(
                    "address",
                    mailbox,
                    0,
                    facts(Case::new("address-not-allowed")),
                )
            };
            return Ok((scopes, address));
        }
        let granted = profile.granted(Some(&grant.scopes));
        let scopes = match granted.cause_id() {
            None => Step::ok("scopes", &profile.label, 0),
            Some(cause) => {
                let case = facts(Case::new(cause).with("scope", granted.missing.join(" ")));
                if granted.imap || granted.smtp {
                    Step::warn("scopes", &profile.label, 0, case)
                } else {
                    Step::fail("scopes", &profile.label, 0, case)
                }
            }
        };
        let wanted = profile.scopes.join(" ");
        let said = format!("wanted: {wanted}; granted: {}", grant.scopes);
        let signed_in = format!("signed in: {}", grant.subject.address);
        Ok((
            scopes.said(&said),
            Step::ok("address", mailbox, 0).said(&signed_in),
        ))
    }

    async fn receiving(&mut self, token: &Fresh, subject: String) -> anyhow::Result<bool> {
        let mut at = 0;
        let mut began = self.running(IMAP_STEPS[at], &subject).await?;
        let (providers, account) = (self.providers, self.account.clone());
        let failed = 'talk: {
            let mut connection = match session::connect(providers, &account).await {
                Ok(connection) => connection,
                Err(error) => break 'talk error,
            };
            let offered: Vec<&str> = connection.capabilities().iter().collect();
            let offered = offered.join(" ");
            self.passed(at, &subject, began, &offered).await?;
            at = 1;
            began = self.running(IMAP_STEPS[at], &subject).await?;
            if let Err(error) = session::authenticate(&mut connection, &account, token).await {
                break 'talk error;
            }
            self.passed(at, &subject, began, &account.mailbox_address)
                .await?;
            at = 2;
            began = self.running(IMAP_STEPS[at], &subject).await?;
            let folders = match connection.list_folders().await {
                Ok(folders) => folders,
                Err(error) => break 'talk error,
            };
            self.passed(at, &subject, began, &format!("{} folders", folders.len()))
                .await?;
            at = 3;
            began = self.running(IMAP_STEPS[at], &subject).await?;
            let inbox = folders
                .iter()
                .find(|folder| folder.is_inbox())
                .map_or("INBOX", |folder| folder.name.as_str());
            let selected = match connection.examine(inbox, false).await {
                Ok(selected) => selected,
                Err(error) => break 'talk error,
            };
            let said = format!(
                "{}: {} messages, UIDVALIDITY {}",
                inbox, selected.exists, selected.uidvalidity
            );
            self.passed(at, &subject, began, &said).await?;
            at = 4;
            began = self.running(IMAP_STEPS[at], &subject).await?;
            match self.idle(&mut connection, &subject, began).await? {
                Ok(()) => {
                    let _ = connection.logout().await;
                    self.receives().await?;
                    return Ok(true);
                }
                Err(error) => break 'talk error,
            }
        };
        let (name, subject_of) = (IMAP_STEPS[at], subject.clone());
        let step = if name == "imap_idle" {
            self.told_imap(name, subject_of, began, &failed).await?
        } else {
            self.refused_imap(name, subject_of, began, &failed).await?
        };
        self.tell(step, Status::Checking).await?;
        self.skip(&IMAP_STEPS[at + 1..], &subject).await?;
        Ok(false)
    }

    async fn passed(
        &mut self,
        at: usize,
        subject: &str,
        began: Instant,
        said: &str,
    ) -> store::Result<()> {
        let step = Step::ok(IMAP_STEPS[at], subject, millis(began)).said(said);
        self.tell(step, Status::Checking).await
    }

    async fn idle(
        &mut self,
        connection: &mut Connection,
        subject: &str,
        began: Instant,
    ) -> anyhow::Result<Result<(), ImapError>> {
        if !connection.capabilities().has("IDLE") {
            let case = self.profile()?.facts(Case::new("idle-missing"));
            let step = Step::warn("imap_idle", subject, millis(began), case);
            self.tell(step, Status::Checking).await?;
            return Ok(Ok(()));
        }
        if let Err(error) = connection.idle(IDLE_TRY).await {
            return Ok(Err(error));
        }
        let step = Step::ok("imap_idle", subject, millis(began));
        self.tell(step, Status::Checking).await?;
        Ok(Ok(()))
    }

    async fn sending(&mut self, token: &Fresh, subject: String) -> anyhow::Result<bool> {
        let began = self.running("smtp_connect", &subject).await?;
        let profile = self.profile()?.clone();
        let (server, tls, id) = (&profile.smtp, profile.smtp_tls, self.account.id);
        let target = session::target(self.providers, &profile, server, tls, Some(id));
        let user = self.account.smtp_user.clone();
        let probe = smtp::probe(&target, &Timeouts::default(), &user, &token.token).await;
        let (connecting, auth): (Vec<_>, Vec<_>) =
            probe.steps.iter().partition(|step| step.name != "auth");
        let ms = connecting.iter().map(|step| step.ms).sum();
        let connected = connecting
            .iter()
            .all(|step| matches!(step.result, StepResult::Ok(_)));
        let offered = connecting
            .iter()
            .rev()
            .find_map(|step| match &step.result {
                StepResult::Ok(said) if step.name == "ehlo" => Some(said.clone()),
                _ => None,
            })
            .unwrap_or_default();
        if connected {
            let step = Step::ok("smtp_connect", &subject, ms).said(&offered);
            self.tell(step, Status::Checking).await?;
        }
        match probe.failure {
            None => {
                self.sends().await?;
                let ms = auth.iter().map(|step| step.ms).sum();
                let step = Step::ok("smtp_auth", &subject, ms).said(&user);
                self.tell(step, Status::Checking).await?;
                Ok(true)
            }
            Some(failure) => {
                let name = if connected {
                    "smtp_auth"
                } else {
                    "smtp_connect"
                };
                let step = self
                    .refused_smtp(name, subject.clone(), began, &failure)
                    .await?;
                debug_assert!(step.outcome != Outcome::Ok);
                self.tell(step, Status::Checking).await?;
                if !connected {
                    self.skip(&["smtp_auth"], &subject).await?;
                }
                Ok(false)
            }
        }
    }
}
