//! The official clients of OpenAI, unchanged, and the example `llm`.

use crate::{
    client::{Client, node, python},
    curl,
    example::Example,
};

/// What the model says after "leaves" follows from its text.
const STREAMED: &str = r#"
{"delta":{"role":"assistant","content":""},"finish_reason":null}
{"delta":{"content":"the"},"finish_reason":null}
{"delta":{"content":" model"},"finish_reason":null}
{"delta":{"content":" stops"},"finish_reason":null}
{"delta":{"content":" because"},"finish_reason":null}
{"delta":{"content":" nobody"},"finish_reason":null}
{"delta":{},"finish_reason":"length"}
{"usage":{"prompt_tokens":4,"completion_tokens":5,"total_tokens":9}}
"end of stream"
"#;
const WHOLE: &str = r#"
{"text":"the model stops because nobody","finish_reason":"length","usage":{"prompt_tokens":4,"completion_tokens":5,"total_tokens":9}}
"#;

async fn ask(client: fn(&str, &str) -> Client, script: &str) {
    let mut model = Example::start("llm").await;
    let mut client = client(script, &format!("{}/v1", model.address));
    client.expect(STREAMED.lines()).await;
    client.expect(WHOLE.lines()).await;
    model.line("finished after 5 tokens").await;
    model.line("finished after 5 tokens").await;

    client.expect([r#""broken off""#]).await;
    let tokens = model.line("cancelled after ").await;
    let tokens = tokens.strip_suffix(" tokens").unwrap();
    assert!((1..100).contains(&tokens.parse().unwrap()), "{tokens}");
    client.go_on();
    client.expect([r#"{"exit":0}"#]).await;
}

#[ignore = "needs Node and its packages; `tests/all` runs it"]
#[tokio::test]
async fn openai_of_node_streams_and_breaks_off() {
    ask(node, include_str!("ask_openai.mjs")).await;
}

#[ignore = "needs Python and its packages; `tests/all` runs it"]
#[tokio::test]
async fn openai_of_python_streams_and_breaks_off() {
    ask(python, include_str!("ask_openai.py")).await;
}

#[ignore = "needs curl; `tests/all` runs it"]
#[tokio::test]
async fn curl_reads_the_end_that_they_wait_for() {
    const QUESTION: &str = r#"{"model":"toy","messages":[{"role":"user","content":"hello"}],"max_tokens":2,"stream":true}"#;
    let model = Example::start("llm").await;
    let url = format!("{}/v1/chat/completions", model.address);
    let json = "content-type: application/json";
    let curl = curl::start(&["--header", json, "--data", QUESTION, &url]);
    let text = curl::read(curl, 0).await;
    let (_retry, text) = text.split_once('\n').unwrap();
    let events: Vec<_> = text.split_terminator("\n\n").collect();
    let [role, one, two, end, "data: [DONE]"] = events[..] else {
        panic!("{text:?}");
    };
    for chunk in [role, one, two, end] {
        assert!(chunk.starts_with(r#"data: {"choices":[{"#), "{chunk}");
        assert!(chunk.contains(r#""object":"chat.completion.chunk""#));
    }
}
