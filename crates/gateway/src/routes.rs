//! Host, method and path -> what is meant. One table for apps and for the control API, replaced whole at each release.
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use arc_swap::ArcSwap;
use types::{Action, AppName, FunctionTarget, Method, Resource, RoutePattern};

use crate::{Admitted, ControlCall, Intent, PathParams, Refusal, SignInCall};

/// The names that the platform answers under. They come from configuration, never from a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    /// `http` or `https`.
    pub scheme: &'static str,
    /// Apps answer at `<app>.<apps_domain>`.
    pub apps_domain: String,
    /// Host of the console and the control API.
    pub console: String,
    /// Host of the sign-in pages.
    pub id: String,
    /// The port people type, when it is not the scheme's own.
    pub port: Option<u16>,
}

impl Names {
    /// `http://coffee.localhost:8080`, without a final slash.
    pub fn app_url(&self, app: &AppName) -> String {
        self.url(&format!("{app}.{}", self.apps_domain))
    }

    /// `http://console.localhost:8080`, without a final slash.
    pub fn console_url(&self) -> String {
        self.url(&self.console)
    }

    /// `http://id.localhost:8080`, without a final slash.
    pub fn id_url(&self) -> String {
        self.url(&self.id)
    }

    /// The app with exactly this origin, as [`Names::app_url`] spells it; it may not be deployed.
    pub fn app_at(&self, url: &str) -> Option<AppName> {
        let (_, rest) = url.split_once("://")?;
        let host = rest.split_once(':').map_or(rest, |(host, _)| host);
        self.app_of(host).filter(|app| self.app_url(app) == url)
    }

    fn url(&self, host: &str) -> String {
        match self.port {
            Some(port) => format!("{}://{host}:{port}", self.scheme),
            None => format!("{}://{host}", self.scheme),
        }
    }

    /// The app that this host (lower case, without port) is the origin of. It may not be deployed.
    pub fn app_of(&self, host: &str) -> Option<AppName> {
        let label = host.strip_suffix(&self.apps_domain)?.strip_suffix('.')?;
        AppName::parse(label).ok()
    }
}

/// One row of the control API, from `control-api`.
#[derive(Debug, Clone)]
pub struct ControlRoute {
    pub operation: &'static str,
    /// Method and path, such as `GET /api/v1/apps/:app`.
    pub pattern: RoutePattern,
    pub action: Action,
    /// `true`: the resource is the app named by the `:app` segment. `false`: the platform.
    pub of_app: bool,
    pub mutates: bool,
    /// Answered on app origins too (such as an app's identity metadata); then the resource is that app.
    pub on_apps: bool,
}

/// Where a route of the sign-in pages answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Desk {
    /// The sign-in origin.
    Id,
    /// The origin of every app, below [`RESERVED_PATH`].
    App,
    /// The console's origin.
    Console,
}

/// What begins like this at an app's origin is the platform's. No function can have it.
pub const RESERVED_PATH: &str = "/.sf/";

/// One row of the sign-in pages, from `sign-in`.
#[derive(Debug, Clone)]
pub struct SignInRoute {
    /// The route's name, for the workroom.
    pub name: &'static str,
    pub pattern: RoutePattern,
    pub action: Action,
    pub desk: Desk,
}

/// Two routes of an app that cannot be told apart.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("route `{route}` clashes with an earlier route of the app")]
pub struct RouteConflict {
    pub route: RoutePattern,
}

/// What stands at one path: one entry a method, or one for all.
#[derive(Debug, Clone)]
struct Methods<T> {
    one: Vec<(Method, T)>,
    any: Option<T>,
}

impl<T: Clone> Methods<T> {
    const fn new() -> Self {
        Self { one: Vec::new(), any: None }
    }

    fn add(&mut self, method: Option<Method>, value: T) -> bool {
        match method {
            None if self.any.is_none() => self.any = Some(value),
            Some(method) if !self.one.iter().any(|(m, _)| *m == method) => self.one.push((method, value)),
            _ => return false,
        }
        true
    }

    fn find(&self, method: Method) -> Option<&T> {
        let exact = |wanted: Method| self.one.iter().find(|(m, _)| *m == wanted).map(|(_, v)| v);
        exact(method)
            // HEAD is GET without a body (RFC 9110 section 9.3.2).
            .or_else(|| if method == Method::Head { exact(Method::Get) } else { None })
            .or(self.any.as_ref())
    }

    fn allowed(&self) -> Vec<Method> {
        let mut methods: Vec<_> = self.one.iter().map(|(m, _)| *m).collect();
        if methods.contains(&Method::Get) && !methods.contains(&Method::Head) {
            methods.push(Method::Head);
        }
        methods
    }
}

/// A path matcher; the syntax of `RoutePattern` turned into matchit's.
#[derive(Clone)]
struct Paths<T> {
    router: matchit::Router<usize>,
    methods: Vec<(String, Methods<T>)>,
}

