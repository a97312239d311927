//! Joined text: `Fn::Sub` where every part is literal, a `Ref` or an attribute, since that reads best; else `Fn::Join`.

use crate::document::{Document, Text};

/// A part of a joined text.
pub(crate) enum Piece<'a> {
    /// Text that is known now.
    Literal(Text<'a>),
    /// A single value that is known at deployment.
    Value(Document<'a>),
    /// A list, which has to be joined on its own.
    List(Document<'a>),
}

impl<'a> Piece<'a> {
    /// The piece a single value makes.
    pub(crate) fn new(document: Document<'a>) -> Self {
        match document {
            Document::Text(text) => Self::Literal(text),
            Document::Number(number) => Self::Literal(number.to_string().into()),
            Document::Boolean(flag) => Self::Literal(flag.to_string().into()),
            document => Self::Value(document),
        }
    }

    fn into_document(self) -> Document<'a> {
        match self {
            Self::Literal(text) => Document::Text(text),
            Self::Value(document) | Self::List(document) => document,
        }
    }

    /// How it is written in the text of `Fn::Sub`, if it can be.
    fn in_substitution(&self) -> Option<Text<'_>> {
        match self {
            Self::Literal(text) => Some(escaped(text)),
            Self::Value(Document::Ref(id)) => Some(format!("${{{id}}}").into()),
            Self::Value(Document::GetAtt(id, attribute)) => Some(format!("${{{id}.{attribute}}}").into()),
            Self::Value(_) | Self::List(_) => None,
        }
    }
}

/// Literal text inside `Fn::Sub`.
fn escaped(text: &str) -> Text<'_> {
    if text.contains("${") { text.replace("${", "${!").into() } else { text.into() }
}

/// The pieces with `separator` between them.
pub(crate) fn joined<'a>(separator: &'a str, pieces: Vec<Piece<'a>>) -> Document<'a> {
    let mut pieces = merged(separator, pieces);
    if pieces.len() <= 1 {
        return pieces.pop().map_or_else(|| Document::text(""), Piece::into_document);
    }
    let parts: Option<Vec<_>> = pieces.iter().map(Piece::in_substitution).collect();
    if let Some(parts) = parts {
        return Document::call("Fn::Sub", Document::text(parts.join(&*escaped(separator))));
    }
    let parts = Document::List(pieces.into_iter().map(Piece::into_document).collect());
    Document::call_with("Fn::Join", [Document::text(separator), parts])
}

/// The same with neighbouring literals made one.
fn merged<'a>(separator: &str, pieces: Vec<Piece<'a>>) -> Vec<Piece<'a>> {
    let mut merged = Vec::with_capacity(pieces.len());
    for piece in pieces {
        match (merged.last_mut(), piece) {
            (Some(Piece::Literal(before)), Piece::Literal(text)) => {
                let before = before.to_mut();
                before.push_str(separator);
                before.push_str(&text);
            }
            (_, piece) => merged.push(piece),
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn server() -> Document<'static> {
        Document::Ref("Server".into())
    }

    fn check(separator: &str, parts: Vec<Document>, expect: &serde_json::Value) {
        let document = joined(separator, parts.into_iter().map(Piece::new).collect());
        assert_eq!(serde_json::to_value(document).expect("serialises"), *expect);
    }

    #[test]
    fn literals_alone_are_text() {
        check("-", vec![], &json!(""));
        check(
            "-",
            vec![Document::text("${a}"), Document::Number(1.into()), Document::Boolean(true)],
            &json!("${a}-1-true"),
        );
    }

    #[test]
    fn one_value_alone_stays_itself() {
        check("", vec![server()], &json!({"Ref": "Server"}));
    }

    #[test]
    fn references_and_attributes_are_substituted() {
        let address = Document::GetAtt("Db".into(), "Endpoint.Address".into());
        check(
            "",
            vec![Document::text("http://"), address, Document::text(":80")],
            &json!({"Fn::Sub": "http://${Db.Endpoint.Address}:80"}),
        );
        check(",", vec![server(), server()], &json!({"Fn::Sub": "${Server},${Server}"}));
    }

    #[test]
    fn what_the_shell_expands_is_escaped() {
        let script = Document::text("echo ${HOME} ${!x} $");
        check("", vec![script, server()], &json!({"Fn::Sub": "echo ${!HOME} ${!!x} $${Server}"}));
    }

    #[test]
    fn anything_else_is_joined_and_literals_are_made_one() {
        let parts = vec![
            Document::text("a"),
            Document::text("b"),
            Document::call_with("Fn::Select", [Document::text("0"), Document::text("x")]),
        ];
        check("-", parts, &json!({"Fn::Join": ["-", ["a-b", {"Fn::Select": ["0", "x"]}]]}));
    }
}
