//! One mail to the mailbox itself: is it taken, does it come, is there a copy in Sent?

use std::time::{Duration, Instant};

use provider::advice::Case;
use provider::cause::Step;
use provider::tokens::Fresh;
use store::connects::Status;
use wire::imap::SearchKey;
use wire::mime::{Address, DateTime, Draft, new_message_id};

use super::{Check, millis};
use crate::imap::{Connection, ImapError};
use crate::net::Timeouts;
use crate::session;
use crate::smtp::{self, Envelope};

/// A mail to oneself is waited for this long.
const ARRIVES_WITHIN: Duration = Duration::from_secs(60);
/// And looked for this often.
const LOOK: Duration = Duration::from_secs(2);

impl Check<'_> {
    pub(super) async fn mail_to_self(
        &mut self,
        token: &Fresh,
        sends: bool,
        receives: bool,
    ) -> anyhow::Result<()> {
        let to = self.account.sender_address.clone();
        if !sends {
            self.skip(&["mail_sent", "mail_arrived", "mail_in_sent"], &to)
                .await?;
            return Ok(());
        }
        let began = self.running("mail_sent", &to).await?;
        let (message_id, message) = self.compose(&to);
        let profile = self.profile()?.clone();
        let (server, tls, id) = (&profile.smtp, profile.smtp_tls, self.account.id);
        let target = session::target(self.providers, &profile, server, tls, Some(id));
        let envelope = Envelope {
            from: to.clone(),
            to: vec![to.clone()],
        };
        let user = self.account.smtp_user.clone();
        let limits = Timeouts::default();
        let sent = smtp::send(&target, &limits, &user, &token.token, &envelope, &message).await;
        match sent {
            Ok(sent) => {
                let said = sent.reply.to_string();
                let step = Step::ok("mail_sent", &to, millis(began)).said(&said);
                self.tell(step, Status::Checking).await?;
            }
            Err(failure) => {
                let step = self
                    .refused_smtp("mail_sent", to.clone(), began, &failure)
                    .await?;
                self.tell(step, Status::Checking).await?;
                self.skip(&["mail_arrived", "mail_in_sent"], &to).await?;
                return Ok(());
            }
        }
        if !receives {
            self.skip(&["mail_arrived", "mail_in_sent"], &to).await?;
            return Ok(());
        }
        self.look_for(token, &to, &message_id).await
    }

    fn compose(&self, to: &str) -> (String, Vec<u8>) {
        let world = self.providers.store().world();
        let domain = to.rsplit('@').next().unwrap_or_default();
        let message_id = new_message_id(&world.random(), domain);
        let me = Address {
            email: to.to_owned(),
            ..Address::default()
        };
        let draft = Draft {
            from: vec![me.clone()],
            to: vec![me],
            subject: "Tegata: 送受信の確認 / Check of sending and receiving".to_owned(),
            date: DateTime {
                unix: self.providers.store().now() / 1_000,
                ..DateTime::default()
            },
            message_id: message_id.clone(),
            text: Some(
                "Tegata の接続確認で送信されたメールです。削除してかまいません。\r\n\r\n\
                 This mail was sent by a check of Tegata. It can be deleted.\r\n"
                    .to_owned(),
            ),
            ..Draft::default()
        };
        (message_id, draft.for_submission(&world.random()))
    }

    async fn look_for(&mut self, token: &Fresh, to: &str, message_id: &str) -> anyhow::Result<()> {
        let began = self.running("mail_arrived", to).await?;
        self.running("mail_in_sent", to).await?;
        let (providers, account) = (self.providers, self.account.clone());
        let opened = async {
            let mut connection = session::connect(providers, &account).await?;
            session::authenticate(&mut connection, &account, token).await?;
            let folders = connection.list_folders().await?;
            Ok::<_, ImapError>((connection, folders))
        };
        let (mut connection, folders) = match opened.await {
            Ok(opened) => opened,
            Err(error) => {
                let step = self
                    .told_imap("mail_arrived", to.to_owned(), began, &error)
                    .await?;
                self.tell(step, Status::Checking).await?;
                self.skip(&["mail_in_sent"], to).await?;
                return Ok(());
            }
        };
        let gmail = connection.capabilities().has("X-GM-EXT-1");
        let kept = crate::folders::keep(&folders, gmail);
        let named = |role: &str| {
            kept.iter()
                .find(|folder| folder.role.as_deref() == Some(role))
                .map(|folder| String::from_utf8_lossy(&folder.wire_name).into_owned())
        };
        let places = [
            ("mail_arrived", named("inbox"), "mail-not-arrived"),
            ("mail_in_sent", named("sent"), "mail-no-sent-copy"),
        ];
        for (name, folder, cause) in places {
            let found = match &folder {
                Some(folder) => wait_for(&mut connection, folder, message_id, began).await,
                None => Ok(false),
            };
            let ms = millis(began);
            let step = match found {
                Ok(true) => Step::ok(name, to, ms).said(folder.as_deref().unwrap_or_default()),
                Ok(false) => {
                    let case = self.profile()?.facts(Case::new(cause)).with("address", to);
                    Step::warn(name, to, ms, case)
                }
                Err(error) => self.told_imap(name, to.to_owned(), began, &error).await?,
            };
            self.tell(step, Status::Checking).await?;
        }
        let _ = connection.logout().await;
        Ok(())
    }
}

async fn wait_for(
    connection: &mut Connection,
    folder: &str,
    message_id: &str,
    began: Instant,
) -> Result<bool, ImapError> {
    let key = SearchKey::Header("Message-ID".to_owned(), format!("<{message_id}>"));
    loop {
        connection.examine(folder, false).await?;
        if !connection.search(&key).await?.is_empty() {
            return Ok(true);
        }
        if began.elapsed() >= ARRIVES_WITHIN {
            return Ok(false);
        }
        tokio::time::sleep(LOOK).await;
    }
}
