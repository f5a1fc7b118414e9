// What there is to say about a published model by its shape, and the list of those that are known.

import ApusCore
import ApusModels

/// A preset in facts.
struct PresetSummary: Summary {
  private let preset: ModelPreset
  private let shape: ShapeFacts
  private let costs: CostFacts

  init(_ preset: ModelPreset, context: Int?) throws(ApusError) {
    let specification = try preset.specification()
    self.preset = preset
    shape = ShapeFacts(specification: specification)
    costs = try CostFacts(specification, context: context)
  }

  var lines: [String] {
    var facts: Facts = [("preset", preset.name), ("source", preset.source)]
    if let note = preset.note { facts.append(("note", note)) }
    return (facts + shape.facts + costs.parameters + costs.weights + costs.atContext).lines
  }

  var json: JSON {
    .fields(
      [
        ("kind", "preset"), ("preset", .string(preset.name)), ("source", .string(preset.source)),
        ("note", preset.note.map { .string($0) } ?? .null),
      ] + shape.fields + costs.fields + [("configuration", .object(preset.configuration))])
  }
}

/// All presets, a line each.
struct PresetList: Summary {
  private let entries: [(preset: ModelPreset, specification: Specification, census: ParameterCensus)]

  init() throws(ApusError) {
    entries = try ModelPreset.all.map { preset throws(ApusError) in
      let specification = try preset.specification()
      return (preset, specification, ParameterCensus(specification))
    }
  }

  var lines: [String] {
    let headings = ["preset", "architecture", "parameters", "active", "blocks", "width", "context"]
    var table = TextTable(headings, left: [0, 1])
    for (preset, spec, census) in entries {
      let counts = [census.total, census.active].map { NumberText.short(Double($0)) }
      table.add([preset.name, spec.architecture] + counts + ["\(spec.layers)", "\(spec.width)", "\(spec.context)"])
    }
    return table.lines
  }

  var json: JSON {
    let list = entries.map { preset, spec, census -> JSON in
      .fields([
        ("preset", .string(preset.name)), ("architecture", .string(spec.architecture)),
        ("parameters", JSON(census.total)), ("parameters_active", JSON(census.active)), ("layers", JSON(spec.layers)),
        ("width", JSON(spec.width)), ("context", JSON(spec.context)), ("source", .string(preset.source)),
        ("note", preset.note.map { .string($0) } ?? .null),
      ])
    }
    return .fields([("kind", "presets"), ("presets", .array(list))])
  }
}
