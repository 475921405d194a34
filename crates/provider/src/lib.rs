//! provider
pub mod advice;
pub mod formats;
pub mod google;
pub mod microsoft;
pub mod profile;
pub mod redirect_uri;
