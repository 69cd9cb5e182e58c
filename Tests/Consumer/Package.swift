// swift-tools-version: 6.1
import PackageDescription

// A package that depends on this one as a user's does: a method and a backbone of its own.
let package = Package(
  name: "consumer",
  dependencies: [.package(name: "swift-diffusion-policy", path: "../..")],
  targets: [
    .executableTarget(
      name: "consumer",
      dependencies: [
        .product(name: "Imitation", package: "swift-diffusion-policy"),
        .product(name: "Demonstrations", package: "swift-diffusion-policy"),
        .product(name: "Evaluation", package: "swift-diffusion-policy"),
        .product(name: "Environments", package: "swift-diffusion-policy"),
      ])
  ]
)
