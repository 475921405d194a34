//! The configuration: a TOML file, then the environment, then flags.
//!
//!     --config F, else ./tegata.toml, else /etc/tegata/tegata.toml, else built-in values
//!     TEGATA_SERVER__PUBLIC_URL=… overrides [server] public_url, and so on
//!
//! Relative paths in the file are relative to that file. An unknown key is an error that names the nearest
//! known one. What is a secret can always come from a file (`…_file`) and is masked when printed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use ipnet::IpNet;
use provider::profile::{self, ProviderOverride, ProviderProfile};
use provider::redirect_uri;
use serde::{Deserialize, Serialize};
use url::Url;

mod acme;

pub use acme::{Acme, Challenge};

/// How TLS is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tls {
    /// Ordered from a certificate authority and renewed; see `[acme]`.
    Acme,
    /// Certificate and key from files, read again when they change.
    Files,
    /// A certificate of our own, for trying out; its authority is printed.
    SelfSigned,
    /// None: behind a proxy that does it, or on loopback.
    Off,
}

/// `[server]`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Server {
    /// What users type; may hold a path. A proxy in front never strips it.
    pub public_url: String,
    /// Address and port to listen on.
    pub listen: String,
    /// How TLS is done.
    pub tls: Tls,
    /// For `files`.
    pub tls_cert_file: Option<PathBuf>,
    /// For `files`.
    pub tls_key_file: Option<PathBuf>,
    /// Proxies whose `X-Forwarded-For` is believed: addresses or networks.
    pub trusted_proxies: Vec<String>,
}

impl Default for Server {
    fn default() -> Server {
        Server {
            public_url: "http://localhost:8080".into(),
            listen: "127.0.0.1:8080".into(),
            tls: Tls::Off,
            tls_cert_file: None,
            tls_key_file: None,
            trusted_proxies: Vec::new(),
        }
    }
}

/// `[store]`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Store {
    /// `sqlite:PATH` or `postgres://…`
    pub database: String,
    /// The same, from a file: a PostgreSQL address holds a password.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub database_file: Option<PathBuf>,
    /// `file:PATH`
    pub blobs: String,
}

impl Default for Store {
    fn default() -> Store {
        Store {
            database: "sqlite:data/tegata.db".into(),
            database_file: None,
            blobs: "file:data/blobs".into(),
        }
    }
}

/// `[secrets]`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Secrets {
    /// The key ring; made on first start, mode 0600.
    pub key_file: PathBuf,
}

impl Default for Secrets {
    fn default() -> Secrets {
        Secrets {
            key_file: "data/tegata.key".into(),
        }
    }
}

/// `[outgoing]`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Outgoing {
    /// For https, and by CONNECT for IMAP and SMTP; may hold user and password.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proxy: Option<String>,
    /// The same, from a file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proxy_file: Option<PathBuf>,
}

/// The whole configuration.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where we are reached.
    pub server: Server,
    /// For `tls = "acme"`.
    pub acme: Acme,
    /// What we know is kept here.
    pub store: Store,
    /// What seals secrets.
    pub secrets: Secrets,
    /// How we reach others.
    pub outgoing: Outgoing,
    /// Overrides of `google` and `microsoft`, and further providers.
    pub providers: BTreeMap<String, ProviderOverride>,
}

impl Config {
    /// Reads file and environment.
    ///
    /// Errors: one sentence with the file, the key and what to write instead.
    pub fn load(file: Option<&Path>) -> Result<Config> {
        let found = match file {
            Some(file) => Some(file.to_owned()),
            None => [
                PathBuf::from("tegata.toml"),
                PathBuf::from("/etc/tegata/tegata.toml"),
            ]
            .into_iter()
            .find(|path| path.exists()),
        };
        let (text, folder) = match &found {
            Some(path) => {
                let text = std::fs::read_to_string(path)
                    .with_context(|| format!("cannot read {}", path.display()))?;
                (text, path.parent().map(Path::to_owned).unwrap_or_default())
            }
            None => (String::new(), PathBuf::new()),
        };
        let name = found.as_ref().map_or_else(
            || "the environment".to_owned(),
            |path| path.display().to_string(),
        );
        Config::from_text(&text, &folder, std::env::vars()).with_context(|| name)
    }

