//! Encodings of text.

/// How the bytes of a file stand for characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Charset {
    /// UTF-8.
    Utf8,
    /// UTF-8 behind a byte order mark.
    Utf8Bom,
    /// UTF-16, least significant byte first, behind a byte order mark.
    Utf16Le,
    /// UTF-16, most significant byte first, behind a byte order mark.
    Utf16Be,
    /// One of the encodings of the web.
    Other(&'static encoding_rs::Encoding),
}

impl Charset {
    /// The name of it in a manifest.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "utf-8",
            Self::Utf8Bom => "utf-8-bom",
            Self::Utf16Le => "utf-16le-bom",
            Self::Utf16Be => "utf-16be-bom",
            Self::Other(encoding) => encoding.name(),
        }
    }

    /// The encoding of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let ours = [Self::Utf8, Self::Utf8Bom, Self::Utf16Le, Self::Utf16Be];
        ours.into_iter().find(|charset| charset.name() == name).or_else(|| {
            let encoding = encoding_rs::Encoding::for_label(name.as_bytes())?;
            (encoding.name() == name).then_some(Self::Other(encoding))
        })
    }
}

/// The text that bytes stand for; `None` if they stand for none.
pub(crate) fn decode(content: &[u8], charset: Charset) -> Option<String> {
    match charset {
        Charset::Utf8 => std::str::from_utf8(content).ok().map(str::to_owned),
        Charset::Utf8Bom => {
            std::str::from_utf8(content.strip_prefix(b"\xef\xbb\xbf")?).ok().map(str::to_owned)
        }
        Charset::Utf16Le | Charset::Utf16Be => {
            let little = charset == Charset::Utf16Le;
            let bom: &[u8] = if little { b"\xff\xfe" } else { b"\xfe\xff" };
            let (pairs, rest) = content.strip_prefix(bom)?.as_chunks::<2>();
            let unit = if little { u16::from_le_bytes } else { u16::from_be_bytes };
            let units = pairs.iter().map(|pair| unit(*pair));
            let text: Result<String, _> = char::decode_utf16(units).collect();
            text.ok().filter(|_| rest.is_empty())
        }
        Charset::Other(encoding) => {
            let text = encoding.decode_without_bom_handling_and_without_replacement(content)?;
            Some(text.into_owned())
        }
    }
}

/// The bytes that stand for a text; `None` if there are none.
pub(crate) fn encode(text: &str, charset: Charset) -> Option<Vec<u8>> {
    match charset {
        Charset::Utf8 => Some(text.as_bytes().to_vec()),
        Charset::Utf8Bom => Some([b"\xef\xbb\xbf", text.as_bytes()].concat()),
        Charset::Utf16Le => {
            let units = text.encode_utf16().flat_map(u16::to_le_bytes);
            Some([0xff, 0xfe].into_iter().chain(units).collect())
        }
        Charset::Utf16Be => {
            let units = text.encode_utf16().flat_map(u16::to_be_bytes);
            Some([0xfe, 0xff].into_iter().chain(units).collect())
        }
        Charset::Other(encoding) => {
            let (bytes, _, lossy) = encoding.encode(text);
            (!lossy).then(|| bytes.into_owned())
        }
    }
}
