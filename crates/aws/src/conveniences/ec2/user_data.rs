//! User data: a bash script that an instance runs as root on its first boot, made of parts that `+` joins.

use std::ops::Add;

use ironwright_core::function::Function;
use ironwright_core::{IntoTree, IntoValue, Problem, Text, Tree, Value};

/// What EC2 takes, in bytes before the encoding.
const LIMIT: usize = 16 * 1024;

/// How every script starts: the first command that fails ends it, and a variable that is not set is an error.
const HEADER: &str = "#!/bin/bash\nset -euo pipefail\n";

/// A bash script for the first boot of an instance, up to 16 KiB, sent in base 64.
///
/// The parts share one `#!/bin/bash` and one `set -euo pipefail`. Values of other resources come in as variables:
///
/// ```
/// # use ironwright_core::App;
/// use ironwright_aws::ec2::{Instance, UserData, docker_install, indoc};
///
/// # let mut app = App::new("shop").region("us-west-2");
/// # let stack = app.stack("web");
/// let database = stack.add("database", Instance::new().ami("ami-12345678"));
/// let start = UserData::variable("DB_HOST", database.private_ip())
///     + docker_install()
///     + indoc! {r#"
///         docker run --detach --restart always --env DB_HOST --publish 80:8000 shop
///     "#};
/// stack.add("server", Instance::new().ami("ami-12345678").user_data(start));
/// # assert!(app.graph().is_ok());
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[must_use]
pub struct UserData {
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq)]
enum Part {
    /// Lines of bash.
    Script(String),
    /// A variable whose value is known now.
    Literal { name: String, value: String },
    /// A variable whose value is known once other resources exist.
    Reference { name: String, value: Tree },
    /// A part that cannot be right.
    Invalid(Tree),
}

impl UserData {
    /// Lines of bash. A `#!/bin/bash` and a `set -euo pipefail` at their start are dropped: every script has them.
    pub fn script(script: impl AsRef<str>) -> Self {
        let script = script.as_ref();
        let part = match foreign_interpreter(script) {
            Some(line) => Part::Invalid(invalid(
                format!("a part of the user data starts with `{line}`; parts are bash"),
                "call the other interpreter from bash, with the program in a here-document",
            )),
            None => Part::Script(without_header(script)),
        };
        Self { parts: vec![part] }
    }

    /// An exported variable, for the parts after it: text, a number, or an attribute of another resource.
    ///
    /// Whatever the value holds, bash takes none of it as code: literals are quoted, and what is known after apply is
    /// decoded from base 64.
    pub fn variable(name: impl Into<String>, value: impl IntoTree) -> Self {
        let name = name.into();
        let part = if is_variable_name(&name) {
            variable_part(name, value.into_tree())
        } else {
            let message = format!("`{name}` is not the name of a bash variable");
            Part::Invalid(invalid(message, "use letters, digits and `_`, and no digit first"))
        };
        Self { parts: vec![part] }
    }

    /// A part that cannot be right.
    pub(super) fn invalid(problem: Tree) -> Self {
        Self { parts: vec![Part::Invalid(problem)] }
    }

    /// The whole script as text, not encoded.
    pub fn into_script(self) -> Value<Text> {
        let mut pieces = Pieces::default();
        pieces.text(HEADER);
        for part in self.parts {
            pieces.part(part);
        }
        pieces.into_value()
    }
}

impl<T: Into<UserData>> Add<T> for UserData {
    type Output = Self;

    fn add(mut self, next: T) -> Self {
        self.parts.extend(next.into().parts);
        self
    }
}

impl From<&str> for UserData {
    fn from(script: &str) -> Self {
        Self::script(script)
    }
}

impl From<String> for UserData {
    fn from(script: String) -> Self {
        Self::script(script)
    }
}

#[diagnostic::do_not_recommend]
impl IntoValue<Text> for UserData {
    fn into_value(self) -> Value<Text> {
        self.into_script().base64()
    }
}

/// A script on its way to one value: text, with references between.
#[derive(Default)]
struct Pieces {
    done: Vec<Tree>,
    text: String,
    length: usize,
}

impl Pieces {
    fn text(&mut self, text: &str) {
        self.length += text.len();
        self.text.push_str(text);
    }

    fn tree(&mut self, tree: Tree) {
        self.done.push(Tree::text(std::mem::take(&mut self.text)));
        self.done.push(tree);
    }

    fn part(&mut self, part: Part) {
        self.text("\n");
        match part {
            Part::Script(script) => self.text(&script),
            Part::Literal { name, value } => self.text(&format!("export {name}={}\n", quoted(&value))),
            Part::Reference { name, value } => {
                self.text(&format!("{name}=\"$(base64 -d <<<'"));
                self.tree(Tree::Function(Box::new(Function::Base64(value))));
                self.text(&format!("')\"\nexport {name}\n"));
            }
            Part::Invalid(problem) => self.tree(problem),
        }
    }

    fn into_value(mut self) -> Value<Text> {
        if self.length > LIMIT {
            return Value::from_tree(self.too_long());
        }
        if self.done.is_empty() {
            return Value::from_tree(Tree::text(self.text));
        }
        self.done.push(Tree::text(self.text));
        let parts = Tree::List(self.done);
        Value::from_tree(Tree::Function(Box::new(Function::Join { separator: String::new(), parts })))
    }

    fn too_long(&self) -> Tree {
        let at_least = if self.done.is_empty() { "" } else { "at least " };
        let message = format!(
            "the user data is {at_least}{} bytes; EC2 takes up to {LIMIT} (16 KiB, before base 64)",
            self.length
        );
        invalid(message, "bake what is large into the machine image, or fetch it at boot")
    }
}

