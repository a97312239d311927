//! `synth`: the CloudFormation templates of the program. Reads no state and no cloud.

use std::path::Path;

use ironwright_cloudformation::{Template, synthesize};
use ironwright_core::Diagnostic;

use crate::arguments::{SynthArguments, TemplateFormat};
use crate::error::CommandError;
use crate::exit::Exit;
use crate::render::json::Line;
use crate::render::style::counted;
use crate::session::Session;

/// Synthesizes, and writes files or standard output.
pub(crate) fn run(session: &Session<'_>, arguments: &SynthArguments) -> Result<Exit, CommandError> {
    let built = session.graph()?;
    session.show(&built.warnings);
    let templates = synthesize(&built.graph, session.facts())?;
    match &arguments.out {
        Some(folder) => write_all(session, &templates, arguments.format, folder)?,
        None => print(session, &templates, arguments.format)?,
    }
    Ok(Exit::Done)
}

fn text(template: &Template, format: TemplateFormat) -> String {
    let text = match format {
        TemplateFormat::Json => template.to_json(),
        TemplateFormat::Yaml => template.to_yaml(),
    };
    if text.ends_with('\n') { text } else { text + "\n" }
}

/// Standard output takes one template, or several YAML documents.
fn print(session: &Session<'_>, templates: &[Template], format: TemplateFormat) -> Result<(), CommandError> {
    if session.common.json {
        let error = Diagnostic::error("usage", "with `--json`, `synth` needs a folder to write templates to");
        return Err(CommandError::usage(error.help("say `--out DIR`")));
    }
    match (templates, format) {
        ([template], _) => session.terminal.print(&text(template, format)),
        (_, TemplateFormat::Yaml) => {
            for template in templates {
                session.terminal.print(&format!("--- # {}\n{}", template.stack(), text(template, format)));
            }
        }
        (_, TemplateFormat::Json) => {
            let message = format!("{} do not fit into one JSON document", counted(templates.len(), "template"));
            let error = Diagnostic::error("usage", message);
            return Err(CommandError::usage(error.help("say `--out DIR` for a file each, or `--format yaml`")));
        }
    }
    Ok(())
}

fn write_all(
    session: &Session<'_>,
    templates: &[Template],
    format: TemplateFormat,
    folder: &Path,
) -> Result<(), CommandError> {
    let extension = if format == TemplateFormat::Json { "json" } else { "yaml" };
    let failed = |path: &Path, error: std::io::Error| {
        Diagnostic::error("not-writable", format!("{} cannot be written: {error}", path.display()))
    };
    std::fs::create_dir_all(folder).map_err(|error| failed(folder, error))?;
    for template in templates {
        let path = folder.join(format!("{}.template.{extension}", template.stack()));
        std::fs::write(&path, text(template, format)).map_err(|error| failed(&path, error))?;
        if session.common.json {
            session.json(&Line::Written { path: path.display().to_string() });
        } else {
            session.terminal.line(&path.display().to_string());
        }
    }
    Ok(())
}
