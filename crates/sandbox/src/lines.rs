//! Connections to the token endpoints, numbered, with the time at which each ended.
//!
//! A client that is killed after its answer went out cannot have kept it: the end of its line is all that the
//! sandbox sees of that.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

use crate::world::World;

/// A listener that numbers what it accepts.
pub(crate) struct Lines {
    pub(crate) listener: TcpListener,
    pub(crate) world: Arc<World>,
}

/// The number of a connection, over all listeners of the process.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LineId(pub(crate) u64);

/// One connection; its end is noted when it is dropped.
pub(crate) struct Line {
    stream: TcpStream,
    id: u64,
    world: Arc<World>,
}

impl Listener for Lines {
    type Io = Line;
    type Addr = LineId;

    async fn accept(&mut self) -> (Line, LineId) {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let (stream, _) = Listener::accept(&mut self.listener).await;
        let _ = stream.set_nodelay(true);
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        let world = Arc::clone(&self.world);
        (Line { stream, id, world }, LineId(id))
    }

    fn local_addr(&self) -> io::Result<LineId> {
        Ok(LineId(0))
    }
}

impl Connected<IncomingStream<'_, Lines>> for LineId {
    fn connect_info(stream: IncomingStream<'_, Lines>) -> Self {
        *stream.remote_addr()
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        let ended_ms = self.world.uptime_ms();
        self.world.books().lines.insert(self.id, ended_ms);
    }
}

impl AsyncRead for Line {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Line {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
