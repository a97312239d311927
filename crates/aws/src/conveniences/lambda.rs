//! Conveniences for Lambda: environment variables one by one, each a literal or a reference of any kind.

use ironwright_core::resource::Resource;
use ironwright_core::tree::Name;
use ironwright_core::{IntoValue, Source, Text, Tree};

use super::invalid;
use crate::generated::lambda::Function;

impl Function {
    /// Adds an environment variable: `.variable("TABLE", table.table_name())`.
    ///
    /// ```
    /// use ironwright_aws::lambda::{Code, Function};
    ///
    /// Function::new("arn:aws:iam::123456789012:role/orders", Code::new().zip_file("def handle(event, _): pass"))
    ///     .variable("STAGE", "prod")
    ///     .variable("TABLE", "orders");
    /// ```
    #[track_caller]
    pub fn variable(mut self, name: impl Into<Name>, value: impl IntoValue<Text>) -> Self {
        let (name, source) = (name.into(), Source::caller());
        let value = if is_variable_name(&name) {
            value.into_value().into_tree()
        } else {
            let message = format!("`{name}` is not the name of an environment variable of a function");
            invalid(message, "use letters, digits and `_`, at least two, and a letter first", &source)
        };
        let mut variables = variables(self.bag_mut().get("Environment"));
        variables.retain(|(known, _)| *known != name);
        variables.push((name, value));
        let environment = Tree::Map(vec![("Variables".into(), Tree::Map(variables))]);
        self.bag_mut().put("Environment".into(), environment, source, false);
        self
    }
}

/// The variables that are set already.
fn variables(environment: Option<&Tree>) -> Vec<(Name, Tree)> {
    let Some(Tree::Map(entries)) = environment else { return Vec::new() };
    match entries.iter().find(|(name, _)| name == "Variables") {
        Some((_, Tree::Map(variables))) => variables.clone(),
        _ => Vec::new(),
    }
}

fn is_variable_name(name: &str) -> bool {
    let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    plain && name.len() >= 2 && name.starts_with(|first: char| first.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generated::lambda::{Code, Environment};

    fn function() -> Function {
        Function::new("arn:aws:iam::123456789012:role/orders", Code::new())
    }

    fn environment(function: Function) -> Option<Tree> {
        function.into_bag().get("Environment").cloned()
    }

    #[test]
    fn variables_add_up_and_the_last_of_a_name_counts() {
        let long = function().environment(Environment::new().variables([("TABLE", "orders"), ("STAGE", "prod")]));
        let mixed = function()
            .environment(Environment::new().variables([("STAGE", "dev")]))
            .variable("TABLE", "orders")
            .variable("STAGE", "prod");
        assert_eq!(environment(mixed), environment(long));
    }

    #[test]
    fn a_name_that_lambda_refuses_is_an_error() {
        for name in ["", "A", "1ST", "_X", "A-B"] {
            let shown = format!("{:?}", environment(function().variable(name, "x")));
            assert!(shown.contains("is not the name of an environment variable"), "{name}");
        }
    }
}
