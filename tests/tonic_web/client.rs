//! tonic's clients of both protocols, as one type.

use std::net::SocketAddr;

use http::{Request, Response};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use tonic::body::Body;
use tonic_health::pb::health_client::HealthClient;
use tonic_web::GrpcWebClientService;
use tower::{ServiceExt, util::BoxCloneService};
use tower_sse::BoxError;

#[derive(Clone, Copy, Debug)]
pub(crate) enum Protocol {
    /// Over HTTP/2 without TLS.
    Grpc,
    /// Over HTTP/1.1.
    GrpcWeb,
}

pub(crate) const PROTOCOLS: [Protocol; 2] = [Protocol::Grpc, Protocol::GrpcWeb];

pub(crate) type Health = HealthClient<BoxCloneService<Request<Body>, Response<Body>, BoxError>>;

pub(crate) fn connect(address: SocketAddr, protocol: Protocol) -> Health {
    let mut builder = Client::builder(TokioExecutor::new());
    let service = match protocol {
        Protocol::Grpc => builder
            .http2_only(true)
            .build_http()
            .map_response(|response| response.map(Body::new))
            .map_err(BoxError::from)
            .boxed_clone(),
        Protocol::GrpcWeb => GrpcWebClientService::new(builder.build_http())
            .map_response(|response| response.map(Body::new))
            .map_err(BoxError::from)
            .boxed_clone(),
    };
    let origin = format!("http://{address}").parse().unwrap();
    HealthClient::with_origin(service, origin)
}
