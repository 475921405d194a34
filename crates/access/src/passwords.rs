//! Passwords: argon2id, one at a time per core, off the async threads.

use std::sync::OnceLock;

use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash};
use argon2::{Algorithm, Argon2, Params, Version};
use secrecy::{ExposeSecret, SecretString};
use store::World;
use tokio::sync::Semaphore;

/// The shortest password. Length is what counts, so nothing else is asked of it (NIST SP 800-63B, 5.1.1).
pub const SHORTEST: usize = 10;
/// The longest: hashing takes time that grows with it.
pub const LONGEST: usize = 256;

/// 19 MiB and two passes: OWASP's second choice, for machines with little memory.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
/// Hashes at a time: bounds the memory that guessing can take.
const AT_A_TIME: usize = 4;

fn argon2() -> Argon2<'static> {
    let params = Params::new(MEMORY_KIB, PASSES, 1, None)
        .expect("the parameters are within argon2's bounds");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

fn turn() -> &'static Semaphore {
    static TURN: OnceLock<Semaphore> = OnceLock::new();
    TURN.get_or_init(|| Semaphore::new(AT_A_TIME))
}

/// Why a password cannot be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weak {
    /// Fewer than [`SHORTEST`] characters.
    TooShort,
    /// More than [`LONGEST`] octets.
    TooLong,
    /// It is the login, or one character over and over.
    TooPlain,
}

/// Whether a password can be taken.
pub fn judge(password: &SecretString, login: &str) -> Option<Weak> {
    let text = password.expose_secret();
    let first = text.chars().next();
    if text.chars().count() < SHORTEST {
        Some(Weak::TooShort)
    } else if text.len() > LONGEST {
        Some(Weak::TooLong)
    } else if text
        .to_lowercase()
        .replace(&login.to_lowercase(), "")
        .chars()
        .count()
        < 4
        && !login.is_empty()
        || text.chars().all(|letter| Some(letter) == first)
    {
        Some(Weak::TooPlain)
    } else {
        None
    }
}

/// Hashes a password to a PHC string.
pub async fn hash(world: &World, password: &SecretString) -> String {
    let salt: [u8; 16] = world.random();
    let password = password.clone();
    run(move || {
        argon2()
            .hash_password_with_salt(password.expose_secret().as_bytes(), &salt)
            .expect("argon2 hashes any password of bounded length")
            .to_string()
    })
    .await
}

/// Whether a password fits a PHC string. Without one the same time is spent, so that nobody learns from the
/// clock who exists.
pub async fn fits(password: &SecretString, phc: Option<String>) -> bool {
    if password.expose_secret().len() > LONGEST {
        return false;
    }
    static NOBODY: OnceLock<String> = OnceLock::new();
    let password = password.clone();
    run(move || {
        let nobody = || {
            NOBODY
                .get_or_init(|| {
                    argon2()
                        .hash_password_with_salt(b"nobody", &[0; 16])
                        .expect("argon2 hashes")
                        .to_string()
                })
                .clone()
        };
        let known = phc.is_some();
        let phc = phc.unwrap_or_else(nobody);
        let Ok(parsed) = PasswordHash::new(&phc) else {
            return false;
        };
        argon2()
            .verify_password(password.expose_secret().as_bytes(), &parsed)
            .is_ok()
            && known
    })
    .await
}

async fn run<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let _turn = turn()
        .acquire()
        .await
        .expect("the semaphore is never closed");
    tokio::task::spawn_blocking(work)
        .await
        .expect("hashing does not panic")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_fits_its_hash_and_no_other_does() {
        let (world, _) = World::for_tests(0, 1);
        let phc = hash(&world, &"correct horse".into()).await;
        assert!(phc.starts_with("$argon2id$"));
        assert!(fits(&"correct horse".into(), Some(phc.clone())).await);
        assert!(!fits(&"correct house".into(), Some(phc)).await);
        assert!(!fits(&"nobody".into(), None).await);
        assert!(!fits(&"x".into(), Some("rubbish".into())).await);
    }

    #[test]
    fn short_and_plain_passwords_are_told_apart() {
        assert_eq!(judge(&"short".into(), "alice"), Some(Weak::TooShort));
        assert_eq!(judge(&"aaaaaaaaaaaa".into(), "alice"), Some(Weak::TooPlain));
        assert_eq!(judge(&"alicealice12".into(), "alice"), Some(Weak::TooPlain));
        assert_eq!(judge(&"x".repeat(300).into(), "alice"), Some(Weak::TooLong));
        assert_eq!(judge(&"一二三四五六七八九十".into(), "alice"), None);
    }
}
