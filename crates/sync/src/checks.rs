//! Checks: the steps of a connect after its consent, and of an account on demand.
//!
//! A door writes a job; here it is carried out, each step written as it happens. What a check finds becomes
//! the account's state, so that trying again and waiting end in the same place.

use std::time::{Duration, Instant};

use provider::Providers;
use provider::advice::Case;
use provider::cause::{Step, put, to_case};
use provider::consent::{self, steps_of};
use provider::profile::ProviderProfile;
use provider::tokens::{self, Answered};
use store::accounts::{self, Account, SendStatus, SyncStatus};
use store::connects::{self, Status};
use store::jobs::{self, Job};
use store::{AccountId, Announcement, ConnectId, Millis};
use wire::outcome::Verdict;

use crate::imap::{Connection, ImapError};
use crate::net::Timeouts;
use crate::session::{self, NoSession};
use crate::smtp;
use crate::standing::{self, Shown};

/// A check's worker is believed dead after this.
const LEASE: Millis = 20 * 60_000;
/// A piece of work that fails on our side is given up after so many tries.
const MOST_TRIES: i64 = 5;
/// A consent that was never exchanged to its end is told as failed after this.
const ABANDONED: Millis = 3 * 60_000;
/// The kind of job that tries again whether an account can send.
pub const SEND_CHECK: &str = "send-check";
/// The kind of job that checks one account.
const ACCOUNT_CHECK: &str = "account-check";
/// Checks that run at once.
const AT_ONCE: usize = 8;

/// Carries out checks, until the program ends.
pub async fn run(providers: Providers) {
    let mut heard = providers.store().listen();
    let turns = std::sync::Arc::new(tokio::sync::Semaphore::new(AT_ONCE));
    loop {
        let Ok(turn) = turns.clone().acquire_owned().await else {
            return;
        };
        let owner = providers.store().node().to_owned();
        match providers
            .store()
            .write(move |tx| Box::pin(async move { jobs::claim(tx, &owner, LEASE).await }))
            .await
        {
            Ok(Some(job)) => {
                let providers = providers.clone();
                tokio::spawn(async move {
                    let _turn = turn;
                    if let Err(error) = handle(&providers, &job).await {
                        tracing::error!(job.id = %job.id, %error, "a check could not be carried out");
                        put_off(&providers, &job).await;
                    }
                });
                continue;
            }
            Ok(None) => {
                drop(turn);
                if let Err(error) = fail_abandoned(&providers).await {
                    tracing::warn!(%error, "cannot look for abandoned consents");
                }
            }
            Err(error) => tracing::warn!(%error, "cannot look for work; trying again"),
        }
        let next = providers
            .store()
            .read(|tx| Box::pin(async move { jobs::next_due(tx).await }))
            .await
            .ok()
            .flatten();
        let wait = next.map_or(30_000, |next| {
            (next - providers.store().now()).clamp(200, 30_000)
        });
        let _ = tokio::time::timeout(Duration::from_millis(wait.unsigned_abs()), async {
            while !matches!(
                heard.recv().await,
                Ok(Announcement::Jobs | Announcement::Anything)
            ) {}
        })
        .await;
    }
}

/// Tries a job again in a minute, and gives it up in the end.
async fn put_off(providers: &Providers, job: &Job) {
    let (id, attempts) = (job.id, job.attempts);
    let again = providers.store().now() + 60_000;
    let result = providers
        .store()
        .write(move |tx| {
            Box::pin(async move {
                if attempts >= MOST_TRIES {
                    jobs::done(tx, id, "[]").await
                } else {
                    jobs::later(tx, id, again).await
                }
            })
        })
        .await;
    if let Err(error) = result {
        tracing::warn!(job.id = %id, %error, "a job comes back when its lease ends");
    }
}

/// Tells round trips as failed whose consent came and whose exchange never ended: the program died in between.
async fn fail_abandoned(providers: &Providers) -> store::Result<()> {
    let before = providers.store().now() - ABANDONED;
    let abandoned = providers
        .store()
        .read(move |tx| Box::pin(async move { connects::abandoned(tx, before).await }))
        .await?;
    for connect in abandoned {
        let id = connect.id;
        let mut steps = steps_of(&connect);
        let case = Case::new("connect-interrupted").with("address", &connect.address);
        put(&mut steps, Step::fail("token", &connect.address, 0, case));
        providers
            .store()
            .write(move |tx| {
                Box::pin(async move { consent::save_steps(tx, id, Status::Failed, &steps).await })
            })
            .await?;
    }
    Ok(())
}

/// Where a check's steps are written.
enum Told {
    Connect(ConnectId),
    Job,
}

