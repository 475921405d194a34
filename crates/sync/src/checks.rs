//! Checks: the steps of a connect after its consent, and of an account on demand.
//!
//!     a job -> claimed -> short (a connect: imap, smtp) | full (on demand: each step of the chain)
//!                      -> each step written as it happens -> the account's state
//!
//! What a check finds becomes the account's state, so that trying again and waiting end in the same place.

mod full;
mod mail;
mod short;

use std::time::{Duration, Instant};

use provider::Providers;
use provider::advice::Case;
use provider::cause::{self, Step, put, to_case};
use provider::consent::{self, steps_of};
use provider::profile::ProviderProfile;
use store::accounts::{self, Account, SendStatus, SyncStatus};
use store::connects::{self, Status};
use store::jobs::{self, ACCOUNT_CHECK, Job};
use store::{AccountId, Announcement, ConnectId, JobId, Millis};
use wire::outcome::Verdict;

use crate::imap::ImapError;
use crate::standing::{self, Shown, of_mailbox};

/// A check's worker is believed dead after this.
const LEASE: Millis = 20 * 60_000;
/// A piece of work that fails on our side is given up after so many tries.
const MOST_TRIES: i64 = 5;
/// A consent that was never exchanged to its end is told as failed after this.
const ABANDONED: Millis = 3 * 60_000;
/// The kind of job that tries again whether an account can send.
pub const SEND_CHECK: &str = "send-check";
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
    let options: Options = serde_json::from_str(&job.detail).unwrap_or_default();
    let sends_mail = options.mail;
    let again = providers.store().now() + 60_000;
    let result = providers
        .store()
        .write(move |tx| {
            Box::pin(async move {
                // A mail may have gone out already: it is not sent again behind anybody's back.
                if attempts >= MOST_TRIES || sends_mail {
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

/// Where a check's steps go.
enum Told {
    Connect(ConnectId),
    Job(JobId),
    Follower(cause::Told),
}

/// A check under way.
struct Check<'a> {
    providers: &'a Providers,
    account: Account,
    told: Told,
    steps: Vec<Step>,
}

/// What an account's check is asked to do besides.
#[derive(serde::Serialize, serde::Deserialize, Debug, Clone, Copy, Default, PartialEq, Eq)]
#[serde(default)]
pub struct Options {
    /// Send one mail to the mailbox itself, and look for it.
    pub mail: bool,
}

/// Checks an account here and now, whoever else may be at work on it.
pub async fn check_now(
    providers: &Providers,
    account: Account,
    options: Options,
    told: cause::Told,
) -> anyhow::Result<Vec<Step>> {
    providers.store().read_log_switches().await?;
    let mut check = Check {
        providers,
        account,
        told: Told::Follower(told),
        steps: Vec::new(),
    };
    check.run_on_demand(options).await?;
    providers.store().flush_taps().await?;
    Ok(check.steps)
}

async fn handle(providers: &Providers, job: &Job) -> anyhow::Result<()> {
    let store = providers.store();
    let (told, steps, account) = match job.kind.as_str() {
        consent::CHECK_JOB => {
            let id = ConnectId(job.subject);
            let connect = store
                .read(move |tx| Box::pin(async move { connects::find(tx, id).await }))
                .await?;
            let account = connect.as_ref().and_then(|connect| connect.account_id);
            let steps = connect.as_ref().map(steps_of).unwrap_or_default();
            (Told::Connect(id), steps, account)
        }
        SEND_CHECK | ACCOUNT_CHECK => (Told::Job(job.id), Vec::new(), Some(AccountId(job.subject))),
        other => {
            tracing::warn!(kind = other, "nobody knows this kind of work");
            (Told::Job(job.id), Vec::new(), None)
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
        let mut check = Check {
            providers,
            account,
            told,
            steps,
        };
        match job.kind.as_str() {
            consent::CHECK_JOB => check.run_after_consent().await?,
            SEND_CHECK => check.smtp(Status::Checking).await?,
            _ => {
                let options = serde_json::from_str(&job.detail).unwrap_or_default();
                check.run_on_demand(options).await?;
            }
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
        put(&mut self.steps, step.clone());
        let store = self.providers.store();
        match &mut self.told {
            Told::Connect(id) => {
                let (id, steps) = (*id, self.steps.clone());
                store
                    .write(move |tx| {
                        Box::pin(async move { consent::save_steps(tx, id, status, &steps).await })
                    })
                    .await
            }
            Told::Job(id) => {
                let id = *id;
                let text = serde_json::to_string(&self.steps).unwrap_or_else(|_| "[]".into());
                store
                    .write(move |tx| Box::pin(async move { jobs::progress(tx, id, &text).await }))
                    .await
            }
            Told::Follower(told) => {
                told.tell(step);
                Ok(())
            }
        }
    }

    fn profile(&self) -> Result<&ProviderProfile, provider::Error> {
        self.providers.profile(&self.account.provider)
    }

    /// The account's own task starts, or goes on, from here.
    fn go_on(&self) {
        self.providers
            .store()
            .announce(Announcement::Grant(self.account.grant_id));
    }

    /// Receiving works: out of a refusal it goes on filling; who is live stays live.
    async fn receives(&self) -> store::Result<()> {
        let id = self.account.id;
        self.providers
            .store()
            .write(move |tx| {
                Box::pin(async move {
                    let now = accounts::find(tx, id).await?.map(|now| now.sync.status);
                    if matches!(now, Some(SyncStatus::Later | SyncStatus::Blocked)) {
                        accounts::set_sync(tx, id, SyncStatus::Filling, None, None).await?;
                    }
                    Ok(())
                })
            })
            .await
    }

    /// Sending works.
    async fn sends(&self) -> store::Result<()> {
        let id = self.account.id;
        self.providers
            .store()
            .write(move |tx| {
                Box::pin(
                    async move { accounts::set_send(tx, id, SendStatus::Ready, None, None).await },
                )
            })
            .await
    }

    /// A refusal of the IMAP side before the inbox was open: judged, shown as the account's state, and told as a
    /// step. What is refused later is the check's own affair: [`Check::told_imap`].
    async fn refused_imap(
        &self,
        name: &str,
        subject: String,
        began: Instant,
        error: &ImapError,
    ) -> store::Result<Step> {
        let lasts = self.account.sync.status != SyncStatus::Live
            && self.account.sync.status != SyncStatus::Filling;
        let (verdict, said) = (error.verdict(), error.provider_said());
        let (cause, judged) = self.judge(&verdict, said, lasts).await?;
        standing::show_sync(
            self.providers.store(),
            &self.account,
            &judged,
            cause.clone(),
        )
        .await?;
        Ok(self.refusal(name, subject, millis(began), to_case(&cause), &judged))
    }

    /// A refusal that says nothing of the account: told as a step, and counted.
    async fn told_imap(
        &self,
        name: &str,
        subject: String,
        began: Instant,
        error: &ImapError,
    ) -> store::Result<Step> {
        let (cause, judged) = self
            .judge(&error.verdict(), error.provider_said(), true)
            .await?;
        Ok(self.refusal(name, subject, millis(began), to_case(&cause), &judged))
    }

    /// A refusal of the SMTP side up to the login: the account's state too. One of a mail is that mail's alone.
    async fn refused_smtp(
        &self,
        name: &str,
        subject: String,
        began: Instant,
        failure: &crate::smtp::Failure,
    ) -> store::Result<Step> {
        let verdict = Verdict {
            outcome: failure.outcome,
            cause_id: failure.cause_id,
            refresh_first: failure.refresh_first,
        };
        let lasts = self.account.send.status != SendStatus::Ready;
        let said = Some(failure.provider_said.as_str());
        let (cause, judged) = self.judge(&verdict, said, lasts).await?;
        if of_mailbox(failure.phase) {
            let store = self.providers.store();
            standing::show_send(store, &self.account, &judged, cause.clone()).await?;
        }

        Ok(self.refusal(name, subject, millis(began), to_case(&cause), &judged))
    }

    async fn judge(
        &self,
        verdict: &Verdict,
        said: Option<&str>,
        lasts: bool,
    ) -> Result<(store::intervals::Cause, standing::Standing), store::Error> {
        let store = self.providers.store();
        let settled = standing::settled(self.providers, &self.account).await?;
        // At a check somebody is watching: what is refused is shown, however short it may last.
        let failures = if lasts { standing::PATIENCE } else { 0 };
        let judged = standing::judge(verdict, store.now(), settled, failures);
        let cause = standing::cause(self.providers, &self.account, verdict.cause_id, said).await?;
        standing::count(self.providers, &self.account, &cause).await;
        Ok((cause, judged))
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

fn millis(began: Instant) -> u64 {
    u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX)
}
