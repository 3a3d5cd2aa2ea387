//! The reference page, written from the sections themselves.

use std::fmt::Write;

use super::SectionDoc;

const HEAD: &str = "\
# Configuration

<!-- Generated from the settings' own documentation. A test compares it and says how to renew it. -->

Every process reads the same configuration. A setting has its value from the highest of:

1. the environment: `NOTTERMOST_<SECTION>__<FIELD>` (two underscores between them);
2. a TOML file, `[section]` and `field = value`, named by `--config` or `NOTTERMOST_CONFIG`;
3. the default below.

Unknown keys are refused in both. A value that is not accepted stops the process before it takes a
port, with one line that names the key, the value, where it came from and what is accepted.
`DATABASE_URL` is read too, as `database.url`; `NOTTERMOST_DATABASE__URL` goes before it.
";

/// `docs/CONFIGURATION.md`.
pub fn reference_page(sections: &[SectionDoc]) -> String {
    let mut page = HEAD.to_owned();
    for section in sections {
        section_reference(&mut page, section).expect("a string takes what is written to it");
    }
    page
}

fn section_reference(page: &mut String, section: &SectionDoc) -> std::fmt::Result {
    write!(page, "\n## [{}]\n\n{}\n", section.name, one_line(section.doc))?;
    for field in section.fields {
        let variable =
            format!("NOTTERMOST_{}__{}", section.name.to_uppercase(), field.name.to_uppercase());
        write!(page, "\n### `{}.{}`\n\n{}\n\n", section.name, field.name, one_line(field.doc))?;
        writeln!(page, "- variable: `{variable}`")?;
        match field.default {
            Some(default) => writeln!(page, "- default: `{default}`")?,
            None => writeln!(page, "- default: not set")?,
        }
        writeln!(page, "- accepted: {}", (field.accepted)().replace('<', "\\<"))?;
    }
    Ok(())
}

fn one_line(doc: &str) -> String {
    doc.split_whitespace().collect::<Vec<_>>().join(" ")
}
