// swift-tools-version: 6.2
import Foundation
import PackageDescription

// The library targets (kernels to generation) depend on no outside package. What the command line needs sits behind the
// trait `CommandLine`, on by default; a dependent that asks for `traits: []` resolves nothing but Apus itself.

// With APUS_STRICT, as in CI, a warning in Apus is an error; dependents never see that.
let isStrict = ProcessInfo.processInfo.environment["APUS_STRICT"] != nil

let swiftSettings: [SwiftSetting] =
  [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
  ] + (isStrict ? [.treatAllWarnings(as: .error)] : [])

func room(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: swiftSettings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
  .testTarget(
    name: name, dependencies: dependencies + ["ApusTestSupport"], exclude: exclude, swiftSettings: swiftSettings)
}

let commandLine: [Target.Dependency] = [
  .product(name: "ArgumentParser", package: "swift-argument-parser", condition: .when(traits: ["CommandLine"])),
  .product(name: "Logging", package: "swift-log", condition: .when(traits: ["CommandLine"])),
]

let package = Package(
  name: "apus",
  products: [
    .library(
      name: "Apus",
      targets: [
        "ApusCore", "ApusTensor", "ApusFormats", "ApusTokenizers", "ApusScaling", "ApusModels", "ApusTraining",
        "ApusGeneration",
      ]),
    .executable(name: "apus", targets: ["apus"]),
  ],
  traits: [
    .default(enabledTraits: ["CommandLine"]),
    .trait(name: "CommandLine", description: "The command `apus` and the packages that only it needs."),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
  ],
  targets: [
    // -O3 in debug builds too: the kernels are the one part where -O0 makes tests hundreds of times slower.
    .target(
      name: "CApusKernels",
      cSettings: [.unsafeFlags(["-O3", "-ffp-contract=off"] + (isStrict ? ["-Wall", "-Wextra", "-Werror"] : []))]),
    room("ApusCore"),
    room("ApusTensor", ["CApusKernels", "ApusCore"]),
    room("ApusFormats", ["ApusCore"]),
    room("ApusTokenizers", ["ApusCore", "ApusFormats"]),
    room("ApusScaling", ["ApusCore"]),
    room("ApusModels", ["ApusCore", "ApusTensor", "ApusFormats"]),
    room("ApusTraining", ["ApusCore", "ApusTensor", "ApusFormats", "ApusTokenizers", "ApusModels"]),
    room("ApusGeneration", ["ApusCore", "ApusTensor", "ApusFormats", "ApusTokenizers", "ApusModels"]),
    room(
      "ApusCommands",
      [
        "ApusCore", "ApusTensor", "ApusFormats", "ApusTokenizers", "ApusScaling", "ApusModels", "ApusTraining",
        "ApusGeneration",
      ] + commandLine),
    .executableTarget(name: "apus", dependencies: ["ApusCommands"] + commandLine, swiftSettings: swiftSettings),
    .target(
      name: "ApusTestSupport", dependencies: ["ApusCore"], path: "Tests/ApusTestSupport", swiftSettings: swiftSettings),
    tests("ApusKernelTests", ["CApusKernels"]),
    tests("ApusCoreTests", ["ApusCore"]),
    tests("ApusTensorTests", ["ApusTensor", "ApusCore", "CApusKernels"]),
    tests("ApusFormatsTests", ["ApusFormats", "ApusCore"]),
    tests("ApusTokenizersTests", ["ApusTokenizers", "ApusCore"], exclude: ["Cases"]),
    tests("ApusScalingTests", ["ApusScaling", "ApusCore"]),
    tests("ApusModelsTests", ["ApusModels", "ApusTensor", "ApusFormats", "ApusCore"]),
    tests(
      "ApusTrainingTests", ["ApusTraining", "ApusTokenizers", "ApusModels", "ApusTensor", "ApusFormats", "ApusCore"]),
    tests(
      "ApusGenerationTests",
      ["ApusGeneration", "ApusTokenizers", "ApusModels", "ApusTensor", "ApusFormats", "ApusCore"]),
    tests(
      "ApusCommandsTests",
      ["ApusCommands", "ApusCore", "ApusFormats", "ApusTokenizers", "ApusModels", "ApusScaling", "ApusTraining"]
        + commandLine),
  ]
)

// Only contributors who build the documentation resolve the plug-in.
if ProcessInfo.processInfo.environment["APUS_DOCC"] != nil {
  package.dependencies.append(.package(url: "https://github.com/swiftlang/swift-docc-plugin", from: "1.4.0"))
}
