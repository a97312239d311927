//! What a single value must look like: its form, the values allowed, its pattern, its range.

use std::fmt::Write;

use super::{Network, Pattern, ViolationKind, is_date_time};
use crate::facts::{Form, Shape};
use crate::nearest::nearest;
use crate::{Planned, Problem};

/// Whether `value` can stand where `form` is asked for. AWS takes `"80"` for 80 and 80 for `"80"`.
pub(super) fn is_of_form(form: &Form, value: &Planned) -> bool {
    match (form, value) {
        (Form::Any | Form::Json | Form::Definition(_), _)
        | (_, Planned::Unknown | Planned::Sealed(_) | Planned::Null)
        | (Form::List, Planned::List(_))
        | (Form::Map | Form::Object, Planned::Map(_))
        | (Form::Number, Planned::Number(_))
        | (Form::Boolean, Planned::Boolean(_)) => true,
        (Form::AnyOf(forms), _) => forms.iter().any(|form| is_of_form(form, value)),
        (Form::Text, _) => scalar(value).is_some(),
        (Form::Integer, _) => scalar(value).is_some_and(|text| is_whole(&text)),
        (Form::Number, Planned::Text(_) | Planned::Secret(_)) => {
            scalar(value).is_some_and(|text| number(&text).is_some())
        }
        (Form::Boolean, Planned::Text(_) | Planned::Secret(_)) => {
            scalar(value).is_some_and(|text| ["true", "false"].iter().any(|flag| text.eq_ignore_ascii_case(flag)))
        }
        _ => false,
    }
}

fn is_whole(text: &str) -> bool {
    text.parse::<i128>().is_ok() || (number(text).is_some_and(|number| number.fract() == 0.0) && text != "true")
}

fn number(text: &str) -> Option<f64> {
    text.parse().ok().filter(|number: &f64| number.is_finite())
}

/// The text of a value that is neither a list nor a map.
fn scalar(value: &Planned) -> Option<String> {
    match value {
        Planned::Text(text) => Some(text.clone()),
        Planned::Secret(text) => Some(text.expose().to_owned()),
        Planned::Number(number) => Some(number.to_string()),
        Planned::Boolean(flag) => Some(flag.to_string()),
        _ => None,
    }
}

/// What to call a value in a message. Nothing of a secret is said.
pub(super) fn describe(value: &Planned) -> String {
    const LONGEST: usize = 60;
    match value {
        Planned::Text(text) if text.chars().count() > LONGEST => {
            format!("\"{}…\"", text.chars().take(LONGEST).collect::<String>())
        }
        Planned::Text(text) => format!("\"{text}\""),
        Planned::Number(number) => number.to_string(),
        Planned::Boolean(flag) => flag.to_string(),
        Planned::Secret(_) | Planned::Sealed(_) => "a secret".to_owned(),
        Planned::List(_) => "a list".to_owned(),
        Planned::Map(_) => "a map".to_owned(),
        Planned::Null | Planned::Unknown => "nothing".to_owned(),
    }
}

/// The problem of a value that has another form than it must.
pub(super) fn wrong_kind(form: &Form, value: &Planned) -> Problem {
    Problem::new("invalid-value", format!("expected {}, found {}", form_name(form), describe(value)))
}

fn form_name(form: &Form) -> String {
    match form {
        Form::Any | Form::Definition(_) => "a value".to_owned(),
        Form::Text => "text".to_owned(),
        Form::Integer => "a whole number".to_owned(),
        Form::Number => "a number".to_owned(),
        Form::Boolean => "true or false".to_owned(),
        Form::List => "a list".to_owned(),
        Form::Map => "a map".to_owned(),
        Form::Object => "an object".to_owned(),
        Form::Json => "a document".to_owned(),
        Form::AnyOf(forms) => forms.iter().map(form_name).collect::<Vec<_>>().join(" or "),
    }
}

/// How many are allowed, in words, where `count` is too few or too many.
pub(super) fn outside(shape: &Shape, count: usize) -> Option<String> {
    let count = count as u64;
    match (shape.shortest, shape.longest) {
        (Some(least), most) if count < least => Some(match most {
            Some(most) => format!("{least} to {most}"),
            None => format!("at least {least}"),
        }),
        (least, Some(most)) if count > most => Some(match least {
            Some(least) => format!("{least} to {most}"),
            None => format!("at most {most}"),
        }),
        _ => None,
    }
}

/// The first rule of `shape` that a value breaks which is neither a list nor a map.
pub(super) fn check(shape: &Shape, value: &Planned) -> Option<(ViolationKind, Problem)> {
    let text = scalar(value)?;
    not_allowed(shape, value, &text)
        .or_else(|| out_of_range(shape, value, &text))
        .or_else(|| wrong_length(shape, &text))
        .or_else(|| bad_pattern(shape, value, &text))
        .or_else(|| bad_format(shape, value, &text))
        .or_else(|| not_known(shape, value, &text))
}

