//! What an administrator pastes as the base address (公開URL, GroupSession URL), made usable.
//!
//! People copy the address bar: a start page at the end, a slash, a doubled scheme from the
//! manual's two placeholders (S-68). Each change is told, so that nobody wonders later.

use serde::Serialize;
use url::{Host, Url};

use crate::advice::Language;

/// The original's start page and callbacks, as they are copied from an address bar.
const PAGES: [&str; 3] = ["/common/cmn001.do", "/common/cmn270.do", "/common/cm270.do"];
const LONGEST: usize = 2000;

/// One thing that was changed or is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Note {
    pub id: &'static str,
    pub ja: &'static str,
    pub en: &'static str,
}

impl Note {
    pub fn message(&self, language: Language) -> &'static str {
        match language {
            Language::Ja => self.ja,
            Language::En => self.en,
        }
    }
}

/// A base address without a slash at its end, and what was done to get it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Base {
    pub url: String,
    pub notes: Vec<Note>,
}

const fn note(id: &'static str, ja: &'static str, en: &'static str) -> Note {
    Note { id, ja, en }
}

/// Reads a pasted address. It is not judged here: an IP address passes and fails in `judge`.
pub fn normalize_base(pasted: &str) -> Result<Base, Note> {
    let unreadable = note(
        "base-unreadable",
        "URL として読み取れません。例: https://mail.example.jp/gsession",
        "This is not an address. Example: https://mail.example.jp/gsession",
    );
    let mut notes = Vec::new();
    let mut text = crate::formats::trim_blanks(pasted);
    if text.is_empty() || text.starts_with('/') || text.len() > LONGEST {
        return Err(unreadable);
    }
    // `https://https://host`: what stands last is what was meant.
    let mut doubled = false;
    while let Some((_, inner)) = text.split_once("://") {
        let inner_scheme = ["https://", "http://"]
            .iter()
            .any(|scheme| starts_with(inner, scheme));
        if !inner_scheme {
            break;
        }
        doubled = true;
        text = inner;
    }
    if doubled {
        notes.push(note(
            "scheme-doubled",
            "「https://」が重複していたため、1 つにしました。",
            "https:// stood there twice; one was removed.",
        ));
    }
    let mut owned = text.to_owned();
    if !text.contains("://") {
        owned = format!("https://{text}");
        notes.push(note(
            "scheme-added",
            "「https://」を補いました。",
            "https:// was put before it.",
        ));
    }
    let url = Url::parse(&owned).map_err(|_| unreadable.clone())?;
    let host = match url.host() {
        Some(Host::Domain(name)) if !name.is_empty() => name.trim_end_matches('.').to_owned(),
        Some(host @ (Host::Ipv4(_) | Host::Ipv6(_))) => host.to_string(),
        _ => return Err(unreadable),
    };
    if !matches!(url.scheme(), "https" | "http") {
        return Err(unreadable);
    }
    if !url.username().is_empty() || url.password().is_some() {
        notes.push(note(
            "userinfo-removed",
            "ユーザー名とパスワードを取り除きました。",
            "User name and password were removed.",
        ));
    }
    if url.query().is_some() || url.fragment().is_some() {
        notes.push(note(
            "query-removed",
            "「?」または「#」以降を取り除きました。",
            "The part after ? or # was removed.",
        ));
    }
    // An address bar can show `;jsessionid=...` behind the page.
    let whole_path = url.path();
    let mut path = whole_path.split(';').next().unwrap_or_default();
    for page in PAGES {
        if let Some(start) = path.strip_suffix(page) {
            path = start;
            notes.push(note(
                "page-removed",
                "画面のパス (/common/cmn001.do など) を取り除きました。",
                "The path of a page (such as /common/cmn001.do) was removed.",
            ));
            break;
        }
    }
    let bare = path.trim_end_matches('/');
    if bare != path && path != "/" {
        notes.push(note(
            "slash-removed",
            "末尾の「/」を取り除きました。",
            "The slash at the end was removed.",
        ));
    }
    // `Url::port` leaves out the scheme's own port.
    let port = url
        .port()
        .map(|port| format!(":{port}"))
        .unwrap_or_default();
    Ok(Base {
        url: format!("{}://{host}{port}{bare}", url.scheme()),
        notes,
    })
}

fn starts_with(text: &str, start: &str) -> bool {
    text.get(..start.len())
        .is_some_and(|head| head.eq_ignore_ascii_case(start))
}
