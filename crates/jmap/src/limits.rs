//! The limits that the session promises (RFC 8620, 2), and the counting of what runs at once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use store::UserId;

/// Octets of an upload.
pub const SIZE_UPLOAD: usize = 50_000_000;
/// Octets of an API request.
pub const SIZE_REQUEST: usize = 10_000_000;
/// Uploads of one person at once.
pub const CONCURRENT_UPLOAD: usize = 4;
/// API requests of one person at once.
pub const CONCURRENT_REQUESTS: usize = 16;
/// Calls in a request.
pub const CALLS: usize = 32;
/// Ids in a `/get`.
pub const OBJECTS_IN_GET: usize = 500;
/// Objects in a `/set`.
pub const OBJECTS_IN_SET: usize = 500;
/// Ids in the answer of a `/query`.
pub const QUERY_RESULTS: i64 = 10_000;
/// Octets of the attachments of one email.
pub const SIZE_ATTACHMENTS: usize = 50_000_000;
/// Recipients of one submission.
pub const RECIPIENTS: usize = 1_000;
/// Seconds that a submission may be held back.
pub const DELAYED_SEND: i64 = 30 * 24 * 3600;

/// What somebody does at once.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// An API request.
    Request,
    /// An upload.
    Upload,
}

/// Who does how much at once.
#[derive(Default)]
pub struct Limits(Arc<Mutex<HashMap<(UserId, Kind), usize>>>);

/// A place among those that run; given back when dropped.
pub struct Place {
    running: Arc<Mutex<HashMap<(UserId, Kind), usize>>>,
    key: (UserId, Kind),
}

impl Limits {
    /// Takes a place; `None` when the person has as many as promised.
    pub fn take(&self, user: UserId, kind: Kind) -> Option<Place> {
        let most = match kind {
            Kind::Request => CONCURRENT_REQUESTS,
            Kind::Upload => CONCURRENT_UPLOAD,
        };
        let mut running = self
            .0
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        let count = running.entry((user, kind)).or_insert(0);
        if *count >= most {
            return None;
        }
        *count += 1;
        Some(Place {
            running: self.0.clone(),
            key: (user, kind),
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut running = self
            .running
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        if let Some(count) = running.get_mut(&self.key) {
            *count -= 1;
            if *count == 0 {
                running.remove(&self.key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_given_back_when_it_is_dropped() {
        let limits = Limits::default();
        let user = UserId([1; 16]);
        let places: Vec<Place> = (0..CONCURRENT_UPLOAD)
            .filter_map(|_| limits.take(user, Kind::Upload))
            .collect();
        assert_eq!(places.len(), CONCURRENT_UPLOAD);
        assert!(limits.take(user, Kind::Upload).is_none());
        assert!(limits.take(UserId([2; 16]), Kind::Upload).is_some());
        assert!(limits.take(user, Kind::Request).is_some());
        drop(places);
        assert!(limits.take(user, Kind::Upload).is_some());
    }
}
