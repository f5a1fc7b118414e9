// Where the fixtures lie. Tests go over what is there by layout, print how many cases ran, and skip where nothing is.

public import Foundation

/// The folders of expected results, shared by all test targets.
public enum Fixtures {
  /// `$APUS_FIXTURES`, or `../shared/fixtures` beside the package; nil where it does not exist.
  public static let root: URL? = existing(
    environment: "APUS_FIXTURES", fallback: package.appending(path: "../shared/fixtures"))

  /// `$APUS_VOCABS`, or `vocabs` beside the fixtures; nil where it does not exist.
  public static let vocabularies: URL? = existing(
    environment: "APUS_VOCABS", fallback: root?.appending(path: "../vocabs"))

  /// `$APUS_MODELS`: real checkpoints, which no test needs; nil where it names nothing.
  public static let models: URL? = existing(environment: "APUS_MODELS", fallback: nil)

  /// The folder of Package.swift.
  public static let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  /// A folder below `root`, or nil with a line that says what is skipped.
  public static func folder(_ path: String, for test: String) -> URL? {
    guard let folder = root?.appending(path: path), FileManager.default.fileExists(atPath: folder.path) else {
      print("\(test): skipped, no fixtures at \(path) (set APUS_FIXTURES)")
      return nil
    }
    return folder
  }

  private static func existing(environment name: String, fallback: URL?) -> URL? {
    let named = ProcessInfo.processInfo.environment[name].map { URL(filePath: $0) }
    guard let url = (named ?? fallback)?.standardizedFileURL, FileManager.default.fileExists(atPath: url.path) else {
      return nil
    }
    return url
  }
}
