//! The tool that there is: it counts, slowly.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::sleep;
use tower_sse::{Channel, Event, PublishError};

use crate::message::{notification, result};

pub(crate) fn about() -> Value {
    let to = json!({ "type": "integer", "minimum": 1, "maximum": 100 });
    json!({
        "name": "count",
        "description": "Counts, two numbers a second, and tells how far it is",
        "inputSchema": { "type": "object", "properties": { "to": to }, "required": ["to"] },
    })
}

/// Counts, whether or not somebody reads it.
pub(crate) async fn run(channel: &Channel, id: &Value, params: &Value) -> Result<(), PublishError> {
    let tell = |message: Value| channel.publish(Event::new(message.to_string()));
    let to = params["arguments"]["to"].as_u64().unwrap_or(0);
    if !(1..=100).contains(&to) {
        tell(result(id, content("`to` must be from 1 to 100", true)))?;
        return Ok(());
    }
    let token = &params["_meta"]["progressToken"];
    for number in 1..=to {
        sleep(Duration::from_millis(500)).await;
        let progress = json!({ "progressToken": token, "progress": number, "total": to });
        if !token.is_null() {
            tell(notification("notifications/progress", progress))?;
        }
    }
    tell(result(id, content(&format!("counted to {to}"), false)))?;
    Ok(())
}

fn content(text: &str, is_error: bool) -> Value {
    json!({ "content": [{ "type": "text", "text": text }], "isError": is_error })
}
