//! The tokenizer as Tantivy calls it.

use tantivy::tokenizer::{Token, TokenStream, Tokenizer};

use crate::tokens::Tokens;

/// Indexes messages; see [`crate::tokens`] for what it yields.
#[derive(Clone, Default)]
pub struct MessageTokenizer {
    tokens: Tokens,
}

/// The tokens of one message.
pub struct MessageTokenStream<'a> {
    tokens: &'a Tokens,
    next: usize,
    token: Token,
}

impl Tokenizer for MessageTokenizer {
    type TokenStream<'a> = MessageTokenStream<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> MessageTokenStream<'a> {
        self.tokens.index(text);
        MessageTokenStream { tokens: &self.tokens, next: 0, token: Token::default() }
    }
}

impl TokenStream for MessageTokenStream<'_> {
    fn advance(&mut self) -> bool {
        let Some(span) = self.tokens.spans.get(self.next) else { return false };
        self.next += 1;
        self.token.text.clear();
        self.token.text.push_str(self.tokens.text_of(span));
        self.token.position = span.place as usize;
        self.token.offset_from = span.source.start as usize;
        self.token.offset_to = span.source.end as usize;
        true
    }

    fn token(&self) -> &Token {
        &self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.token
    }
}
