//! A page: what a view model becomes.
use askama::Template;

use crate::assets;

/// A whole HTML document, and the status it should be answered with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// 200, 422 when the form came back with faults, or what the page itself says (403, 404, 410, 429, 503).
    pub status: u16,
    /// The document, UTF-8.
    pub html: String,
}

impl Page {
    /// The page for a host where none of our files can be had: its style stands in it, and it asks for nothing. It goes with
    /// [`crate::headers::alone`].
    #[must_use]
    pub fn alone(self) -> Self {
        let lines = self.html.lines().filter(|line| !line.starts_with("<link rel=\"icon\""));
        let html = lines.fold(String::with_capacity(self.html.len() + assets::STYLE_SHEET.len()), |mut html, line| {
            if line.starts_with("<link rel=\"stylesheet\"") {
                html.push_str("<style>");
                html.push_str(assets::STYLE_SHEET);
                html.push_str("</style>");
            } else {
                html.push_str(line);
            }
            html.push('\n');
            html
        });
        Self { html, ..self }
    }

    /// Renders a template. Ours write into memory and cannot fail; if one did, nothing half-drawn would leave.
    pub(crate) fn of(status: u16, template: &impl Template) -> Self {
        match template.render() {
            Ok(html) => Self { status, html },
            Err(_) => Self { status: 500, html: LAST_RESORT.to_owned() },
        }
    }
}

const LAST_RESORT: &str = "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>Something went wrong</title>\n\
                           <h1>Something went wrong</h1>\n<p>This page could not be drawn. Go back and try again.</p>\n</html>\n";
