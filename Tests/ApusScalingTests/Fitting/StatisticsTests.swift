import ApusCore
import Testing

@testable import ApusScaling

@Suite struct StatisticsTests {
  /// Printed tables of Student's t and of the normal distribution.
  @Test(arguments: [
    (0.975, 1.0, 12.7062), (0.975, 2, 4.3027), (0.975, 3, 3.1824), (0.975, 5, 2.5706), (0.975, 10, 2.2281),
    (0.975, 30, 2.0423), (0.95, 4, 2.1318), (0.995, 8, 3.3554), (0.975, 1000, 1.9623), (0.025, 10, -2.2281),
  ])
  func quantilesOfStudent(probability: Double, freedom: Double, expected: Double) {
    #expect(abs(Statistics.studentQuantile(probability, freedom: freedom) - expected) < 1e-3)
  }

  @Test func quantilesOfTheNormalDistribution() {
    #expect(abs(Statistics.normalQuantile(0.975) - 1.959964) < 1e-6)
    #expect(abs(Statistics.normal(below: -1.959964) - 0.025) < 1e-7)
    #expect(abs(Statistics.normalQuantile(0.5)) < 1e-12)
  }

  @Test func quantilesOfASample() {
    #expect(Statistics.quantile([1, 2, 4, 8], 0.5) == 3 && Statistics.quantile([1, 2, 4, 8], 1) == 8)
    #expect(abs(Statistics.quantile([1, 2, 4, 8], 0.9) - 6.8) < 1e-12)
    #expect(Statistics.quantile([], 0.5).isNaN)
    #expect(abs(Statistics.robustDeviation([-1, 0, 1, 100], around: 0) - 1.4826) < 1e-12)
  }

  @Test func straightLinesWithTheirErrors() throws {
    let line = try #require(StraightLine([1, 2, 3, 4], [2, 4.1, 5.9, 8]))
    #expect(abs(line.slope - 1.98) < 1e-12 && abs(line.intercept - 0.05) < 1e-12)
    #expect(abs(line.slopeError - 0.0424264) < 1e-6)
    #expect(line.slopeInterval(level: 0.95).contains(2) && !line.slopeInterval(level: 0.95).contains(2.2))
    #expect(StraightLine([1, 1], [1, 2]) == nil)
    #expect(!(try #require(StraightLine([1, 2], [1, 2])).slopeInterval(level: 0.95).isClosed))
  }

  @Test func smallMatricesAreSolvedAndAnalysed() throws {
    let matrix = [[4, 1, 0.5], [1, 3, 0.2], [0.5, 0.2, 2]]
    let x = try #require(SymmetricMatrix.solve(matrix, [1, 2, 3]))
    for (row, right) in zip(matrix, [1.0, 2, 3]) {
      #expect(abs(zip(row, x).reduce(0) { $0 + $1.0 * $1.1 } - right) < 1e-12)
    }
    let values = SymmetricMatrix.eigenvalues(matrix)
    #expect(abs(values.reduce(0, +) - 9) < 1e-12 && values == values.sorted())
    #expect(abs(values.reduce(1, *) - 21.29) < 1e-9)  // The determinant.
    #expect(SymmetricMatrix.inverse([[1, 1], [1, 1]]) == nil)
  }
}
