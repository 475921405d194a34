//! `tegata sandbox`: the rehearsal providers alone, until Ctrl+C.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};

#[derive(clap::Args)]
pub struct Args {
    /// First of nine ports (0: any that are free)
    #[arg(long, default_value_t = 9440)]
    port_base: u16,
    /// Redirect URIs that are registered at both apps
    #[arg(long = "redirect-uri")]
    redirect_uris: Vec<String>,
    /// Where the certificate authority of its mail servers is written
    #[arg(long, default_value = "sandbox-ca.pem")]
    ca_file: PathBuf,
    /// Repeatable chance
    #[arg(long)]
    seed: Option<u64>,
    /// How many mails each mailbox has
    #[arg(long, default_value_t = 0)]
    mails: usize,
}

pub async fn run(args: Args) -> Result<ExitCode> {
    let options = sandbox::Options {
        port_base: args.port_base,
        redirect_uris: args.redirect_uris,
        seed: args.seed,
        ..sandbox::Options::default()
    };
    let sandbox = sandbox::start(options).await?;
    std::fs::write(&args.ca_file, &sandbox.ca_pem)
        .with_context(|| format!("cannot write {}", args.ca_file.display()))?;
    if args.mails > 0 {
        super::demo::fill(&sandbox, args.seed.unwrap_or(1), args.mails)?;
    }
    println!("Control: {}", sandbox.control_url);
    println!(
        "Google app:    {} / {}",
        sandbox::GOOGLE_CLIENT_ID,
        sandbox::GOOGLE_CLIENT_SECRET
    );
    println!(
        "Microsoft app: {} / {} (tenant {})",
        sandbox::MICROSOFT_CLIENT_ID,
        sandbox::MICROSOFT_CLIENT_SECRET,
        sandbox::MICROSOFT_TENANT_ID
    );
    println!(
        "For tegata.toml:\n\n{}",
        sandbox.config_toml(&args.ca_file.display().to_string())
    );
    crate::serve::signal().await;
    Ok(ExitCode::SUCCESS)
}
