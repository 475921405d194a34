//! `tegata user`

use anyhow::{Result, bail};
use clap::Subcommand;
use secrecy::ExposeSecret;
use serde_json::json;
use store::api_tokens::{self, Scope};
use store::users::{self, NewUser, Patch, Role};
use store::{audit, login_sessions};

use super::{SecretFrom, operator, person, print_items};
use crate::config::Config;
use crate::json;
use crate::serve::open_store;

#[derive(Subcommand)]
pub enum Command {
    /// Add a person; without a password a one-time link is printed
    Add {
        /// What is typed at sign-in
        login: String,
        /// May set the system up
        #[arg(long)]
        admin: bool,
        /// Shown to others
        #[arg(long, default_value = "")]
        name: String,
        /// Where notices go
        #[arg(long, default_value = "")]
        address: String,
        #[command(flatten)]
        password: SecretFrom,
    },
    /// Set somebody's password; all login sessions end
    Password {
        login: String,
        #[command(flatten)]
        password: SecretFrom,
    },
    /// Keep somebody out; the mail is kept
    Disable { login: String },
    /// Let somebody in again
    Enable { login: String },
    /// Print a new API token (the bare value)
    Token {
        login: String,
        /// What it is for
        #[arg(long, default_value = "command line")]
        name: String,
        /// What it opens: mail, token, admin
        #[arg(long = "scope", value_delimiter = ',', default_value = "mail")]
        scopes: Vec<String>,
    },
    /// List people
    List {
        #[arg(long)]
        json: bool,
    },
}

pub async fn run(config: &Config, command: Command) -> Result<()> {
    let store = open_store(config).await?;
    match command {
        Command::Add {
            login,
            admin,
            name,
            address,
            password,
        } => {
            if !access::people::is_login(&login) {
                bail!("a login has 1 to 100 characters and no blanks");
            }
            let role = if admin {
                Role::Administrator
            } else {
                Role::Member
            };
            let Some(password) = password.read()? else {
                let link = store
                    .try_write(move |tx| {
                        Box::pin(async move {
                            access::invite(tx, &operator(), &login, &name, &address, role).await
                        })
                    })
                    .await?;
                println!(
                    "{}/invitation#{}",
                    config.server.public_url,
                    link.token.expose_secret()
                );
                return Ok(());
            };
            judge(&password, &login)?;
            let hash = access::passwords::hash(store.world(), &password).await;
            let new = NewUser {
                login,
                name,
                address,
                role,
                password_hash: Some(hash),
            };
            let user = store
                .try_write(move |tx| {
                    Box::pin(async move {
                        // Who was invited and never came in (the first start invites "admin") gets the password.
                        let invited = users::by_login(tx, &new.login)
                            .await?
                            .filter(|user| user.status == users::Status::Invited);
                        let user = match (invited, &new.password_hash) {
                            (Some(user), Some(hash)) => {
                                users::end_access(tx, user.id).await?;
                                users::set_password(tx, user.id, hash).await?;
                                let patch = Patch {
                                    role: Some(role),
                                    ..Patch::default()
                                };
                                users::update(tx, user.id, patch).await?
                            }
                            _ => users::add(tx, new).await?,
                        };
                        audit::add(
                            tx,
                            &operator(),
                            "user.added",
                            &user.login,
                            json!({ "role": role.word() }),
                        )
                        .await?;
                        Ok::<_, users::Refusal>(user)
                    })
                })
                .await?;
            eprintln!("added {} ({})", user.login, user.role.word());
        }
        Command::Password { login, password } => {
            let user = person(&store, &login).await?;
            let Some(password) = password.read()? else {
                bail!("give --password-file or --password-stdin")
            };
            judge(&password, &user.login)?;
            let hash = access::passwords::hash(store.world(), &password).await;
            store
                .write(move |tx| {
                    Box::pin(async move {
                        users::set_password(tx, user.id, &hash).await?;
                        login_sessions::end_others(tx, user.id, None).await?;
                        audit::add(
                            tx,
                            &operator(),
                            "user.password_set",
                            &user.login,
                            json!({ "by": "operator" }),
                        )
                        .await
                    })
                })
                .await?;
        }
        Command::Disable { login } => set_disabled(&store, &login, true).await?,
        Command::Enable { login } => set_disabled(&store, &login, false).await?,
        Command::Token {
            login,
            name,
            scopes,
        } => {
            let user = person(&store, &login).await?;
            let scopes: Vec<Scope> = scopes
                .iter()
                .map(|word| serde_json::from_value(json!(word)))
                .collect::<Result<_, _>>()
                .map_err(|_| anyhow::anyhow!("--scope knows mail, token and admin"))?;
            let value = access::new_secret(store.world(), crate::http::api_tokens::PREFIX);
            let hash = access::fingerprint(value.expose_secret());
            store
                .write(move |tx| {
                    Box::pin(async move {
                        let token =
                            api_tokens::add(tx, user.id, &name, &scopes, &hash, None).await?;
                        let detail = json!({ "name": name, "scopes": scopes, "for": user.login });
                        audit::add(tx, &operator(), "api_token.added", token.id, detail).await
                    })
                })
                .await?;
            println!("{}", value.expose_secret());
        }
        Command::List { json } => {
            let people = store
                .read(|tx| Box::pin(async move { users::list(tx).await }))
                .await?;
            let items: Vec<_> = people.iter().map(json::user).collect();
            print_items(
                json,
                &items,
                &[
                    "login",
                    "role",
                    "status",
                    "name",
                    "address",
                    "last_sign_in_at",
                ],
            );
        }
    }
    store.close().await;
    Ok(())
}

fn judge(password: &secrecy::SecretString, login: &str) -> Result<()> {
    use access::passwords::{Weak, judge};
    match judge(password, login) {
        None => Ok(()),
        Some(Weak::TooShort) => bail!("the password needs at least 10 characters"),
        Some(Weak::TooLong) => bail!("the password may have at most 256 bytes"),
        Some(Weak::TooPlain) => bail!("the password is the login, or one character over and over"),
    }
}

async fn set_disabled(store: &store::Store, login: &str, disabled: bool) -> Result<()> {
    let user = person(store, login).await?;
    let patch = Patch {
        disabled: Some(disabled),
        ..Patch::default()
    };
    store
        .try_write(move |tx| {
            Box::pin(async move {
                users::update(tx, user.id, patch).await?;
                let action = if disabled {
                    "user.disabled"
                } else {
                    "user.enabled"
                };
                audit::add(tx, &operator(), action, &user.login, json!({})).await?;
                Ok::<_, users::Refusal>(())
            })
        })
        .await?;
    Ok(())
}
