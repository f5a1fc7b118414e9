// BERT's normaliser: controls out, white space to spaces, spaces round Chinese characters, accents off, lower case
// (Devlin et al. 2018, tokenization.py; the order is that of the `tokenizers` library).

/// What BERT does to a text first.
struct BertNormalizer: Sendable, Equatable {
  var cleansText = true
  var separatesChinese = true
  /// Nil: if and only if the text is put in lower case.
  var stripsAccents: Bool?
  var lowercases = true

  func apply(to text: inout AlignedText) {
    if cleansText { Self.clean(&text) }
    if separatesChinese { Self.separateChinese(&text) }
    if stripsAccents ?? lowercases {
      UnicodeForm.nfd.apply(to: &text)
      text.removeScalars { ScalarSet.nonspacingMark.contains($0) }
    }
    if lowercases { text.mapScalars(CaseMapping.lowercase) }
  }

  private static func clean(_ text: inout AlignedText) {
    let classes = ScalarClasses.shared
    text.rewrite { source, output in
      UTF8Coding.forEachScalar(source) { value, place in
        if value == 0x09 || value == 0x0A || value == 0x0D { return output.write(0x20, for: place) }
        guard value != 0, value != 0xFFFD, !ScalarSet.control.contains(value) else { return }
        if classes.isSpace(value) { output.write(0x20, for: place) } else { output.copy(source, place) }
      }
    }
  }

  private static func separateChinese(_ text: inout AlignedText) {
    text.rewrite { source, output in
      UTF8Coding.forEachScalar(source) { value, place in
        guard isChinese(value) else { return output.copy(source, place) }
        output.write(0x20, for: place)
        output.copy(source, place)
        output.write(0x20, for: place)
      }
    }
  }

  static func isChinese(_ scalar: UInt32) -> Bool {
    switch scalar {
    case 0x4E00...0x9FFF, 0x3400...0x4DBF, 0x20000...0x2A6DF, 0x2A700...0x2B73F, 0x2B740...0x2B81F,
      0x2B920...0x2CEAF, 0xF900...0xFAFF, 0x2F800...0x2FA1F:
      true
    default: false
    }
  }
}

/// The normaliser of sentencepiece's `nmt_nfkc` before its map, by itself.
enum NmtNormalizer {
  static func apply(to text: inout AlignedText) {
    text.rewrite { source, output in
      UTF8Coding.forEachScalar(source) { value, place in
        switch value {
        case 0x01...0x08, 0x0B, 0x0E...0x1F, 0x7F, 0x8F, 0x9F: break
        case 0x09, 0x0A, 0x0C, 0x0D, 0x1680, 0x200B...0x200F, 0x2028, 0x2029, 0x2581, 0xFEFF, 0xFFFD:
          output.write(0x20, for: place)
        default: output.copy(source, place)
        }
      }
    }
  }
}
