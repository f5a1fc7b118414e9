import Testing

@testable import ApusTraining

@Suite struct LossHistoryTests {
  @Test func longRunsAreThinnedEvenly() {
    var history = LossHistory()
    for step in 1...50_000 { history.append(step: step, loss: 2, validation: step % 1000 == 0 ? 1 : nil) }
    #expect(history.training.count < 4096 && history.training.count > 1000)
    #expect(history.training.allSatisfy { $0.loss == 2 && $0.step % 16 == 0 })
    #expect(history.validation.count == 50)
  }

  @Test func thePictureNamesItsCurves() {
    var history = LossHistory()
    for step in 1...100 {
      history.append(step: step, loss: 4 - Double(step) / 50, validation: step % 50 == 0 ? 3 : nil)
    }
    let svg = LossPlot(history, title: "a run", floor: 1.5).render()
    for word in ["<svg", "a run", "training", "validation", "floor", "</svg>"] {
      #expect(svg.contains(word), "\(word)")
    }
  }
}
