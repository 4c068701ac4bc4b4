//! A health service whose answers are fixed, by the service that is asked for.

use std::sync::Arc;

use bytes::Bytes;
use futures::{
    StreamExt,
    stream::{self, BoxStream},
};
use tokio::sync::Notify;
use tonic::{
    Code, Request, Response, Status,
    metadata::{MetadataMap, MetadataValue},
};
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse, health_server::Health};

/// Waits, in the stream `live`, until a test lets it go on.
#[derive(Default)]
pub(crate) struct Script(pub(crate) Arc<Notify>);

const SERVING: HealthCheckResponse = HealthCheckResponse { status: 1 };
const NOT_SERVING: HealthCheckResponse = HealthCheckResponse { status: 2 };

#[tonic::async_trait]
impl Health for Script {
    type WatchStream = BoxStream<'static, Result<HealthCheckResponse, Status>>;

    async fn check(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<HealthCheckResponse>, Status> {
        match &*request.into_inner().service {
            "" => Ok(with_head(SERVING)),
            _ => Err(failure(Code::NotFound, "kein Dienst für 100%")),
        }
    }

    async fn watch(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<Self::WatchStream>, Status> {
        let stream = match &*request.into_inner().service {
            "" => stream::iter([Ok(SERVING), Ok(NOT_SERVING)]).boxed(),
            "failing" => stream::iter([Ok(SERVING), Err(failure(Code::DataLoss, "lost"))]).boxed(),
            "live" => {
                let live = self.0.clone();
                let second = async move {
                    live.notified().await;
                    Ok(NOT_SERVING)
                };
                stream::iter([Ok(SERVING)])
                    .chain(stream::once(second))
                    .boxed()
            }
            _ => return Err(failure(Code::NotFound, "nothing to watch")),
        };
        Ok(with_head(stream))
    }
}

fn with_head<T>(message: T) -> Response<T> {
    let mut response = Response::new(message);
    let before = MetadataValue::from_static("before");
    response.metadata_mut().insert("x-head", before);
    response
}

fn failure(code: Code, message: &str) -> Status {
    let mut metadata = MetadataMap::new();
    metadata.insert("x-trailer", MetadataValue::from_static("after"));
    Status::with_details_and_metadata(code, message, Bytes::from_static(b"\0\xff"), metadata)
}
