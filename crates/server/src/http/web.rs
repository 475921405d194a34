//! The web app, built into the program. Its base is known at run time: the one `<base href>` is filled in.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use rust_embed::{Embed, EmbeddedFile};

use super::Web;
use super::problem::Problem;

#[derive(Embed)]
#[folder = "../../web/dist/"]
#[allow_missing = true]
struct Dist;

/// Scripts and styles are ours alone; mail comes into a frame that has a stricter policy of its own.
const POLICY: &str = "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob: https: http:; \
                      connect-src 'self'; frame-src 'self' blob:; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'";

/// A file of the web app, or its page for every address that is none.
pub async fn asset(State(web): State<Web>, uri: Uri, headers: HeaderMap) -> Response {
    let path = uri.path().trim_start_matches('/');
    if path.starts_with("api/") || path.starts_with("jmap/") || path.starts_with("common/") {
        return Problem::not_found().into_response();
    }
    match Dist::get(path) {
        Some(file) if path != "index.html" => serve(path, &file, &headers),
        _ if path.starts_with("assets/") => {
            (StatusCode::NOT_FOUND, "no such file\n").into_response()
        }
        _ => page(&web),
    }
}

/// The page itself.
pub async fn index(State(web): State<Web>) -> Response {
    page(&web)
}

fn page(web: &Web) -> Response {
    let Some(file) = Dist::get("index.html") else {
        let text =
            "The web app is not built into this program. Run `make web`, then build again.\n";
        return (StatusCode::NOT_FOUND, text).into_response();
    };
    let html = String::from_utf8_lossy(&file.data).replacen(
        "<base href=\"/\">",
        &format!("<base href=\"{}/\">", web.base_path()),
        1,
    );
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    (headers, html).into_response()
}

fn serve(path: &str, file: &EmbeddedFile, headers: &HeaderMap) -> Response {
    let etag = format!("\"{}\"", store::base32(&file.metadata.sha256_hash()[..16]));
    // Names of built files hold a hash of their content.
    let caching = if path.starts_with("assets/") {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    if headers
        .get(header::IF_NONE_MATCH)
        .is_some_and(|shown| shown == etag.as_str())
    {
        return (StatusCode::NOT_MODIFIED, [(header::ETAG, etag)]).into_response();
    }
    let kind = file.metadata.mimetype().to_owned();
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::ETAG, etag),
        (header::CACHE_CONTROL, caching.to_owned()),
    ];
    (headers, file.data.clone().into_owned()).into_response()
}