impl<T: Clone> Paths<T> {
    fn new() -> Self {
        Self { router: matchit::Router::new(), methods: Vec::new() }
    }

    fn add(&mut self, route: &RoutePattern, value: T) -> Result<(), RouteConflict> {
        let conflict = || RouteConflict { route: route.clone() };
        for path in spellings(route.path()) {
            let index = match self.methods.iter().position(|(known, _)| *known == path) {
                Some(index) => index,
                None => {
                    let index = self.methods.len();
                    self.router.insert(path.clone(), index).map_err(|_| conflict())?;
                    self.methods.push((path, Methods::new()));
                    index
                }
            };
            let slot = self.methods.get_mut(index).ok_or_else(conflict)?;
            if !slot.1.add(route.method(), value.clone()) {
                return Err(conflict());
            }
        }
        Ok(())
    }

    fn at(&self, path: &str) -> Option<(&Methods<T>, PathParams)> {
        let found = self.router.at(path).ok()?;
        let (_, methods) = self.methods.get(*found.value)?;
        let params = found.params.iter().map(|(k, v)| (Arc::from(k), Arc::from(v))).collect();
        Some((methods, params))
    }
}

/// `/a/:b` -> `/a/{b}`; `/a/*` -> `/a`, `/a/` and `/a/{*rest}`.
fn spellings(path: &str) -> Vec<String> {
    let segments: Vec<String> = path
        .split('/')
        .map(|s| s.strip_prefix(':').map_or_else(|| s.to_owned(), |name| format!("{{{name}}}")))
        .collect();
    let joined = segments.join("/");
    match joined.strip_suffix("/*") {
        None => vec![joined],
        Some("") => vec!["/".into(), "/{*rest}".into()],
        Some(folder) => vec![folder.to_owned(), format!("{folder}/"), format!("{folder}/{{*rest}}")],
    }
}

/// One app as the router sees it.
pub struct AppRoutes {
    paths: Paths<Arc<FunctionTarget>>,
}

impl AppRoutes {
    pub fn new(functions: &[Arc<FunctionTarget>]) -> Result<Self, RouteConflict> {
        let mut paths = Paths::new();
        for function in functions {
            paths.add(&function.route, function.clone())?;
        }
        Ok(Self { paths })
    }

    /// The function that answers there, if one does.
    pub fn find(&self, method: Method, path: &str) -> Option<&Arc<FunctionTarget>> {
        self.paths.router.at(path).ok().and_then(|found| self.paths.methods.get(*found.value))?.1.find(method)
    }
}

#[derive(Clone, Copy)]
struct ControlRow {
    operation: &'static str,
    action: Action,
    of_app: bool,
    mutates: bool,
    on_apps: bool,
}

#[derive(Clone, Copy)]
struct SignInRow {
    name: &'static str,
    action: Action,
}

/// The routes of the sign-in pages, a table for each kind of origin.
struct Desks {
    id: Paths<SignInRow>,
    app: Paths<SignInRow>,
    console: Paths<SignInRow>,
}

/// The routing table. Reading takes no lock.
pub struct Routes {
    names: Names,
    desks: Desks,
    control: Paths<ControlRow>,
    apps: ArcSwap<HashMap<AppName, Arc<AppRoutes>>>,
    /// How many deployments of each app are being made ready. Asked only of apps that have none yet.
    under_way: Mutex<HashMap<AppName, usize>>,
}

impl Routes {
    /// A table with the control API and no apps.
    pub fn new(names: Names, control: &[ControlRoute]) -> Result<Self, RouteConflict> {
        let mut paths = Paths::new();
        for row in control {
            let ControlRoute { operation, action, of_app, mutates, on_apps, .. } = *row;
            paths.add(&row.pattern, ControlRow { operation, action, of_app, mutates, on_apps })?;
        }
        let desks = Desks { id: Paths::new(), app: Paths::new(), console: Paths::new() };
        Ok(Self { names, desks, control: paths, apps: ArcSwap::default(), under_way: Mutex::default() })
    }

    /// The same with the sign-in pages.
    pub fn with_sign_in(mut self, rows: &[SignInRoute]) -> Result<Self, RouteConflict> {
        for row in rows {
            let paths = match row.desk {
                Desk::Id => &mut self.desks.id,
                Desk::App => &mut self.desks.app,
                Desk::Console => &mut self.desks.console,
            };
            paths.add(&row.pattern, SignInRow { name: row.name, action: row.action })?;
        }
        Ok(self)
    }

    pub const fn names(&self) -> &Names {
        &self.names
    }

    /// Whether an app answers under this host (lower case, without port), or the console or the sign-in pages do.
    pub fn knows(&self, host: &str) -> bool {
        host == self.names.console
            || host == self.names.id
            || self.names.app_of(host).is_some_and(|app| self.apps.load().contains_key(&app))
    }

