//! How many connections there are, and how many come from one place. The address is used for this count, and for a label by which
//! sign-in counts failed attempts; for nothing else.
use std::{
    collections::HashMap,
    hash::{BuildHasher as _, RandomState},
    net::IpAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

/// An IPv4 address, or the /64 of an IPv6 address: what one household or host gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Prefix {
    V4([u8; 4]),
    V6([u8; 8]),
}

impl From<IpAddr> for Prefix {
    fn from(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(v4) => Self::V4(v4.octets()),
            IpAddr::V6(v6) => {
                let [a, b, c, d, e, f, g, h, ..] = v6.octets();
                Self::V6([a, b, c, d, e, f, g, h])
            }
        }
    }
}

/// Why a connection is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Full {
    Node,
    Prefix,
}

/// The counts. The map is bounded by the connections of the node; its hash is keyed, since the keys are chosen by strangers.
#[derive(Debug)]
pub(crate) struct Census {
    node_max: usize,
    prefix_max: usize,
    node: AtomicUsize,
    prefixes: Mutex<HashMap<Prefix, usize>>,
    /// Its keys are drawn at the start.
    labels: RandomState,
}

impl Census {
    pub(crate) fn new(node_max: usize, prefix_max: usize) -> Self {
        let (prefixes, labels) = (Mutex::default(), RandomState::new());
        Self { node_max, prefix_max, node: AtomicUsize::new(0), prefixes, labels }
    }

    /// The label of the network around: a /24, or a /56.
    fn neighbourhood(&self, prefix: Option<Prefix>) -> u64 {
        match prefix {
            None => 0,
            Some(Prefix::V4([a, b, c, _])) => self.labels.hash_one((4_u8, [a, b, c, 0, 0, 0, 0])),
            Some(Prefix::V6([a, b, c, d, e, f, g, _])) => self.labels.hash_one((6_u8, [a, b, c, d, e, f, g])),
        }
    }

    /// Counts a connection in; `None` for a place that is not counted, such as the host socket.
    pub(crate) fn enter(self: &Arc<Self>, prefix: Option<Prefix>) -> Result<Place, Full> {
        if self.node.fetch_add(1, Relaxed) >= self.node_max {
            self.node.fetch_sub(1, Relaxed);
            return Err(Full::Node);
        }
        // From here on the place counts itself out.
        let neighbourhood = self.neighbourhood(prefix);
        let place = Place { census: self.clone(), prefix: Mutex::new(None), neighbourhood };
        if let Some(prefix) = prefix {
            let mut prefixes = self.prefixes.lock().unwrap_or_else(PoisonError::into_inner);
            let count = prefixes.entry(prefix).or_insert(0);
            if *count >= self.prefix_max {
                return Err(Full::Prefix);
            }
            *count += 1;
            *place.prefix.lock().unwrap_or_else(PoisonError::into_inner) = Some(prefix);
        }
        Ok(place)
    }

    fn leave(&self, prefix: Prefix) {
        let mut prefixes = self.prefixes.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = prefixes.get_mut(&prefix) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                prefixes.remove(&prefix);
            }
        }
    }
}

/// One counted connection.
#[derive(Debug)]
pub(crate) struct Place {
    census: Arc<Census>,
    prefix: Mutex<Option<Prefix>>,
    neighbourhood: u64,
}

impl Place {
    pub(crate) const fn neighbourhood(&self) -> u64 {
        self.neighbourhood
    }

    /// Somebody proved who they are: the connection no longer counts against its address, or an office behind one would lock itself out.
    pub(crate) fn is_known(&self) {
        let prefix = self.prefix.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(prefix) = prefix {
            self.census.leave(prefix);
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.is_known();
        self.census.node.fetch_sub(1, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prefix(text: &str) -> Prefix {
        text.parse::<IpAddr>().unwrap().into()
    }

    #[test]
    fn neighbours_in_a_64_are_one_place() {
        assert_eq!(prefix("2001:db8:0:1::1"), prefix("2001:db8:0:1:ffff::2"));
        assert_ne!(prefix("2001:db8:0:1::1"), prefix("2001:db8:0:2::1"));
        assert_eq!(prefix("::ffff:192.0.2.1"), prefix("192.0.2.1"));
        assert_ne!(prefix("192.0.2.2"), prefix("192.0.2.1"));
    }

    #[test]
    fn neighbours_share_a_label_that_says_nothing_else() {
        let census = Census::new(3, 2);
        let label = |text: &str| census.neighbourhood(Some(prefix(text)));
        assert_eq!(label("192.0.2.1"), label("192.0.2.250"));
        assert_ne!(label("192.0.2.1"), label("192.0.3.1"));
        assert_eq!(label("2001:db8:0:1::1"), label("2001:db8:0:ff::1"));
        assert_ne!(label("2001:db8:0:100::1"), label("2001:db8:0:ff::1"));
        assert_ne!(label("192.0.2.1"), Census::new(3, 2).neighbourhood(Some(prefix("192.0.2.1"))), "keyed anew");
    }

    #[test]
    fn limits_hold_and_places_are_given_back() {
        let census = Arc::new(Census::new(3, 2));
        let (here, there) = (prefix("192.0.2.1"), prefix("192.0.2.2"));
        let first = census.enter(Some(here)).unwrap();
        let second = census.enter(Some(here)).unwrap();
        assert_eq!(census.enter(Some(here)).unwrap_err(), Full::Prefix);
        let _third = census.enter(Some(there)).unwrap();
        assert_eq!(census.enter(Some(there)).unwrap_err(), Full::Node);
        second.is_known();
        second.is_known();
        assert_eq!(census.enter(Some(here)).unwrap_err(), Full::Node);
        drop(first);
        let _fourth = census.enter(Some(here)).unwrap();
        drop(second);
        let _fifth = census.enter(Some(here)).unwrap();
        assert_eq!(census.enter(None).unwrap_err(), Full::Node);
        drop((_third, _fourth, _fifth));
        assert_eq!(census.node.load(Relaxed), 0);
        assert!(census.prefixes.lock().unwrap().is_empty());
    }
}
