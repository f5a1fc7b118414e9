// The JSON reader and writer: values, exact numbers, bytes of keys, places of errors, and no crash whatever the bytes.

import ApusCore
import ApusTestSupport
import Testing

@Suite struct JSONTests {
  @Test func readsEveryKindOfValue() throws {
    let value = try JSON.parse(#" { "a" : [ null , true,false, 1, -2.5e1, "x\n" ] , "b":{} , "c":[] } "#)
    #expect(value == ["a": [.null, true, false, 1, -25.0, "x\n"], "b": .object([:]), "c": []])
    #expect(value["a"]?.array?.count == 6)
    #expect(value["missing"] == nil)
  }

  @Test(arguments: [
    ("0", JSON.int(0)), ("-1", .int(-1)), ("9223372036854775807", .int(.max)), ("-9223372036854775808", .int(.min)),
    ("9223372036854775808", .double(9_223_372_036_854_775_808)), ("1.0", .double(1)), ("-0", .double(-0.0)),
    ("1e3", .double(1000)), ("1E+2", .double(100)), ("0.1", .double(0.1)), ("1e-5", .double(1e-5)),
    ("123456789012345678901234567890", .double(123_456_789_012_345_677_877_719_597_056)),
    ("2.2250738585072011e-308", .double(.leastNormalMagnitude.nextDown)), ("5e-324", .double(.leastNonzeroMagnitude)),
    ("1e-400", .double(0)), ("1.7976931348623157e308", .double(.greatestFiniteMagnitude)),
    ("9007199254740993.0", .double(9_007_199_254_740_992)), ("0.30000000000000004", .double(0.30000000000000004)),
    ("100000000000000000000000e-23", .double(1)), ("1e00000000000000000000001", .double(10)),
  ])
  func readsNumbersExactly(text: String, expected: JSON) throws {
    #expect(try JSON.parse(text) == expected)
  }

  @Test func doublesSurviveWritingAndReading() throws {
    var random = SystemRandomNumberGenerator()
    for _ in 0..<20_000 {
      let value = Double(bitPattern: random.next())
      guard value.isFinite else { continue }
      let text = JSON.double(value).text()
      #expect(try JSON.parse(text).double?.bitPattern == value.bitPattern, "\(text)")
    }
  }

  @Test(arguments: [
    (#""\u0041\u00e9\u20ac""#, "Aé€"), (#""\ud83d\ude00""#, "😀"), (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{C}\n\r\t"),
    ("\"naïve 日本\"", "naïve 日本"), (#""\u0000""#, "\0"), (#""""#, ""),
  ])
  func readsStrings(text: String, expected: String) throws {
    let value = try JSON.parse(text)
    #expect(value == .string(expected))
    #expect(try JSON.parse(value.serialized()) == value)
  }

  @Test(arguments: [
    ("", 1, 1), ("  ", 1, 3), ("{", 1, 2), ("[1,]", 1, 4), ("[1 2]", 1, 4), ("{\"a\" 1}", 1, 6), ("{a:1}", 1, 2),
    ("[1]\n x", 2, 2), ("01", 1, 1), ("-", 1, 2), ("1.", 1, 3), ("1e", 1, 3), (".5", 1, 1), ("+1", 1, 1),
    ("1e400", 1, 1),
    ("\"abc", 1, 1), ("\"\u{1}\"", 1, 2), (#""\x""#, 1, 2), (#""\u12""#, 1, 2), (#""\ud800""#, 1, 2),
    (#""\udc00""#, 1, 2),
    (#""\ud800\u0041""#, 1, 2), ("nul", 1, 4), ("True", 1, 1), ("NaN", 1, 1), ("[1,\n  é]", 2, 3), ("{\"a\":1,}", 1, 8),
    ("{\"é\":x}", 1, 6), ("'a'", 1, 1), ("\u{FEFF}1", 1, 1), ("[", 1, 2), ("[\"a\",", 1, 6),
  ])
  func refusesWhatIsNotJSON(text: String, line: Int, column: Int) {
    let error = #expect(throws: ApusError.self) { try JSON.parse(Array(text.utf8), file: "x.json") }
    #expect(error?.kind == .badData)
    #expect(error?.file == "x.json")
    #expect(error?.place == "line \(line), column \(column)", "\(text): \(error?.description ?? "")")
  }

  @Test func refusesInvalidUTF8() {
    let texts: [[UInt8]] = [
      [0x22, 0xFF, 0x22], [0x22, 0xC0, 0x80, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22], [0x22, 0xE2, 0x82, 0x22],
    ]
    for text in texts { #expect(throws: ApusError.self) { try JSON.parse(text) } }
  }

  @Test func limitsTheDepth() throws {
    func nested(_ depth: Int) -> [UInt8] {
      Array(String(repeating: "[", count: depth).utf8) + Array(String(repeating: "]", count: depth).utf8)
    }
    _ = try JSON.parse(nested(200))
    #expect(throws: ApusError.self) { try JSON.parse(nested(201)) }
    #expect(throws: ApusError.self) { try JSON.parse(nested(1_000_000)) }
  }

  @Test func keysAreBytes() throws {
    let value = try JSON.parse("{\"\u{E0}\": 1, \"a\u{300}\": 2}")
    #expect(value.object?.count == 2)
    #expect(value["\u{E0}"] == 1)
    #expect(value["a\u{300}"] == 2)
    #expect(JSON.string("\u{E0}") != JSON.string("a\u{300}"))
  }

  @Test func theLastOfEqualKeysWinsAtTheFirstOnesPlace() throws {
    let text = #"{"a": 1, "b": 2, "a": 3}"#
    let object = try #require(try JSON.parse(text).object)
    #expect(object.keys == ["a", "b"])
    #expect(object["a"] == 3)
    #expect(throws: ApusError.self) { try JSON.parse(Array(text.utf8), duplicateKeys: .error) }
  }

  @Test func largeObjectsFindTheirKeys() throws {
    var object = JSON.Object()
    for index in 0..<5000 { object["key \(index)"] = JSON(index) }
    for index in stride(from: 0, to: 5000, by: 7) { #expect(object["key \(index)"]?.int == index) }
    object["key 17"] = nil
    object["key 18"] = "x"
    #expect(object.count == 4999)
    #expect(object["key 17"] == nil)
    #expect(object["key 18"] == "x")
    #expect(object["key 4999"]?.int == 4999)
    #expect(Array(object.keys.prefix(3)) == ["key 0", "key 1", "key 2"])
    #expect(try JSON.parse(JSON.object(object).serialized(pretty: true)).object == object)
  }

  @Test func writesCompactAndPretty() {
    let value: JSON = ["a": [1, 2.5], "b": .object([:]), "c": [], "d": "q\"\\\u{1}é"]
    #expect(value.text() == #"{"a":[1,2.5],"b":{},"c":[],"d":"q\"\\\u0001é"}"#)
    #expect(
      value.text(pretty: true) == """
        {
          "a": [
            1,
            2.5
          ],
          "b": {},
          "c": [],
          "d": "q\\"\\\\\\u0001é"
        }
        """)
    #expect(JSON.double(.nan).text() == "null")
    #expect(JSON(Float(0.1)).text() == "0.1")
  }

  @Test func noBytesCrashTheReader() {
    var random = Philox(seed: 7).stream()
    let seeds = [
      #"{"a":[1,-2.5e3,"x\u00e9\ud83d\ude00\n"],"b":{"c":null,"d":true}}"#, #"[[[[{"k":"v"}]]],0.1,1e9]"#,
    ].map { Array($0.utf8) }
    for round in 0..<30_000 {
      var bytes = seeds[round % seeds.count]
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
        case 1: bytes.remove(at: place)
        case 2: bytes.insert(Array("{}[]\",:\\u0-e.".utf8).randomElement(using: &random) ?? 0, at: place)
        default: bytes.removeSubrange(place...)
        }
        if bytes.isEmpty { break }
      }
      // Either an error or a value that survives being written.
      guard let value = try? JSON.parse(bytes) else { continue }
      #expect((try? JSON.parse(value.serialized())) == value)
    }
  }
}

@Suite struct JSONReaderTests {
  private func reader(_ text: String) throws -> JSON.Reader {
    try JSON.Reader(try JSON.parse(text), file: "config.json")
  }

  @Test func takesIntegersForFloatsAndTheReverse() throws {
    let reader = try reader(#"{"factor": 8, "layers": 12.0, "theta": 1e4, "half": 0.5, "no": null}"#)
    #expect(try reader.double("factor", default: 1) == 8)
    #expect(try reader.int("layers", default: 1) == 12)
    #expect(try reader.requiredInt("theta") == 10_000)
    #expect(try reader.int("no", default: 3) == 3)
    #expect(try reader.bool("absent", default: true))
    let error = #expect(throws: ApusError.self) { try reader.int("half") }
    #expect(error?.description == "config.json, key `half`: a whole number is expected, not 0.5")
    try reader.finish()
  }

  @Test func reportsMissingAndUnknownKeys() throws {
    let reader = try reader(#"{"hidden_size": 4, "rope": {"factr": 2}}"#)
    #expect(throws: ApusError.self) { try reader.requiredString("name") }
    #expect(try reader.requiredInt("hidden_size") == 4)
    let rope = try #require(try reader.object("rope"))
    #expect(try rope.double("factor", default: 1) == 1)
    let error = #expect(throws: ApusError.self) { try reader.finish() }
    #expect(error?.problem == "the key `rope.factr` is unknown")
    #expect(error?.remedy == "did you mean `rope.factor`?")
  }
}
