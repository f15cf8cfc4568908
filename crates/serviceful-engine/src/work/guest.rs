//! What stands behind one instance: its handles, its budget, its call. Made for one request and dropped with it.
use std::sync::Arc;

use http::{HeaderName, Request, Response};
use wasmtime::component::ResourceTable;
use wasmtime_wasi::{WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};
use wasmtime_wasi_http::{
    DEFAULT_FORBIDDEN_HEADERS, Error, ForbiddenHeaderFilter, RequestOptions, WasiBody, WasiHttpCtx, WasiHttpCtxView,
    WasiHttpHooks, WasiHttpView,
};
use wire::{CHUNK_BYTES_MAX, work::LogStream};

use super::{call::Call, limiter::Limiter, logs::Pipe};

/// Most random bytes that one call into the host gives.
pub(super) const RANDOM_BYTES_MAX: u64 = 1 << 20;
/// The HTTP library counts 72 bytes a field on top of name and value, where `header_bytes` counts 32: at most 2.3 times as much,
/// for a field of one letter. A guest must be able to reach `header_bytes`, so that the limit can be named, and not much more.
const FIELD_OVERHEAD: usize = 3;

/// The store's data.
pub(crate) struct Guest {
    pub(crate) call: Arc<Call>,
    pub(crate) table: ResourceTable,
    pub(crate) limiter: Limiter,
    /// Set once the instance is made: an initialiser runs for nobody.
    pub(crate) in_request: bool,
    http: WasiHttpCtx,
    hooks: Hooks,
    /// Clocks, randomness, output. Made when first asked for: many requests never do.
    wasi: Option<Wasi>,
}

struct Wasi {
    context: WasiCtx,
    stdout: Pipe,
    stderr: Pipe,
}

impl Guest {
    pub(crate) fn new(call: Arc<Call>) -> Self {
        let mut table = ResourceTable::new();
        table.set_max_capacity(usize::try_from(call.limits.resources).unwrap_or(usize::MAX));
        let mut http = WasiHttpCtx::new();
        http.set_field_size_limit(
            usize::try_from(call.limits.header_bytes).unwrap_or(usize::MAX).saturating_mul(FIELD_OVERHEAD),
        );
        let (limiter, hooks) = (Limiter::new(call.clone()), Hooks { call: call.clone() });
        Self { call, table, limiter, in_request: false, http, hooks, wasi: None }
    }

    fn wasi(&mut self) -> (&mut WasiCtx, &mut ResourceTable) {
        let call = &self.call;
        let wasi = self.wasi.get_or_insert_with(|| Wasi::new(call));
        (&mut wasi.context, &mut self.table)
    }
}

impl Drop for Guest {
    /// However the guest ended: what it wrote without a line end is sent, and its peak is remembered.
    fn drop(&mut self) {
        if let Some(wasi) = &self.wasi {
            wasi.stdout.finish();
            wasi.stderr.finish();
        }
        self.call.set_memory_peak(self.limiter.memory_peak());
    }
}

impl Wasi {
    /// No arguments, variables, files, input or network. Both random generators and the seed that guests hash with are
    /// fresh ones: the builder draws them from the system for each context.
    fn new(call: &Arc<Call>) -> Self {
        let stdout = Pipe::new(call.clone(), LogStream::Stdout);
        let stderr = Pipe::new(call.clone(), LogStream::Stderr);
        let context = WasiCtxBuilder::new()
            .stdout(stdout.clone())
            .stderr(stderr.clone())
            .max_random_size(RANDOM_BYTES_MAX)
            .allow_tcp(false)
            .allow_udp(false)
            .allow_ip_name_lookup(false)
            .build();
        Self { context, stdout, stderr }
    }
}

impl WasiView for Guest {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        let (ctx, table) = self.wasi();
        WasiCtxView { ctx, table }
    }
}

impl WasiHttpView for Guest {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView { hooks: &mut self.hooks, table: &mut self.table, ctx: &mut self.http }
    }
}

/// What the HTTP library asks the host.
struct Hooks {
    call: Arc<Call>,
}

/// Names that belong to the platform, whatever follows.
const RESERVED: &str = "sf-";

pub(super) fn is_forbidden(name: &HeaderName) -> bool {
    DEFAULT_FORBIDDEN_HEADERS.contains(name) || name.as_str().starts_with(RESERVED)
}

type Sending = Box<
    dyn Future<Output = Result<(Response<WasiBody>, Box<dyn Future<Output = Result<(), Error>> + Send>), Error>> + Send,
>;

impl WasiHttpHooks for Hooks {
    fn is_forbidden_header(&mut self, name: &HeaderName) -> bool {
        is_forbidden(name)
    }

    // SECURITY: trailers are filtered by this one and headers by the one above; they must say the same
    // (GHSA-jxcf-8qw5-5c33).
    fn forbidden_header_filter(&mut self) -> ForbiddenHeaderFilter {
        Arc::new(is_forbidden)
    }

    // NOT HERE: outgoing requests. They will go through `egress`; until a grant says so, each is refused.
    fn send_request(
        &mut self,
        request: Request<WasiBody>,
        _: Option<RequestOptions>,
        _: Box<dyn Future<Output = Result<(), Error>> + Send>,
    ) -> Sending {
        self.call.deny("outgoing-http", &format!("{} {}", request.method(), request.uri()));
        Box::new(std::future::ready(Err(Error::HttpRequestDenied)))
    }

    fn p2_outgoing_body_chunk_size(&mut self) -> usize {
        CHUNK_BYTES_MAX
    }

    fn p3_outgoing_body_chunk_size(&mut self) -> usize {
        CHUNK_BYTES_MAX
    }
}
