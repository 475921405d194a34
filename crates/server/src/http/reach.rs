//! `/api/reach`: which mailboxes ran without a pause, which did not, and why ([`crate::reach`]).

use access::Caller;
use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::Value;
use store::{AccountId, UserId};

use super::Web;
use super::caller::{Myself, Query};
use super::guides::hand_over::cell;
use super::problem::{Problem, language};
use super::reconnects::cursor;
use crate::json::time;
use crate::reach::{self, Line};

/// Lines of one file; who has more asks page by page.
const MOST_LINES: usize = 20_000;

#[derive(Deserialize)]
pub struct Wanted {
    days: Option<String>,
    cursor: Option<String>,
    limit: Option<usize>,
}

impl Wanted {
    fn days(&self) -> Result<i64, Problem> {
        match &self.days {
            None => Ok(90),
            Some(text) => text
                .parse()
                .ok()
                .filter(|days| (1..=400).contains(days))
                .ok_or_else(|| {
                    Problem::field(
                        "days",
                        "1 から 400 までの日数を指定してください。",
                        "Use a number of days from 1 to 400.",
                    )
                }),
        }
    }
}

/// Administrators see all mailboxes, everybody else the own ones.
fn whose(caller: &Caller) -> Option<UserId> {
    (!caller.is_administrator()).then_some(caller.user.id)
}

/// `GET /api/reach?days=90&cursor=&limit=`
pub async fn find(
    State(web): State<Web>,
    Myself(caller): Myself,
    Query(wanted): Query<Wanted>,
) -> Result<Json<Value>, Problem> {
    let days = wanted.days()?;
    let after = cursor::<AccountId>(wanted.cursor.as_deref())?;
    let limit = wanted.limit.unwrap_or(100).clamp(1, 500);
    let report = reach::report(web.store(), days, whose(&caller), after, limit).await?;
    Ok(Json(reach::report_json(&report, days, language())))
}

/// `GET /api/reach.csv?days=90`
pub async fn file(
    State(web): State<Web>,
    Myself(caller): Myself,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Problem> {
    let days = wanted.days()?;
    let report = reach::report(web.store(), days, whose(&caller), None, MOST_LINES).await?;
    let mut text = String::from(
        "\u{feff}mailbox_address,login,name,since,until,unbroken,receiving,seconds_out,pauses,longest_seconds,last_pause_since,causes\r\n",
    );
    let until = time(report.window.until);
    for line in &report.lines {
        text.push_str(&row(line, &until));
    }
    let name = format!(
        "attachment; filename=\"tegata-reach-{days}-days-{}.csv\"",
        &until[..10]
    );
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, name),
    ];
    Ok((headers, text).into_response())
}

fn row(line: &Line, until: &str) -> String {
    let reach = &line.reach;
    let longest = reach.pauses.iter().map(|pause| pause.millis).max();
    let mut causes: Vec<&str> = reach
        .pauses
        .iter()
        .map(|pause| {
            pause
                .cause
                .as_ref()
                .map_or(pause.status.as_str(), |cause| cause.id.as_str())
        })
        .collect();
    causes.sort_unstable();
    causes.dedup();
    let owner = line.owner.as_ref();
    let fields = [
        line.account.mailbox_address.clone(),
        owner.map_or_else(String::new, |owner| owner.login.clone()),
        owner.map_or_else(String::new, |owner| owner.name.clone()),
        time(reach.since),
        until.to_owned(),
        if reach.is_unbroken() { "yes" } else { "no" }.to_owned(),
        format!("{:.4}", reach::rounded(reach.receiving)),
        (reach.out / 1000).to_string(),
        reach.pauses.len().to_string(),
        longest.map_or_else(|| "0".to_owned(), |longest| (longest / 1000).to_string()),
        reach
            .pauses
            .last()
            .map_or_else(String::new, |pause| time(pause.since)),
        causes.join(" "),
    ];
    let fields: Vec<String> = fields.iter().map(|field| cell(field)).collect();
    format!("{}\r\n", fields.join(","))
}
