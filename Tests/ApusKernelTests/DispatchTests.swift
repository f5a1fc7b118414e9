import CApusKernels
import Testing

@Suite("Dispatch")
struct DispatchTests {
  @Test("The scalar kernels are always there, and every table is complete")
  func tables() throws {
    print("kernels of: \(instructionSets.joined(separator: ", "))")
    #expect(instructionSets.first == "scalar")
    #expect(apus_kernels_named("mmx") == nil)
    for name in instructionSets {
      let k = try kernels(name)
      #expect(k.panel > 0 && k.tile_rows > 0)
      // The last word before the functions is tile_rows; of the words after it, only product_scratch may be zero.
      let first = try #require(MemoryLayout<apus_kernels>.offset(of: \.pack)) / MemoryLayout<UInt>.size
      let words = withUnsafeBytes(of: k) { Array($0.bindMemory(to: UInt.self)) }
      #expect(words[first...].count(where: { $0 == 0 }) == (k.product_scratch == 0 ? 1 : 0), "\(name) has gaps")
    }
  }

  @Test("The best table is one of those that run here, and no slower than plain loops")
  func best() throws {
    let best = apus_kernels_best()
    #expect(instructionSets.last == String(cString: best.pointee.name))
    let peak = apus_measure_peak(best, 0.01)
    let plain = apus_measure_peak(try #require(apus_kernels_for(APUS_ISA_SCALAR)), 0.01)
    #expect(peak > 0.5 * plain && plain > 0)
  }
}
