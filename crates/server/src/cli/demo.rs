//! `tegata demo`: everything once, on this machine, against a Google and a Microsoft of our own.
//!
//! Two processes are started, `tegata sandbox` and `tegata serve`; this one only talks to them: to Tegata by
//! HTTP and JMAP as any program would, to the sandbox as a person's browser. Each line of the report quotes what
//! was answered. Everything binds loopback; the passwords printed at the end are for that alone.

mod client;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use sandbox::browser::{Choice, consent};
use sandbox::corpus;
use serde_json::{Value, json};
use tokio::process::{Child, Command};

use client::Client;

const ADMIN: (&str, &str) = ("admin", "tegata-demo-admin");
const MEMBER: (&str, &str) = ("hanako", "tegata-demo-hanako");
/// The sandbox's people who are connected, and where they have their mailbox.
const MAILBOXES: [(&str, &str); 2] = [
    ("google", "hanako@example.jp"),
    ("microsoft", "carol@contoso.example"),
];
/// Everybody who has mail there.
const PEOPLE: [&str; 6] = [
    "alice@example.com",
    "bob@example.com",
    "hanako@example.jp",
    "ichiro@contoso.example",
    "carol@contoso.example",
    "info@contoso.example",
];
/// How long any one thing may take.
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(clap::Args)]
pub struct Args {
    /// Print the report and end
    #[arg(long)]
    once: bool,
    /// Port of Tegata on localhost
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// First of nine ports of the sandbox
    #[arg(long, default_value_t = 9440)]
    sandbox_port: u16,
    /// Mails in each mailbox
    #[arg(long, default_value_t = 120)]
    mails: usize,
    /// Folder for its data (else a temporary one)
    #[arg(long)]
    data: Option<PathBuf>,
}

/// Puts mail into the sandbox's mailboxes.
pub fn fill(sandbox: &sandbox::Sandbox, seed: u64, count: usize) -> Result<()> {
    let now = i64::try_from(
        std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)?
            .as_secs(),
    )?;
    for (number, person) in PEOPLE.iter().enumerate() {
        let google = person.ends_with("example.com") || person.ends_with("example.jp");
        let to = wire::mime::Address {
            name: None,
            email: (*person).to_owned(),
        };
        for mail in corpus::mails(seed + number as u64, count, &to, now) {
            let folder = match (mail.folder, google) {
                ("archive", true) => "all",
                ("archive", false) => "Archive",
                (folder, _) => folder,
            };
            sandbox.deliver_to(
                person,
                folder,
                &mail.raw,
                mail.internal_date_unix,
                &mail.flags,
                &mail.gmail_labels,
            )?;
        }
    }
    Ok(())
}

pub async fn run(args: Args) -> Result<ExitCode> {
    let temporary = std::env::temp_dir().join(format!("tegata-demo-{}", std::process::id()));
    let folder = args.data.clone().unwrap_or_else(|| temporary.clone());
    std::fs::create_dir_all(&folder)?;
    let shown = play(&args, &folder).await;
    let code = match shown {
        Ok(children) if !args.once => {
            sign_in_data(&args);
            crate::serve::signal().await;
            drop(children);
            ExitCode::SUCCESS
        }
        Ok(_) => {
            println!("\nAll of it worked.");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!(
                "\nThe demo stopped: {error:#}\nThe logs are in {}",
                folder.display()
            );
            return Ok(ExitCode::FAILURE);
        }
    };
    let _ = std::fs::remove_dir_all(&temporary);
    Ok(code)
}

fn sign_in_data(args: &Args) {
    println!(
        "\nTegata serves on http://localhost:{}\n\n  administrator  {}  {}\n  member         {}  {}\n\nCtrl+C ends it and forgets everything.",
        args.port, ADMIN.0, ADMIN.1, MEMBER.0, MEMBER.1
    );
}

fn say(what: &str, quoted: &str) {
    println!("{what:<34} {quoted}");
}

/// The processes; they end with this.
struct Children {
    _sandbox: Child,
    _serve: Child,
}