fn not_allowed(shape: &Shape, value: &Planned, text: &str) -> Option<(ViolationKind, Problem)> {
    let same = |allowed: &String| {
        allowed == text
            || (shape.ignore_case && allowed.eq_ignore_ascii_case(text))
            || (matches!(shape.form, Form::Integer | Form::Number) && number(allowed) == number(text))
            || (shape.form == Form::Boolean && allowed.eq_ignore_ascii_case(text))
    };
    if shape.allowed.is_empty() || shape.allowed.iter().any(same) {
        return None;
    }
    let is_secret = matches!(value, Planned::Secret(_));
    let near = if is_secret { None } else { nearest(text, shape.allowed.iter().map(String::as_str)) };
    let mut help = near.map_or_else(String::new, |near| format!("did you mean \"{near}\"? "));
    let _ = write!(help, "allowed: {}", listed(&shape.allowed));
    let problem = Problem::new("invalid-value", format!("{} is not an allowed value", describe(value)));
    Some((ViolationKind::NotAllowed, problem.help(help)))
}

/// Nothing is said of a secret: that it is new to the facts tells something of it.
fn not_known(shape: &Shape, value: &Planned, text: &str) -> Option<(ViolationKind, Problem)> {
    let is_secret = matches!(value, Planned::Secret(_));
    if shape.known.is_empty() || is_secret || shape.known.binary_search_by(|known| known.as_str().cmp(text)).is_ok() {
        return None;
    }
    let message = format!("{} is not among the values known to the facts of this release", describe(value));
    let help = match nearest(text, shape.known.iter().map(String::as_str)) {
        Some(near) => format!("did you mean \"{near}\"?"),
        None => "check its spelling, unless it is newer than they are".to_owned(),
    };
    Some((ViolationKind::NotKnown, Problem::new("unknown-value", message).help(help)))
}

fn listed(allowed: &[String]) -> String {
    const MOST: usize = 20;
    let shown = allowed.iter().take(MOST).map(String::as_str).collect::<Vec<_>>().join(", ");
    match allowed.len().saturating_sub(MOST) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

fn out_of_range(shape: &Shape, value: &Planned, text: &str) -> Option<(ViolationKind, Problem)> {
    let found = number(text).filter(|_| matches!(shape.form, Form::Integer | Form::Number))?;
    let (low, high) = (shape.minimum, shape.maximum);
    if low.is_none_or(|low| found >= low) && high.is_none_or(|high| found <= high) {
        return None;
    }
    let allowed = match (low, high) {
        (Some(low), Some(high)) => format!("{low} to {high}"),
        (Some(low), None) => format!("{low} or more"),
        (None, Some(high)) => format!("{high} or less"),
        (None, None) => return None,
    };
    let problem = Problem::new("invalid-value", format!("{} is out of range", describe(value)));
    Some((ViolationKind::Range, problem.help(format!("allowed: {allowed}"))))
}

fn wrong_length(shape: &Shape, text: &str) -> Option<(ViolationKind, Problem)> {
    if shape.form != Form::Text {
        return None;
    }
    let length = text.chars().count();
    let bound = outside(shape, length)?;
    let plural = if length == 1 { "" } else { "s" };
    let message = format!("the text has {length} character{plural}, {bound} are allowed");
    Some((ViolationKind::Length, Problem::new("invalid-value", message)))
}

fn bad_pattern(shape: &Shape, value: &Planned, text: &str) -> Option<(ViolationKind, Problem)> {
    let source = shape.pattern.as_ref()?;
    if Pattern::cached(source)?.matches(text) {
        return None;
    }
    let problem = Problem::new("invalid-value", format!("{} does not match the pattern", describe(value)));
    Some((ViolationKind::Pattern, problem.help(format!("pattern: {source}"))))
}

fn bad_format(shape: &Shape, value: &Planned, text: &str) -> Option<(ViolationKind, Problem)> {
    let (is_good, what) = match shape.format.as_deref()? {
        "ipv4-network" => {
            (Network::parse(text).is_some_and(|network| network.is_ipv4()), "a network such as 10.0.0.0/16")
        }
        "ipv6-network" => {
            (Network::parse(text).is_some_and(|network| !network.is_ipv4()), "a network such as 2001:db8::/56")
        }
        "date-time" => (is_date_time(text), "a date and time such as 2026-01-31T08:00:00Z"),
        _ => return None,
    };
    let problem = || Problem::new("invalid-value", format!("{} is not {what}", describe(value)));
    (!is_good).then(|| (ViolationKind::Format, problem()))
}
