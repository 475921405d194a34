//! `tegata serve`: store, workers and the listener, until a signal asks for the end.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use axum::extract::ConnectInfo;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use provider::Providers;
use secrecy::ExposeSecret;
use store::audit::Actor;
use store::users::{self, Role};
use store::{Store, World, heartbeat};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tower::ServiceExt;

use crate::config::Config;
use crate::http::{self, Web};
use crate::tls::Door;

/// A TLS handshake that takes longer is somebody who only holds the line.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// Requests in flight may take this long at the end.
const DRAIN: Duration = Duration::from_secs(10);
/// Connections at a time.
const MOST_CONNECTIONS: usize = 10_000;

/// Opens the store that the configuration names.
pub async fn open_store(config: &Config) -> Result<Store> {
    Store::open(
        &config.store.database,
        &config.store.blobs,
        &config.secrets.key_file,
        World::real(),
    )
    .await
    .map_err(|error| anyhow::anyhow!("{error}"))
}

/// Everything that work with providers needs.
pub fn providers(config: &Config, store: Store) -> Result<Providers> {
    Ok(Providers::new(
        store,
        config.profiles()?,
        config.server.public_url.clone(),
        config.proxy()?,
    ))
}

/// Runs until `end` comes.
pub async fn serve(config: Config, end: impl Future<Output = ()>) -> Result<()> {
    let store = open_store(&config).await?;
    let providers = providers(&config, store.clone())?;
    let web = Web::new(
        providers.clone(),
        config.base_path(),
        config.trusted_proxies()?,
        config.for_support(),
    );
    let door = Door::open(&config, &World::real())?;
    let listener = TcpListener::bind(&config.server.listen)
        .await
        .with_context(|| {
            format!(
                "cannot listen on {} ([server] listen)",
                config.server.listen
            )
        })?;
    first_administrator(&config, &store).await?;
    let notices = tokio::spawn(crate::notices::run(providers.clone()));
    let workers = tokio::spawn(sync::run(providers));
    let hearing = tokio::spawn(store.clone().hear_others());
    let beating = tokio::spawn(beat(store.clone()));
    tracing::info!(listen = %listener.local_addr()?, public_url = %config.server.public_url, "Tegata serves");
    println!(
        "Tegata {} serves {} (listening on {})",
        env!("CARGO_PKG_VERSION"),
        config.server.public_url,
        listener.local_addr()?
    );
    if let Some(door) = &door {
        door.begin();
    }
    // For whoever shows how it stands with the certificate.
    let board = door.as_ref().and_then(Door::acme_status);
    let router = http::router(web).layer(axum::Extension(board));
    accept(listener, door, router, end).await;
    workers.abort();
    notices.abort();
    hearing.abort();
    beating.abort();
    // The last word, so that a pause begins where this one ended.
    let last = store
        .write(|tx| Box::pin(async move { heartbeat::beat(tx, Some(Duration::ZERO)).await }))
        .await;
    if let Err(error) = last {
        tracing::debug!(%error, "the end could not be noted");
    }
    store.close().await;
    Ok(())
}

/// Says in the store that somebody serves, until the program ends; a silence before is told.
async fn beat(store: Store) {
    let mut last: Option<std::time::Instant> = None;
    loop {
        let away = last.map(|last| last.elapsed());
        match store
            .write(move |tx| Box::pin(async move { heartbeat::beat(tx, away).await }))
            .await
        {
            Ok(silence) => {
                last = Some(std::time::Instant::now());
                if let Some(silence) = silence {
                    let seconds = silence / 1000;
                    tracing::warn!(seconds, "Tegata was not running; no mailbox received");
                }
            }
            Err(error) => tracing::debug!(%error, "the heartbeat could not be stored"),
        }
        tokio::time::sleep(heartbeat::EVERY).await;
    }
}

/// Where nobody can set the system up yet, a one-time link is printed for who starts it.
async fn first_administrator(config: &Config, store: &Store) -> Result<()> {
    let link = store
        .try_write(|tx| {
            Box::pin(async move {
                let people = users::list(tx).await?;
                if users::administrators(tx).await? > 0 {
                    return Ok(None);
                }
                match people
                    .iter()
                    .find(|user| user.role == Role::Administrator && user.login == "admin")
                {
                    Some(user) => access::reset(tx, &Actor::system(), user.id).await.map(Some),
                    None => {
                        access::invite(tx, &Actor::system(), "admin", "", "", Role::Administrator)
                            .await
                            .map(Some)
                    }
                }
            })
        })
        .await?;
    if let Some(link) = link {
        println!(
            "There is no administrator yet. This link makes you one (login \"admin\", works once, for a week):\n  {}/invitation#{}",
            config.server.public_url,
            link.token.expose_secret()
        );
    }
    Ok(())
}

async fn accept(
    listener: TcpListener,
    door: Option<Door>,
    router: axum::Router,
    end: impl Future<Output = ()>,
) {
    let door = door.map(Arc::new);
    let graceful = Arc::new(GracefulShutdown::new());
    let places = Arc::new(tokio::sync::Semaphore::new(MOST_CONNECTIONS));
    let mut end = std::pin::pin!(end);
    loop {
        let Ok(place) = places.clone().acquire_owned().await else {
            break;
        };
        let (stream, peer) = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Out of file descriptors, say: others may close theirs.
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(200)).await;
                    continue;
                }
            },
            () = &mut end => break,
        };
        let _ = stream.set_nodelay(true);
        let (router, door, graceful) = (router.clone(), door.clone(), graceful.clone());
        tokio::spawn(async move {
            let _place = place;
            match door {
                Some(door) => match tokio::time::timeout(HANDSHAKE, door.accept(stream)).await {
                    Ok(Ok(Some(stream))) => talk(stream, peer, router, &graceful).await,
                    Ok(Ok(None)) => tracing::debug!(%peer, "the certificate authority looked"),
                    Ok(Err(error)) => tracing::debug!(%peer, %error, "TLS handshake"),
                    Err(_) => tracing::debug!(%peer, "TLS handshake took too long"),
                },
                None => talk(stream, peer, router, &graceful).await,
            }
        });
    }
    drop(listener);
    if let Ok(graceful) = Arc::try_unwrap(graceful) {
        let _ = tokio::time::timeout(DRAIN, graceful.shutdown()).await;
    } else {
        // Connections hold a share each; event streams never end by themselves.
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
}

async fn talk(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    peer: SocketAddr,
    router: axum::Router,
    graceful: &GracefulShutdown,
) {
    let service =
        hyper::service::service_fn(move |mut request: hyper::Request<hyper::body::Incoming>| {
            request.extensions_mut().insert(ConnectInfo(peer));
            router.clone().oneshot(request.map(axum::body::Body::new))
        });
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .header_read_timeout(Duration::from_secs(30))
        .timer(hyper_util::rt::TokioTimer::new());
    let connection = graceful.watch(
        builder
            .serve_connection_with_upgrades(TokioIo::new(stream), service)
            .into_owned(),
    );
    if let Err(error) = connection.await {
        tracing::debug!(%peer, %error, "a connection ended");
    }
}

/// Ends with Ctrl+C or SIGTERM.
pub async fn signal() {
    let mut terminate =
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(terminate) => terminate,
            Err(_) => return std::future::pending().await,
        };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}
