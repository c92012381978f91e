//! Who may use the server: anyone on this machine, or whoever has the token.

use axum::http::{HeaderMap, header};
use subtle::ConstantTimeEq;

use crate::error::{Error, Result};
use crate::tagger::hex;

/// The name of the cookie that stands for the token.
const COOKIE: &str = "trendtag_session";

/// What a request must show.
pub(super) enum Access {
    /// Nothing.
    Open,
    /// The token, or the session that it was exchanged for.
    Secret { token: String, session: String },
}

impl Access {
    /// A new token of 32 random bytes, in hex.
    pub(super) fn with_token() -> Result<Self> {
        Ok(Self::Secret { token: secret()?, session: secret()? })
    }

    pub(super) fn token(&self) -> Option<&str> {
        match self {
            Self::Open => None,
            Self::Secret { token, .. } => Some(token),
        }
    }

    /// Whether a request may pass.
    pub(super) fn allows(&self, headers: &HeaderMap) -> bool {
        let Self::Secret { token, session } = self else { return true };
        let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let bearer = bearer.and_then(|value| value.strip_prefix("Bearer "));
        let cookies = headers.get_all(header::COOKIE).iter().filter_map(|v| v.to_str().ok());
        let pairs = cookies.flat_map(|cookies| cookies.split(';'));
        let mut pairs = pairs.filter_map(|pair| pair.trim().split_once('='));
        bearer.is_some_and(|given| same(given, token))
            || pairs.any(|(name, value)| name == COOKIE && same(value, session))
    }

    /// The `Set-Cookie` for whoever shows the token.
    pub(super) fn exchange(&self, given: &str) -> Option<String> {
        match self {
            Self::Secret { token, session } if same(given, token) => {
                Some(format!("{COOKIE}={session}; HttpOnly; SameSite=Strict; Path=/"))
            }
            _ => None,
        }
    }
}

/// Compares in a time that tells nothing but the length.
fn same(given: &str, secret: &str) -> bool {
    given.as_bytes().ct_eq(secret.as_bytes()).into()
}

fn secret() -> Result<String> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|e| Error::internal("no random numbers", e))?;
    Ok(hex(&bytes))
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
        assert!(!access.allows(&HeaderMap::new()));
        assert!(!access.allows(&headers(header::AUTHORIZATION, "Bearer wrong")));
        assert!(access.allows(&headers(header::AUTHORIZATION, &format!("Bearer {token}"))));
        assert_eq!(access.exchange("wrong"), None);
        let cookie = access.exchange(&token).unwrap();
        assert!(cookie.contains("HttpOnly; SameSite=Strict") && !cookie.contains(&token));
        let pair = cookie.split(';').next().unwrap();
        assert!(access.allows(&headers(header::COOKIE, &format!("a=b; {pair}"))));
        assert!(!access.allows(&headers(header::COOKIE, &format!("{COOKIE}={token}"))));
    }
}
