//! The keeper as identity asks it: access tokens signed, and their keys.
use std::sync::Arc;

use gateway::{Fut, NewToken, SignedToken, TokenKey, TokenKeyState, TokenPort};
use types::Secret;
use wire::keeper::{self, Answer, Question, TokenStatement};

use super::keeper_link::{KeeperLink, unexpected};

pub(super) struct TokenLink(pub(super) Arc<KeeperLink>);

fn key(key: keeper::TokenKey) -> TokenKey {
    let state = match key.state {
        keeper::TokenKeyState::Next => TokenKeyState::Next,
        keeper::TokenKeyState::Active => TokenKeyState::Active,
        keeper::TokenKeyState::Retiring => TokenKeyState::Retiring,
    };
    TokenKey {
        id: key.id.into(),
        x: key.x,
        y: key.y,
        state,
        made_at: key.made_at,
        signs_from: key.signs_from,
        signs_until: key.signs_until,
        gone_at: key.gone_at,
    }
}

fn keys(answer: Answer) -> Result<Vec<TokenKey>, String> {
    match answer {
        Answer::TokenKeys(keys) => Ok(keys.into_iter().map(key).collect()),
        other => Err(unexpected(&other)),
    }
}

impl TokenPort for TokenLink {
    fn sign(&self, token: NewToken) -> Fut<'_, Result<SignedToken, String>> {
        let statement = TokenStatement {
            issuer: token.issuer,
            audience: token.audience,
            person: token.person,
            client: token.client.to_owned(),
            login: token.login,
            id: token.id,
            key: token.key,
            life_s: token.life_s,
            authenticated_at: token.authenticated_at,
            assurance: token.assurance,
        };
        Box::pin(async move {
            match self.0.ask(&Question::SignToken(statement)).await? {
                Answer::Token { text, key } => {
                    Ok(SignedToken { text: Secret::new(text.reveal().to_owned()), key: key.into() })
                }
                other => Err(unexpected(&other)),
            }
        })
    }

    fn keys(&self) -> Fut<'_, Result<Vec<TokenKey>, String>> {
        Box::pin(async move { keys(self.0.ask(&Question::TokenKeys).await?) })
    }

    fn rotate(&self, emergency: bool) -> Fut<'_, Result<Vec<TokenKey>, String>> {
        Box::pin(async move { keys(self.0.ask(&Question::RotateTokenKeys { emergency }).await?) })
    }
}
