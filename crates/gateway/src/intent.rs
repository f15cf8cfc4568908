//! What a request wants: worked out from host, method and path alone, before anybody asks who sent it.
use std::sync::Arc;

use types::{Action, AppName, FunctionTarget, Method, Resource};

use crate::Desk;

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

/// One of the sign-in pages as called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignInCall {
    /// The route's name.
    pub name: &'static str,
    pub action: Action,
    /// At which kind of origin.
    pub desk: Desk,
    /// The app whose origin it is, for [`Desk::App`].
    pub app: Option<AppName>,
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
    /// The path is one of the control API, the method is not; answered like `UnroutedControl` to a stranger.
    ControlMethod { allowed: Vec<Method> },
    /// A sign-in page, or its part of an app's origin.
    SignIn(SignInCall),
    /// None of the sign-in pages is here; or one, which is not served by this method but by those that are `allowed`. Which pages
    /// there are is no secret.
    UnroutedSignIn { app: Option<AppName>, allowed: Vec<Method> },
}

impl Intent {
    pub fn action(&self) -> Action {
        match self {
            Self::Invoke(_) | Self::Unrouted { .. } | Self::WrongMethod { .. } => Action::Invoke,
            Self::Control(call) => call.action,
            Self::UnroutedControl | Self::ControlMethod { .. } => Action::SelfRead,
            Self::SignIn(call) => call.action,
            Self::UnroutedSignIn { .. } => Action::SignIn,
        }
    }

    pub fn resource(&self) -> Resource {
        match self {
            Self::Invoke(target) => Resource::Function(target.app.clone(), target.function.clone()),
            Self::Unrouted { app } | Self::WrongMethod { app, .. } => Resource::App(app.clone()),
            Self::Control(call) => call.resource.clone(),
            Self::UnroutedControl | Self::ControlMethod { .. } => Resource::Platform,
            Self::SignIn(SignInCall { app, .. }) | Self::UnroutedSignIn { app, .. } => {
                app.clone().map_or(Resource::Platform, Resource::App)
            }
        }
    }

    /// Whether it is about what an app's own origin serves.
    pub const fn is_of_app(&self) -> bool {
        matches!(self, Self::Invoke(_) | Self::Unrouted { .. } | Self::WrongMethod { .. })
    }

    /// Whether it is about the control API.
    pub const fn is_of_control(&self) -> bool {
        matches!(self, Self::Control(_) | Self::UnroutedControl | Self::ControlMethod { .. })
    }

    /// The function, when it is a call of one.
    pub const fn target(&self) -> Option<&Arc<FunctionTarget>> {
        match self {
            Self::Invoke(target) => Some(target),
            _ => None,
        }
    }
}
