//! Patterns of file names: `{field}`, and numbers with leading zeros, `{index:04}`.

/// What a field of a pattern stands for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Field<'a> {
    /// Text.
    Text(&'a str),
    /// A number, which may be given digits.
    Number(usize),
    /// Nothing here, for the reason given.
    Missing(&'a str),
}

/// Widest number.
const MAX_DIGITS: usize = 9;

/// The name that `pattern` gives. `{{` and `}}` are braces.
///
/// # Errors
/// What is wrong with the pattern, and which fields there are.
pub(crate) fn expand(pattern: &str, fields: &[(&str, Field<'_>)]) -> Result<String, String> {
    let mut name = String::new();
    let mut rest = pattern;
    while let Some(at) = rest.find(['{', '}']) {
        let (before, from) = rest.split_at(at);
        name.push_str(before);
        if let Some(after) = from.strip_prefix("{{").or_else(|| from.strip_prefix("}}")) {
            name.push_str(&from[..1]);
            rest = after;
            continue;
        }
        let inner = from.strip_prefix('{').and_then(|inner| inner.split_once('}'));
        let Some((field, after)) = inner else {
            return Err(format!("'{pattern}': a brace has no partner; {{{{ and }}}} are braces"));
        };
        name.push_str(&value(pattern, field, fields)?);
        rest = after;
    }
    name.push_str(rest);
    Ok(name)
}

fn value(pattern: &str, field: &str, fields: &[(&str, Field<'_>)]) -> Result<String, String> {
    let (name, digits) = match field.split_once(":0") {
        Some((name, digits)) => (name, digits.parse().ok()),
        None => (field, Some(0)),
    };
    let found = fields.iter().find(|(known, _)| *known == name).map(|(_, value)| value);
    match (found, digits) {
        (Some(Field::Text(text)), Some(0)) if !field.contains(':') => Ok((*text).to_owned()),
        (Some(Field::Number(number)), Some(0)) if !field.contains(':') => Ok(number.to_string()),
        (Some(Field::Number(number)), Some(digits @ 1..=MAX_DIGITS)) => {
            Ok(format!("{number:0digits$}"))
        }
        (Some(Field::Missing(reason)), _) => Err(format!("'{pattern}': {reason}")),
        _ => {
            let known = fields.iter().map(|(name, value)| match value {
                Field::Number(_) => {
                    format!("{{{name}}} and {{{name}:04}} with 1 to {MAX_DIGITS} digits")
                }
                _ => format!("{{{name}}}"),
            });
            let known: Vec<String> = known.collect();
            Err(format!("'{pattern}': there is no {{{field}}}; there are {}", known.join(", ")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIELDS: [(&str, Field<'_>); 3] = [
        ("session", Field::Text("song")),
        ("variant", Field::Text("loud")),
        ("index", Field::Number(7)),
    ];

    #[test]
    fn fields_are_replaced_and_braces_escaped() {
        for (pattern, name) in [
            ("out/{session}-{variant}.wav", "out/song-loud.wav"),
            ("{index}.wav", "7.wav"),
            ("{index:04}{index:01}", "00077"),
            ("{{{variant}}}", "{loud}"),
            ("plain", "plain"),
        ] {
            assert_eq!(expand(pattern, &FIELDS).as_deref(), Ok(name), "{pattern}");
        }
    }

    #[test]
    fn what_is_no_field_is_refused() {
        for pattern in [
            "{name}",
            "{index:4}",
            "{index:00}",
            "{index:010}",
            "{session:02}",
            "{session",
            "a}b",
            "{}",
        ] {
            let error = expand(pattern, &FIELDS).unwrap_err();
            assert!(error.contains(pattern), "{error}");
        }
        let none = [("variant", Field::Missing("the job has no variants"))];
        assert!(expand("{variant}", &none).unwrap_err().contains("no variants"));
    }
}
