//! Access to the server: anyone on this machine, or anyone with the token.

use std::sync::atomic::{AtomicU64, Ordering};

use axum::http::{HeaderMap, header};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::error::{Error, Result};
use crate::tagger::hex;

/// The name of the session cookie.
const COOKIE: &str = "trendtag_session";

/// The required credentials of a request.
pub(super) enum Access {
    /// Nothing.
    Open,
    /// The token, or a session that it was exchanged for.
    Secret { token: String, sessions: Sessions },
}

/// Sessions that the token was exchanged for. They are not stored, because a session is
/// self-verifying.
pub(super) struct Sessions {
    key: [u8; 32],
    next: AtomicU64,
}

/// The sender of an authorised request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Holder {
    /// A client without a session: scripts that send the token, and everyone if no token
    /// is required.
    Shared,
    /// A client that exchanged the token for this session.
    Session(u64),
}

impl Access {
    /// Creates a new token of 32 random bytes, in hexadecimal.
    pub(super) fn with_token() -> Result<Self> {
        let sessions = Sessions { key: random()?, next: AtomicU64::new(1) };
        Ok(Self::Secret { token: hex(&random::<32>()?), sessions })
    }

    pub(super) fn token(&self) -> Option<&str> {
        match self {
            Self::Open => None,
            Self::Secret { token, .. } => Some(token),
        }
    }

    /// Returns the sender of a request; `None` if it is unauthorised.
    pub(super) fn holder(&self, headers: &HeaderMap) -> Option<Holder> {
        let Self::Secret { token, sessions } = self else { return Some(Holder::Shared) };
        let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let bearer = bearer.and_then(|value| value.strip_prefix("Bearer "));
        if bearer.is_some_and(|given| same(given, token)) {
            return Some(Holder::Shared);
        }
        let cookies = headers.get_all(header::COOKIE).iter().filter_map(|v| v.to_str().ok());
        let pairs = cookies.flat_map(|cookies| cookies.split(';'));
        let mut pairs = pairs.filter_map(|pair| pair.trim().split_once('='));
        let session = pairs.find_map(
            |(name, value)| {
                if name == COOKIE { sessions.number(value) } else { None }
            },
        );
        session.map(Holder::Session)
    }

    /// Returns the `Set-Cookie` with a new session for a client with the token.
    pub(super) fn exchange(&self, given: &str) -> Option<String> {
        match self {
            Self::Secret { token, sessions } if same(given, token) => {
                let session = sessions.open();
                Some(format!("{COOKIE}={session}; HttpOnly; SameSite=Strict; Path=/"))
            }
            _ => None,
        }
    }
}

impl Sessions {
    fn open(&self) -> String {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        format!("{number:016x}{}", self.proof(number))
    }

    /// Returns the number of a valid session.
    fn number(&self, session: &str) -> Option<u64> {
        let (number, proof) = session.split_at_checked(16)?;
        let number = u64::from_str_radix(number, 16).ok()?;
        same(proof, &self.proof(number)).then_some(number)
    }

    /// Returns a proof that only this server can create: a hash of a secret and a number
    /// of fixed length.
    fn proof(&self, number: u64) -> String {
        hex(&Sha256::new().chain_update(self.key).chain_update(number.to_le_bytes()).finalize())
    }
}

/// Compares in constant time for a given length.
fn same(given: &str, secret: &str) -> bool {
    given.as_bytes().ct_eq(secret.as_bytes()).into()
}

/// Bytes that nobody can guess.
pub(super) fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|e| Error::internal("no random numbers", e))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: header::HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, value.parse().unwrap())])
    }

    #[test]
    fn the_token_opens_and_is_exchanged_for_another_secret() {
        let access = Access::with_token().unwrap();
        let token = access.token().unwrap().to_owned();
        assert_eq!(token.len(), 64);
        assert_eq!(access.holder(&HeaderMap::new()), None);
        assert_eq!(access.holder(&headers(header::AUTHORIZATION, "Bearer wrong")), None);
        let bearer = headers(header::AUTHORIZATION, &format!("Bearer {token}"));
        assert_eq!(access.holder(&bearer), Some(Holder::Shared));
        assert_eq!(access.exchange("wrong"), None);
        let cookie = access.exchange(&token).unwrap();
        assert!(cookie.contains("HttpOnly; SameSite=Strict") && !cookie.contains(&token));
        let pair = cookie.split(';').next().unwrap();
        let known = access.holder(&headers(header::COOKIE, &format!("a=b; {pair}")));
        assert_eq!(known, Some(Holder::Session(1)));
        assert_eq!(access.holder(&headers(header::COOKIE, &format!("{COOKIE}={token}"))), None);
    }

    #[test]
    fn each_exchange_opens_a_session_and_none_can_be_made_up() {
        let (access, other) = (Access::with_token().unwrap(), Access::with_token().unwrap());
        let cookie = |access: &Access| {
            let cookie = access.exchange(access.token().unwrap()).unwrap();
            cookie.split(';').next().unwrap().to_owned()
        };
        let (first, second, foreign) = (cookie(&access), cookie(&access), cookie(&other));
        let holder = |pair: &str| access.holder(&headers(header::COOKIE, pair));
        assert_eq!(
            (holder(&first), holder(&second)),
            (Some(Holder::Session(1)), Some(Holder::Session(2)))
        );
        let number = |pair: &str| pair.split_at(COOKIE.len() + 17).0.to_owned();
        let proof = |pair: &str| pair.split_at(COOKIE.len() + 17).1.to_owned();
        for forged in [
            foreign,
            number(&first) + &proof(&second),
            number(&first),
            format!("{COOKIE}=é"),
            format!("{COOKIE}="),
        ] {
            let value = axum::http::HeaderValue::from_bytes(forged.as_bytes()).unwrap();
            let headers = HeaderMap::from_iter([(header::COOKIE, value)]);
            assert_eq!(access.holder(&headers), None, "{forged}");
        }
    }
}
