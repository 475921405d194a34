//! A URI cut into its parts without changing a byte.
//!
//! The `url` crate resolves `..` and lowers the host, which is right for going there and wrong
//! for judging what was written; it is asked only what kind of host it is.

use url::{Host, Url};

pub(super) struct Parts {
    pub(super) whole: String,
    /// Lower case.
    pub(super) scheme: String,
    pub(super) host: HostKind,
    /// The host as written.
    pub(super) host_text: String,
    pub(super) port: Option<String>,
    pub(super) userinfo: bool,
    pub(super) path: String,
    pub(super) query: Option<String>,
    pub(super) fragment: Option<String>,
}

pub(super) enum HostKind {
    /// Lower case, punycode, without the final dot.
    Name(String),
    V4(std::net::Ipv4Addr),
    V6(std::net::Ipv6Addr),
    /// Cannot be a host (a wildcard, for example).
    Unreadable,
}

impl HostKind {
    pub(super) fn is_loopback(&self) -> bool {
        match self {
            HostKind::Name(name) => name == "localhost",
            HostKind::V4(ip) => ip.is_loopback(),
            HostKind::V6(ip) => ip.is_loopback(),
            HostKind::Unreadable => false,
        }
    }

    pub(super) fn name(&self) -> Option<&str> {
        match self {
            HostKind::Name(name) => Some(name),
            _ => None,
        }
    }

    pub(super) fn is_ip(&self) -> bool {
        matches!(self, HostKind::V4(_) | HostKind::V6(_))
    }
}

impl Parts {
    /// None where there is no `scheme://host` (out-of-band `urn:` addresses, too).
    pub(super) fn read(uri: &str) -> Option<Parts> {
        let (scheme, rest) = uri.split_once("://")?;
        let letters = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
        if scheme.is_empty() || !scheme.chars().all(letters) {
            return None;
        }
        let (rest, fragment) = cut(rest, '#');
        let (rest, query) = cut(rest, '?');
        let authority_end = rest.find(['/', '\\']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(authority_end);
        let (userinfo, host_port) = match authority.rsplit_once('@') {
            Some((_, host_port)) => (true, host_port),
            None => (false, authority),
        };
        let (host_text, port) = match host_port.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, Some(port.to_owned())),
            _ => (host_port, None),
        };
        if host_text.is_empty() {
            return None;
        }
        let parsed = Url::parse(&format!("https://{host_text}/")).ok();
        let host = match parsed.as_ref().and_then(Url::host) {
            Some(Host::Domain(name)) => HostKind::Name(name.trim_end_matches('.').to_owned()),
            Some(Host::Ipv4(ip)) => HostKind::V4(ip),
            Some(Host::Ipv6(ip)) => HostKind::V6(ip),
            None => HostKind::Unreadable,
        };
        Some(Parts {
            whole: uri.to_owned(),
            scheme: scheme.to_ascii_lowercase(),
            host,
            host_text: host_text.to_owned(),
            port,
            userinfo,
            path: path.to_owned(),
            query: query.map(str::to_owned),
            fragment: fragment.map(str::to_owned),
        })
    }

    /// `..` as a segment, with either slash, also percent-encoded (twice, too).
    pub(super) fn traversal(&self) -> bool {
        let mut path = self.path.to_ascii_lowercase();
        for _ in 0..2 {
            path = path
                .replace("%25", "%")
                .replace("%2e", ".")
                .replace("%2f", "/")
                .replace("%5c", "\\");
        }
        path.split(['/', '\\']).any(|segment| segment == "..")
    }

    /// A query value that is an address of its own.
    pub(super) fn open_redirect(&self) -> bool {
        let Some(query) = &self.query else {
            return false;
        };
        url::form_urlencoded::parse(query.as_bytes()).any(|(name, value)| {
            [name, value].iter().any(|text| {
                let text = text.trim().to_ascii_lowercase();
                text.contains("://") || text.starts_with("//") || text.starts_with("\\\\")
            })
        })
    }

    /// The first character or escape that neither provider takes.
    pub(super) fn bad_character(&self) -> Option<String> {
        let mut rest = self.whole.as_str();
        while let Some(c) = rest.chars().next() {
            if !c.is_ascii_graphic()
                || matches!(
                    c,
                    '*' | '"' | '<' | '>' | '\\' | '^' | '`' | '{' | '|' | '}'
                )
            {
                return Some(c.escape_debug().to_string());
            }
            if c == '%' {
                let escape = rest.get(..3).unwrap_or(rest);
                let hex = escape.get(1..).unwrap_or_default();
                let broken = hex.len() != 2 || !hex.bytes().all(|b| b.is_ascii_hexdigit());
                let lower = rest.to_ascii_lowercase();
                if broken || lower.starts_with("%00") || lower.starts_with("%c0%80") {
                    return Some(escape.to_owned());
                }
            }
            rest = rest.get(c.len_utf8()..).unwrap_or_default();
        }
        None
    }

    /// Why the bytes may change on the way through a browser, in both languages.
    pub(super) fn unsteady(&self) -> Option<(&'static str, &'static str)> {
        let scheme_written = self.whole.split("://").next().unwrap_or_default();
        if scheme_written.chars().any(|c| c.is_ascii_uppercase())
            || self.host_text.chars().any(|c| c.is_ascii_uppercase())
        {
            return Some((
                "ホスト名は小文字で設定してください。",
                "Write the host in lower case.",
            ));
        }
        match self.port.as_deref() {
            Some("443") if self.scheme == "https" => {
                return Some((
                    "「:443」は省略してください。",
                    "Leave out :443, which is understood.",
                ));
            }
            Some(port) if port.parse::<u16>().map_or(true, |port| port == 0) => {
                return Some((
                    "ポート番号は 1～65535 で設定してください。",
                    "The port must be from 1 to 65535.",
                ));
            }
            _ => {}
        }
        if self.host_text.ends_with('.') {
            return Some((
                "ホスト名の末尾の「.」を取り除いてください。",
                "Remove the dot at the end of the host.",
            ));
        }
        if self.path.contains("//") {
            return Some((
                "パスに「//」が含まれています。「/」を 1 つにしてください。",
                "The path holds //. Write one slash.",
            ));
        }
        None
    }
}

fn cut(text: &str, at: char) -> (&str, Option<&str>) {
    match text.split_once(at) {
        Some((before, after)) => (before, Some(after)),
        None => (text, None),
    }
}
