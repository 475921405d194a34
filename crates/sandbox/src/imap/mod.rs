pub(crate) mod mime;
use std::sync::Arc;
use crate::{ProviderKind, world::World};
pub(crate) async fn serve<S>(_: S, _: ProviderKind, _: Arc<World>) -> anyhow::Result<()> { Ok(()) }
