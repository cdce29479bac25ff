//! `cogen check`.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use cogen::{Allow, GrantKey, Pattern, component};

use crate::languages::{Missing, quoted};
use crate::output::{self, visible_name};
use crate::{grants, targets};

/// Compare what a manifest grants with what its components can use
#[derive(clap::Args)]
#[command(after_help = "The exit code is 1 if a program is granted too little or too much, by what is told.")]
pub(crate) struct Check {
    /// The manifest, or a folder with a cogen.toml
    #[arg(default_value = ".")]
    manifest: PathBuf,
}

impl Check {
    pub(crate) fn run(self) -> Result<ExitCode> {
        let manifest = targets::load(&self.manifest)?;
        let names: Vec<&str> = manifest.programs.keys().map(String::as_str).collect();
        let mut told = String::new();
        for (name, program) in &manifest.programs {
            let file = manifest.folder.join(&program.component);
            targets::ensure_file(&file)?;
            if (program.source.is_some() || program.build.is_some()) && !file.exists() {
                let what = format!("program `{name}` is not built: there is no {}", file.display());
                return Err(Missing::new(what, format!("cogen build {}", quoted(&manifest.file))).into());
            }
            let bytes = std::fs::read(&file)
                .with_context(|| format!("cannot read program `{name}` from {}", file.display()))?;
            let inspection = component::inspect(&bytes)
                .with_context(|| format!("cannot inspect program `{name}`, {}", file.display()))?;
            ensure!(
                inspection.missing.is_empty(),
                "program `{name}` imports what is not served here: cogen inspect {}",
                file.display()
            );
            for finding in findings(name, &inspection.needs, &program.allow, &names) {
                told += &format!("{}: {finding}\n", visible_name(name));
            }
        }
        if told.is_empty() {
            told = format!(
                "programs: {}; each is granted something of all that it can use, and nothing else\n",
                names.len()
            );
            output::data(told.as_bytes());
            return Ok(ExitCode::SUCCESS);
        }
        output::data(told.as_bytes());
        Ok(ExitCode::FAILURE)
    }
}

/// What is amiss between what a component can use and what its program is granted.
fn findings(name: &str, needs: &[GrantKey], allow: &Allow, programs: &[&str]) -> Vec<String> {
    let section = format!("[program.{}.allow]", visible_name(name));
    let lacks = needs.iter().filter(|&&key| is_expected(key) && !allow.has(key)).map(|&key| {
        format!("it can use `{}`, and is granted nothing of it; as in: {} in {section}", key.name(), grants::line(key))
    });
    let uses_network = needs.iter().any(|&key| NETWORK.contains(&key));
    let whole_network = (allow.network && !uses_network)
        .then(|| format!("it does not use the network: take `network = true` out of {section}"));
    let unused = GrantKey::ALL
        .into_iter()
        .filter(|&key| is_written(allow, key) && !uses(needs, key))
        .map(|key| format!("it does not use `{}`: take that out of {section}", key.name()));
    let named = [(GrantKey::Spawn, &allow.spawn), (GrantKey::Call, &allow.call), (GrantKey::Cancel, &allow.cancel)];
    let nobody = named.into_iter().flat_map(|(key, patterns)| {
        let names_nobody = |pattern: &&Pattern| !programs.iter().any(|program| pattern.matches(program));
        let told = |pattern: &Pattern| {
            let pattern = pattern.to_string();
            format!(
                "`{}` names no program of this manifest by \"{}\": take that out of {section}",
                key.name(),
                visible_name(&pattern)
            )
        };
        patterns.iter().filter(names_nobody).map(told).collect::<Vec<_>>()
    });
    lacks.chain(whole_network).chain(unused).chain(nobody).collect()
}

/// What `network = true` grants.
const NETWORK: [GrantKey; 5] =
    [GrantKey::Connect, GrantKey::Listen, GrantKey::Udp, GrantKey::UdpBind, GrantKey::Resolve];

/// Whether a component that can use it is expected to be granted something of it. Whoever started others may end them without, and
/// libraries read an environment that nobody needs.
fn is_expected(key: GrantKey) -> bool {
    !matches!(key, GrantKey::Cancel | GrantKey::Environment)
}

/// Whether there is a rule of this key itself.
fn is_written(allow: &Allow, key: GrantKey) -> bool {
    match key {
        GrantKey::Connect => !allow.connect.is_empty(),
        GrantKey::Listen => !allow.listen.is_empty(),
        GrantKey::Udp => !allow.udp.is_empty(),
        GrantKey::UdpBind => !allow.udp_bind.is_empty(),
        GrantKey::Resolve => !allow.resolve.is_empty(),
        _ => allow.has(key),
    }
}

/// Whether a rule of this key is of any use: who only makes sockets for datagrams may have one of `udp` for that, and who only
/// connects to names may look them up before.
fn uses(needs: &[GrantKey], key: GrantKey) -> bool {
    let also = match key {
        GrantKey::Udp => GrantKey::UdpBind,
        GrantKey::Resolve => GrantKey::Connect,
        _ => key,
    };
    needs.contains(&key) || needs.contains(&also)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(rules: &[&str]) -> Allow {
        let mut allow = Allow::default();
        rules.iter().for_each(|rule| allow.add(rule.parse().expect("a rule")));
        allow
    }

    #[test]
    fn who_is_granted_what_it_can_use_is_fine() {
        for (needs, rules) in [
            (&[][..], &[][..]),
            (&[GrantKey::Connect, GrantKey::Resolve], &["connect=example.org:443"]),
            (&[GrantKey::Connect, GrantKey::Listen, GrantKey::UdpBind], &["network"]),
            (&[GrantKey::UdpBind], &["udp=192.0.2.1:53"]),
            (&[GrantKey::Cancel, GrantKey::Environment], &[]),
            (&[GrantKey::Spawn], &["spawn=w*"]),
        ] {
            assert_eq!(findings("a", needs, &allowed(rules), &["a", "w"]), [""; 0], "{needs:?} {rules:?}");
        }
    }

    #[test]
    fn what_is_missing_and_what_is_too_much_is_told_with_what_to_write() {
        for (needs, rules, told) in [
            (
                &[GrantKey::Connect][..],
                &[][..],
                "it can use `connect`, and is granted nothing of it; as in: connect = [\"example.org:443\"] in [program.a.allow]",
            ),
            (
                &[GrantKey::Directories],
                &[],
                "it can use `directories`, and is granted nothing of it; as in: directories = { public = \"www\" } in \
                 [program.a.allow]",
            ),
            (
                &[GrantKey::Connect, GrantKey::Resolve],
                &["connect=10.0.0.1:80"],
                "it can use `resolve`, and is granted nothing of it; as in: resolve = [\"*.example.org\"] in [program.a.allow]",
            ),
            (&[], &["network"], "it does not use the network: take `network = true` out of [program.a.allow]"),
            (&[], &["wait=x"], "it does not use `wait`: take that out of [program.a.allow]"),
            (
                &[GrantKey::Call],
                &["call=w-*"],
                "`call` names no program of this manifest by \"w-*\": take that out of [program.a.allow]",
            ),
        ] {
            assert_eq!(findings("a", needs, &allowed(rules), &["a", "w"]), [told], "{needs:?} {rules:?}");
        }
    }
}
