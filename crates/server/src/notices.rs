//! Notices by mail: nothing stops silently, and nobody is told twice.
//!
//!     plan     what people should know now (from the state of credentials and grants) -> rows, each once
//!     deliver  rows -> mails of the system mailbox (a submission in the same commit) -> sent
//!
//! Both look at the state and not at events, so a restart, a lost announcement or a second node loses and repeats
//! nothing. What always holds: a notice that is no longer true before it goes is withdrawn; nothing is sent through
//! a mailbox that is stopped; what cannot be sent is told in the log, by `tegata doctor` and on the screen.

pub mod mailbox;
pub mod words;

mod deliver;
mod plan;

pub use plan::asked;

use std::time::Duration;

use provider::Providers;
use provider::cause::Step;
use store::Announcement;
use tokio::sync::broadcast::error::RecvError;

/// The state is looked at this often, also when nobody says that it changed.
const EVERY: Duration = Duration::from_secs(60);
/// What changes within this time is one round.
const BATCH: Duration = Duration::from_secs(1);

/// Plans and delivers until the program ends.
pub async fn run(providers: Providers) {
    let mut heard = providers.store().listen();
    loop {
        if let Err(error) = round(&providers).await {
            tracing::warn!(%error, "notices wait for the store");
        }
        let news = async {
            loop {
                match heard.recv().await {
                    Ok(
                        Announcement::Accounts | Announcement::Submissions | Announcement::Anything,
                    )
                    | Err(RecvError::Lagged(_)) => return,
                    Ok(_) => {}
                    Err(RecvError::Closed) => return std::future::pending().await,
                }
            }
        };
        if tokio::time::timeout(EVERY, news).await.is_ok() {
            tokio::time::sleep(BATCH).await;
        }
    }
}

/// One look at everything.
pub async fn round(providers: &Providers) -> store::Result<()> {
    plan::plan(providers).await?;
    deliver::deliver(providers).await
}

/// The doctor's steps: can anybody be told, and was somebody not told?
pub async fn check(providers: &Providers) -> store::Result<Vec<Step>> {
    let (chosen, undelivered) = providers
        .store()
        .read(|tx| {
            Box::pin(async move {
                let chosen = mailbox::chosen(tx).await?;
                Ok((chosen, store::notices::undelivered(tx).await?))
            })
        })
        .await?;
    let address = chosen
        .as_ref()
        .map_or("", |sender| sender.account.mailbox_address.as_str());
    let mailbox = match mailbox::trouble(providers, chosen.as_ref()) {
        None => Step::ok("system-mailbox", address, 0),
        // Nothing was to be told so far.
        Some(case) if chosen.is_none() && undelivered == 0 => {
            Step::warn("system-mailbox", "", 0, case)
        }
        Some(case) => Step::fail("system-mailbox", address, 0, case),
    };
    let notices = match undelivered {
        0 => Step::ok("notices", "", 0),
        n => {
            let case = provider::advice::Case::new("notices-undelivered");
            Step::fail("notices", "", 0, case.with("n", n.to_string()))
        }
    };
    Ok(vec![mailbox, notices])
}
