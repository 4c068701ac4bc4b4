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
    http::Response,
    response::{Html, IntoResponse, Response as AnyResponse},
    routing::{get, post},
};
use futures::{Stream, StreamExt, future, stream};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::mpsc, task::spawn_blocking};
use tokio_stream::wrappers::ReceiverStream;
use tower_sse::{Event, EventStream, SseLayer};

#[tokio::main]
async fn main() -> io::Result<()> {
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
    messages: Vec<Message>,
    max_tokens: Option<usize>,
    max_completion_tokens: Option<usize>,
    stream: Option<bool>,
    stream_options: Option<StreamOptions>,
}

#[derive(Deserialize)]
struct Message {
    /// A text, or a list of parts.
    content: Value,
}

#[derive(Deserialize)]
struct StreamOptions {
    #[serde(default)]
    include_usage: bool,
}

impl Request {
    fn prompt(&self) -> String {
        let text = |message: &Message| match &message.content {
            Value::String(text) => text.clone(),
            parts => parts.to_string(),
        };
        self.messages.iter().map(text).collect::<Vec<_>>().join(" ")
    }

    fn most(&self) -> usize {
        let most = self.max_completion_tokens.or(self.max_tokens);
        most.unwrap_or(60).min(1000)
    }
}

async fn complete(Json(request): Json<Request>) -> AnyResponse {
    let (prompt, most) = (request.prompt(), request.most());
    let answer = Answer::new(&prompt);
    let tokens = generate(prompt, most);
    if !request.stream.unwrap_or(false) {
        let tokens: Vec<_> = tokens.collect().await;
        return Json(answer.whole(&tokens, most)).into_response();
    }
    let options = request.stream_options;
    let include_usage = options.is_some_and(|options| options.include_usage);
    let chunks = answer.chunks(tokens, most, include_usage);
    // Clients of this API wait for this very text.
    let events = EventStream::new(chunks).closing(Event::new("[DONE]"));
    Response::from(events).map(axum::body::Body::new)
}

/// What all parts of one answer have in common.
#[derive(Clone)]
struct Answer {
    id: String,
    created: u64,
    prompt_tokens: usize,
}

#[derive(Serialize)]
struct Usage {
    prompt_tokens: usize,
    completion_tokens: usize,
    total_tokens: usize,
}

impl Answer {
    fn new(prompt: &str) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        Self {
            id: format!("chatcmpl-{:016x}", RandomState::new().hash_one(())),
            created: now.unwrap_or_default().as_secs(),
            prompt_tokens: prompt.split_whitespace().count(),
        }
    }

    fn usage(&self, completion_tokens: usize) -> Usage {
        Usage {
            prompt_tokens: self.prompt_tokens,
            completion_tokens,
            total_tokens: self.prompt_tokens + completion_tokens,
        }
    }

    fn whole(&self, tokens: &[String], most: usize) -> Value {
        json!({
            "id": self.id,
            "object": "chat.completion",
            "created": self.created,
            "model": "toy",
            "choices": [{
                "index": 0,
                "message": { "role": "assistant", "content": tokens.concat() },
                "finish_reason": finish_reason(tokens.len(), most),
            }],
            "usage": self.usage(tokens.len()),
        })
    }

    /// Makes an event of each token, and of what comes before and after them.
    fn chunks(
        self,
        tokens: impl Stream<Item = String>,
        most: usize,
        include_usage: bool,
    ) -> impl Stream<Item = serde_json::Result<Event>> {
        let first = self.chunk(json!({ "role": "assistant", "content": "" }), None);
        let (of_token, of_end) = (self.clone(), self);
        let mut count = 0;
        let ends = tokens.map(Some).chain(stream::iter([None]));
        let rest = ends.flat_map(move |token| {
            count += usize::from(token.is_some());
            let events = match token {
                Some(token) => vec![of_token.chunk(json!({ "content": token }), None)],
                None => of_end.last(count, most, include_usage),
            };
            stream::iter(events)
        });
        stream::once(future::ready(first)).chain(rest)
    }

    fn last(&self, count: usize, most: usize, usage: bool) -> Vec<serde_json::Result<Event>> {
        let end = self.chunk(json!({}), Some(finish_reason(count, most)));
        let usage = usage.then(|| {
            let mut chunk = self.frame(json!([]));
            chunk["usage"] = json!(self.usage(count));
            Event::json(&chunk)
        });
        [end].into_iter().chain(usage).collect()
    }

    fn chunk(&self, delta: Value, finish_reason: Option<&str>) -> serde_json::Result<Event> {
        let choice = json!({ "index": 0, "delta": delta, "finish_reason": finish_reason });
        Event::json(&self.frame(json!([choice])))
    }

    fn frame(&self, choices: Value) -> Value {
        json!({
            "id": self.id,
            "object": "chat.completion.chunk",
            "created": self.created,
            "model": "toy",
            "choices": choices,
        })
    }
}

fn finish_reason(count: usize, most: usize) -> &'static str {
    if count < most { "stop" } else { "length" }
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
    chance: u64,
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
        Self {
            word: prompt
                .split_whitespace()
                .rev()
                .find_map(known)
                .unwrap_or("the"),
            followers,
            // The same prompt has the same answer.
            chance: prompt
                .bytes()
                .fold(1, |sum, byte| sum * 31 % 65_521 + u64::from(byte)),
            said: 0,
        }
    }
}

impl Iterator for Model {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        self.chance = self.chance * 75 % 65_537;
        let followers = self.followers.get(self.word)?;
        self.word = followers[self.chance as usize % followers.len()];
        let space = if self.said > 0 { " " } else { "" };
        self.said += 1;
        Some(format!("{space}{}", self.word))
    }
}
