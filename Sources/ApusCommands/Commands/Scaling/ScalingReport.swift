// A report as a folder that one can show: report.md and report.html with the same words, the charts beside them, and
// the numbers as JSON. It knows neither plans nor fits; these say what stands in it.

import ApusCore

/// Words in sections, pictures, and the same numbers for programs.
struct ScalingReport {
  /// A chart and the sentence that one should take from it.
  struct Picture {
    var file: String
    var caption: String
    var chart: SVGChart
  }

  var title: String
  /// Sections without lines are left out.
  var sections: [(title: String, lines: [String])]
  var pictures: [Picture]
  var numbers: (file: String, json: JSON)

  /// Writes the files, each whole or not at all.
  ///
  /// - Throws: A folder that cannot be made or written.
  func write(to folder: String, _ console: Console) throws(ApusError) {
    guard !folder.isEmpty else { throw ApusError(.usage, "the report's folder has no name", remedy: "give one") }
    try FileSystem.makeFolders(folder)
    for picture in pictures {
      try AtomicFile.write(picture.chart.render(), to: FileSystem.join(folder, picture.file))
    }
    try AtomicFile.write(markdown, to: FileSystem.join(folder, "report.md"))
    try AtomicFile.write(html, to: FileSystem.join(folder, "report.html"))
    try AtomicFile.write(numbers.json.text(pretty: true) + "\n", to: FileSystem.join(folder, numbers.file))
    console.note("report: \(FileSystem.join(folder, "report.html"))")
  }

  private var filled: [(title: String, lines: [String])] { sections.filter { !$0.lines.isEmpty } }

  var markdown: String {
    let text = filled.map { "## \($0.title)\n\n```text\n\($0.lines.joined(separator: "\n"))\n```\n" }
    let pictures = pictures.map { "![\($0.caption)](\($0.file))\n\n\($0.caption)\n" }
    return (["# \(title)\n"] + text + ["## Pictures\n"] + pictures).joined(separator: "\n")
  }

  var html: String {
    let text = filled.map {
      "<h2>\(Self.escaped($0.title))</h2>\n<pre>\(Self.escaped($0.lines.joined(separator: "\n")))</pre>"
    }
    let pictures = pictures.map {
      "<figure>\n<img src=\"\($0.file)\" alt=\"\(Self.escaped($0.chart.title))\">\n"
        + "<figcaption>\(Self.escaped($0.caption))</figcaption>\n</figure>"
    }
    return """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width">
      <title>\(Self.escaped(title))</title>
      <style>
      body{font:16px/1.5 system-ui,sans-serif;max-width:58rem;margin:2rem auto;padding:0 1rem;color-scheme:light dark}
      pre{overflow-x:auto;padding:.8rem 1rem;border:1px solid #8884;border-radius:8px;font-size:13px;line-height:1.45}
      figure{margin:1.5rem 0}svg,img{max-width:100%;height:auto}figcaption{opacity:.75;font-size:14px}
      </style>
      </head>
      <body>
      <h1>\(Self.escaped(title))</h1>
      \(text.joined(separator: "\n"))
      <h2>Pictures</h2>
      \(pictures.joined(separator: "\n"))
      </body>
      </html>

      """
  }

  private static func escaped(_ text: String) -> String {
    var result = ""
    for character in text {
      switch character {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      default: result.append(character)
      }
    }
    return result
  }
}
