//! IDLE, and how it ends (transcripts.md A8, B8).

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use tokio::io::{AsyncRead, AsyncWrite};

use super::After;
use super::line::{Input, Line};
use super::news::Allowed;
use super::session::Session;
use super::words;
use crate::ProviderKind;

/// How often the end of the token is looked for on a clock that nobody moves.
const LOOK: Duration = Duration::from_secs(1);

pub(crate) async fn idle<S>(session: &mut Session, line: &mut Line<S>, tag: &str) -> Result<After>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let exchange = session.provider == ProviderKind::Microsoft;
    let world = Arc::clone(&session.world);
    let mut news = world.listen();
    // What is known already is told first, before the continuation at Exchange.
    session.news(Allowed::All);
    let told = std::mem::take(&mut session.out);
    let accepted: &[u8] = if exchange {
        b"+ IDLE accepted, awaiting DONE command.\r\n"
    } else {
        b"+ idling\r\n"
    };
    if exchange {
        line.send(&told).await?;
        line.send(accepted).await?;
    } else {
        line.send(accepted).await?;
        line.send(&told).await?;
    }
    loop {
        let input = tokio::select! {
            input = line.next() => Some(input?),
            _ = news.changed() => None,
            () = tokio::time::sleep(LOOK) => None,
        };
        match input {
            None if exchange && session.expired() => {
                session.raw(words::bye_expired(session.provider));
                return Ok(After::Close);
            }
            None => {
                session.news(Allowed::Late);
                let told = std::mem::take(&mut session.out);
                line.send(&told).await?;
                if session.over {
                    return Ok(After::Close);
                }
            }
            Some(Input::Line(bytes)) if bytes.eq_ignore_ascii_case(b"DONE") => break,
            Some(Input::Line(bytes)) => {
                // A command instead of DONE: Gmail answers with the tag of the IDLE.
                if exchange {
                    let other = bytes.split(|b| *b == b' ').next().unwrap_or_default();
                    let other = String::from_utf8_lossy(other).into_owned();
                    return Ok(session.bad(&other, words::BAD_STATE));
                }
                return Ok(session.bad(tag, "BAD Could not parse command"));
            }
            Some(Input::Refused | Input::End) => return Ok(After::Close),
        }
    }
    if session.expired() {
        session.raw(words::bye_expired(session.provider));
        return Ok(After::Close);
    }
    session.done(tag, "IDLE");
    Ok(After::GoOn)
}