    /// Whether an app answers under its host.
    pub(crate) fn knows_app(&self, app: &AppName) -> bool {
        self.apps.load().contains_key(app)
    }

    /// Checks that an app's routes can be told apart.
    pub fn check(functions: &[Arc<FunctionTarget>]) -> Result<(), RouteConflict> {
        AppRoutes::new(functions).map(drop)
    }

    /// Puts an app's routes in place of its former ones, at once for all requests that come after.
    pub fn put(&self, app: &AppName, functions: &[Arc<FunctionTarget>]) -> Result<(), RouteConflict> {
        let routes = Arc::new(AppRoutes::new(functions)?);
        self.apps.rcu(|apps| {
            let mut apps = HashMap::clone(apps);
            apps.insert(app.clone(), routes.clone());
            apps
        });
        Ok(())
    }

    /// Takes an app out; its host is unknown from then on.
    pub fn remove(&self, app: &AppName) {
        self.apps.rcu(|apps| {
            let mut apps = HashMap::clone(apps);
            apps.remove(app);
            apps
        });
    }

    /// A deployment of the app begins to be made ready, or has ended, well or not.
    pub fn under_way(&self, app: &AppName, begins: bool) {
        let mut all = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        let count = all.get(app).copied().unwrap_or(0);
        match if begins { count + 1 } else { count.saturating_sub(1) } {
            0 => all.remove(app),
            count => all.insert(app.clone(), count),
        };
    }

    /// Whether one is being made ready.
    pub(crate) fn is_under_way(&self, app: &AppName) -> bool {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner).contains_key(app)
    }

    /// What the request wants. The front door has made host, method and path canonical before.
    pub(crate) fn intent_of(&self, admitted: &Admitted) -> Result<Intent, Refusal> {
        let head = admitted.head();
        let host = head.uri.host().unwrap_or_default();
        let path = head.uri.path();
        let method = head.method.as_str().parse::<Method>();
        let method = method.map_err(|()| Refusal::new(types::Code::DOOR_METHOD, format!("method {}", head.method)))?;
        if host == self.names.id {
            return Ok(self.sign_in_intent(&self.desks.id, method, path, Desk::Id, None));
        }
        if host == self.names.console
            && let found @ Intent::SignIn(_) =
                self.sign_in_intent(&self.desks.console, method, path, Desk::Console, None)
        {
            return Ok(found);
        }
        if host == self.names.console {
            return Ok(self.control_intent(method, path, None));
        }
        let unknown = || Refusal::new(types::Code::DOOR_UNKNOWN_HOST, "no app under this host");
        let app = self.names.app_of(host).ok_or_else(unknown)?;
        let routes = self.apps.load().get(&app).cloned().ok_or_else(unknown)?;
        // SECURITY: before the app's own routes: a function under `/*` must not see a code that signs somebody in.
        if path.starts_with(RESERVED_PATH) {
            return Ok(self.sign_in_intent(&self.desks.app, method, path, Desk::App, Some(app)));
        }
        if path.starts_with("/.well-known/")
            && let found @ Intent::Control(_) = self.control_intent(method, path, Some(&app))
        {
            return Ok(found);
        }
        Ok(match routes.paths.at(path) {
            None => Intent::Unrouted { app },
            Some((methods, _)) => match methods.find(method) {
                Some(target) => Intent::Invoke(target.clone()),
                None => Intent::WrongMethod { app, allowed: methods.allowed() },
            },
        })
    }

    fn sign_in_intent(
        &self,
        paths: &Paths<SignInRow>,
        method: Method,
        path: &str,
        desk: Desk,
        app: Option<AppName>,
    ) -> Intent {
        let Some((methods, _)) = paths.at(path) else { return Intent::UnroutedSignIn { app, allowed: Vec::new() } };
        match methods.find(method) {
            Some(SignInRow { name, action }) => Intent::SignIn(SignInCall { name, action: *action, desk, app }),
            None => Intent::UnroutedSignIn { app, allowed: methods.allowed() },
        }
    }

    fn control_intent(&self, method: Method, path: &str, on: Option<&AppName>) -> Intent {
        let Some((methods, params)) = self.control.at(path) else { return Intent::UnroutedControl };
        let Some(row) = methods.find(method) else { return Intent::ControlMethod { allowed: methods.allowed() } };
        let resource = match on {
            Some(app) if row.on_apps => Resource::App(app.clone()),
            Some(_) => return Intent::UnroutedControl,
            None if row.of_app => {
                let named = params.iter().find(|(k, _)| &**k == "app").map(|(_, v)| AppName::parse(v));
                match named {
                    Some(Ok(app)) => Resource::App(app),
                    _ => return Intent::UnroutedControl,
                }
            }
            None => Resource::Platform,
        };
        Intent::Control(ControlCall {
            operation: row.operation,
            action: row.action,
            resource,
            params,
            mutates: row.mutates,
        })
    }
}
