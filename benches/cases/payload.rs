//! What both sides send: text that the program holds already, and a value.

use std::sync::LazyLock;

/// Text of 16 bytes.
pub(crate) static TINY: LazyLock<&str> = LazyLock::new(|| "0123456789abcdef");

/// JSON of 200 bytes, which is sent with a name and an id.
pub(crate) static SMALL: LazyLock<&str> = LazyLock::new(|| json(200));

/// JSON of 4 KiB.
pub(crate) static MEDIUM: LazyLock<&str> = LazyLock::new(|| json(4 * 1024));

/// Text of 64 KiB in lines of 80 bytes.
pub(crate) static LARGE: LazyLock<&str> = LazyLock::new(|| {
    let mut text = format!("{:x<79}\n", "line ").repeat(64 * 1024 / 80 + 1);
    text.truncate(64 * 1024);
    text.leak()
});

/// JSON text of a length.
pub(crate) fn json(len: usize) -> &'static str {
    let head = r#"{"symbol":"ACME","price":12.5,"text":""#;
    let tail = "\"}";
    let fill = "x".repeat(len - head.len() - tail.len());
    format!("{head}{fill}{tail}").leak()
}

/// A value whose JSON has 198 bytes.
#[derive(serde::Serialize)]
pub(crate) struct Trade {
    id: u64,
    symbol: &'static str,
    side: &'static str,
    price: f64,
    quantity: u32,
    venue: &'static str,
    buyer: &'static str,
    seller: &'static str,
    flags: [bool; 3],
    note: Option<&'static str>,
}

pub(crate) static TRADE: Trade = Trade {
    id: 1_719_847_200_042,
    symbol: "ACME",
    side: "buy",
    price: 1250.75,
    quantity: 300,
    venue: "XNYS",
    buyer: "Ada Lovelace",
    seller: "Charles Babbage & Sons",
    flags: [true, false, true],
    note: Some("settles tomorrow"),
};
