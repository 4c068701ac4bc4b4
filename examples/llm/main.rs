//! A language model behind OpenAI's API: tokens as they are made, and none when nobody reads them.

use std::{
    collections::HashMap,
    env,
    hash::{BuildHasher, RandomState},
    io, thread,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use axum::{
    Json, Router,
    response::{Html, IntoResponse, Response},
    routing::{get, post},
};
use futures::{Stream, StreamExt, stream};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::mpsc, task::spawn_blocking};
use tokio_stream::wrappers::ReceiverStream;
use tower_sse::{Event, EventStream, FinalEvents, SseLayer, SseOptions};

#[tokio::main]
async fn main() -> io::Result<()> {
    // With a limit or a `Shutdown` (see the example `shutdown`), also set `expect_stream`: clients of
    // this API do not name event streams in `Accept`.
    let app = Router::new()
        .route("/", get(async || Html(include_str!("page.html"))))
        .route("/v1/models", get(models))
        .route("/v1/chat/completions", post(complete))
        .layer(SseLayer::new());

    let port = env::var("PORT").unwrap_or_else(|_| "3000".to_owned());
    let listener = TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    let address = listener.local_addr()?;
    println!("listening on http://{address}");
    println!("open it in a browser, or give any OpenAI client the base URL http://{address}/v1");
    axum::serve(listener, app).await
}

async fn models() -> Json<Value> {
    Json(json!({
        "object": "list",
        "data": [{ "id": "toy", "object": "model", "created": 0, "owned_by": "you" }],
    }))
}

#[derive(Deserialize)]
struct Request {
    messages: Vec<Value>,
    max_tokens: Option<usize>,
    max_completion_tokens: Option<usize>,
    stream: Option<bool>,
    #[serde(default)]
    stream_options: Value,
}

impl Request {
    fn prompt(&self) -> String {
        // Each has a text, or a list of parts that have one.
        let texts = self
            .messages
            .iter()
            .flat_map(|message| match &message["content"] {
                Value::Array(parts) => parts
                    .iter()
                    .filter_map(|part| part["text"].as_str())
                    .collect(),
                text => Vec::from_iter(text.as_str()),
            });
        texts.collect::<Vec<_>>().join(" ")
    }

    fn most(&self) -> usize {
        let most = self.max_completion_tokens.or(self.max_tokens);
        most.unwrap_or(60).min(1000)
    }
}

async fn complete(Json(request): Json<Request>) -> Response {
    let (prompt, most) = (request.prompt(), request.most());
    let answer = Answer::new(&prompt, most);
    let tokens = generate(prompt, most);
    if !request.stream.unwrap_or(false) {
        let tokens: Vec<_> = tokens.collect().await;
        return Json(answer.whole(&tokens)).into_response();
    }
    let include_usage = request.stream_options["include_usage"] == true;
    let chunks = answer.chunks(tokens, include_usage);
    // Clients of this API wait for this very text.
    let events = EventStream::json(chunks).final_event(Event::new("[DONE]"));
    // Without an error they take an answer that is cut short for a whole one.
    let error =
        json!({ "error": { "message": "the answer was cut short", "type": "server_error" } });
    let cut = FinalEvents::any(Event::new(error.to_string()));
    (SseOptions::new().final_events(cut), events).into_response()
}

/// What all parts of one answer have in common.
struct Answer {
    id: String,
    created: u64,
    prompt_tokens: usize,
    most: usize,
}

impl Answer {
    fn new(prompt: &str, most: usize) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        Self {
            id: format!("chatcmpl-{:016x}", RandomState::new().hash_one(())),
            created: now.unwrap_or_default().as_secs(),
            prompt_tokens: prompt.split_whitespace().count(),
            most,
        }
    }

    fn whole(&self, tokens: &[String]) -> Value {
        let message = json!({ "role": "assistant", "content": tokens.concat() });
        let reason = self.finish_reason(tokens.len());
        let choice = json!({ "index": 0, "message": message, "finish_reason": reason });
        let mut whole = self.object("chat.completion", json!([choice]));
        whole["usage"] = self.usage(tokens.len());
        whole
    }

    /// Makes a chunk of each token, and of what comes before and after them.
    fn chunks(
        self,
        tokens: impl Stream<Item = String>,
        include_usage: bool,
    ) -> impl Stream<Item = Value> {
        let first = self.chunk(json!({ "role": "assistant", "content": "" }), None);
        let ends = tokens.map(Some).chain(stream::iter([None]));
        let mut count = 0;
        let rest = ends.flat_map(move |token| {
            count += usize::from(token.is_some());
            stream::iter(match token {
                Some(token) => vec![self.chunk(json!({ "content": token }), None)],
                None => self.last(count, include_usage),
            })
        });
        stream::iter([first]).chain(rest)
    }

    fn last(&self, count: usize, include_usage: bool) -> Vec<Value> {
        let mut chunks = vec![self.chunk(json!({}), Some(self.finish_reason(count)))];
        if include_usage {
            let mut usage = self.object("chat.completion.chunk", json!([]));
            usage["usage"] = self.usage(count);
            chunks.push(usage);
        }
        chunks
    }

    fn chunk(&self, delta: Value, finish_reason: Option<&str>) -> Value {
        let choice = json!({ "index": 0, "delta": delta, "finish_reason": finish_reason });
        self.object("chat.completion.chunk", json!([choice]))
    }

    fn object(&self, name: &str, choices: Value) -> Value {
        json!({
            "id": self.id,
            "object": name,
            "created": self.created,
            "model": "toy",
            "choices": choices,
        })
    }

    fn usage(&self, count: usize) -> Value {
        json!({
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": count,
            "total_tokens": self.prompt_tokens + count,
        })
    }

    fn finish_reason(&self, count: usize) -> &'static str {
        if count < self.most { "stop" } else { "length" }
    }
}

/// Runs the model on a thread of its own, as a real one would, until it ends or nobody reads.
fn generate(prompt: String, most: usize) -> impl Stream<Item = String> {
    let (sender, tokens) = mpsc::channel(1);
    spawn_blocking(move || {
        let mut made = 0;
        for token in Model::new(&prompt).take(most) {
            thread::sleep(Duration::from_millis(20));
            if sender.blocking_send(token).is_err() {
                println!("cancelled after {made} tokens");
                return;
            }
            made += 1;
        }
        println!("finished after {made} tokens");
    });
    ReceiverStream::new(tokens)
}

/// Says, after each word, one that has followed it in the text.
struct Model {
    followers: HashMap<&'static str, Vec<&'static str>>,
    word: &'static str,
    random: u64,
    said: usize,
}

impl Model {
    fn new(prompt: &str) -> Self {
        let words: Vec<_> = include_str!("text.txt").split_whitespace().collect();
        let mut followers: HashMap<_, Vec<_>> = HashMap::new();
        for pair in words.windows(2) {
            followers.entry(pair[0]).or_default().push(pair[1]);
        }
        let known = |word: &str| words.iter().copied().find(|known| *known == word);
        let word = prompt.split_whitespace().rev().find_map(known);
        // The same prompt has the same answer.
        let mix = |sum, byte| sum * 31 % 65_521 + u64::from(byte);
        Self {
            followers,
            word: word.unwrap_or("the"),
            random: prompt.bytes().fold(1, mix),
            said: 0,
        }
    }
}

impl Iterator for Model {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        self.random = self.random * 75 % 65_537;
        let followers = self.followers.get(self.word)?;
        self.word = followers[self.random as usize % followers.len()];
        let space = if self.said > 0 { " " } else { "" };
        self.said += 1;
        Some(format!("{space}{}", self.word))
    }
}
