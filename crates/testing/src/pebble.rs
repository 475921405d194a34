//! A real certificate authority that speaks ACME: Debian's Pebble, with the DNS that comes with it.
//!
//!     program -- ACME over TLS, trusted by ca_pem --> Pebble -- any name --> its DNS: 127.0.0.1
//!     program <-- challenges on the ports of `Ports` -- Pebble
//!
//! What always holds: every name leads to loopback, and every start makes a new root, which `root_pem` gives.

use std::path::Path;
use std::time::Duration;

use serde_json::json;
use tempfile::TempDir;

use crate::daemon::{Daemon, Goodbye};
use crate::place::{free_port, installed, temporary_folder, write};
use crate::{Authority, skip, wait_until};

const PEBBLE: &[&str] = &["/usr/bin/pebble"];
const DNS: &[&str] = &["/usr/bin/pebble-challtestsrv"];

const START: Duration = Duration::from_secs(30);

/// Where Pebble looks for challenges, on 127.0.0.1, in place of 80 and 443.
#[derive(Debug, Clone, Copy)]
pub struct Ports {
    pub http: u16,
    pub tls: u16,
}

/// What a test wants from it.
#[derive(Debug, Clone, Copy)]
pub struct Wishes {
    pub ports: Ports,
    /// How long a certificate holds.
    pub validity: Duration,
    /// Whether names lead anywhere.
    pub names: bool,
}

/// A running Pebble. Dropping it stops it.
#[derive(Debug)]
pub struct Pebble {
    // Stopped before the folder goes: fields are dropped in this order.
    daemon: Option<Daemon>,
    dns: Option<Daemon>,
    folder: TempDir,
    authority: Authority,
    management: u16,
    port: u16,
}

/// What is needed before Pebble runs: its address, and whom to believe it. `None` is a skip.
///
/// # Panics
/// Under `TEGATA_STRICT=1` when Pebble is not there.
#[must_use]
pub fn prepare() -> Option<Pebble> {
    if installed(PEBBLE).is_none() || installed(DNS).is_none() {
        return skip("Pebble", "it is not installed (scripts/bootstrap test)");
    }
    Some(Pebble {
        daemon: None,
        dns: None,
        folder: temporary_folder("pebble"),
        authority: Authority::new(),
        management: free_port(),
        port: free_port(),
    })
}

impl Pebble {
    /// The directory.
    #[must_use]
    pub fn directory_url(&self) -> String {
        format!("https://localhost:{}/dir", self.port)
    }

    /// Who vouches for the directory; certificates come from [`Pebble::root_pem`].
    #[must_use]
    pub fn ca_pem(&self) -> String {
        self.authority.pem()
    }

    /// Starts it, after ending it if it runs: with a new root then, and without memory.
    ///
    /// # Panics
    /// With Pebble's own words when it does not come up.
    pub fn start(&mut self, wishes: Wishes) {
        self.stop();
        let path = |name: &str| self.folder.path().join(name);
        let own = self.authority.issue(&["localhost", "127.0.0.1"]);
        write(&path("cert.pem"), &own.certificate_pem);
        write(&path("key.pem"), &own.key_pem);
        let config = json!({ "pebble": {
            "listenAddress": format!("127.0.0.1:{}", self.port),
            "managementListenAddress": format!("127.0.0.1:{}", self.management),
            "certificate": path("cert.pem"), "privateKey": path("key.pem"),
            "httpPort": wishes.ports.http, "tlsPort": wishes.ports.tls,
            "certificateValidityPeriod": wishes.validity.as_secs(),
        } });
        write(&path("config.json"), &config.to_string());
        let dns = format!("127.0.0.1:{}", free_port());
        let address = if wishes.names { "127.0.0.1" } else { "" };
        let management = format!("127.0.0.1:{}", free_port());
        let arguments = [
            "-dns01",
            &dns,
            "-management",
            &management,
            "-defaultIPv4",
            address,
            "-defaultIPv6",
            "",
            "-http01",
            "",
            "-https01",
            "",
            "-tlsalpn01",
            "",
        ];
        let log = path("dns.log");
        self.dns = Some(Daemon::start(
            Path::new(DNS[0]),
            &arguments,
            &log,
            Goodbye::Term,
        ));
        let config = path("config.json").display().to_string();
        let arguments = [
            // Asked to look, it looks at once; a nonce that is refused is another program's test.
            "PEBBLE_VA_NOSLEEP=1",
            "PEBBLE_WFE_NONCEREJECT=5",
            "PEBBLE_AUTHZREUSE=0",
            PEBBLE[0],
            "-config",
            &config,
            "-dnsserver",
            &dns,
        ];
        let log = path("pebble.log");
        let daemon = Daemon::start(Path::new("env"), &arguments, &log, Goodbye::Term);
        wait_until("Pebble listens", START, || {
            assert!(
                !daemon.printed().contains("address already in use"),
                "{}",
                daemon.printed()
            );
            std::net::TcpStream::connect(("127.0.0.1", self.port)).is_ok()
                && std::net::TcpStream::connect(("127.0.0.1", self.management)).is_ok()
        });
        self.daemon = Some(daemon);
    }

    /// Ends it.
    pub fn stop(&mut self) {
        for daemon in [self.daemon.take(), self.dns.take()].into_iter().flatten() {
            daemon.stop();
        }
    }

    /// What it printed.
    #[must_use]
    pub fn log(&self) -> String {
        self.daemon
            .as_ref()
            .map_or_else(String::new, Daemon::printed)
    }

    /// The root of the certificates that it gives, since its last start.
    ///
    /// # Panics
    /// When it does not run.
    pub async fn root_pem(&self) -> String {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let own = reqwest::Certificate::from_pem(self.ca_pem().as_bytes()).expect("our own PEM");
        let client = reqwest::Client::builder()
            .tls_certs_only([own])
            .no_proxy()
            .build()
            .expect("an HTTP client can be built");
        let url = format!("https://localhost:{}/roots/0", self.management);
        let answer = client.get(url).send().await.expect("Pebble answers");
        answer.text().await.expect("a PEM text")
    }
}
