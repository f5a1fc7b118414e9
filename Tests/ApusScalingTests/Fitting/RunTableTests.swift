import ApusCore
import ApusScaling
import Testing

@Suite struct RunTableTests {
  private func parse(_ text: String, _ reading: RunTable.Reading = .init()) throws -> RunTable {
    try RunTable.parse(Array(text.utf8), file: "runs.csv", reading)
  }

  @Test func columnsAreKnownByTheirNames() throws {
    let table = try parse("run,Params (M),tokens_billions,val_loss\na,70,1.4,3.5\nb,140,2.8,3.2\n")
    #expect(table.runs.map(\.parameters) == [70e6, 140e6] && table.runs.map(\.tokens) == [1.4e9, 2.8e9])
    #expect(table.runs.map(\.loss) == [3.5, 3.2] && table.runs.map(\.name) == ["a", "b"])
    #expect(table.runs.map(\.line) == [2, 3] && table.lossUnit == .natsPerToken)
    #expect(table.runs[0].compute == 6 * 70e6 * 1.4e9)
    #expect(table.notes.contains { $0.contains("Params (M)") } && table.notes.contains { $0.hasPrefix("C is not") })
  }

  @Test func jsonLinesAreTheSameTable() throws {
    let lines = """
      {"N": 70000000, "D": "1.4B", "loss": 3.5, "mode": "train"}

      {"loss": 3.2, "D": 2.8e9, "N": 1.4e8, "mode": "eval"}
      """
    let table = try parse(lines)
    #expect(table.runs.map(\.tokens) == [1.4e9, 2.8e9] && table.runs.map(\.line) == [1, 3])
    let reading = RunTable.Reading(conditions: [try RunCondition("mode == train"), try RunCondition("N<1e8")])
    #expect(try parse(lines, reading).runs.map(\.loss) == [3.5])
  }

  @Test func quotesSeparatorsAndByteOrderMarksAreRead() throws {
    let text = "\u{FEFF}name;N;D;loss\r\n\"a;\"\"b\"\"\";1e7;1e9;3\r\n\r\nc;2e7;1e9;2.9\r\n"
    let table = try parse(text)
    #expect(table.runs.map(\.name) == ["a;\"b\"", "c"] && table.runs.map(\.line) == [2, 4])
    #expect(try parse("N\tD\tloss\n1e7\t1e9\t3\n").runs.count == 1)
    #expect(try parse("N,D,loss\r1e7,1e9,3\r2e7,1e9,2.9").runs.map(\.line) == [2, 3])
  }

  @Test func computeGivesTheThirdOfSizeTokensAndCompute() throws {
    let table = try parse("flops,loss,N\n6e17,3,1e8\n")
    #expect(abs(table.runs[0].tokens / 1e9 - 1) < 1e-12)
    let days = try parse("C (PF-days),loss,N\n0.1,3,1e8\n").runs[0]
    #expect(abs(days.compute / 8.64e18 - 1) < 1e-12)
    #expect(try parse("val_bpb,N,D\n0.9,1e8,1e9\n").lossUnit == .bitsPerByte)
  }

