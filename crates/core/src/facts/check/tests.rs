//! The rules of the checker, one by one, over facts written inline.

use serde_json::{Value as Json, json};

use super::*;
use crate::secret::SecretText;

fn found(facts: Json, properties: Json) -> Vec<(ViolationKind, String)> {
    let facts: TypeFacts = serde_json::from_value(facts).expect("facts");
    check_all(&facts, &properties.into())
}

fn check_all(facts: &TypeFacts, properties: &Planned) -> Vec<(ViolationKind, String)> {
    let text = |violation: Violation| match violation.problem.help {
        Some(help) => format!("{}: {}; {help}", violation.path, violation.problem.message),
        None => format!("{}: {}", violation.path, violation.problem.message),
    };
    check(facts, properties).into_iter().map(|violation| (violation.kind, text(violation))).collect()
}

/// Checks one property `P` of `shape`.
#[expect(clippy::needless_pass_by_value, reason = "cases read better with json!(…) in place")]
fn of(shape: Json, value: Json, expect: Option<(ViolationKind, &str)>) {
    let found = found(json!({"t": "AWS::X::Y", "p": {"P": shape}}), json!({"P": value}));
    let expect: Vec<_> = expect.into_iter().map(|(kind, text)| (kind, text.to_owned())).collect();
    assert_eq!(found, expect);
}

#[test]
fn an_unknown_property_is_reported_with_the_nearest_name() {
    let facts = json!({"t": "AWS::EC2::VPC", "p": {"CidrBlock": {"f": "s"}}});
    let expect = "CidrBlok: `AWS::EC2::VPC` has no property `CidrBlok`; did you mean `CidrBlock`?";
    assert_eq!(found(facts, json!({"CidrBlok": "x"})), [(ViolationKind::UnknownProperty, expect.to_owned())]);
}

#[test]
fn required_properties_are_missed_at_the_top_and_inside() {
    let facts = json!({"t": "T", "r": ["A"], "p": {"A": {"f": "s"}, "L": {"f": "l", "i": {"f": {"d": "D"}}}},
        "d": {"D": {"f": "o", "p": {"K": {"f": "s"}}, "r": ["K"]}}});
    let paths: Vec<_> =
        found(facts, json!({"L": [{"K": "x"}, {}], "A": null})).into_iter().map(|(_, text)| text).collect();
    assert_eq!(paths, ["L[1].K: `K` is required and not set", "A: `A` is required and not set"]);
}

#[test]
fn groups_ask_for_exactly_one_at_least_one_or_the_others() {
    let p = json!({"A": {"f": "s"}, "B": {"f": "s"}});
    let xor = json!({"p": p, "rx": [["A", "B"]]});
    assert_eq!(found(xor.clone(), json!({"A": "1"})), []);
    assert_eq!(found(xor.clone(), json!({}))[0].0, ViolationKind::MissingProperty);
    let both = ": exactly one of `A` and `B` must be set, and 2 are".to_owned();
    assert_eq!(found(xor, json!({"A": "1", "B": "2"})), [(ViolationKind::ExcludedProperty, both)]);
    assert_eq!(found(json!({"p": p, "ro": [["A", "B"]]}), json!({}))[0].0, ViolationKind::MissingProperty);
    let dependent = json!({"p": p, "dr": {"A": ["B"]}});
    assert_eq!(found(dependent, json!({"A": "1"}))[0].1, "B: `B` is required where `A` is set");
    let excluded = json!({"p": p, "dx": {"A": ["B"], "B": ["A"]}});
    let expect = (ViolationKind::ExcludedProperty, "B: `B` cannot be set beside `A`".to_owned());
    assert_eq!(found(excluded, json!({"A": "1", "B": "2"})), [expect]);
}

#[test]
fn groups_hold_inside_objects_too_and_an_open_type_takes_anything() {
    let rule = json!({"f": "o", "p": {"Cidr": {"f": "s"}, "Group": {"f": "s"}}, "rx": [["Cidr", "Group"]]});
    let facts = json!({"t": "AWS::X::Y", "o": true, "p": {"Rules": {"f": "l", "i": rule}}});
    let properties = json!({"Anything": 1, "Rules": [{"Cidr": "c"}, {"Cidr": "c", "Group": "g"}, {}]});
    let both = "Rules[1]: exactly one of `Cidr` and `Group` must be set, and 2 are".to_owned();
    let none = "Rules[2]: exactly one of `Cidr` and `Group` must be set, and 0 are".to_owned();
    let expect = [(ViolationKind::ExcludedProperty, both), (ViolationKind::MissingProperty, none)];
    assert_eq!(found(facts, properties), expect);
}

#[test]
fn read_only_properties_cannot_be_set_even_deep_inside() {
    let facts = json!({"t": "T", "ra": ["Id", "L.*.State"], "p": {"Id": {"f": "s"}, "L": {"f": "l", "i": {"f": "o",
        "p": {"State": {"f": "s"}, "Id": {"f": "s"}}}}}});
    let found = found(facts, json!({"Id": "x", "L": [{"State": "up", "Id": "fine"}]}));
    let paths: Vec<_> = found.iter().map(|(kind, text)| (*kind, text.split(':').next().unwrap_or_default())).collect();
    assert_eq!(paths, [(ViolationKind::ReadOnly, "Id"), (ViolationKind::ReadOnly, "L[0].State")]);
}