/// A check under way.
struct Check<'a> {
    providers: &'a Providers,
    account: Account,
    job: &'a Job,
    told: Told,
    steps: Vec<Step>,
}

async fn handle(providers: &Providers, job: &Job) -> anyhow::Result<()> {
    let store = providers.store();
    let (told, account) = match job.kind.as_str() {
        consent::CHECK_JOB => {
            let id = ConnectId(job.subject);
            let connect = store
                .read(move |tx| Box::pin(async move { connects::find(tx, id).await }))
                .await?;
            let account = connect.as_ref().and_then(|connect| connect.account_id);
            let steps = connect.as_ref().map(steps_of).unwrap_or_default();
            ((Told::Connect(id), steps), account)
        }
        SEND_CHECK | ACCOUNT_CHECK => ((Told::Job, Vec::new()), Some(AccountId(job.subject))),
        other => {
            tracing::warn!(kind = other, "nobody knows this kind of work");
            ((Told::Job, Vec::new()), None)
        }
    };
    let found = match account {
        Some(id) => {
            store
                .read(move |tx| Box::pin(async move { accounts::find(tx, id).await }))
                .await?
        }
        None => None,
    };
    let job_id = job.id;
    if let Some(account) = found {
        let ((told, steps), at_connect) = (told, job.kind == consent::CHECK_JOB);
        let mut check = Check {
            providers,
            account,
            job,
            told,
            steps,
        };
        if at_connect {
            check.run_after_consent().await?;
        } else if job.kind == SEND_CHECK {
            check.smtp(Status::Checking).await?;
        } else {
            check.run_on_demand().await?;
        }
    }
    store
        .write(move |tx| {
            Box::pin(async move {
                let result = jobs::result(tx, job_id)
                    .await?
                    .and_then(|(text, _)| text)
                    .unwrap_or_else(|| "[]".into());
                jobs::done(tx, job_id, &result).await
            })
        })
        .await?;
    Ok(())
}

