//! One task per account, from the first login to the end of the program.
//!
//!     accounts in the store -> a task each -> live: session -> folders -> pull all -> IDLE on the inbox …
//!                                                  -> an error -> its standing -> wait -> again
//!
//! What always holds: one account's trouble never touches another's; a back-off is reset only by a session
//! that lived; nothing is tried in a loop without a pause.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use provider::Providers;
use store::accounts::{self, Account, SyncStatus};
use store::folders::{self, Folder};
use store::grants::Status;
use store::intervals::Cause;
use store::{AccountId, Announcement, emails, grants};
use tokio::sync::broadcast::Receiver;
use tokio::task::JoinHandle;
use wire::outcome::Outcome;

use crate::imap::{IdleEnd, ImapError};
use crate::pull::{self, Strikes};
use crate::session::{self, NoSession, Session};
use crate::standing::{self, back_off};

/// IDLE is renewed this often: Gmail forgets idlers after ten minutes.
const IDLE_FOR: Duration = Duration::from_secs(9 * 60);
/// Without IDLE the inbox is looked at this often.
const POLL: Duration = Duration::from_secs(60);
/// The other folders are looked at this often.
const ROUND: Duration = Duration::from_secs(120);
/// So many ends in a row that need no waiting are not shown.
const QUIET: u32 = 3;
/// While folders are filled for the first time, the inbox is looked at this often.
const WHILE_FILLING: Duration = Duration::from_secs(15);
/// What was listed and not sent is asked for again after this.
const SOON: Duration = Duration::from_secs(5);
/// A session that lived this long proves that all is well.
const PROVEN: Duration = Duration::from_secs(60);

/// Keeps a task for every account, until the program ends.
pub async fn run(providers: Providers) {
    let mut tasks: HashMap<AccountId, JoinHandle<()>> = HashMap::new();
    let mut heard = providers.store().listen();
    loop {
        let found = providers
            .store()
            .read(|tx| Box::pin(async move { accounts::all(tx).await }))
            .await;
        if let Ok(found) = found {
            tasks.retain(|id, task| {
                let stays = found.iter().any(|account| account.id == *id);
                if !stays {
                    task.abort();
                }
                stays && !task.is_finished()
            });
            for account in found {
                tasks
                    .entry(account.id)
                    .or_insert_with(|| tokio::spawn(keep_live(providers.clone(), account.id)));
            }
        }
        wait_for(&mut heard, Duration::from_secs(30), |news| {
            matches!(news, Announcement::Accounts | Announcement::Anything)
        })
        .await;
    }
}

/// Waits for news of a kind, at most so long. Lagging behind counts as news.
async fn wait_for(
    heard: &mut Receiver<Announcement>,
    most: Duration,
    is_news: impl Fn(&Announcement) -> bool,
) {
    let news = async {
        loop {
            match heard.recv().await {
                Ok(announcement) if is_news(&announcement) => return,
                Ok(_) => {}
                Err(tokio::sync::broadcast::error::RecvError::Lagged(_)) => return,
                Err(tokio::sync::broadcast::error::RecvError::Closed) => {
                    std::future::pending().await
                }
            }
        }
    };
    let _ = tokio::time::timeout(most, news).await;
}

async fn keep_live(providers: Providers, id: AccountId) {
    let mut failures = 0;
    let mut strikes = Strikes::default();
    loop {
        let found = providers
            .store()
            .read(move |tx| Box::pin(async move { accounts::find(tx, id).await }))
            .await;
        let account = match found {
            Ok(Some(account)) => account,
            Ok(None) => return,
            Err(error) => {
                tracing::warn!(account.id = %id, %error, "the store is away; trying again");
                tokio::time::sleep(back_off(failures)).await;
                failures += 1;
                continue;
            }
        };
        let began = Instant::now();
        let Err(ended) = live(&providers, &account, &mut strikes).await;
        if began.elapsed() >= PROVEN {
            failures = 0;
        }
        let wait = after(&providers, &account, ended, failures).await;
        failures += 1;
        pause(&providers, &account, wait).await;
    }
}

/// Waits before the next try; a new token, a mended credential or a retry ends the wait.
///
/// It listens from now on: the session that has just ended may have refreshed its token, and that is no reason to
/// come back at once.
async fn pause(providers: &Providers, account: &Account, wait: Duration) {
    let mut heard = providers.store().listen();
    let grant = account.grant_id;
    let changed = async {
        loop {
            match heard.recv().await {
                Ok(Announcement::Grant(id)) if id == grant => {
                    let found = providers
                        .store()
                        .read(move |tx| Box::pin(async move { grants::find(tx, id).await }))
                        .await;
                    if found
                        .ok()
                        .flatten()
                        .is_some_and(|grant| grant.status == Status::Good)
                    {
                        return;
                    }
                }
                Ok(Announcement::Connect(_) | Announcement::Anything)
                    if wait > Duration::from_secs(5) =>
                {
                    // Somebody retries, or connected again: the connect's own check says how it went.
                    let id = account.id;
                    let found = providers
                        .store()
                        .read(move |tx| Box::pin(async move { accounts::find(tx, id).await }))
                        .await;
                    let mended = |state: &Account| {
                        matches!(state.sync.status, SyncStatus::Live | SyncStatus::Filling)
                    };
                    if found
                        .ok()
                        .flatten()
                        .is_none_or(|now| mended(&now) && !mended(account))
                    {
                        return;
                    }
                }
                Err(tokio::sync::broadcast::error::RecvError::Closed) => {
                    std::future::pending().await
                }
                _ => {}
            }
        }
    };
    let _ = tokio::time::timeout(wait, changed).await;
}

