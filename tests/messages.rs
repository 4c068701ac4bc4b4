//! What the compiler says where a program is nearly right.

use std::{env, fs, path::Path, process::Command};

/// A line that does not compile, and what the compiler says of it.
const CASES: [(&str, &[&str]); 10] = [
    (
        r#"Event::new("").name("tick");"#,
        &[
            "`&str` is not an `EventName`: names are validated",
            r#"`EventName::from_static("tick")`"#,
            "`EventName::try_from(text)?`",
        ],
    ),
    (
        r#"Event::new("").name(text());"#,
        &[
            "`String` is not an `EventName`: names are validated",
            "`EventName::try_from(text)?`",
        ],
    ),
    (
        r#"Event::new("").id("1");"#,
        &[
            "`&str` is not an `EventId`: ids are validated",
            r#"`EventId::from_static("1")`, or the integer as it is"#,
            "`EventId::try_from(text)?`",
        ],
    ),
    (
        r#"Event::checkpoint(text());"#,
        &[
            "`String` is not an `EventId`: ids are validated",
            "`EventId::try_from(text)?`",
        ],
    ),
    (
        "numbers().publish(Number(1));",
        &["`Number` cannot be published", "wrap it in `Json`"],
    ),
    (
        "numbers().publish_all([Number(2)]);",
        &["`Number` cannot be published", "wrap it in `Json`"],
    ),
    (
        r#"events().publish("text");"#,
        &["`&str` cannot be published", "`Event::new(text)`"],
    ),
    (
        "state().update(|_| Number(4));",
        &["expected `Json<Number>`, found `Number`"],
    ),
    (
        "EncodedEvent::new(&Number(5));",
        &[
            "`Number` cannot be sent as an event",
            "`Json(value)`",
            "implement `tower_sse::EncodeEvent` for `Number`",
        ],
    ),
    (
        "EventStream::new(iter([Number(6)]));",
        &[
            "`Number` cannot be an item of an event stream",
            "`Json(value)`",
        ],
    ),
];

const MANIFEST: &str = r#"
[package]
name = "messages"
version = "0.0.0"
edition = "2024"

[dependencies]
futures-util = { version = "0.3", default-features = false }
serde = { version = "1", features = ["derive"] }
tower-sse = { path = "PATH", features = ["channel", "json"] }

[workspace]
"#;

/// It is checked and never run, so its functions need no bodies.
const START: &str = r#"
use futures_util::stream::iter;
use tower_sse::*;

#[derive(serde::Serialize)]
struct Number(u8);

fn text() -> String { todo!() }
fn numbers() -> Channel<Json<Number>> { todo!() }
fn events() -> Channel { todo!() }
fn state() -> StateChannel<u8, Json<Number>> { todo!() }

fn main() {
"#;

#[test]
#[ignore = "builds a crate; `tests/all` runs it"]
fn say_what_to_write() {
    let crate_path = env!("CARGO_MANIFEST_DIR");
    let scratch = Path::new(env!("CARGO_TARGET_TMPDIR")).join("messages");
    fs::create_dir_all(scratch.join("src")).unwrap();
    let manifest = MANIFEST.replace("PATH", crate_path);
    fs::write(scratch.join("Cargo.toml"), manifest).unwrap();
    // The versions that are here already.
    let lock = Path::new(crate_path).join("Cargo.lock");
    fs::copy(lock, scratch.join("Cargo.lock")).unwrap();
    let lines: Vec<_> = CASES
        .iter()
        .map(|(line, _)| format!("    {line}\n"))
        .collect();
    let main = format!("{START}{}}}\n", lines.concat());
    fs::write(scratch.join("src/main.rs"), main).unwrap();

    let cargo = env::var_os("CARGO").unwrap_or("cargo".into());
    let output = Command::new(cargo)
        .args(["check", "--offline", "--color", "never"])
        .current_dir(&scratch)
        .env("CARGO_TARGET_DIR", scratch.join("target"))
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success());
    for (line, phrases) in CASES {
        let of_line: Vec<_> = said
            .split("\nerror")
            .filter(|it| it.contains(line))
            .collect();
        let of_line = of_line.concat();
        for phrase in phrases {
            assert!(of_line.contains(phrase), "{line} {phrase}\n{of_line}");
        }
    }
}
