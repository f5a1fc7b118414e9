// What may be used as text.

import ApusCore
import Testing

@testable import ApusTokenizers

@Suite struct TextPolicyTests {
  @Test func textPassesSilently() throws {
    #expect(try TextPolicy().check(Array("Grüße\n".utf8).span) == nil)
    #expect(try TextPolicy(invalidUTF8: .error).check(Array("Grüße\n".utf8).span) == nil)
  }

  @Test func emptyTextIsRefused() {
    let empty: [UInt8] = []
    let error = #expect(throws: ApusError.self) { try TextPolicy().check(empty.span, file: "x") }
    #expect(error?.kind == .badData && error?.file == "x")
  }

  @Test func invalidBytesAreCountedOrRefused() throws {
    let text: [UInt8] = Array("ab".utf8) + [0xFF] + Array("cd".utf8) + [0xC3]
    let warning = try TextPolicy().check(text.span, file: "x")
    #expect(warning?.contains("2 bytes") == true && warning?.contains("offset 2") == true)
    let error = #expect(throws: ApusError.self) { try TextPolicy(invalidUTF8: .error).check(text.span) }
    #expect(error?.place == "byte 2" && error?.kind == .badData)
  }

  @Test func binaryDataAreRefusedUnlessForced() throws {
    let binary = (0..<4096).map { UInt8(truncatingIfNeeded: $0 % 16) }
    let error = #expect(throws: ApusError.self) { try TextPolicy().check(binary.span) }
    #expect(error?.kind == .badData && error?.description.contains("binary") == true)
    #expect(try TextPolicy(allowsBinary: true).check(binary.span) == nil)
    #expect(try TextPolicy().check((Array(repeating: 0x61, count: 5000) + [0]).span) == nil)
  }
}