async fn play(args: &Args, folder: &Path) -> Result<Children> {
    let began = Instant::now();
    let base = format!("http://localhost:{}", args.port);
    let program = std::env::current_exe()?;
    let sandbox = start_sandbox(args, folder, &program, &base).await?;
    let config = folder.join("tegata.toml");
    write_config(args, folder, &config, &base).await?;
    let serve = start_serve(folder, &program, &config, &base).await?;

    let admin = Client::sign_in(&base, ADMIN.0, ADMIN.1).await?;
    let check = admin.get("/api/self-check").await?;
    say(
        "Public address",
        check["public_url"].as_str().unwrap_or_default(),
    );
    let google = register(
        &admin,
        "google",
        sandbox::GOOGLE_CLIENT_ID,
        sandbox::GOOGLE_CLIENT_SECRET,
        Value::Null,
    )
    .await?;
    let tenant = json!(sandbox::MICROSOFT_TENANT_ID);
    let microsoft = register(
        &admin,
        "microsoft",
        sandbox::MICROSOFT_CLIENT_ID,
        sandbox::MICROSOFT_CLIENT_SECRET,
        tenant,
    )
    .await?;
    let member = invite(&admin, &base).await?;
    for (provider, address) in MAILBOXES {
        let credential = if provider == "google" {
            &google
        } else {
            &microsoft
        };
        connect(&member, credential, address).await?;
    }
    let jmap = client::Jmap::open(&member).await?;
    for (_, address) in MAILBOXES {
        receive(&jmap, address, args.mails).await?;
    }
    let (from, to) = (MAILBOXES[0].1, MAILBOXES[1].1);
    send(&jmap, from, to).await?;
    say("Time", &format!("{:.1} s", began.elapsed().as_secs_f64()));
    Ok(Children {
        _sandbox: sandbox,
        _serve: serve,
    })
}

fn child(program: &Path, folder: &Path, log: &str) -> Result<Command> {
    let file = std::fs::File::create(folder.join(log))?;
    let mut command = Command::new(program);
    command
        .stdin(std::process::Stdio::null())
        .stdout(file.try_clone()?)
        .stderr(file)
        .kill_on_drop(true)
        .current_dir(folder);
    Ok(command)
}

async fn start_sandbox(args: &Args, folder: &Path, program: &Path, base: &str) -> Result<Child> {
    let mut child = child(program, folder, "sandbox.log")?
        .args([
            "sandbox",
            "--port-base",
            &args.sandbox_port.to_string(),
            "--mails",
            &args.mails.to_string(),
            "--seed",
            "7",
        ])
        .args([
            "--ca-file",
            &folder.join("sandbox-ca.pem").display().to_string(),
        ])
        .args(["--redirect-uri", &format!("{base}/common/cmn270.do")])
        .spawn()
        .context("cannot start the sandbox")?;
    let state = format!("http://127.0.0.1:{}/state", args.sandbox_port);
    client::wait_for_answer(&state, &mut child, PATIENCE)
        .await
        .context("the sandbox did not start; are its ports free (--sandbox-port)?")?;
    say(
        "Sandbox",
        &format!(
            "a Google and a Microsoft on 127.0.0.1:{}…, {} mails in each mailbox",
            args.sandbox_port, args.mails
        ),
    );
    Ok(child)
}

async fn write_config(args: &Args, folder: &Path, config: &Path, base: &str) -> Result<()> {
    let ca = folder.join("sandbox-ca.pem");
    let url = format!(
        "http://127.0.0.1:{}/config.toml?ca_file={}",
        args.sandbox_port,
        ca.display()
    );
    let providers = reqwest::get(url).await?.error_for_status()?.text().await?;
    let text = format!(
        "[server]\npublic_url = \"{base}\"\nlisten = \"127.0.0.1:{}\"\ntls = \"off\"\n\n{providers}",
        args.port
    );
    std::fs::write(config, text)?;
    Ok(())
}

async fn start_serve(folder: &Path, program: &Path, config: &Path, base: &str) -> Result<Child> {
    let password = folder.join("admin-password");
    std::fs::write(&password, ADMIN.1)?;
    let config = config.display().to_string();
    let added = child(program, folder, "user.log")?
        .args([
            "--config",
            &config,
            "user",
            "add",
            ADMIN.0,
            "--admin",
            "--name",
            "管理者",
            "--password-file",
        ])
        .arg(&password)
        .status()
        .await?;
    ensure!(
        added.success(),
        "the administrator could not be added: {}",
        std::fs::read_to_string(folder.join("user.log")).unwrap_or_default()
    );
    let mut serve = child(program, folder, "serve.log")?
        .args(["--config", &config, "serve"])
        .spawn()?;
    client::wait_for_answer(&format!("{base}/readyz"), &mut serve, PATIENCE)
        .await
        .context("Tegata did not start; is the port free (--port)?")?;
    say("tegata serve", base);
    Ok(serve)
}

