//! The SMTP submission servers, in the manner of Gmail or of Exchange Online (transcripts.md C, D).
//!
//! A connection is a [`session::Session`] over a [`line::Line`]; STARTTLS puts TLS under a new line
//! and begins again. What is accepted is delivered by [`deliver`]: to mailboxes of the sandbox, or to
//! the list of mail for others, and into the sender's Sent folder.

mod command;
mod deliver;
mod line;
mod session;
mod words;

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, bail};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

use crate::ProviderKind;
use crate::faults::{FaultKind, Protocol, Scope};
use crate::world::World;
use line::Line;
use session::{Next, Session};

/// With TLS from the first octet.
pub(crate) async fn serve<S>(stream: S, provider: ProviderKind, world: Arc<World>) -> Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut line = Line::new(stream);
    let mut session = Session::new(provider, world, true);
    if !greet(&mut session, &mut line).await? {
        line.close().await;
        return Ok(());
    }
    let result = run(&mut session, &mut line).await;
    session.leave();
    line.close().await;
    result.map(|_| ())
}

/// In the clear first.
pub(crate) async fn serve_starttls(
    stream: TcpStream,
    provider: ProviderKind,
    world: Arc<World>,
    acceptor: TlsAcceptor,
) -> Result<()> {
    let mut line = Line::new(stream);
    let mut session = Session::new(provider, world, false);
    if !greet(&mut session, &mut line).await? || !run(&mut session, &mut line).await? {
        line.close().await;
        return Ok(());
    }
    let (budget, delay) = (line.budget, line.delay);
    let Some(stream) = line.into_stream() else {
        bail!("commands were sent before the TLS handshake");
    };
    let limit = Duration::from_secs(15);
    let stream = tokio::time::timeout(limit, acceptor.accept(stream)).await??;
    let mut line = Line::new(stream);
    line.budget = budget;
    line.delay = delay;
    session.secure();
    let result = run(&mut session, &mut line).await;
    session.leave();
    line.close().await;
    result.map(|_| ())
}

/// `false`: the connection ends with it.
async fn greet<S>(session: &mut Session, line: &mut Line<S>) -> Result<bool>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let scope = Scope {
        protocol: Some(Protocol::Smtp),
        ..Scope::provider(session.provider)
    };
    let (cut, slow) = {
        let mut books = session.world.books();
        (
            books.faults.strike(FaultKind::HangUpAfterBytes, scope),
            books.faults.strike(FaultKind::Slow, scope),
        )
    };
    line.budget = cut.map(|fault| fault.bytes.unwrap_or(0));
    line.delay = slow.map_or(Duration::ZERO, |f| {
        Duration::from_millis(f.ms.unwrap_or(300))
    });
    match session.given("greeting", None) {
        Some(given) => {
            line.send(&given.lines.join("\n")).await?;
            Ok(!given.close)
        }
        None => {
            line.send(&session.banner()).await?;
            Ok(true)
        }
    }
}

/// `true`: STARTTLS was agreed on.
async fn run<S>(session: &mut Session, line: &mut Line<S>) -> Result<bool>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    while let Some(text) = line.next().await? {
        match command::carry_out(session, line, &text).await? {
            Next::Reply(said) => line.send(&said).await?,
            Next::Close(said) => {
                line.send(&said).await?;
                return Ok(false);
            }
            Next::StartTls(said) => {
                line.send(&said).await?;
                return Ok(true);
            }
        }
    }
    Ok(false)
}