/// What follows from the end of a session: the state that people see, and how long to wait.
async fn after(
    providers: &Providers,
    account: &Account,
    ended: NoSession,
    failures: u32,
) -> Duration {
    match ended {
        NoSession::NoToken(cause) => {
            tracing::info!(account.id = %account.id, cause = %cause.id, "no token; waiting for one");
            Duration::from_secs(60)
        }
        NoSession::Ours(provider::Error::NoProvider(name)) => {
            let id = account.id;
            let cause = Cause::new("provider-not-configured").with("provider", name);
            let shown = providers
                .store()
                .write(move |tx| {
                    Box::pin(async move {
                        accounts::set_sync(tx, id, SyncStatus::Blocked, None, Some(&cause)).await
                    })
                })
                .await;
            if let Err(error) = shown {
                tracing::warn!(account.id = %id, %error, "a state could not be stored");
            }
            Duration::from_secs(300)
        }
        NoSession::Ours(error) => {
            tracing::warn!(account.id = %account.id, %error, "a session ended on our side");
            back_off(failures)
        }
        NoSession::Imap(error) => after_imap(providers, account, &error, failures).await,
    }
}

async fn after_imap(
    providers: &Providers,
    account: &Account,
    error: &ImapError,
    failures: u32,
) -> Duration {
    let verdict = error.verdict();
    tracing::info!(account.id = %account.id, cause = verdict.cause_id, failures, "a session ended: {error}");
    let said = error.provider_said();
    let cause = match standing::cause(providers, account, verdict.cause_id, said).await {
        Ok(cause) => cause,
        Err(error) => {
            tracing::warn!(account.id = %account.id, %error, "the store is away; trying again");
            return back_off(failures);
        }
    };
    let planned = matches!(verdict.outcome, Outcome::Later { after } if after.is_zero());
    if !planned {
        standing::count(providers, account, &cause).await;
    }
    if failures <= QUIET && planned {
        // The planned end of a token, or a server that closes: come back at once, but not in a loop, and not
        // silently for ever.
        return back_off(failures).saturating_sub(Duration::from_secs(1));
    }
    let settled = standing::settled(providers, account)
        .await
        .unwrap_or(account.created_at);
    let judged = standing::judge(&verdict, providers.store().now(), settled, failures);
    if let Err(error) = standing::show_sync(providers.store(), account, &judged, cause).await {
        tracing::warn!(account.id = %account.id, %error, "a state could not be stored");
    }
    judged.again
}

/// A whole session: never ends well, because it is to last.
async fn live(
    providers: &Providers,
    account: &Account,
    strikes: &mut Strikes,
) -> Result<std::convert::Infallible, NoSession> {
    let mut session = session::open(providers, account).await?;
    let folders = pull::take_over_folders(providers, account, &mut session.connection).await?;
    let inbox = folders
        .iter()
        .find(|folder| folder.listed.role.as_deref() == Some("inbox"))
        .cloned();
    if let Some(inbox) = &inbox {
        pull::pull(providers, account, &mut session.connection, inbox, strikes).await?;
    }
    let mut looked = Instant::now();
    for folder in folders.iter().filter(|folder| {
        folder.listed.selectable && Some(folder.id) != inbox.as_ref().map(|inbox| inbox.id)
    }) {
        pull_one(providers, account, &mut session, folder, strikes).await?;
        // Filling may take long: what people wait for is not left until its end.
        if let Some(inbox) = inbox.as_ref().filter(|_| looked.elapsed() > WHILE_FILLING) {
            let inbox = reread(providers, account, inbox).await?;
            pull::pull(providers, account, &mut session.connection, &inbox, strikes).await?;
            looked = Instant::now();
        }
    }
    empty_gone_folders(providers, account).await?;
    now_live(providers, account).await?;
    watch(providers, account, session, inbox, strikes).await
}

/// Pulls a folder that may be refused on its own (a calendar that calls itself mail): that stops nobody.
async fn pull_one(
    providers: &Providers,
    account: &Account,
    session: &mut Session,
    folder: &Folder,
    strikes: &mut Strikes,
) -> Result<(), NoSession> {
    match pull::pull(providers, account, &mut session.connection, folder, strikes).await {
        Err(NoSession::Imap(error @ ImapError::Refused { .. }))
            if session.connection.is_alive() =>
        {
            tracing::warn!(account.id = %account.id, folder.name = %folder.listed.path, "a folder is refused: {error}");
            Ok(())
        }
        other => other.map(|_| ()),
    }
}