async fn register(
    admin: &Client,
    provider: &str,
    id: &str,
    secret: &str,
    tenant: Value,
) -> Result<String> {
    let mut body = json!({ "provider": provider, "client_id": id, "client_secret": secret, "note": "tegata demo" });
    if !tenant.is_null() {
        body["tenant"] = tenant;
    }
    let made = admin.post("/api/credentials", &body).await?;
    let credential = made["id"].as_str().context("no id")?.to_owned();
    say(
        "Credential registered",
        &format!(
            "{} {} secret …{}",
            made["name"],
            credential,
            made["secret_hint"].as_str().unwrap_or_default()
        ),
    );
    let checked = admin
        .post(&format!("/api/credentials/{credential}/check"), &json!({}))
        .await?;
    for step in checked["steps"].as_array().into_iter().flatten() {
        // Before anybody has connected, an administrator's consent cannot be seen: a warning.
        let fine = step["outcome"] == "ok" || step["outcome"] == "warn";
        ensure!(fine, "the check failed: {step}");
        say(
            "  checked without a user",
            &format!(
                "{}: {} ({} ms)",
                step["name"].as_str().unwrap_or_default(),
                step["outcome"],
                step["ms"]
            ),
        );
    }
    Ok(credential)
}

async fn invite(admin: &Client, base: &str) -> Result<Client> {
    let made = admin
        .post("/api/invitations", &json!({ "login": MEMBER.0, "name": "佐藤 花子", "address": MAILBOXES[0].1, "role": "member" }))
        .await?;
    let url = made["items"][0]["url"].as_str().context("no link")?;
    let token = url.split_once('#').context("no token in the link")?.1;
    Client::redeem(base, token, MEMBER.1).await?;
    let member = Client::sign_in(base, MEMBER.0, MEMBER.1).await?;
    say(
        "Member invited and signed in",
        &member.get("/api/me").await?["user"]["name"].to_string(),
    );
    Ok(member)
}

async fn connect(member: &Client, credential: &str, address: &str) -> Result<()> {
    let begun = member
        .post(
            "/api/connect",
            &json!({ "credential_id": credential, "address": address }),
        )
        .await?;
    let id = begun["connect_id"]
        .as_str()
        .context("no connect_id")?
        .to_owned();
    let url = begun["authorization_url"]
        .as_str()
        .context("no authorization_url")?;
    say("Consent begun", &url.chars().take(72).collect::<String>());
    let choice = Choice::allow(address);
    let callback = consent(url, &choice)
        .await
        .map_err(|refused| anyhow::anyhow!("the sandbox refused the consent: {refused:?}"))?;
    let went = member.follow_callback(&callback).await?;
    ensure!(
        went.ends_with(&format!("/connect/{id}")),
        "the callback led to {went}"
    );
    let began = Instant::now();
    let done = loop {
        let now = member.get(&format!("/api/connect/{id}")).await?;
        match now["state"].as_str() {
            Some("done") => break now,
            Some("failed") => bail!("connecting {address} failed: {}", now["steps"]),
            _ if began.elapsed() > PATIENCE => {
                bail!("connecting {address} took too long: {}", now["steps"])
            }
            _ => tokio::time::sleep(Duration::from_millis(150)).await,
        }
    };
    for step in done["steps"].as_array().into_iter().flatten() {
        ensure!(
            step["outcome"] == "ok",
            "a step of connecting {address}: {step}"
        );
    }
    let steps: Vec<String> = done["steps"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|step| {
            format!(
                "{} {} ms",
                step["name"].as_str().unwrap_or_default(),
                step["ms"]
            )
        })
        .collect();
    say(&format!("Connected {address}"), &steps.join(", "));
    Ok(())
}

