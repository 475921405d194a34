//! Opening the ports and keeping them served until the sandbox is dropped.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use axum::Router;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

use crate::control::{self, Control};
use crate::lines::{LineId, Lines};
use crate::oauth::{self, Site};
use crate::world::World;
use crate::{Options, ProviderKind, ProviderUrls, Sandbox, imap, smtp, tls};

const HANDSHAKE: Duration = Duration::from_secs(15);

/// How a mail port speaks.
#[derive(Clone, Copy)]
enum Door {
    Imap,
    SmtpStartTls,
    SmtpTls,
}

pub(crate) async fn start(options: Options) -> Result<Sandbox> {
    let world = Arc::new(World::new(&options));
    let tls = tls::make(&options.public_host)?;
    let (stop, stopped) = watch::channel(false);
    let mut next = 0_u16;
    let mut open = async || -> Result<(TcpListener, u16)> {
        let port = if options.port_base == 0 {
            0
        } else {
            options.port_base + next
        };
        next += 1;
        let listener = TcpListener::bind((options.listen_host.as_str(), port))
            .await
            .with_context(|| format!("cannot listen on {}:{port}", options.listen_host))?;
        let port = listener.local_addr()?.port();
        Ok((listener, port))
    };
    let (control_listener, control_port) = open().await?;
    let (google_http, google_port) = open().await?;
    let (microsoft_http, microsoft_port) = open().await?;
    let mut mail = Vec::new();
    for provider in [ProviderKind::Google, ProviderKind::Microsoft] {
        for door in [Door::Imap, Door::SmtpStartTls, Door::SmtpTls] {
            let (listener, port) = open().await?;
            mail.push(port);
            tokio::spawn(accept_mail(
                listener,
                door,
                provider,
                Arc::clone(&world),
                tls.acceptor.clone(),
                stopped.clone(),
            ));
        }
    }
    let host = &options.public_host;
    let at = |index: usize| format!("{host}:{}", mail.get(index).copied().unwrap_or_default());
    let google_origin = format!("http://{host}:{google_port}");
    let microsoft_origin = format!("http://{host}:{microsoft_port}");
    let google = ProviderUrls {
        authorization_url: format!("{google_origin}/o/oauth2/v2/auth"),
        token_url: format!("{google_origin}/token"),
        revocation_url: Some(format!("{google_origin}/revoke")),
        introspection_url: format!("{google_origin}/introspect"),
        issuer: google_origin.clone(),
        imap: at(0),
        smtp: at(1),
        imap_tls: "implicit",
        smtp_tls: "starttls",
        smtp_implicit: at(2),
    };
    let microsoft = ProviderUrls {
        authorization_url: format!("{microsoft_origin}/{{tenant}}/oauth2/v2.0/authorize"),
        token_url: format!("{microsoft_origin}/{{tenant}}/oauth2/v2.0/token"),
        revocation_url: None,
        introspection_url: format!("{microsoft_origin}/introspect"),
        issuer: format!("{microsoft_origin}/{{tenant}}/v2.0"),
        imap: at(3),
        smtp: at(4),
        imap_tls: "implicit",
        smtp_tls: "starttls",
        smtp_implicit: at(5),
    };
    for (listener, provider, origin) in [
        (google_http, ProviderKind::Google, google_origin),
        (microsoft_http, ProviderKind::Microsoft, microsoft_origin),
    ] {
        let site = Site {
            world: Arc::clone(&world),
            provider,
            origin,
        };
        let world = Arc::clone(&world);
        let lines = Lines { listener, world };
        serve_http(lines, oauth::router(site), stopped.clone());
    }
    let config = {
        let (google, microsoft) = (google.clone(), microsoft.clone());
        Arc::new(move |ca_file: &str| config_toml(&google, &microsoft, ca_file))
    };
    let control = Control {
        world: Arc::clone(&world),
        ca_pem: Arc::from(tls.ca_pem.as_str()),
        config,
    };
    let lines = Lines {
        listener: control_listener,
        world: Arc::clone(&world),
    };
    serve_http(lines, control::router(control), stopped);
    Ok(Sandbox {
        control_url: format!("http://{host}:{control_port}"),
        google,
        microsoft,
        ca_pem: tls.ca_pem,
        world,
        stop,
    })
}

fn serve_http(listener: Lines, router: Router, mut stopped: watch::Receiver<bool>) {
    let router = router.into_make_service_with_connect_info::<LineId>();
    tokio::spawn(async move {
        let until = async move {
            let _ = stopped.wait_for(|stopped| *stopped).await;
        };
        if let Err(error) = axum::serve(listener, router)
            .with_graceful_shutdown(until)
            .await
        {
            tracing::warn!(%error, "sandbox HTTP ended");
        }
    });
}

async fn accept_mail(
    listener: TcpListener,
    door: Door,
    provider: ProviderKind,
    world: Arc<World>,
    acceptor: TlsAcceptor,
    mut stopped: watch::Receiver<bool>,
) {
    loop {
        let stream = tokio::select! {
            _ = stopped.wait_for(|stopped| *stopped) => return,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                Err(_) => continue,
            },
        };
        let (world, acceptor, mut stopped) =
            (Arc::clone(&world), acceptor.clone(), stopped.clone());
        tokio::spawn(async move {
            tokio::select! {
                _ = stopped.wait_for(|stopped| *stopped) => {}
                result = talk(stream, door, provider, world, acceptor) => {
                    if let Err(error) = result {
                        tracing::debug!(%error, "sandbox mail session ended");
                    }
                }
            }
        });
    }
}

async fn talk(
    stream: TcpStream,
    door: Door,
    provider: ProviderKind,
    world: Arc<World>,
    acceptor: TlsAcceptor,
) -> Result<()> {
    stream.set_nodelay(true)?;
    match door {
        Door::SmtpStartTls => smtp::serve_starttls(stream, provider, world, acceptor).await,
        Door::Imap | Door::SmtpTls => {
            let stream = tokio::time::timeout(HANDSHAKE, acceptor.accept(stream)).await??;
            match door {
                Door::Imap => imap::serve(stream, provider, world).await,
                _ => smtp::serve(stream, provider, world).await,
            }
        }
    }
}

/// The `[providers.*]` sections of a Tegata configuration.
pub(crate) fn config_toml(
    google: &ProviderUrls,
    microsoft: &ProviderUrls,
    ca_file: &str,
) -> String {
    let section = |name: &str, kind: &str, urls: &ProviderUrls| {
        let revocation = urls
            .revocation_url
            .as_ref()
            .map_or_else(String::new, |url| format!("revocation_url = \"{url}\"\n"));
        format!(
            "[providers.{name}]\nkind = \"{kind}\"\nauthorization_url = \"{}\"\ntoken_url = \"{}\"\n\
             {revocation}issuer = \"{}\"\nimap = \"{}\"\nsmtp = \"{}\"\nimap_tls = \"{}\"\n\
             smtp_tls = \"{}\"\nca_file = {ca_file:?}\nallow_private_addresses = true\n",
            urls.authorization_url,
            urls.token_url,
            urls.issuer,
            urls.imap,
            urls.smtp,
            urls.imap_tls,
            urls.smtp_tls,
        )
    };
    format!(
        "{}\n{}",
        section("google", "google", google),
        section("microsoft", "microsoft", microsoft)
    )
}
