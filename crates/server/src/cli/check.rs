//! `tegata check`: reads the whole data and names every broken invariant.

use std::process::ExitCode;

use anyhow::Result;

use crate::config::Config;
use crate::serve::open_store;

#[derive(clap::Args)]
pub struct Args {
    #[arg(long)]
    json: bool,
}

pub async fn run(config: &Config, args: Args) -> Result<ExitCode> {
    let store = open_store(config).await?;
    let findings = store::check::run(&store).await?;
    store.close().await;
    if args.json {
        println!("{}", serde_json::json!({ "findings": findings }));
    } else if findings.is_empty() {
        println!("The data is sound.");
    } else {
        println!("{}", findings.join("\n"));
    }
    Ok(if findings.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
