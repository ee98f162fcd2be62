use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::{Response, header::HeaderValue};

use super::{Place, place, watch};
use crate::proxy::body::{self, Body};

const TAG: &str = "<script src=\"/w.js\"></script>";

fn page(kind: &'static str, text: &'static str) -> Response<Body> {
    let mut response = Response::new(body::whole(Full::new(Bytes::from_static(text.as_bytes()))));
    response.headers_mut().insert("content-type", HeaderValue::from_static(kind));
    response.headers_mut().insert("content-length", text.len().into());
    response
}

async fn watched(response: Response<Body>) -> (Option<u64>, String) {
    let response = watch(response, TAG).await.unwrap();
    let length =
        response.headers().get("content-length").map(|length| length.to_str().unwrap().parse().unwrap());
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (length, String::from_utf8_lossy(&body).into_owned())
}

#[tokio::test]
async fn the_script_comes_first_in_the_head() {
    for (text, expected) in [
        ("<!doctype html><html><head><title>x</title>", "<!doctype html><html><head>{}<title>x</title>"),
        (
            "<!DOCTYPE HTML>\n<HTML lang=en>\n<HEAD\n>x and more",
            "<!DOCTYPE HTML>\n<HTML lang=en>\n<HEAD\n>{}x and more",
        ),
        (
            "<html data-x='a>b'><head data-y=\"<head>\"><meta>",
            "<html data-x='a>b'><head data-y=\"<head>\">{}<meta>",
        ),
        ("<!-- <head> --><html><head><meta charset=x>", "<!-- <head> --><html><head>{}<meta charset=x>"),
        ("<html><header>no head here</header>", "<html>{}<header>no head here</header>"),
        ("<p>Hello, this is all", "{}<p>Hello, this is all"),
        ("just text, no tag", "{}just text, no tag"),
        ("<p>x", "<p>x{}"),
        ("", "{}"),
        ("\u{feff}<!doctype html><p>marked", "\u{feff}<!doctype html>{}<p>marked"),
    ] {
        let (length, found) = watched(page("text/html; charset=utf-8", text)).await;
        assert_eq!(found, expected.replace("{}", TAG), "{text}");
        assert_eq!(length, Some(found.len() as u64), "{text}");
    }
}

#[tokio::test]
async fn what_is_no_page_is_left_alone() {
    for kind in ["application/json", "text/html2", "text/plain", "text/html; charset=UTF-16"] {
        assert_eq!(
            watched(page(kind, "<html><head></head></html>")).await.1,
            "<html><head></head></html>",
            "{kind}"
        );
    }
    let mut packed = page("text/html", "<html><head></head></html>");
    packed.headers_mut().insert("content-encoding", HeaderValue::from_static("gzip"));
    assert_eq!(watched(packed).await.1, "<html><head></head></html>");
    for text in ["<\0h\0t\0m\0l\0>\0 \0", "\u{0}<html><head>"] {
        let (length, found) = watched(page("text/html", text)).await;
        assert_eq!((length, found.as_str()), (Some(text.len() as u64), text));
    }
    let mut part = page("text/html", "<html><head></head></html>");
    *part.status_mut() = hyper::StatusCode::PARTIAL_CONTENT;
    assert_eq!(watched(part).await.1, "<html><head></head></html>");
}

/// A beginning without an end is not gathered for ever.
#[tokio::test]
async fn endless_comment_streams_on() {
    let text: &'static str = Box::leak(format!("<!--{}", "x".repeat(3 << 20)).into_boxed_str());
    let (length, found) = watched(page("text/html", text)).await;
    assert_eq!((length, found.len()), (Some(text.len() as u64), text.len()));
}

#[test]
fn a_page_is_judged_when_enough_of_it_is_there() {
    let text = b"<!doctype html><html><head><title>";
    for cut in 0.."<!doctype html><html><head>".len() {
        assert_eq!(place(&text[..cut]), Place::Unknown, "{cut}");
    }
    assert_eq!(place(text), Place::At("<!doctype html><html><head>".len()));
}