    /// Reads a text as if it stood in a file of `folder`.
    pub fn from_text(
        text: &str,
        folder: &Path,
        environment: impl Iterator<Item = (String, String)>,
    ) -> Result<Config> {
        let mut table: toml::Table = text.parse().context("this is not TOML")?;
        for (name, value) in environment {
            if let Some(path) = name
                .strip_prefix("TEGATA_")
                .filter(|path| path.contains("__"))
            {
                let keys: Vec<String> = path.split("__").map(str::to_lowercase).collect();
                set(&mut table, &keys, &value)
                    .with_context(|| format!("environment variable {name}"))?;
            }
        }
        let mut config: Config = toml::Value::Table(table)
            .try_into()
            .map_err(|error: toml::de::Error| better(&error))?;
        config.resolve(folder)?;
        Ok(config)
    }

    fn resolve(&mut self, folder: &Path) -> Result<()> {
        let absolute = |path: &mut PathBuf| {
            if path.is_relative() {
                *path = folder.join(&*path);
            }
        };
        absolute(&mut self.secrets.key_file);
        absolute(&mut self.acme.folder);
        for path in [
            &mut self.server.tls_cert_file,
            &mut self.server.tls_key_file,
            &mut self.store.database_file,
            &mut self.outgoing.proxy_file,
            &mut self.acme.ca_file,
        ] {
            path.iter_mut().for_each(absolute);
        }
        for provider in self.providers.values_mut() {
            provider.ca_file.iter_mut().for_each(absolute);
        }
        if let Some(file) = &self.store.database_file {
            self.store.database = from_file(file)?;
        }
        if let Some(file) = &self.outgoing.proxy_file {
            self.outgoing.proxy = Some(from_file(file)?);
        }
        for (address, scheme) in [
            (&mut self.store.database, "sqlite:"),
            (&mut self.store.blobs, "file:"),
        ] {
            if let Some(path) = address.strip_prefix(scheme)
                && Path::new(path).is_relative()
            {
                *address = format!("{scheme}{}", folder.join(path).display());
            }
        }
        let base = redirect_uri::normalize_base(&self.server.public_url).map_err(|note| {
            anyhow!(
                "[server] public_url: {}",
                note.message(provider::advice::Language::En)
            )
        })?;
        self.server.public_url = base.url;
        if self.server.tls == Tls::Files
            && (self.server.tls_cert_file.is_none() || self.server.tls_key_file.is_none())
        {
            bail!("[server] tls = \"files\" needs tls_cert_file and tls_key_file");
        }
        if self.server.tls == Tls::Acme {
            self.acme.domain(&self.server.public_url)?;
        }
        self.trusted_proxies()?;
        self.proxy()?;
        Ok(())
    }

    /// Proxies that are believed.
    pub fn trusted_proxies(&self) -> Result<Vec<IpNet>> {
        self.server
            .trusted_proxies
            .iter()
            .map(|text| {
                text.parse::<IpNet>()
                    .or_else(|_| text.parse::<std::net::IpAddr>().map(IpNet::from))
                    .map_err(|_| anyhow!("[server] trusted_proxies: {text:?} is no address and no network such as 10.0.0.0/8"))
            })
            .collect()
    }

    /// The proxy for outgoing connections.
    pub fn proxy(&self) -> Result<Option<Url>> {
        let proxy = self
            .outgoing
            .proxy
            .as_deref()
            .filter(|proxy| !proxy.is_empty());
        proxy
            .map(|proxy| {
                Url::parse(proxy).map_err(|_| {
                    anyhow!("[outgoing] proxy must look like http://user:pass@host:port")
                })
            })
            .transpose()
    }

    /// All providers.
    pub fn profiles(&self) -> Result<BTreeMap<String, ProviderProfile>> {
        profile::all(&self.providers).map_err(|error| anyhow!("[providers] {error}"))
    }

    /// The path of `public_url`: empty, or `/gsession`.
    pub fn base_path(&self) -> String {
        Url::parse(&self.server.public_url)
            .map(|url| url.path().trim_end_matches('/').to_owned())
            .unwrap_or_default()
    }

    /// What may leave the house in a support bundle: kinds and choices, no address of anybody.
    pub fn for_support(&self) -> serde_json::Value {
        let scheme = |address: &str| address.split(':').next().unwrap_or_default().to_owned();
        let providers: BTreeMap<&String, Option<&String>> = self
            .providers
            .iter()
            .map(|(name, provider)| (name, provider.imap.as_ref()))
            .collect();
        serde_json::json!({
            "tls": self.server.tls, "public_url_scheme": scheme(&self.server.public_url),
            "database": scheme(&self.store.database), "blobs": scheme(&self.store.blobs),
            "proxy": self.outgoing.proxy.is_some(), "trusted_proxies": self.server.trusted_proxies.len(),
            "providers": providers,
        })
    }