impl Check<'_> {
    async fn tell(&mut self, step: Step, status: Status) -> store::Result<()> {
        put(&mut self.steps, step);
        let steps = self.steps.clone();
        let job = self.job.id;
        match self.told {
            Told::Connect(id) => {
                self.providers
                    .store()
                    .write(move |tx| {
                        Box::pin(async move { consent::save_steps(tx, id, status, &steps).await })
                    })
                    .await
            }
            Told::Job => {
                let text = serde_json::to_string(&steps).unwrap_or_else(|_| "[]".into());
                self.providers
                    .store()
                    .write(move |tx| Box::pin(async move { jobs::progress(tx, job, &text).await }))
                    .await
            }
        }
    }

    fn profile(&self) -> Result<&ProviderProfile, provider::Error> {
        self.providers.profile(&self.account.provider)
    }

    /// Identity is proven, so the consent is kept whatever comes: receiving and sending are tried apart.
    async fn run_after_consent(&mut self) -> anyhow::Result<()> {
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

    /// The account's own task starts, or goes on, from here.
    fn go_on(&self) {
        self.providers
            .store()
            .announce(Announcement::Grant(self.account.grant_id));
    }

    async fn run_on_demand(&mut self) -> anyhow::Result<()> {
        if self.token().await? {
            let receives = self.imap(Status::Checking).await?;
            self.smtp(Status::Checking).await?;
            if receives {
                self.go_on();
            }
        } else {
            for name in ["imap", "smtp"] {
                let subject = self.account.mailbox_address.clone();
                self.tell(Step::skip(name, subject), Status::Checking)
                    .await?;
            }
        }
        Ok(())
    }

    /// Refreshes once: the surest proof that the grant lives.
    async fn token(&mut self) -> anyhow::Result<bool> {
        let subject = self.account.smtp_user.clone();
        self.tell(Step::running("token", subject.clone()), Status::Checking)
            .await?;
        let began = Instant::now();
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
        let step = match &answered {
            Answered::Fresh(_) => Step::ok("token", subject, ms),
            Answered::Later(_, cause)
            | Answered::AppBroken(cause)
            | Answered::NeedsConsent(cause) => Step::fail("token", subject, ms, to_case(cause)),
        };
        let works = matches!(answered, Answered::Fresh(_));
        self.tell(step, Status::Checking).await?;
        Ok(works)
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
        let ms = millis(began);
        let store = self.providers.store();
        let (step, works) = match tried {
            Ok(folders) => {
                let id = self.account.id;
                store
                    .write(move |tx| {
                        Box::pin(async move {
                            // Only out of a refusal: who is live stays live, who fills goes on filling.
                            let now = accounts::find(tx, id).await?.map(|now| now.sync.status);
                            if matches!(now, Some(SyncStatus::Later | SyncStatus::Blocked)) {
                                accounts::set_sync(tx, id, SyncStatus::Filling, None, None).await?;
                            }
                            Ok(())
                        })
                    })
                    .await?;
                (
                    Step::ok("imap", subject, ms).said(&format!("{folders} folders")),
                    true,
                )
            }
            Err(NoSession::NoToken(cause)) => {
                (Step::fail("imap", subject, ms, to_case(&cause)), false)
            }
            Err(NoSession::Ours(error)) => anyhow::bail!(error),
            Err(NoSession::Imap(error)) => {
                let lasts = self.account.sync.status != SyncStatus::Live
                    && self.account.sync.status != SyncStatus::Filling;
                let (case, judged) = self
                    .judge(&error.verdict(), error.provider_said(), lasts)
                    .await?;
                standing::show_sync(
                    store,
                    &self.account,
                    &judged,
                    self.cause(&error.verdict(), error.provider_said()),
                )
                .await?;
                (self.refusal("imap", subject, ms, case, &judged), false)
            }
        };
        self.tell(step, status).await?;
        Ok(works)
    }

    /// EHLO, TLS and AUTH; no mail.
    async fn smtp(&mut self, status: Status) -> anyhow::Result<()> {
        let profile = self.profile()?.clone();
        let subject = profile.smtp.to_string();
        self.tell(Step::running("smtp", subject.clone()), status)
            .await?;
        let began = Instant::now();
        let token = match session::token(self.providers, &self.account).await {
            Ok(token) => token,
            Err(NoSession::NoToken(cause)) => {
                self.tell(
                    Step::fail("smtp", subject, millis(began), to_case(&cause)),
                    status,
                )
                .await?;
                // The next try follows: once there is a token again, sending shall not stay as it was.
                standing::look_again(self.providers.store(), &self.account).await?;
                return Ok(());
            }
            Err(error) => anyhow::bail!("{error:?}"),
        };
        let target = session::target(self.providers, &profile, &profile.smtp, profile.smtp_tls);
        let probe = smtp::probe(
            &target,
            &Timeouts::default(),
            &self.account.smtp_user,
            &token.token,
        )
        .await;
        let ms = millis(began);
        let store = self.providers.store();
        let step = match probe.failure {
            None => {
                let id = self.account.id;
                store
                    .write(move |tx| {
                        Box::pin(async move {
                            accounts::set_send(tx, id, SendStatus::Ready, None, None).await
                        })
                    })
                    .await?;
                Step::ok("smtp", subject, ms)
            }
            Some(failure) => {
                let verdict = Verdict {
                    outcome: failure.outcome,
                    cause_id: failure.cause_id,
                    refresh_first: failure.refresh_first,
                };
                let lasts = self.account.send.status != SendStatus::Ready;
                let (case, judged) = self
                    .judge(&verdict, Some(&failure.provider_said), lasts)
                    .await?;
                standing::show_send(
                    store,
                    &self.account,
                    &judged,
                    self.cause(&verdict, Some(&failure.provider_said)),
                )
                .await?;
                self.refusal("smtp", subject, ms, case, &judged)
            }
        };
        self.tell(step, status).await?;
        Ok(())
    }

    fn cause(&self, verdict: &Verdict, said: Option<&str>) -> store::intervals::Cause {
        let label = self
            .profile()
            .map(|profile| profile.label.clone())
            .unwrap_or_default();
        standing::cause(&self.account, verdict.cause_id, said).with("provider", label)
    }

    async fn judge(
        &self,
        verdict: &Verdict,
        said: Option<&str>,
        lasts: bool,
    ) -> store::Result<(Case, standing::Standing)> {
        let store = self.providers.store();
        let consented_at = standing::consented_at(store, &self.account).await?;
        // At a check somebody is watching: what is refused is shown, however short it may last.
        let failures = if lasts { standing::PATIENCE } else { 0 };
        let judged = standing::judge(verdict, store.now(), consented_at, failures);
        let case = to_case(&self.cause(verdict, said));
        Ok((case, judged))
    }

    /// A refusal that waiting may mend is a warning with its time; everything else is a failure.
    fn refusal(
        &self,
        name: &str,
        subject: String,
        ms: u64,
        case: Case,
        judged: &standing::Standing,
    ) -> Step {
        match judged.show {
            Some(Shown::Later(until)) => {
                let seconds = (until - self.providers.store().now()).max(1_000) / 1_000;
                Step::warn(name, subject, ms, case.retry(seconds.unsigned_abs()))
            }
            _ => Step::fail(name, subject, ms, case),
        }
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

fn millis(began: Instant) -> u64 {
    u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX)
}
