//! A text as a QR code, as one path of an SVG picture.
use std::fmt::Write;

use qrcodegen::{QrCode, QrCodeEcc};

/// Light modules around the code. Four is what readers are promised.
const QUIET: i32 = 4;

/// Ready for the template: the side of the square in modules, and the path that draws the dark ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Qr {
    pub(crate) side: i32,
    pub(crate) path: String,
}

impl Qr {
    /// `None` for a text that is empty or longer than a code can hold: the page shows it as text anyway.
    pub(crate) fn of(text: &str) -> Option<Self> {
        if text.is_empty() {
            return None;
        }
        let code = QrCode::encode_text(text, QrCodeEcc::Medium).ok()?;
        let mut path = String::new();
        for y in 0..code.size() {
            // One rectangle for each run of dark modules in a row.
            let mut x = 0;
            while x < code.size() {
                let run = (x..code.size()).take_while(|x| code.get_module(*x, y)).count() as i32;
                if run > 0 {
                    let _ = write!(path, "M{} {}h{run}v1h-{run}z", x + QUIET, y + QUIET);
                }
                x += run.max(1);
            }
        }
        Some(Self { side: code.size() + 2 * QUIET, path })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_dark_module_is_drawn_once() {
        let text = "otpauth://totp/Serviceful:ann@example.com?secret=JBSWY3DPEHPK3PXP&issuer=Serviceful";
        let qr = Qr::of(text).unwrap();
        let code = QrCode::encode_text(text, QrCodeEcc::Medium).unwrap();
        assert_eq!(qr.side, code.size() + 2 * QUIET);
        let dark = (0..code.size())
            .flat_map(|y| (0..code.size()).map(move |x| (x, y)))
            .filter(|(x, y)| code.get_module(*x, *y));
        let drawn: i32 = qr.path.split('z').filter_map(|run| run.rsplit_once("h-")?.1.parse::<i32>().ok()).sum();
        assert_eq!(drawn as usize, dark.count());
        assert!(qr.path.bytes().all(|b| b"Mhvz- 0123456789".contains(&b)));
    }

    #[test]
    fn what_does_not_fit_is_not_drawn() {
        assert_eq!(Qr::of(""), None);
        assert_eq!(Qr::of(&"x".repeat(10_000)), None);
    }
}
