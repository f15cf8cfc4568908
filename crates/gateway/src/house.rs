//! The rooms, as the path sees them.
use std::sync::Arc;

use audit::Record;
use types::{Clock, Rng};

use crate::{Admit, Decide, Identify, Reception, Routes, Work};

/// Everything that one walk needs. Built once by the composition root.
pub struct House {
    pub front_door: Arc<dyn Admit>,
    pub routes: Arc<Routes>,
    pub identity: Arc<dyn Identify>,
    pub policy: Arc<dyn Decide>,
    pub runtime: Arc<dyn Work>,
    pub control: Arc<dyn Work>,
    pub sign_in: Arc<dyn Work>,
    pub reception: Arc<dyn Reception>,
    pub audit: Arc<dyn Record>,
    pub clock: Arc<dyn Clock>,
    pub rng: Arc<dyn Rng>,
}