/// A part that cannot be right. It is reported at the line that sets the property, where all parts come together.
pub(super) fn invalid(message: String, help: &str) -> Tree {
    Tree::Invalid(Box::new(Problem::new("invalid-value", message).help(help)))
}

fn variable_part(name: String, value: Tree) -> Part {
    match value {
        Tree::Text(value) => Part::Literal { name, value: value.into_owned() },
        Tree::Number(value) => Part::Literal { name, value: value.to_string() },
        Tree::Boolean(value) => Part::Literal { name, value: value.to_string() },
        value => Part::Reference { name, value },
    }
}

/// `text` as one bash word, whatever it holds.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

fn is_variable_name(name: &str) -> bool {
    let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    plain && name.starts_with(|first: char| !first.is_ascii_digit())
}

/// The first line of a script that another program than a shell is to run.
fn foreign_interpreter(script: &str) -> Option<&str> {
    let line = script.trim_start().lines().next().filter(|line| line.starts_with("#!"))?;
    let is_shell = line.split(['/', ' ']).any(|word| word == "bash" || word == "sh");
    (!is_shell).then_some(line)
}

/// The script without what [`HEADER`] says already, and with one line break at its end.
fn without_header(script: &str) -> String {
    let said = |line: &&str| line.trim().is_empty() || line.starts_with("#!") || line.trim() == "set -euo pipefail";
    let mut lines: Vec<&str> = script.lines().skip_while(said).collect();
    while lines.last().is_some_and(|line| line.trim().is_empty()) {
        lines.pop();
    }
    lines.iter().flat_map(|line| [*line, "\n"]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(data: UserData, expect: &str) {
        assert_eq!(data.into_script().into_tree(), Tree::text(expect.to_owned()));
    }

    fn problem(tree: &Tree) -> String {
        let mut found = None;
        tree.walk(&mut |leaf| {
            if let Tree::Invalid(problem) = leaf {
                found = Some(problem.message.clone());
            }
        });
        found.expect("a problem")
    }

    #[test]
    fn parts_share_one_header() {
        let script = "#!/usr/bin/env bash\nset -euo pipefail\n\necho one\n\n";
        check(
            UserData::script(script) + "echo two" + UserData::default(),
            "#!/bin/bash\nset -euo pipefail\n\necho one\n\necho two\n",
        );
    }

    #[test]
    fn a_literal_is_sent_in_base_64_and_stays_readable() {
        let value: Value<Text> = UserData::script("echo hi").into_value();
        let script = Tree::text("#!/bin/bash\nset -euo pipefail\n\necho hi\n");
        assert_eq!(value.into_tree(), Tree::Function(Box::new(Function::Base64(script))));
    }

    #[test]
    fn literal_variables_are_quoted() {
        check(
            UserData::variable("GREETING", "it's $HOME") + UserData::variable("PORT", 80),
            "#!/bin/bash\nset -euo pipefail\n\nexport GREETING='it'\\''s $HOME'\n\nexport PORT='80'\n",
        );
    }

    #[test]
    fn references_are_decoded_on_the_machine() {
        let script =
            (UserData::variable("REGION", ironwright_core::value::region()) + "echo \"$REGION\"").into_script();
        let Tree::Function(function) = script.into_tree() else { panic!("a function") };
        let Function::Join { parts: Tree::List(parts), .. } = *function else { panic!("a join") };
        assert_eq!(parts[0], Tree::text("#!/bin/bash\nset -euo pipefail\n\nREGION=\"$(base64 -d <<<'"));
        assert!(matches!(&parts[1], Tree::Function(inner) if matches!(**inner, Function::Base64(_))));
        assert_eq!(parts[2], Tree::text("')\"\nexport REGION\n\necho \"$REGION\"\n"));
    }

    #[test]
    fn a_private_host_key_is_a_secret() {
        let tree = UserData::host_key("-----BEGIN", "ssh-ed25519 A").into_script().into_tree();
        assert!(problem(&tree).starts_with("the private host key is text"));
        let secret: ironwright_core::Secret = ironwright_core::Secret::new("hunter2");
        let script = (UserData::host_key(secret, "ssh-ed25519 A") + "id").into_script();
        assert!(!format!("{script:?}").contains("hunter2"));
    }

    #[test]
    fn the_largest_script_fits_and_one_byte_more_does_not() {
        let room = LIMIT - HEADER.len() - "\n\n".len();
        assert!(matches!(UserData::script("x".repeat(room)).into_script().into_tree(), Tree::Text(_)));
        let tree = UserData::script("x".repeat(room + 1)).into_script().into_tree();
        assert_eq!(problem(&tree), "the user data is 16385 bytes; EC2 takes up to 16384 (16 KiB, before base 64)");
        let region = ironwright_core::value::region();
        let tree = (UserData::script("x".repeat(room)) + UserData::variable("R", region)).into_script().into_tree();
        assert!(problem(&tree).starts_with("the user data is at least 16"));
    }

    #[test]
    fn what_is_not_bash_is_an_error() {
        let python = UserData::script("#!/usr/bin/env python3\nprint()").into_script().into_tree();
        assert!(problem(&python).contains("`#!/usr/bin/env python3`"));
        for name in ["", "1ST", "A-B", "A B"] {
            let tree = UserData::variable(name, "x").into_script().into_tree();
            assert!(problem(&tree).contains("is not the name of a bash variable"), "{name}");
        }
    }
}
