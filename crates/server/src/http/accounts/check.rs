//! `/api/accounts/{id}/check`: a check, followed until its end.

use std::time::{Duration, Instant};

use axum::body::Bytes as Chunk;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use provider::cause::Step;
use store::{Announcement, JobId, jobs};

use super::load;
use crate::http::Web;
use crate::http::caller::{Myself, Optional};
use crate::http::problem::{Problem, language};
use crate::http::steps::{self, event, wants_events};

/// A check that takes longer has lost its worker.
const LONGEST_CHECK: Duration = Duration::from_secs(180);

/// `POST /api/accounts/{id}/check`: a job of the workers, followed until its end. The answer is all steps, or
/// one event a step. With `{"mail": true}` one mail goes to the mailbox itself.
pub async fn check(
    State(web): State<Web>,
    Myself(caller): Myself,
    Path(id): Path<String>,
    headers: HeaderMap,
    Optional(options): Optional<sync::checks::Options>,
) -> Result<Response, Problem> {
    let seen = load(&web, &caller, &id).await?;
    let id = seen.account.id;
    // A mail in the mailbox's name is for who may send with it.
    if options.mail && !seen.rights.is_some_and(|rights| rights.send) {
        return Err(Problem::forbidden());
    }
    let heard = web.store().listen();
    let job = web
        .store()
        .write(move |tx| {
            Box::pin(async move {
                let now = tx.now();
                if !options.mail {
                    return jobs::add_once(tx, jobs::ACCOUNT_CHECK, id.0, now).await;
                }
                // One mail at a time, however often somebody asks.
                let detail = serde_json::to_string(&options).unwrap_or_else(|_| "{}".into());
                match jobs::under_way(tx, jobs::ACCOUNT_CHECK, id.0, &detail).await? {
                    Some(job) => Ok(job),
                    None => jobs::add_once_with(tx, jobs::ACCOUNT_CHECK, id.0, &detail, now).await,
                }
            })
        })
        .await?;
    let language = language();
    let mut follow = Follow {
        web,
        job,
        heard,
        told: Vec::new(),
        until: Instant::now() + LONGEST_CHECK,
    };
    if wants_events(&headers) {
        let stream = futures_util::stream::unfold(Some(follow), move |follow| async move {
            let mut follow = follow?;
            let (steps, done) = follow.next().await;
            let text: String = steps
                .iter()
                .map(|step| event(&step.to_json(language)))
                .collect();
            Some((Ok(Chunk::from(text)), (!done).then_some(follow)))
        });
        return Ok(steps::events(stream));
    }
    let mut told = Vec::new();
    loop {
        let (more, done) = follow.next().await;
        for step in more {
            provider::cause::put(&mut told, step);
        }
        if done {
            return Ok(steps::all(&told));
        }
    }
}

/// Follows a job's steps as they are written.
struct Follow {
    web: Web,
    job: JobId,
    heard: tokio::sync::broadcast::Receiver<Announcement>,
    told: Vec<Step>,
    until: Instant,
}

impl Follow {
    /// The steps that are new or different since last time, and whether the job has ended.
    async fn next(&mut self) -> (Vec<Step>, bool) {
        loop {
            let job = self.job;
            let found = self
                .web
                .store()
                .read(move |tx| Box::pin(async move { jobs::result(tx, job).await }))
                .await;
            let (text, done) = found.ok().flatten().unwrap_or((None, false));
            let steps: Vec<Step> = text
                .and_then(|text| serde_json::from_str(&text).ok())
                .unwrap_or_default();
            let news: Vec<Step> = steps
                .iter()
                .filter(|step| !self.told.contains(step))
                .cloned()
                .collect();
            self.told = steps;
            let over = done || Instant::now() >= self.until;
            if over || !news.is_empty() {
                return (news, over);
            }
            let _ = tokio::time::timeout(Duration::from_millis(500), self.heard.recv()).await;
        }
    }
}
