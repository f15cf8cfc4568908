//! `invoke`: a call of a function as oneself, with a token that lives for minutes and counts for that app alone.
use std::io::Read;

use bytes::Bytes;
use clap::Args;
use client::{Address, Outgoing};
use control_api::CreateCallToken;
use http::{HeaderName, HeaderValue, Method, header};
use serde_json::json;
use types::{AppName, Secret};

use super::{
    desk::Desk,
    failure::{Exit, Failure, exit_of},
};

/// Largest body that is sent or, with `--json`, shown; in bytes.
const BODY_BYTES_MAX: usize = 64 * 1_048_576;

/// Arguments of `invoke`.
#[derive(Debug, Args)]
pub(crate) struct InvokeArgs {
    app: AppName,
    /// Path and query
    #[arg(default_value = "/")]
    path: String,
    /// Method [default: GET, or POST with a body]
    #[arg(short = 'X', long, value_name = "METHOD")]
    method: Option<String>,
    /// Body: text, `@file`, or `@-` for standard input
    #[arg(short, long, value_name = "BODY")]
    data: Option<String>,
    /// A header field, such as 'content-type: application/json'
    #[arg(short = 'H', long = "header", value_name = "FIELD")]
    headers: Vec<String>,
    /// Show status and header fields too (on standard error)
    #[arg(short, long)]
    include: bool,
    /// Call as a stranger, without any token
    #[arg(long)]
    anonymous: bool,
}

pub(super) async fn run(desk: &Desk, args: InvokeArgs) -> Result<Exit, Failure> {
    let mut call = outgoing(&args)?;
    let client = desk.client()?;
    let url = if args.anonymous {
        client.app(&args.app).await?.summary.url
    } else {
        let made = client.create_call_token(&CreateCallToken { app: args.app.clone(), life_s: None }).await?;
        call.credential = Some(Secret::new(made.secret));
        made.url
    };
    let address: Address = url.parse().map_err(|e: client::AddressError| Failure::new(e.to_string()))?;
    let mut answer = call.send(&address).await?;
    let status = answer.status;
    if desk.out.json {
        let fields: Vec<_> = answer
            .headers
            .iter()
            .map(|(name, value)| [name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()])
            .collect();
        let body = answer.bytes(BODY_BYTES_MAX).await?;
        let body = String::from_utf8_lossy(&body);
        desk.out.value(&json!({ "status": status.as_u16(), "headers": fields, "body": body }))?;
    } else {
        if args.include {
            desk.out.note(&status.to_string());
            for (name, value) in &answer.headers {
                desk.out.note(&format!("{name}: {}", super::text::plain(&String::from_utf8_lossy(value.as_bytes()))));
            }
        }
        while let Some(piece) = answer.piece().await? {
            desk.out.foreign(&piece)?;
        }
        if !status.is_success() && !args.include {
            desk.out.note(&format!("status {status}"));
        }
    }
    Ok(if status.is_client_error() || status.is_server_error() { exit_of(status.as_u16()) } else { Exit::Done })
}

fn outgoing(args: &InvokeArgs) -> Result<Outgoing, Failure> {
    let word = args.method.as_deref().unwrap_or(if args.data.is_some() { "POST" } else { "GET" });
    let method =
        Method::from_bytes(word.as_bytes()).map_err(|_| Failure::usage(format!("`{word}` is not a method")))?;
    if !args.path.starts_with('/') {
        return Err(Failure::usage(format!("the path `{}` must start with `/`", args.path)));
    }
    let mut call = Outgoing::new(method, args.path.clone());
    for field in &args.headers {
        call.headers.push(header_field(field)?);
    }
    if let Some(data) = &args.data {
        call.body = body(data)?;
    }
    Ok(call)
}

fn header_field(field: &str) -> Result<(HeaderName, HeaderValue), Failure> {
    let refuse = || Failure::usage(format!("`{field}` is not a header field; write `name: value`"));
    let (name, value) = field.split_once(':').ok_or_else(refuse)?;
    let name: HeaderName = name.trim().parse().map_err(|_| refuse())?;
    let value = HeaderValue::from_str(value.trim()).map_err(|_| refuse())?;
    if [header::HOST, header::CONTENT_LENGTH, header::TRANSFER_ENCODING, header::CONNECTION].contains(&name) {
        return Err(Failure::usage(format!("`{name}` is set by this command itself")));
    }
    if name == header::AUTHORIZATION {
        return Err(Failure::usage("`authorization` is set by this command itself")
            .next("use `--anonymous`, or curl with a token of your own"));
    }
    Ok((name, value))
}

fn body(data: &str) -> Result<Bytes, Failure> {
    let Some(file) = data.strip_prefix('@') else { return Ok(data.to_owned().into()) };
    let mut bytes = Vec::new();
    let max = BODY_BYTES_MAX as u64 + 1;
    let read = if file == "-" {
        std::io::stdin().lock().take(max).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(file).and_then(|opened| opened.take(max).read_to_end(&mut bytes))
    };
    read.map_err(|e| Failure::file("read", std::path::Path::new(file), &e))?;
    if bytes.len() > BODY_BYTES_MAX {
        return Err(Failure::usage(format!("`{file}` is larger than {BODY_BYTES_MAX} bytes")));
    }
    Ok(bytes.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_fields_are_checked() {
        let (name, value) = header_field("Content-Type:  application/json ").expect("a field");
        assert_eq!((name.as_str(), value.to_str().expect("text")), ("content-type", "application/json"));
        for bad in ["x", "a b: c", "x: a\nb", "Host: evil", "Authorization: Bearer x", ": y", "content-length: 5"] {
            assert!(header_field(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn bodies_come_from_text_or_file() {
        assert_eq!(body("hello").expect("text"), "hello");
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), "from a file").expect("written");
        assert_eq!(body(&format!("@{}", file.path().display())).expect("a file"), "from a file");
        assert!(body("@/no/such/file").is_err());
    }
}
