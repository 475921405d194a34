//! Plain HTTP on port 80: challenges, and the way to the real address.
//!
//!     /.well-known/acme-challenge/TOKEN  -> the key authorization, or 404
//!     anything else                      -> 308 to public_url
//!
//! What always holds: the redirect leads to `public_url`, whatever Host the request names.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::http::{Request, Response, StatusCode, Uri, header};
use http_body_util::Full;
use hyper::body::Bytes;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use url::Url;

use super::challenges::Challenges;

const CHALLENGE: &str = "/.well-known/acme-challenge/";
/// Connections at a time; each is one answer.
const MOST_CONNECTIONS: usize = 500;
/// A request and its answer take no longer.
const LONGEST: Duration = Duration::from_secs(15);

/// Serves until the task is dropped.
pub(super) async fn serve(listener: TcpListener, challenges: Arc<Challenges>, public_url: String) {
    let public_url: Arc<str> = public_url.into();
    let places = Arc::new(tokio::sync::Semaphore::new(MOST_CONNECTIONS));
    while let Ok(place) = places.clone().acquire_owned().await {
        let Ok((stream, _)) = listener.accept().await else {
            // Out of file descriptors, say: others may close theirs.
            tokio::time::sleep(Duration::from_millis(200)).await;
            continue;
        };
        let (challenges, public_url) = (challenges.clone(), public_url.clone());
        tokio::spawn(async move {
            let _place = place;
            let service = hyper::service::service_fn(|request: Request<_>| {
                let answer = answer(&challenges, &public_url, &request);
                std::future::ready(Ok::<_, Infallible>(answer))
            });
            let connection = hyper::server::conn::http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(LONGEST)
                .keep_alive(false)
                .serve_connection(TokioIo::new(stream), service);
            let _ = tokio::time::timeout(LONGEST, connection).await;
        });
    }
}

fn answer<B>(
    challenges: &Challenges,
    public_url: &str,
    request: &Request<B>,
) -> Response<Full<Bytes>> {
    let (status, name, value, body) = match request.uri().path().strip_prefix(CHALLENGE) {
        Some(token) => match challenges.answer_http(token) {
            Some(body) => {
                tracing::debug!("the authority fetched the challenge");
                let kind = "application/octet-stream".to_owned();
                (StatusCode::OK, header::CONTENT_TYPE, kind, body)
            }
            None => {
                let kind = "text/plain".to_owned();
                let body = "no such challenge\n".to_owned();
                (StatusCode::NOT_FOUND, header::CONTENT_TYPE, kind, body)
            }
        },
        None => {
            let to = location(public_url, request.uri());
            let empty = String::new();
            (StatusCode::PERMANENT_REDIRECT, header::LOCATION, to, empty)
        }
    };
    Response::builder()
        .status(status)
        .header(name, value)
        .body(Full::new(Bytes::from(body)))
        .unwrap_or_default()
}

/// The same page below `public_url`, where there is one.
fn location(public_url: &str, asked: &Uri) -> String {
    let Ok(base) = Url::parse(public_url) else {
        return public_url.to_owned();
    };
    let path = base.path().trim_end_matches('/');
    let below = asked
        .path()
        .strip_prefix(path)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    let asked = asked.path_and_query().map_or("/", |it| it.as_str());
    if below && asked.starts_with('/') {
        format!("{}{asked}", base.origin().ascii_serialization())
    } else {
        public_url.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(challenges: &Challenges, uri: &str) -> (u16, String) {
        let request = Request::builder().uri(uri).header("host", "evil.example");
        let public_url = "https://mail.example.jp/gsession";
        let answer = answer(challenges, public_url, &request.body(()).unwrap());
        let location = answer.headers().get("location");
        let location = location.map_or("", |value| value.to_str().unwrap());
        (answer.status().as_u16(), location.to_owned())
    }

    #[test]
    fn a_challenge_that_stands_is_answered_and_no_other() {
        let challenges = Arc::new(Challenges::default());
        let _standing = challenges.put_http("token", "token.thumb");
        assert_eq!(asked(&challenges, &format!("{CHALLENGE}token")).0, 200);
        assert_eq!(asked(&challenges, &format!("{CHALLENGE}token/x")).0, 404);
        assert_eq!(asked(&challenges, CHALLENGE).0, 404);
    }

    #[test]
    fn everything_else_leads_to_the_public_address() {
        for (uri, to) in [
            ("/", "https://mail.example.jp/gsession"),
            ("/gsession", "https://mail.example.jp/gsession"),
            ("/gsession/a?b=c", "https://mail.example.jp/gsession/a?b=c"),
            ("/gsessions", "https://mail.example.jp/gsession"),
            ("//evil.example", "https://mail.example.jp/gsession"),
            (
                "http://evil.example/gsession/",
                "https://mail.example.jp/gsession/",
            ),
        ] {
            assert_eq!(
                asked(&Challenges::default(), uri),
                (308, to.to_owned()),
                "{uri}"
            );
        }
    }
}
