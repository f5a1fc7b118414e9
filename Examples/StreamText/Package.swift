// swift-tools-version: 6.2
import PackageDescription

// A program that uses Apus from outside. With `traits: []` nothing but Apus is resolved. Your own package would name a
// version: .package(url: "…/apus", from: "0.1.0", traits: []).
let package = Package(
  name: "StreamText",
  dependencies: [.package(name: "apus", path: "../..", traits: [])],
  targets: [.executableTarget(name: "StreamText", dependencies: [.product(name: "Apus", package: "apus")])]
)
