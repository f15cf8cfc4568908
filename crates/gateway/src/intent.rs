//! What a request wants: worked out from host, method and path alone, before anybody asks who sent it.
use std::sync::Arc;

use types::{Action, AppName, FunctionTarget, Method, Resource};

/// Values of the `:name` segments of a path.
pub type PathParams = Vec<(Arc<str>, Arc<str>)>;

/// One control action as called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ControlCall {
    /// The operation's id in the API description.
    pub operation: &'static str,
    pub action: Action,
    pub resource: Resource,
    pub params: PathParams,
    /// Whether it changes anything: such a call is written to the audit log before it starts.
    pub mutates: bool,
}

impl ControlCall {
    /// The value of the path's `:name` segment.
    pub fn param(&self, name: &str) -> Option<&str> {
        self.params.iter().find(|(key, _)| &**key == name).map(|(_, value)| &**value)
    }
}

/// Action and resource of a request.
#[derive(Debug, Clone)]
pub enum Intent {
    /// Call this function.
    Invoke(Arc<FunctionTarget>),
    /// No route of the app leads here. Policy answers it, so that a stranger learns nothing about what exists.
    Unrouted { app: AppName },
    /// The path exists, the method does not; answered like `Unrouted` to a stranger.
    WrongMethod { app: AppName, allowed: Vec<Method> },
    /// A control action.
    Control(ControlCall),
    /// Nothing of the control API is here.
    UnroutedControl,
}

impl Intent {
    pub fn action(&self) -> Action {
        match self {
            Self::Invoke(_) | Self::Unrouted { .. } | Self::WrongMethod { .. } => Action::Invoke,
            Self::Control(call) => call.action,
            Self::UnroutedControl => Action::SelfRead,
        }
    }

    pub fn resource(&self) -> Resource {
        match self {
            Self::Invoke(target) => Resource::Function(target.app.clone(), target.function.clone()),
            Self::Unrouted { app } | Self::WrongMethod { app, .. } => Resource::App(app.clone()),
            Self::Control(call) => call.resource.clone(),
            Self::UnroutedControl => Resource::Platform,
        }
    }

    /// The function, when it is a call of one.
    pub const fn target(&self) -> Option<&Arc<FunctionTarget>> {
        match self {
            Self::Invoke(target) => Some(target),
            _ => None,
        }
    }
}