async fn receive(jmap: &client::Jmap<'_>, address: &str, mails: usize) -> Result<()> {
    let account = jmap.account(address)?;
    let began = Instant::now();
    let (inbox, total) = loop {
        let boxes = jmap
            .call(&account, "Mailbox/get", json!({ "ids": null }))
            .await?;
        let inbox = boxes["list"]
            .as_array()
            .into_iter()
            .flatten()
            .find(|mailbox| mailbox["role"] == "inbox")
            .cloned();
        let total = inbox
            .as_ref()
            .and_then(|inbox| inbox["totalEmails"].as_u64())
            .unwrap_or(0);
        if let Some(inbox) = inbox.filter(|_| total > 0) {
            break (inbox, total);
        }
        ensure!(began.elapsed() < PATIENCE, "no mail came to {address}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    };
    ensure!(mails == 0 || total > 0, "the inbox of {address} is empty");
    let query = json!({ "filter": { "inMailbox": inbox["id"] }, "sort": [{ "property": "receivedAt", "isAscending": false }], "limit": 1 });
    let newest = jmap.call(&account, "Email/query", query).await?["ids"][0].clone();
    let got = jmap
        .call(
            &account,
            "Email/get",
            json!({ "ids": [newest], "properties": ["subject", "from", "receivedAt", "preview"] }),
        )
        .await?;
    let email = &got["list"][0];
    say(
        &format!("Received at {address}"),
        &format!("{total} in the inbox, the newest: {}", email["subject"]),
    );
    Ok(())
}

async fn send(jmap: &client::Jmap<'_>, from: &str, to: &str) -> Result<()> {
    let (account, theirs) = (jmap.account(from)?, jmap.account(to)?);
    let subject = format!("お見積りの件 ①㈱髙橋商店 {}", std::process::id());
    let boxes = jmap
        .call(&account, "Mailbox/get", json!({ "ids": null }))
        .await?;
    let of_role = |role: &str| {
        let found = boxes["list"]
            .as_array()
            .into_iter()
            .flatten()
            .find(|mailbox| mailbox["role"] == role);
        found
            .map(|mailbox| mailbox["id"].as_str().unwrap_or_default().to_owned())
            .with_context(|| format!("no mailbox for {role}"))
    };
    let (drafts, sent) = (of_role("drafts")?, of_role("sent")?);
    let identity = jmap
        .call(&account, "Identity/get", json!({ "ids": null }))
        .await?["list"][0]["id"]
        .clone();
    let draft = json!({
        "mailboxIds": { &drafts: true }, "keywords": { "$draft": true, "$seen": true },
        "from": [{ "name": "佐藤 花子", "email": from }], "to": [{ "email": to }], "subject": subject,
        "textBody": [{ "partId": "1", "type": "text/plain" }],
        "bodyValues": { "1": { "value": "髙橋様\n\nお見積りをお送りします。\n\n佐藤" } },
    });
    let update = json!({ "#send": {
        format!("mailboxIds/{drafts}"): null, format!("mailboxIds/{sent}"): true, "keywords/$draft": null,
    } });
    let answers = jmap
        .calls(json!([
            ["Email/set", { "accountId": account, "create": { "mail": draft } }, "0"],
            ["EmailSubmission/set", {
                "accountId": account, "create": { "send": { "emailId": "#mail", "identityId": identity } },
                "onSuccessUpdateEmail": update,
            }, "1"],
        ]))
        .await?;
    let submission = answers[1][1]["created"]["send"]["id"].clone();
    ensure!(
        submission.is_string(),
        "the mail was not accepted for sending: {answers}"
    );
    let began = Instant::now();
    loop {
        let got = jmap
            .call(
                &account,
                "EmailSubmission/get",
                json!({ "ids": [submission] }),
            )
            .await?;
        let reply = &got["list"][0]["deliveryStatus"][to]["smtpReply"];
        if let Some(reply) = reply.as_str().filter(|reply| !reply.is_empty()) {
            say("Sent", reply);
            break;
        }
        ensure!(began.elapsed() < PATIENCE, "the mail was not sent: {got}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    loop {
        let hits = jmap
            .call(
                &theirs,
                "Email/query",
                json!({ "filter": { "subject": subject } }),
            )
            .await?;
        if hits["ids"].as_array().is_some_and(|ids| !ids.is_empty()) {
            say(
                "Arrived",
                &format!(
                    "at {to}, {:.1} s later: {subject}",
                    began.elapsed().as_secs_f64()
                ),
            );
            break;
        }
        ensure!(
            began.elapsed() < PATIENCE,
            "the mail did not arrive at {to}"
        );
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    loop {
        let hits = jmap
            .call(
                &account,
                "Email/query",
                json!({ "filter": { "inMailbox": sent, "subject": subject } }),
            )
            .await?;
        let copies = hits["ids"].as_array().map_or(0, Vec::len);
        ensure!(copies < 2, "there are {copies} copies in Sent");
        if copies == 1 {
            say("In Sent", "one copy");
            return Ok(());
        }
        ensure!(began.elapsed() < PATIENCE, "the mail is not in Sent");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}