    /// The merged configuration as TOML, secrets masked.
    pub fn to_masked_toml(&self) -> Result<String> {
        let mut masked = self.clone();
        masked.store.database = mask(&masked.store.database);
        masked.outgoing.proxy = masked.outgoing.proxy.as_deref().map(mask);
        Ok(toml::to_string_pretty(&masked)?)
    }
}

fn from_file(path: &Path) -> Result<String> {
    let text =
        std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(text.trim().to_owned())
}

/// `scheme://user:*****@host`
fn mask(address: &str) -> String {
    match Url::parse(address) {
        Ok(mut url) if url.password().is_some() => {
            let _ = url.set_password(Some("*****"));
            url.to_string()
        }
        _ => address.to_owned(),
    }
}

fn set(table: &mut toml::Table, keys: &[String], value: &str) -> Result<()> {
    let (last, above) = keys.split_last().ok_or_else(|| anyhow!("no key"))?;
    let mut place = table;
    for key in above {
        let entry = place
            .entry(key.clone())
            .or_insert_with(|| toml::Value::Table(toml::Table::new()));
        place = entry
            .as_table_mut()
            .ok_or_else(|| anyhow!("{key} is no section"))?;
    }
    let parsed = match value {
        "true" => toml::Value::Boolean(true),
        "false" => toml::Value::Boolean(false),
        list if list.starts_with('[') => format!("v = {list}")
            .parse::<toml::Table>()?
            .remove("v")
            .unwrap_or_else(|| toml::Value::String(list.into())),
        text => toml::Value::String(text.into()),
    };
    place.insert(last.clone(), parsed);
    Ok(())
}

/// serde names the unknown key and lists the known ones: the nearest of them is what was meant.
fn better(error: &toml::de::Error) -> anyhow::Error {
    let message = error.message();
    let mut quoted = message.split('`').skip(1).step_by(2);
    if message.starts_with("unknown field")
        && let Some(unknown) = quoted.next()
        && let Some(near) = quoted.min_by_key(|known| distance(unknown, known))
    {
        return anyhow!("unknown key `{unknown}`; did you mean `{near}`?");
    }
    // Which key it was stands only in the error's long form.
    let long = error.to_string();
    let key = long
        .lines()
        .find_map(|line| line.strip_prefix("in `")?.strip_suffix('`'));
    match key {
        Some(key) => anyhow!("{key}: {message}"),
        None => anyhow!("{message}"),
    }
}

/// Levenshtein's distance.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut above_left = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let above = row[j + 1];
            row[j + 1] = (above + 1)
                .min(row[j] + 1)
                .min(above_left + usize::from(x != *y));
            above_left = above;
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, environment: &[(&str, &str)]) -> Result<Config> {
        let environment = environment
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Config::from_text(text, Path::new("/srv/tegata"), environment)
    }

    #[test]
    fn an_unknown_key_names_the_nearest_known_one() {
        let error = read("[server]\npublic_uri = \"https://x.example\"", &[]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "unknown key `public_uri`; did you mean `public_url`?"
        );
    }

    #[test]
    fn a_value_that_cannot_be_names_its_key() {
        let error = read("[server]\ntls = \"perhaps\"", &[]).unwrap_err();
        let said = error.to_string();
        assert!(said.starts_with("server.tls: unknown variant"), "{said}");
    }

    #[test]
    fn the_environment_overrides_the_file_and_paths_are_relative_to_the_file() {
        let text = "[server]\npublic_url = \"https://a.example.jp/gsession\"\n[store]\ndatabase = \"sqlite:data/x.db\"";
        let config = read(
            text,
            &[
                (
                    "TEGATA_SERVER__PUBLIC_URL",
                    "https://b.example.jp/mail/common/cmn001.do",
                ),
                ("TEGATA_TEST", "x"),
            ],
        )
        .unwrap();
        assert_eq!(config.server.public_url, "https://b.example.jp/mail");
        assert_eq!(config.base_path(), "/mail");
        assert_eq!(config.store.database, "sqlite:/srv/tegata/data/x.db");
        assert_eq!(
            config.secrets.key_file,
            Path::new("/srv/tegata/data/tegata.key")
        );
    }

    #[test]
    fn printing_masks_what_is_secret() {
        let text = "[store]\ndatabase = \"postgres://tegata:hunter2@db/tegata\"\n[outgoing]\nproxy = \"http://u:hunter3@proxy:3128\"";
        let printed = read(text, &[]).unwrap().to_masked_toml().unwrap();
        assert!(!printed.contains("hunter"), "{printed}");
        assert!(printed.contains("*****"));
    }
}
