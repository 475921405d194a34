//! The command line. A command works beside a running server on the same store, as operator; the audit log
//! names the Unix user. Exit codes: 0 ok, 1 failed, 2 usage.

mod account;
mod backup;
mod check;
mod credential;
mod demo;
mod doctor;
mod keys;
mod next_secret;
mod restore;
mod sandbox;
mod token;
mod user;

use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::{Parser, Subcommand};
use secrecy::SecretString;
use store::Store;
use store::audit::Actor;

use crate::config::Config;
use crate::serve;

#[derive(Parser)]
#[command(
    name = "tegata",
    version,
    about = "Holds an organisation's passes to its mailboxes at Google and Microsoft",
    max_term_width = 100
)]
struct Cli {
    /// Configuration file (else ./tegata.toml, else /etc/tegata/tegata.toml)
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the server
    Serve {
        /// Print the merged configuration, secrets masked, and end
        #[arg(long)]
        print_config: bool,
    },
    /// Try everything out on this machine, against a Google and a Microsoft of our own
    Demo(demo::Args),
    /// Run the rehearsal providers alone
    Sandbox(sandbox::Args),
    /// People who sign in here
    #[command(subcommand)]
    User(user::Command),
    /// OAuth apps registered at a provider
    #[command(subcommand)]
    Credential(credential::Command),
    /// Connected mailboxes
    #[command(subcommand)]
    Account(account::Command),
    /// Print a fresh access token of a mailbox
    Token(token::Args),
    /// Check the server, its credentials and its mailboxes, and name the cure of what fails
    Doctor(doctor::Args),
    /// Read all data and name every broken invariant
    Check(check::Args),
    /// Write everything into one sealed file, beside the running server
    Backup(backup::Args),
    /// Bring a backup into an empty database
    Restore(restore::Args),
    /// The keys that seal secrets: show, rotate, drop
    #[command(subcommand)]
    Keys(keys::Command),
}

/// Reads the arguments and runs.
pub fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { 2 } else { 0 });
        }
    };
    let filter = tracing_subscriber::EnvFilter::try_from_env("TEGATA_LOG")
        .unwrap_or_else(|_| "info,sqlx=warn,hyper=warn,rustls=warn".into());
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        // Colours are for people, not for the journal.
        .with_ansi(std::io::stderr().is_terminal())
        .init();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("tegata: {error}");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(dispatch(cli)) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("tegata: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn dispatch(cli: Cli) -> Result<ExitCode> {
    // The demo and the sandbox bring their own configuration.
    match cli.command {
        Command::Demo(args) => return demo::run(args).await,
        Command::Sandbox(args) => return sandbox::run(args).await,
        _ => {}
    }
    let config = Config::load(cli.config.as_deref())?;
    match cli.command {
        Command::Serve { print_config: true } => print!("{}", config.to_masked_toml()?),
        Command::Serve { .. } => serve::serve(config, serve::signal()).await?,
        Command::User(command) => user::run(&config, command).await?,
        Command::Credential(command) => return credential::run(&config, command).await,
        Command::Account(command) => return account::run(&config, command).await,
        Command::Token(args) => return token::run(&config, args).await,
        Command::Doctor(args) => return doctor::run(&config, args).await,
        Command::Check(args) => return check::run(&config, args).await,
        Command::Backup(args) => return backup::run(&config, args).await,
        Command::Restore(args) => return restore::run(&config, args).await,
        Command::Keys(command) => return keys::run(&config, command).await,
        Command::Demo(_) | Command::Sandbox(_) => {}
    }
    Ok(ExitCode::SUCCESS)
}

/// Tells on standard error how far a long work is, every two seconds.
struct Meter(std::time::Instant);

impl Meter {
    fn new() -> Meter {
        Meter(std::time::Instant::now())
    }

    fn tell(&mut self, text: impl FnOnce() -> String) {
        if self.0.elapsed() >= std::time::Duration::from_secs(2) {
            self.0 = std::time::Instant::now();
            eprintln!("{}", text());
        }
    }
}

/// The Unix user, for the audit log.
fn operator() -> Actor {
    let name = std::env::var("SUDO_USER")
        .or_else(|_| std::env::var("USER"))
        .unwrap_or_else(|_| "unknown".into());
    Actor {
        name: format!("operator {name}"),
        remote_address: String::new(),
    }
}

/// Where a secret comes from.
#[derive(clap::Args)]
#[group(required = false, multiple = false)]
struct SecretFrom {
    /// Read it from a file
    #[arg(long = "password-file", value_name = "FILE")]
    file: Option<PathBuf>,
    /// Read it from standard input, one line
    #[arg(long = "password-stdin")]
    stdin: bool,
}

impl SecretFrom {
    fn read(&self) -> Result<Option<SecretString>> {
        read_secret(self.file.as_deref(), self.stdin)
    }
}

/// A secret from a file or from standard input, without its line end.
fn read_secret(file: Option<&std::path::Path>, stdin: bool) -> Result<Option<SecretString>> {
    let text = match (file, stdin) {
        (Some(path), _) => std::fs::read_to_string(path)
            .with_context(|| format!("cannot read {}", path.display()))?,
        (None, true) => {
            let mut line = String::new();
            std::io::stdin()
                .read_line(&mut line)
                .context("cannot read standard input")?;
            line
        }
        (None, false) => return Ok(None),
    };
    let text = text.trim_end_matches(['\r', '\n']);
    if text.is_empty() {
        bail!("the secret is empty");
    }
    Ok(Some(SecretString::from(text.to_owned())))
}

/// Finds a person by login.
async fn person(store: &Store, login: &str) -> Result<store::users::User> {
    let name = login.to_owned();
    let found = store
        .read(move |tx| Box::pin(async move { store::users::by_login(tx, &name).await }))
        .await?;
    found.with_context(|| {
        format!("there is no user {login:?}; `tegata user list` shows who there is")
    })
}

/// Prints a list: as JSON, or a line each.
fn print_items(json: bool, items: &[serde_json::Value], columns: &[&str]) {
    if json {
        println!("{}", serde_json::json!({ "items": items, "next": null }));
        return;
    }
    let cell = |item: &serde_json::Value, column: &str| match item
        .pointer(&format!("/{}", column.replace('.', "/")))
    {
        Some(serde_json::Value::String(text)) => text.clone(),
        Some(serde_json::Value::Null) | None => "-".to_owned(),
        Some(other) => other.to_string(),
    };
    let rows: Vec<Vec<String>> = items
        .iter()
        .map(|item| columns.iter().map(|column| cell(item, column)).collect())
        .collect();
    let widths: Vec<usize> = (0..columns.len())
        .map(|at| {
            rows.iter()
                .map(|row| row[at].chars().count())
                .max()
                .unwrap_or(0)
        })
        .collect();
    for row in &rows {
        let line: Vec<String> = row
            .iter()
            .zip(&widths)
            .map(|(text, width)| format!("{text:width$}"))
            .collect();
        println!("{}", line.join("  ").trim_end());
    }
    if rows.is_empty() {
        println!("(none)");
    }
}