#[test]
fn scalars_stand_for_each_other_and_lists_do_not() {
    for (form, value) in
        [("i", json!("80")), ("s", json!(80)), ("b", json!("true")), ("s", json!(true)), ("n", json!("0.5"))]
    {
        of(json!({"f": form}), value, None);
    }
    let wrong = |text| Some((ViolationKind::WrongKind, text));
    of(json!({"f": "i"}), json!("8o"), wrong("P: expected a whole number, found \"8o\""));
    of(json!({"f": "i"}), json!(1.5), wrong("P: expected a whole number, found 1.5"));
    of(json!({"f": "l", "i": {"f": "s"}}), json!("x"), wrong("P: expected a list, found \"x\""));
    of(json!({"f": "s"}), json!(["x"]), wrong("P: expected text, found a list"));
    of(json!({"f": {"a": ["s", "o"]}}), json!(["x"]), wrong("P: expected text or an object, found a list"));
}

#[test]
fn allowed_values_are_listed_with_the_nearest() {
    let shape = json!({"f": "s", "e": ["default", "dedicated", "host"]});
    let text =
        "P: \"dedciated\" is not an allowed value; did you mean \"dedicated\"? allowed: default, dedicated, host";
    of(shape.clone(), json!("dedciated"), Some((ViolationKind::NotAllowed, text)));
    of(shape, json!("host"), None);
    of(json!({"f": "s", "e": ["A"], "ei": true}), json!("a"), None);
    of(json!({"f": "i", "e": ["1", "7"]}), json!("7"), None);
}

#[test]
fn a_value_that_the_facts_do_not_know_is_said_with_the_nearest() {
    let shape = json!({"f": "s", "kn": "t2.micro t2.small t3.micro"});
    let with = |text| Some((ViolationKind::NotKnown, text));
    let slip =
        "P: \"t2.mircro\" is not among the values known to the facts of this release; did you mean \"t2.micro\"?";
    of(shape.clone(), json!("t2.mircro"), with(slip));
    let stranger = "P: \"u9-tb.metal\" is not among the values known to the facts of this release; check its spelling, \
                    unless it is newer than they are";
    of(shape.clone(), json!("u9-tb.metal"), with(stranger));
    of(shape.clone(), json!("t3.micro"), None);
    let facts: TypeFacts = serde_json::from_value(json!({"p": {"P": shape}})).expect("facts");
    for silent in [Planned::Unknown, Planned::Secret(SecretText::new("t2.mircro"))] {
        assert_eq!(check_all(&facts, &Planned::Map([("P".to_owned(), silent)].into())), []);
    }
    let written = serde_json::to_value(&facts).expect("a document");
    assert_eq!(written["p"]["P"]["kn"], "t2.micro t2.small t3.micro", "words as one text");
}

#[test]
fn patterns_ranges_lengths_counts_and_repetitions() {
    let pattern = "P: \"B\" does not match the pattern; pattern: ^[a-z]+$";
    of(json!({"f": "s", "pa": "^[a-z]+$"}), json!("B"), Some((ViolationKind::Pattern, pattern)));
    let range = "P: 70000 is out of range; allowed: -1 to 65535";
    of(json!({"f": "i", "mi": -1, "ma": 65535}), json!(70000), Some((ViolationKind::Range, range)));
    let length = "P: the text has 3 characters, at most 2 are allowed";
    of(json!({"f": "s", "hi": 2}), json!("äöü"), Some((ViolationKind::Length, length)));
    let count = "P: 1 item given, 2 to 3 items allowed";
    of(json!({"f": "l", "lo": 2, "hi": 3}), json!([1]), Some((ViolationKind::ItemCount, count)));
    let twice = "P[1]: the item \"a\" occurs twice; every item must differ from the others";
    of(json!({"f": "l", "u": true, "i": {"f": "s"}}), json!(["a", "a"]), Some((ViolationKind::Duplicate, twice)));
}

#[test]
fn a_network_is_in_cidr_notation() {
    let text = "P: \"10.0.0.0\" is not a network such as 10.0.0.0/16";
    of(json!({"f": "s", "fo": "ipv4-network"}), json!("10.0.0.0"), Some((ViolationKind::Format, text)));
    of(json!({"f": "s", "fo": "ipv4-network"}), json!("10.0.0.0/8"), None);
    of(json!({"f": "s", "fo": "ipv6-network"}), json!("2001:db8::/56"), None);
}

#[test]
fn what_is_unknown_passes_and_a_secret_is_checked_in_silence() {
    let facts: TypeFacts =
        serde_json::from_value(json!({"p": {"P": {"f": "s", "lo": 9, "e": ["hunter22"]}}})).expect("facts");
    let with = |value| Planned::Map([("P".to_owned(), value)].into());
    assert_eq!(check_all(&facts, &with(Planned::Unknown)), []);
    let found = check_all(&facts, &with(Planned::Secret(SecretText::new("hunter2"))));
    assert_eq!(
        found,
        [(ViolationKind::NotAllowed, "P: a secret is not an allowed value; allowed: hunter22".to_owned())]
    );
}
