use std::sync::Arc;
use crate::{ProviderKind, world::World};
pub(crate) async fn serve<S>(_: S, _: ProviderKind, _: Arc<World>) -> anyhow::Result<()> { Ok(()) }
pub(crate) async fn serve_starttls<S>(_: S, _: ProviderKind, _: Arc<World>, _: tokio_rustls::TlsAcceptor) -> anyhow::Result<()> { Ok(()) }
