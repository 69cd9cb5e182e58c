// swift-tools-version: 6.1
import PackageDescription

// A package that depends on this one as a user's does. `robot` links the runtime alone, and builds
// where no system library is installed; `consumer` has a method and a backbone of its own; `drive`,
// `app` and `ddpm` are the examples of Demos.
let package = Package(
  name: "consumer",
  dependencies: [.package(name: "swift-diffusion-policy", path: "../..")],
  targets: [
    .executableTarget(
      name: "robot",
      dependencies: [
        .product(name: "PolicyRuntime", package: "swift-diffusion-policy"),
        .product(name: "EnvironmentInterface", package: "swift-diffusion-policy"),
      ]),
    .executableTarget(
      name: "consumer",
      dependencies: [
        .product(name: "Imitation", package: "swift-diffusion-policy"),
        .product(name: "Neural", package: "swift-diffusion-policy"),
        .product(name: "Demonstrations", package: "swift-diffusion-policy"),
        .product(name: "Evaluation", package: "swift-diffusion-policy"),
        .product(name: "Environments", package: "swift-diffusion-policy"),
      ]),
    .executableTarget(
      name: "drive",
      dependencies: [
        .product(name: "Imitation", package: "swift-diffusion-policy"),
        .product(name: "Demonstrations", package: "swift-diffusion-policy"),
        .product(name: "Environments", package: "swift-diffusion-policy"),
      ]),
    .executableTarget(
      name: "app",
      dependencies: [
        .product(name: "PolicyRuntime", package: "swift-diffusion-policy"),
        .product(name: "EnvironmentInterface", package: "swift-diffusion-policy"),
      ]),
    .executableTarget(
      name: "ddpm",
      dependencies: [
        .product(name: "Diffusion", package: "swift-diffusion-policy"),
        .product(name: "Neural", package: "swift-diffusion-policy"),
        .product(name: "Randomness", package: "swift-diffusion-policy"),
      ]),
  ]
)
