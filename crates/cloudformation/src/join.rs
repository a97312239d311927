//! Joined text: `Fn::Sub` where every part is literal, a `Ref` or an attribute, since that reads best; else `Fn::Join`.

use crate::document::Document;

/// A part of a joined text.
pub(crate) enum Piece {
    /// Text that is known now.
    Literal(String),
    /// What `Fn::Sub` can name between `${` and `}`, and the function that reads it where it stands alone.
    Variable(String, Document),
    /// Anything else.
    Other(Document),
}

impl Piece {
    /// The piece a single value makes.
    pub(crate) fn new(document: Document) -> Self {
        match document {
            Document::Text(text) => Self::Literal(text.into_owned()),
            Document::Number(number) => Self::Literal(number.to_string()),
            Document::Boolean(flag) => Self::Literal(flag.to_string()),
            document => match variable(&document) {
                Some(name) => Self::Variable(name, document),
                None => Self::Other(document),
            },
        }
    }

    fn into_document(self) -> Document {
        match self {
            Self::Literal(text) => Document::text(text),
            Self::Variable(_, document) | Self::Other(document) => document,
        }
    }
}

/// How `Fn::Sub` names what a `Ref` or an `Fn::GetAtt` reads.
fn variable(document: &Document) -> Option<String> {
    if let Some(Document::Text(id)) = document.get("Ref") {
        return Some(id.to_string());
    }
    match document.get("Fn::GetAtt") {
        Some(Document::List(names)) => match &names[..] {
            [Document::Text(id), Document::Text(attribute)] => Some(format!("{id}.{attribute}")),
            _ => None,
        },
        _ => None,
    }
}

/// The pieces with `separator` between them.
pub(crate) fn joined(separator: &str, pieces: Vec<Piece>) -> Document {
    let mut pieces = merged(separator, pieces);
    if pieces.len() <= 1 {
        return pieces.pop().map_or_else(|| Document::text(""), Piece::into_document);
    }
    if let Some(text) = substitution(separator, &pieces) {
        return Document::call("Fn::Sub", Document::text(text));
    }
    let parts = pieces.into_iter().map(Piece::into_document).collect();
    Document::call("Fn::Join", Document::List(vec![Document::text(separator.to_owned()), Document::List(parts)]))
}

/// The same with neighbouring literals made one.
fn merged(separator: &str, pieces: Vec<Piece>) -> Vec<Piece> {
    let mut merged = Vec::with_capacity(pieces.len());
    for piece in pieces {
        match (merged.last_mut(), piece) {
            (Some(Piece::Literal(before)), Piece::Literal(text)) => {
                before.push_str(separator);
                before.push_str(&text);
            }
            (_, piece) => merged.push(piece),
        }
    }
    merged
}

/// The text for `Fn::Sub`, with `${` of literals escaped as `${!`.
fn substitution(separator: &str, pieces: &[Piece]) -> Option<String> {
    let parts = pieces.iter().map(|piece| match piece {
        Piece::Literal(text) => Some(text.replace("${", "${!")),
        Piece::Variable(name, _) => Some(format!("${{{name}}}")),
        Piece::Other(_) => None,
    });
    Some(parts.collect::<Option<Vec<_>>>()?.join(&separator.replace("${", "${!")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn call(function: &'static str, arguments: &[&str]) -> Document {
        let arguments = arguments.iter().map(|text| Document::text((*text).to_owned())).collect();
        Document::call(function, Document::List(arguments))
    }

    fn server() -> Document {
        Document::call("Ref", Document::text("Server"))
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
        let address = call("Fn::GetAtt", &["Db", "Endpoint.Address"]);
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
        let parts = vec![Document::text("a"), Document::text("b"), call("Fn::Select", &["0", "x"])];
        check("-", parts, &json!({"Fn::Join": ["-", ["a-b", {"Fn::Select": ["0", "x"]}]]}));
    }
}