  /// Every bad table is an error that says where: line and column, or the header.
  @Test(arguments: [
    ("", "", "empty"), ("N,D,loss\n", "", "no rows"),
    ("N,D,accuracy\n1e7,1e9,0.3\n", "header", "no column for the loss"),
    ("N,loss_c4\n1e7,3\n", "header", "no column for the loss"),
    ("N,loss\n1e7,3\n", "header", "the tokens D"),
    ("D,loss\n1e9,3\n", "header", "the parameters N"),
    ("N (parsecs),D,loss\n1e7,1e9,3\n", "header", "unknown"),
    ("N,D,loss\n1e7,1e9,3\n1e7,nan,3\n", "line 3, column 'D'", "not finite"),
    ("N,D,loss\n1e7,1e9,inf\n", "line 2, column 'loss'", "not finite"),
    ("N,D,loss\n1e7,-1e9,3\n", "line 2, column 'D'", "not positive"),
    ("N,D,loss\n1e7,1e9,0\n", "line 2, column 'loss'", "not positive"),
    ("N,D,loss\n1e7,,3\n", "line 2, column 'D'", "no value"),
    ("N,D,loss\n1e7,lots,3\n", "line 2, column 'D'", "'lots' is no number"),
    ("N,D,loss\n70,1e9,3\n", "line 2, column 'N'", "cannot be"),
    ("N,D,loss\n7e7,1.4,3\n", "line 2, column 'D'", "cannot be"),
    ("N,D,loss\n7e7,1e9,33.1\n", "line 2, column 'loss'", "guessing"),
    ("N,D,C,loss\n7e7,1e9,4.2e14,3\n", "line 2, column 'C'", "times 6 N D"),
    ("N,D,loss\n1e7,1e9,3\n2e7,1e9,2.9\n1e7,1e9,3\n", "line 4", "repeats line 2"),
    ("N,D,loss\n1e7,1e9\n", "line 2", "2 fields"),
    ("N,D,loss\n\"1e7,1e9,3\n", "line 2", "quote"),
    ("{\"N\": 1e7, \"D\": 1e9, \"loss\": 3}\n{\"N\": 1e7, \"D\": 1e9}\n", "line 2, column 'loss'", "no value"),
    ("{\"N\": 1e7, \"D\": 1e9, \"loss\": 3}\n[1]\n", "line 2", "array"),
    ("{\"N\": 1e7, \"D\":\n", "line 1", "not JSON"),
    ("[{\"N\": 1e7, \"D\": 1e9, \"loss\": 3}]", "", "JSON array"),
    ("N,D,loss,loss\n1e7,1e9,3,2\n", "header", "'loss' (column 3) and 'loss' (column 4) may both be loss"),
    ("N,n,D,loss\n1e7,1e8,1e9,3\n", "header", "'N' (column 1) and 'n' (column 2) may both be N"),
    ("N\0,D,loss\n1e7,1e9,3\n", "", "no text in UTF-8"), ("\u{FEFF}\r\n \r\n", "", "empty"),
  ])
  func badTablesAreErrorsWithTheirPlace(text: String, place: String, word: String) throws {
    let error = #expect(throws: ApusError.self) { try parse(text) }
    #expect((error?.place ?? "") == place, "\(String(describing: error))")
    #expect(error?.problem.contains(word) ?? false, "\(String(describing: error))")
    #expect(error?.kind == .badData && error?.file == "runs.csv")
  }

  @Test func aMissingColumnNamesTheOptionThatChoosesOne() throws {
    let text = "N,D,loss_c4,loss_pile\n1e7,1e9,3,2\n"
    let error = #expect(throws: ApusError.self) { try parse(text) }
    #expect(error?.remedy?.contains("--column loss=loss_c4") ?? false)
    #expect(try parse(text, .init(columns: [.loss: "loss_pile"])).runs[0].loss == 2)
    #expect(throws: ApusError.self) { try parse(text, .init(columns: [.loss: "loss_x"])) }
    let twice = "N,D,x,x\n1e7,1e9,3,2\n"
    #expect(throws: ApusError.self) { try parse(twice, .init(columns: [.loss: "x"])) }
    #expect(throws: ApusError.self) { try parse(text, .init(conditions: [try RunCondition("mode==x")])) }
    #expect(throws: ApusError.self) { try parse(text, .init(conditions: [try RunCondition("N>1e9")])) }
    #expect(throws: ApusError.self) { try RunCondition("N is large") }
  }

  @Test func theHighestLossesAreDroppedAsTheReplicationDoes() throws {
    let runs = [3.0, 5, 4, 2, 4].map { MeasuredRun(parameters: 1e7, tokens: 1e9, loss: $0) }
    #expect(RunTable(runs).droppingHighestLosses(2).runs.map(\.loss) == [3, 2])
    #expect(RunTable(runs).droppingHighestLosses(0).runs.count == 5)
    #expect(RunTable(runs).droppingHighestLosses(9).runs.isEmpty)
  }

  /// Any bytes are a table or a typed error, never a trap.
  @Test func damagedTablesNeverTrap() throws {
    let good = Array("N,D,loss,run\n1e7,1e9,3,\"a\"\n2e7,2B,2.9,b\n{\"N\":1}\n".utf8)
    var random = Philox(seed: 7).stream()
    for _ in 0..<2000 {
      var bytes = good
      for _ in 0..<Int.random(in: 1...6, using: &random) {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        if Bool.random(using: &random) {
          bytes[place] = UInt8.random(in: 0...255, using: &random)
        } else {
          bytes.remove(at: place)
        }
      }
      _ = try? RunTable.parse(bytes, file: "damaged")
    }
  }
}
