//! Makes a component that answers HTTP out of a core module.

use anyhow::Result;
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// Of wasi:http only the two resources whose handles the handler is given; a component may name less than there is.
const WORLD: &str = "
package hostile:guest;
package wasi:http@0.2.0 {
  interface types { resource incoming-request; resource response-outparam; }
  interface incoming-handler {
    use types.{incoming-request, response-outparam};
    handle: func(request: incoming-request, response-out: response-outparam);
  }
}
world function { export wasi:http/incoming-handler@0.2.0; }
";

/// The name under which the module exports its handler, `(param i32 i32)`.
pub(crate) const HANDLER: &str = "wasi:http/incoming-handler@0.2.0#handle";

/// Wraps `module`, which exports [`HANDLER`], into a component of wasi:http 0.2.
pub(crate) fn answering_http(mut module: Vec<u8>) -> Result<Vec<u8>> {
    let mut resolve = Resolve::default();
    let package = resolve.push_str("hostile.wit", WORLD)?;
    let world = resolve.select_world(&[package], Some("function"))?;
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8)?;
    // Unvalidated, because some are meant to be invalid.
    ComponentEncoder::default().validate(false).module(&module)?.encode()
}
