//! Patterns of file names: `{session}`, `{variant}`, `{index}` and `{index:04}`.

/// What a pattern may stand for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Names<'a> {
    /// The session's folder.
    pub(super) session: &'a str,
    /// The variant, where there is one.
    pub(super) variant: Option<&'a str>,
    /// The number of the render in the batch, from 1.
    pub(super) index: usize,
}

/// Widest number.
const MAX_DIGITS: usize = 9;

/// The name that `pattern` gives. `{{` and `}}` are braces.
pub(super) fn expand(pattern: &str, names: Names<'_>) -> Result<String, String> {
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
            return Err(format!(
                "output '{pattern}': a brace has no partner; {{{{ and }}}} are braces"
            ));
        };
        name.push_str(&value(pattern, field, names)?);
        rest = after;
    }
    name.push_str(rest);
    Ok(name)
}

fn value(pattern: &str, field: &str, names: Names<'_>) -> Result<String, String> {
    match (field, names.variant) {
        ("session", _) => return Ok(names.session.to_owned()),
        ("variant", Some(variant)) => return Ok(variant.to_owned()),
        ("variant", None) => {
            return Err(format!(
                "output '{pattern}': the job has no variants that {{variant}} could be"
            ));
        }
        ("index", _) => return Ok(names.index.to_string()),
        _ => {}
    }
    let digits = field.strip_prefix("index:0").and_then(|digits| digits.parse().ok());
    match digits {
        Some(digits @ 1..=MAX_DIGITS) => Ok(format!("{:0digits$}", names.index)),
        _ => Err(format!(
            "output '{pattern}': there is no {{{field}}}; there are {{session}}, {{variant}}, \
             {{index}} and {{index:04}}, with 1 to {MAX_DIGITS} digits"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: Names<'_> = Names { session: "song", variant: Some("loud"), index: 7 };

    #[test]
    fn fields_are_replaced_and_braces_escaped() {
        for (pattern, name) in [
            ("out/{session}-{variant}.wav", "out/song-loud.wav"),
            ("{index}.wav", "7.wav"),
            ("{index:04}{index:01}", "00077"),
            ("{{{variant}}}", "{loud}"),
            ("plain", "plain"),
        ] {
            assert_eq!(expand(pattern, NAMES).as_deref(), Ok(name), "{pattern}");
        }
    }

    #[test]
    fn what_is_no_field_is_refused() {
        for pattern in ["{name}", "{index:4}", "{index:00}", "{index:010}", "{session", "a}b", "{}"]
        {
            let error = expand(pattern, NAMES).unwrap_err();
            assert!(error.contains(pattern), "{error}");
        }
        let none = Names { variant: None, ..NAMES };
        assert!(expand("{variant}", none).unwrap_err().contains("no variants"));
    }
}