async fn empty_gone_folders(providers: &Providers, account: &Account) -> Result<(), NoSession> {
    let id = account.id;
    providers
        .store()
        .write(move |tx| Box::pin(async move { emails::empty_gone_folders(tx, id).await }))
        .await?;
    Ok(())
}

/// A check beside this session may have been refused (too many connections, say): who goes on receiving is live.
async fn still_live(providers: &Providers, account: &Account) -> Result<(), NoSession> {
    let id = account.id;
    let found = providers
        .store()
        .read(move |tx| Box::pin(async move { accounts::find(tx, id).await }))
        .await?;
    match found {
        Some(now) if now.sync.status != SyncStatus::Live => now_live(providers, account).await,
        _ => Ok(()),
    }
}

async fn now_live(providers: &Providers, account: &Account) -> Result<(), NoSession> {
    let id = account.id;
    providers
        .store()
        .write(move |tx| {
            Box::pin(async move { accounts::set_sync(tx, id, SyncStatus::Live, None, None).await })
        })
        .await?;
    Ok(())
}

/// Stays on the inbox, and looks at the other folders now and then.
async fn watch(
    providers: &Providers,
    account: &Account,
    mut session: Session,
    inbox: Option<Folder>,
    strikes: &mut Strikes,
) -> Result<std::convert::Infallible, NoSession> {
    let mut heard = providers.store().listen();
    let mut round_at = tokio::time::Instant::now() + ROUND;
    let mut soon = false;
    loop {
        crate::intents::carry_out(providers, account, &mut session.connection).await?;
        if let Some(inbox) = &inbox {
            let inbox = reread(providers, account, inbox).await?;
            let pulled =
                pull::pull(providers, account, &mut session.connection, &inbox, strikes).await?;
            // What was listed and not sent is asked for again soon.
            soon = pulled.not_sent > 0;
            still_live(providers, account).await?;
        }
        let left = session.ends_in(providers);
        if left.is_zero() {
            let _ = session.connection.logout().await;
            session = session::open(providers, account).await?;
            if session.ends_in(providers).is_zero() {
                // A provider that gives tokens of no life at all is not asked in a loop.
                tokio::time::sleep(SOON).await;
            }
            continue;
        }
        if tokio::time::Instant::now() >= round_at {
            round(providers, account, &mut session, strikes).await?;
            round_at = tokio::time::Instant::now() + ROUND;
            continue;
        }
        let until_round = round_at.saturating_duration_since(tokio::time::Instant::now());
        let left = if soon { left.min(SOON) } else { left };
        let id = account.id;
        let wish = wait_for(&mut heard, left.min(until_round), |news| {
            matches!(news, Announcement::Intents(of) if *of == id)
                || matches!(news, Announcement::Anything)
        });
        if session.connection.capabilities().has("IDLE") && inbox.is_some() {
            let end = session
                .connection
                .idle_until(IDLE_FOR.min(left), wish)
                .await?;
            if matches!(&end, IdleEnd::News(news) if news.exists.is_some()) {
                session.connection.noop().await?;
            }
        } else {
            let _ = tokio::time::timeout(POLL.min(left), wish).await;
            session.connection.noop().await?;
        }
    }
}

async fn reread(
    providers: &Providers,
    account: &Account,
    folder: &Folder,
) -> Result<Folder, NoSession> {
    let (account, id) = (account.id, folder.id);
    let found = providers
        .store()
        .read(move |tx| Box::pin(async move { folders::find(tx, account, id).await }))
        .await?;
    Ok(found.unwrap_or_else(|| folder.clone()))
}

/// Looks at every folder but the inbox: STATUS first, and only what moved is opened.
async fn round(
    providers: &Providers,
    account: &Account,
    session: &mut Session,
    strikes: &mut Strikes,
) -> Result<(), NoSession> {
    let folders = pull::take_over_folders(providers, account, &mut session.connection).await?;
    let mut items = vec!["MESSAGES", "UIDNEXT", "UIDVALIDITY"];
    if session.connection.capabilities().has("CONDSTORE") {
        items.push("HIGHESTMODSEQ");
    }
    for folder in folders
        .iter()
        .filter(|folder| folder.listed.selectable && folder.listed.role.as_deref() != Some("inbox"))
    {
        let name = String::from_utf8_lossy(&folder.listed.wire_name).into_owned();
        let status = match session.connection.folder_status(&name, &items).await {
            Ok(status) => status,
            Err(ImapError::Refused { .. }) => continue,
            Err(error) => return Err(error.into()),
        };
        let same = |here: Option<i64>, there: Option<i64>| here.is_some() && here == there;
        let unmoved = same(folder.uidvalidity, status.uidvalidity.map(i64::from))
            && same(folder.messages_there, status.messages.map(i64::from))
            && status
                .uidnext
                .is_none_or(|next| folder.uidnext.is_some_and(|known| i64::from(next) <= known))
            && same(
                folder.highestmodseq,
                status
                    .highestmodseq
                    .and_then(|value| i64::try_from(value).ok()),
            );
        if !unmoved {
            pull_one(providers, account, session, folder, strikes).await?;
        }
    }
    empty_gone_folders(providers, account).await?;
    now_live(providers, account).await
}
